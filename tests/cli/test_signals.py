from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType, SimpleNamespace

import pytest

from logbraid.cli import signals
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


def asked_twice(second: signal.Signals, between: Callable[[], object] = int) -> None:
    with ends_raise():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            between()
            signal.raise_signal(second)


def test_a_signal_sent_twice_at_once_is_one() -> None:
    """timeout(1) sends it to the command and to its group: what is half written must be removed all the same."""
    with pytest.raises(SystemExit, match="143"):
        asked_twice(signal.SIGTERM)


def test_whoever_insists_has_it_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0, 101.0]
    left: list[int] = []
    monkeypatch.setattr(signals, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr("os._exit", left.append)
    with pytest.raises(SystemExit, match="143"):
        asked_twice(signal.SIGINT, between=lambda: now.pop(0))
    assert left == [130]
