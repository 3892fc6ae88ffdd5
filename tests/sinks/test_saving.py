"""Commits beside the writing: in order, the last word counts, and no failure is lost."""

from __future__ import annotations

import threading

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
