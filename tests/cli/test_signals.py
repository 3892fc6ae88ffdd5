from __future__ import annotations

import signal
from types import FrameType

import pytest

from logbraid.cli.signals import ends_raise, handled


def nothing(number: int, frame: FrameType | None) -> None:
    """Take a signal and let it be."""


def test_handlers_are_taken_back() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with handled({signal.SIGUSR1: nothing}):
        assert signal.getsignal(signal.SIGUSR1) is nothing
    assert signal.getsignal(signal.SIGUSR1) is before


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handled({signal.SIGHUP: nothing}), ends_raise():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_finite_run_ends_by_an_exception() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit, match="143"), ends_raise():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
