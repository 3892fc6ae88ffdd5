from __future__ import annotations

import signal
from types import SimpleNamespace
from typing import Any

import pytest

from logbraid.cli import signals
from logbraid.cli.signals import handled
from logbraid.cli.steering import Steering


class Asked:
    """A control and a lookout that note what they are asked for."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda: self.calls.append(name)


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as its only item; leaving at once is an exception that says the exit code."""
    now = [100.0]
    monkeypatch.setattr(signals, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr("os._exit", _leave)
    return now


class Left(BaseException):
    """The process would be gone."""


def _leave(code: int) -> None:
    raise Left(code)


def steered(asked: Asked, *, reopens: bool = False) -> Any:
    return handled(Steering(asked, asked, reopens=reopens).handlers)  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_the_run_to_end(asked: Asked, number: signal.Signals) -> None:
    with steered(asked):
        signal.raise_signal(number)
    assert asked.calls == ["stop", "hurry"]


def test_a_second_one_ends_it_at_once(asked: Asked, clock: list[float]) -> None:
    with steered(asked):
        signal.raise_signal(signal.SIGTERM)
        clock[0] += 1
        with pytest.raises(Left, match="130"):
            signal.raise_signal(signal.SIGINT)


def test_one_sent_twice_is_one(asked: Asked, clock: list[float]) -> None:
    with steered(asked):
        signal.raise_signal(signal.SIGTERM)
        clock[0] += 0.01
        signal.raise_signal(signal.SIGTERM)
    assert asked.calls == ["stop", "hurry"]


def test_a_hangup_beside_it_is_no_second_one(asked: Asked, clock: list[float]) -> None:
    with steered(asked):
        signal.raise_signal(signal.SIGTERM)
        clock[0] += 1
        signal.raise_signal(signal.SIGHUP)
    assert asked.calls == ["stop", "hurry"]


def test_a_hangup_reopens_a_file(asked: Asked) -> None:
    with steered(asked, reopens=True):
        signal.raise_signal(signal.SIGHUP)
    assert asked.calls == ["reopen"]


def test_a_hangup_ends_a_run_whose_terminal_is_gone(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda _: True)
    with steered(asked, reopens=True):
        signal.raise_signal(signal.SIGHUP)
        monkeypatch.setattr("os.isatty", lambda _: False)
        signal.raise_signal(signal.SIGHUP)
    assert asked.calls == ["reopen", "stop", "hurry"]


def test_sigusr1_asks_for_the_account(asked: Asked) -> None:
    with steered(asked):
        signal.raise_signal(signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)
    assert asked.calls == ["report", "report"]
