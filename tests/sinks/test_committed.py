"""The committed output: nothing is said to be there before it is, and nothing that is there is said twice."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from logbraid.core.checkpoint import OutputState
from logbraid.core.linewise import LineBatch
from logbraid.core.progress import GROUP
from logbraid.core.types import SECOND, Identity
from logbraid.errors import CheckpointError, SinkError
from logbraid.sinks.base import ByteSink
from logbraid.sinks.growing import GrowingFile
from logbraid.sinks.turnover import Turnover

from .committing import Clock, MemoryStore, batch, opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.log"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def state(store: MemoryStore) -> OutputState:
    assert store.checkpoint is not None
    assert store.checkpoint.output is not None
    return store.checkpoint.output


def offsets(store: MemoryStore) -> dict[str, int]:
    assert store.checkpoint is not None
    return {source: one.place.offset for source, one in store.checkpoint.positions.items()}


def test_bytes_and_positions_become_true_together(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    assert isinstance(sink, ByteSink)
    assert (sink.resumed, sink.positions, sink.unwritten) == (False, {}, 0)
    assert (state(store).length, offsets(store)) == (0, {})
    sink.write(batch(b"one\n", at=4))
    assert (state(store).length, offsets(store)) == (0, {})
    sink.write(batch(b"two\n", at=8, due=True))
    status = path.stat()
    expected = OutputState(Identity.of(status), 8, b"one\ntwo\n", 1_000, False, "text", since=1_000)
    assert state(store) == replace(expected, modified=status.st_mtime_ns)
    assert offsets(store) == {"a": 8}
    sink.close()
    assert state(store).ended_well
    assert not store.open


def test_a_batch_that_only_says_that_it_is_time_is_not_rendered(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4))
    sink.renderer = None  # type: ignore[assignment]  # as one of records would fail
    sink.write(batch(b"", at=9, due=True))
    assert offsets(store) == {"a": 9}
    sink.abort()


def test_nothing_is_committed_where_nothing_moved(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4, due=True))
    commits = len(store.commits)
    sink.write(batch(b"", due=True))
    assert len(store.commits) == commits
    sink.write(batch(b"", at=9, due=True))  # what a filter took out
    sink.write(batch(b"two\n", due=True))  # from a pipe, which has no position
    assert len(store.commits) == commits + 2
    sink.abort()


def test_only_those_that_moved_are_saved(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4, source="a"))
    sink.write(batch(b"two\n", at=4, source="b", due=True))
    sink.write(batch(b"two\n", at=8, source="b", due=True))
    assert [[one.source for one in commit.positions] for commit in store.commits] == [[], ["a", "b"], ["b"]]
    sink.abort()


def test_half_a_line_is_never_committed(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"one\nha", at=4, due=True))
    assert state(store).length == 0
    sink.write(batch(b"", due=True))
    assert state(store).length == 0
    sink.write(batch(b"lf\n", at=9))
    assert (state(store).length, offsets(store)) == (9, {"a": 9})
    sink.write(batch(b"ha", at=11))
    sink.close()
    assert (state(store).length, state(store).ended_well) == (9, False)


def test_it_says_how_often_it_wants_to_be_told(path: Path, store: MemoryStore) -> None:
    for turnover, group in ((None, GROUP), (Turnover(keep=5, size=1000), 1000), (Turnover(keep=5, age=1), GROUP)):
        sink = opened(path, store, turnover=turnover)
        assert sink.group == group
        sink.abort()


def test_what_nobody_has_told_the_positions_of_is_not_committed(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(LineBatch(batch(b"one\n", at=4).parts, []))
    sink.reopen()
    assert state(store).length == 0, "nor is a new file begun before"
    sink.abort()
    assert not state(store).ended_well


def test_behind_a_commit_that_failed_at_a_reopening_nothing_is_committed(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4))
    path.write_bytes(b"somebody else was here\n")
    with pytest.raises(SinkError, match="somebody else"):
        sink.reopen()
    path.write_bytes(b"one\n")
    with pytest.raises(SinkError, match="somebody else"):
        sink.write(batch(b"two\n", at=8, due=True))
    sink.abort()
    assert offsets(store) == {}


def test_the_bytes_are_on_the_disk_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    monkeypatch.setattr(GrowingFile, "sync", lambda file: steps.append("sync"))
    store = MemoryStore(lambda: steps.append("save"))
    sink = opened(path, store)
    steps.clear()
    sink.write(batch(b"one\n", at=4, due=True))
    assert steps == ["sync", "save", "save"]
    sink.abort()


def test_commits_beside_the_writing_are_all_made(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store, beside=True)
    for number in range(1, 50):
        sink.write(batch(b"x\n", at=number, due=True))
    sink.close()
    sink.close()
    assert (state(store).length, offsets(store), state(store).ended_well) == (98, {"a": 49}, True)


def test_a_failed_commit_is_told_at_the_next_write(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store, beside=True)

    def fail() -> None:
        raise CheckpointError("no room")

    store._step = fail
    sink.write(batch(b"one\n", at=4, due=True))
    while sink._saving._error is None:
        pass
    with pytest.raises(CheckpointError, match="no room"):
        sink.write(batch(b"two\n", at=8))
    with pytest.raises(CheckpointError, match="no room"):
        sink.close()
    assert not store.open
    assert (state(store).length, offsets(store)) == (0, {})


def test_given_up_nothing_more_is_committed(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4))
    sink.abort()
    sink.abort()
    sink.close()
    assert (state(store).length, store.open) == (0, False)


# Somebody else at the output


@pytest.mark.parametrize("change", [lambda path: os.truncate(path, 0), lambda path: path.write_text("mine" * 9)])
def test_an_output_that_somebody_changes_is_not_committed(path: Path, store: MemoryStore, change: object) -> None:
    assert callable(change)
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4, due=True))
    change(path)
    with pytest.raises(SinkError, match=r"somebody else has truncated .* SIGHUP, or with --rotate-output"):
        sink.write(batch(b"two\n", at=8, due=True))
    with pytest.raises(SinkError, match="somebody else"):
        sink.close()
    assert (state(store).length, offsets(store)) == (4, {"a": 4})


def test_a_deleted_output_is_told(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    path.unlink()
    with pytest.raises(SinkError, match="somebody has deleted it"):
        sink.write(batch(b"two\n", at=8, due=True))
    sink.abort()


def test_after_a_rename_reopen_commits_both(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4))
    old = path.rename(path.with_name("out.log.1"))
    sink.write(batch(b"two\n", at=8))
    sink.reopen()
    assert old.read_bytes() == b"one\ntwo\n"
    assert (state(store).identity, state(store).length) == (Identity.of(path.stat()), 0)
    assert offsets(store) == {"a": 8}
    sink.write(batch(b"three\n", at=14))
    sink.close()
    assert path.read_bytes() == b"three\n"
    assert (state(store).length, state(store).turned) == (6, 1)


def test_reopen_waits_for_the_end_of_a_line(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"ha", at=0))
    old = path.rename(path.with_name("out.log.1"))
    sink.reopen()
    assert not path.exists()
    sink.write(batch(b"lf\n", at=5))
    sink.write(batch(b"two\n", at=9))
    sink.close()
    assert (old.read_bytes(), path.read_bytes()) == (b"half\n", b"two\n")


def test_reopen_goes_on_where_nothing_was_renamed(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4))
    sink.reopen()
    sink.write(batch(b"two\n", at=8))
    sink.close()
    assert (path.read_bytes(), state(store).length) == (b"one\ntwo\n", 8)


def test_a_new_file_that_is_not_empty_is_left_alone(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    old = path.rename(path.with_name("out.log.1"))
    path.write_text("mine")
    with pytest.raises(SinkError, match="not empty: the old one is written on"):
        sink.reopen()
    sink.write(batch(b"one\n", at=4))
    sink.close()
    assert (old.read_bytes(), path.read_bytes()) == (b"one\n", b"mine")


# The output's own rotation


def test_a_full_output_is_rotated(path: Path, store: MemoryStore) -> None:
    path.touch(mode=0o600)
    sink = opened(path, store, turnover=Turnover(keep=2, size=8))
    assert list(sink.own_paths) == [str(path), f"{path}.1", f"{path}.2", "checkpoint"]
    for number in range(1, 6):
        sink.write(batch(b"%03d\n" % number, at=4 * number))
    assert path.read_bytes() == b"005\n"
    assert path.with_name("out.log.1").read_bytes() == b"003\n004\n"
    assert path.with_name("out.log.2").read_bytes() == b"001\n002\n"
    assert path.stat().st_mode & 0o777 == 0o600
    sink.close()
    assert (state(store).length, state(store).turned, offsets(store)) == (4, 2, {"a": 20})


def test_an_old_output_is_rotated_also_by_a_later_run(path: Path, store: MemoryStore) -> None:
    clock = Clock()
    sink = opened(path, store, turnover=Turnover(keep=5, age=SECOND), wall=clock)
    sink.write(batch(b"one\n", at=4))
    sink.close()
    clock.now += SECOND
    sink = opened(path, store, turnover=Turnover(keep=5, age=SECOND), wall=clock)
    sink.write(batch(b"two\n", at=8))
    assert path.with_name("out.log.1").read_bytes() == b"one\ntwo\n"
    assert (path.read_bytes(), state(store).begun) == (b"", clock.now)
    sink.close()


def test_an_old_output_is_rotated_when_positions_move_and_nothing_is_written(path: Path, store: MemoryStore) -> None:
    clock = Clock()
    sink = opened(path, store, turnover=Turnover(keep=5, age=SECOND), wall=clock)
    sink.write(batch(b"one\n", at=4))
    clock.now += SECOND
    sink.write(batch(b"", at=9, due=True))
    assert (path.read_bytes(), path.with_name("out.log.1").read_bytes()) == (b"", b"one\n")
    assert (state(store).length, state(store).turned, offsets(store)) == (0, 1, {"a": 9})
    sink.close()


def test_behind_a_link_the_file_is_rotated_and_the_link_stays(path: Path, store: MemoryStore, tmp_path: Path) -> None:
    (tmp_path / "real").touch()
    path.symlink_to(tmp_path / "real")
    sink = opened(path, store, turnover=Turnover(keep=5, size=4))
    sink.write(batch(b"one\n", at=4))
    sink.write(batch(b"x\n", at=6))
    sink.close()
    assert path.is_symlink()
    assert ((tmp_path / "real").read_bytes(), (tmp_path / "real.1").read_bytes()) == (b"x\n", b"one\n")
