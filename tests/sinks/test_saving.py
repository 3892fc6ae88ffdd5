"""Commits beside the writing: in order, the last word counts, and no failure is lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from types import FrameType
from typing import Any

import pytest

from logbraid.core.checkpoint import Commit
from logbraid.errors import CheckpointError
from logbraid.sinks.saving import Saving
from positions import position


class Gate:
    """Saves only while it is open."""

    def __init__(self) -> None:
        self.saved: list[dict[str, int]] = []
        self.open = threading.Event()
        self.begun = threading.Event()

    def save(self, commit: Commit) -> None:
        self.begun.set()
        self.open.wait()
        self.saved.append({one.source: one.place.offset for one in commit.positions})


def moved(**offsets: int) -> Commit:
    return Commit(None, tuple(position(source, offset) for source, offset in offsets.items()))


def test_whoever_asks_does_not_wait_and_what_waits_grows_together() -> None:
    gate = Gate()
    saving = Saving(gate.save)
    saving.ask(moved(a=1))
    gate.begun.wait()
    saving.ask(moved(a=2, b=1))
    saving.ask(moved(a=3))
    assert gate.saved == []
    gate.open.set()
    saving.wait()
    assert gate.saved == [{"a": 1}, {"a": 3, "b": 1}]
    saving.close()
    saving.close()


def test_what_waits_at_the_end_is_not_saved() -> None:
    gate = Gate()
    saving = Saving(gate.save)
    saving.ask(moved(a=1))
    gate.begun.wait()
    saving.ask(moved(a=2))
    closing = threading.Thread(target=saving.close)
    closing.start()
    while not saving._closed:
        pass
    gate.open.set()
    closing.join()
    assert gate.saved == [{"a": 1}]


@pytest.mark.parametrize("beside", [True, False])
def test_a_failure_is_told_and_ends_it(beside: bool) -> None:
    asked: list[Commit] = []

    def fail(commit: Commit) -> None:
        asked.append(commit)
        raise CheckpointError("no")

    saving = Saving(fail, beside=beside)
    if not beside:
        with pytest.raises(CheckpointError, match="no"):
            saving.ask(moved(a=1))
    else:
        saving.ask(moved(a=1))
        with pytest.raises(CheckpointError, match="no"):
            saving.wait()
        for tell in (saving.check, saving.wait, lambda: saving.ask(moved(a=2))):
            with pytest.raises(CheckpointError, match="no"):
                tell()
        assert len(asked) == 1
    saving.close()


def test_no_thread_where_nothing_is_asked_for() -> None:
    before = threading.active_count()
    saving = Saving(Gate().save)
    saving.check()
    saving.wait()
    assert threading.active_count() == before
    saving.close()


class _Steps:
    """Interrupts this thread at its n-th step: before a line, or as a function returns."""

    def __init__(self, number: int) -> None:
        self.left = number

    def trace(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
        if event in ("line", "return"):
            self.left -= 1
            if self.left == 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return self.trace


@contextmanager
def interrupted(number: int) -> Iterator[_Steps]:
    steps = _Steps(number)
    before = sys.gettrace()
    sys.settrace(steps.trace)
    try:
        yield steps
    finally:
        sys.settrace(before)


def ask_and_wait(saving: Saving, number: int) -> bool:
    """Return whether the interrupt came in time."""
    with suppress(KeyboardInterrupt), interrupted(number) as steps:
        saving.ask(moved(a=2))
        saving.wait()
    return steps.left <= 0


def test_an_interrupt_at_any_step_leaves_nothing_locked() -> None:
    """Whoever writes may be interrupted anywhere; the thread ends all the same."""
    for number in count(1):
        saving = Saving(lambda _: None)
        saving.ask(moved(a=1))
        came = ask_and_wait(saving, number)
        closing = threading.Thread(target=saving.close, daemon=True)
        closing.start()
        closing.join(10)
        assert not closing.is_alive(), f"interrupted at step {number}"
        if not came:
            break
    assert number > 5


@pytest.mark.parametrize("started", [False, True])
def test_an_interrupt_while_the_thread_starts(monkeypatch: pytest.MonkeyPatch, started: bool) -> None:
    start = threading.Thread.start

    def interrupt(thread: threading.Thread) -> None:
        if started:
            start(thread)
        raise KeyboardInterrupt

    saving = Saving(lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr("threading.Thread.start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            saving.ask(moved(a=1))
    before = threading.active_count()
    saving.wait()
    saving.close()
    assert threading.active_count() == before - started
