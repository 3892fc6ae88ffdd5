"""How an output is taken up again: cut, gone on with, refused; and after any crash it holds each line once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from left_behind import descriptors
from logbraid.core.checkpoint import Checkpoint, OutputState
from logbraid.core.events import OutputCut, OutputRotated
from logbraid.core.types import SECOND
from logbraid.errors import CheckpointError, SinkError, UsageError
from logbraid.sinks import growing
from logbraid.sinks import turnover as turnover_module
from logbraid.sinks.append import AppendSink
from logbraid.sinks.base import TextRenderer
from logbraid.sinks.committed import CommittedSink
from logbraid.sinks.growing import GrowingFile
from logbraid.sinks.resuming import can_be_committed
from logbraid.sinks.turnover import Turnover

from .committing import MemoryStore, batch, opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.log"


@pytest.fixture
def store(path: Path) -> MemoryStore:
    """Of a run that was killed when it had committed one of its two lines."""
    store = MemoryStore()
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4, due=True))
    sink.write(batch(b"two\n", at=8))
    sink.abort()
    return store


def go_on(path: Path, store: MemoryStore, *, append: bool = False, fresh: bool = False) -> CommittedSink:
    """Take it up, write what comes then, and end well."""
    sink = opened(path, store, append=append, fresh=fresh)
    sink.write(batch(b"new\n", at=99))
    sink.close()
    return sink


def test_what_was_not_committed_is_cut(path: Path, store: MemoryStore) -> None:
    sink = go_on(path, store)
    assert sink.resumed
    assert {source: one.place.offset for source, one in sink.positions.items()} == {"a": 4}
    assert sink.notices == [OutputCut(str(path), 4)]
    assert str(sink.notices[0]) == f"{path}: 4 bytes that were not committed were cut"
    assert path.read_bytes() == b"one\nnew\n"
    assert go_on(path, store).notices == []
    assert path.read_bytes() == b"one\nnew\nnew\n"


def test_a_rotated_output_is_cut_where_it_is_now(path: Path, store: MemoryStore) -> None:
    old = path.rename(path.with_name("out.log-20260101"))
    sink = go_on(path, store)
    assert sink.notices == [OutputRotated(str(path), str(old)), OutputCut(str(old), 4)]
    assert (old.read_bytes(), path.read_bytes()) == (b"one\n", b"new\n")


def test_what_somebody_wrote_after_a_good_end_is_not_cut(path: Path, store: MemoryStore) -> None:
    go_on(path, store)
    with path.open("ab") as file:
        file.write(b"mine")
    with pytest.raises(CheckpointError, match="somebody else has written 4 bytes"):
        opened(path, store)
    go_on(path, store, append=True)
    assert path.read_bytes() == b"one\nnew\nmine\nnew\n"


@pytest.mark.parametrize("content", [b"one\ntwo\n", b"mine", b""])
def test_another_file_is_refused_as_it_is(path: Path, store: MemoryStore, content: bytes) -> None:
    path.rename(path.with_name("elsewhere"))
    path.write_bytes(content)
    checkpoint = store.checkpoint
    with pytest.raises(CheckpointError, match=r"out\.log: is another file .*--append.*--fresh"):
        opened(path, store)
    assert path.read_bytes() == content
    assert store.checkpoint == checkpoint


def test_a_missing_output_is_refused_and_not_made(path: Path, store: MemoryStore) -> None:
    path.unlink()
    with pytest.raises(CheckpointError, match="is gone, and 4 bytes had been written to it"):
        opened(path, store)
    assert not path.exists()
    assert not store.open
    go_on(path, store, append=True)
    assert path.read_bytes() == b"new\n"


def test_without_a_checkpoint_a_file_is_not_touched_unasked(path: Path) -> None:
    path.write_bytes(b"mine")
    with pytest.raises(CheckpointError, match="not empty, and there is no checkpoint"):
        opened(path, MemoryStore())
    sink = go_on(path, MemoryStore(), append=True)
    assert (sink.resumed, sink.positions) == (False, {})
    assert path.read_bytes() == b"mine\nnew\n"


def test_fresh_forgets_all(path: Path, store: MemoryStore) -> None:
    sink = go_on(path, store, fresh=True)
    assert (sink.resumed, sink.positions) == (False, {})
    assert path.read_bytes() == b"new\n"


def test_positions_of_another_kind_of_run_are_refused(path: Path, store: MemoryStore) -> None:
    assert store.checkpoint is not None
    path.unlink()
    store.checkpoint = Checkpoint(None, store.checkpoint.positions)
    with pytest.raises(CheckpointError, match="wrote no file"):
        opened(path, store)


def test_another_form_is_refused(path: Path, store: MemoryStore) -> None:
    with pytest.raises(CheckpointError, match="written as text, and jsonl is asked for"):
        opened(path, store, form="jsonl")


def test_what_makes_no_sense_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="choose one"):
        opened(path, MemoryStore(), append=True, fresh=True)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UsageError, match="--no-checkpoint"):
        opened(tmp_path / "fifo", MemoryStore())
    assert not can_be_committed("/dev/null")
    assert can_be_committed(str(path))
    path.symlink_to("nowhere")
    with pytest.raises(SinkError, match="a link that leads to nothing"):
        opened(path, MemoryStore())


def test_a_refusal_leaves_nothing_open(path: Path, store: MemoryStore) -> None:
    before = descriptors()
    os.truncate(path, 1)
    with pytest.raises(CheckpointError, match="was truncated: it has 1 bytes, and 4 were written"):
        opened(path, store)
    assert descriptors() == before


# Where the bytes of the runs begin


def known(store: MemoryStore) -> OutputState:
    assert store.checkpoint is not None
    assert store.checkpoint.output is not None
    return store.checkpoint.output


def test_behind_what_was_there_its_own_bytes_begin(path: Path) -> None:
    path.write_bytes(b"mine")
    store = MemoryStore()
    for append in (True, False):
        go_on(path, store, append=append)
        assert (known(store).first, known(store).elsewhere, known(store).turned) == (5, 0, 0)
    path.rename(path.with_name("out.log.1"))
    go_on(path, store)
    assert (known(store).first, known(store).turned) == (5, 1)
    go_on(path, store, fresh=True)
    assert (known(store).first, known(store).turned) == (0, 0)


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def replaced(path: Path) -> None:
    moved(path)
    path.write_bytes(b"mine\n")


@pytest.mark.parametrize(("change", "first"), [(moved, 0), (replaced, 5)])
def test_where_the_output_is_another_one_what_had_left_is_elsewhere(
    path: Path, store: MemoryStore, change: Callable[[Path], None], first: int
) -> None:
    assert store.checkpoint is not None
    had_left = replace(store.checkpoint.positions["a"].account, bytes_emitted=4)
    store.checkpoint.positions["a"] = replace(store.checkpoint.positions["a"], account=had_left)
    change(path)
    opened(path, store, append=True).close()
    assert (known(store).first, known(store).elsewhere, known(store).turned) == (first, 4, 0)


def test_in_another_form_it_is_another_output(path: Path, store: MemoryStore) -> None:
    opened(path, store, form="jsonl", append=True).close()
    assert (known(store).form, known(store).first, known(store).begun) == ("jsonl", 4, 1_000)


# Two runs on one output


def test_two_runs_on_one_output_exclude_each_other(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    with pytest.raises(SinkError, match="another run writes to it"):
        opened(path, MemoryStore(), append=True)
    with pytest.raises(SinkError, match="another run writes to it"):
        AppendSink(str(path), TextRenderer(None), append=True)
    sink.close()
    AppendSink(str(path), TextRenderer(None), append=True).close()


HOLD = """
import sys
from logbraid.sinks.append import AppendSink
from logbraid.sinks.base import TextRenderer
sink = AppendSink(sys.argv[1], TextRenderer(None))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lock_of_a_killed_run_is_free(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(SinkError, match="another run writes to it"):
            opened(path, MemoryStore())
        child.send_signal(signal.SIGKILL)
        child.wait()
    opened(path, MemoryStore()).close()


# Any crash


class Crash(BaseException):
    """The machine stops."""


class Fuse:
    """Burns with every step, and stops the machine at its end."""

    left = 0

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash

    def around(self, patch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        """Make what this does two steps: before and after it."""
        real = getattr(owner, name)

        def stepping(*arguments: object, **more: object) -> object:
            self()
            result = real(*arguments, **more)
            self()
            return result

        patch.setattr(owner, name, stepping)


class Disk:
    """Keeps what was synced; of the rest a crash leaves only the first part."""

    def __init__(self) -> None:
        self._synced: dict[int, int] = {}

    def sync(self, descriptor: int) -> None:
        status = os.fstat(descriptor)
        self._synced[status.st_ino] = status.st_size

    def crash(self, directory: Path, kept: float) -> None:
        for path in directory.iterdir():
            status = path.stat()
            safe = min(self._synced.get(status.st_ino, 0), status.st_size)
            os.truncate(path, safe + int(kept * (status.st_size - safe)))


def run(path: Path, store: MemoryStore, lines: list[bytes], sizes: list[int], *, rotates: bool) -> None:
    """Write the lines behind the position that is known, in batches of these sizes; every third one is committed."""
    sink = opened(path, store, turnover=Turnover(size=40, keep=99) if rotates else None)
    try:
        at = sink.positions["a"].place.offset if sink.positions else 0
        for turn, size in enumerate(sizes):
            if rest := lines[at : at + size]:
                at += len(rest)
                sink.write(batch(b"".join(rest), at=at, due=turn % 3 == 0))
        sink.close()
    finally:
        sink.abort()


def whole(path: Path) -> bytes:
    """All that was written, the oldest first."""
    rotated = sorted(path.parent.glob("out.log.*"), key=lambda name: -int(name.suffix[1:]))
    return b"".join(name.read_bytes() for name in [*rotated, path] if name.exists())


CRASHES = st.tuples(st.integers(1, 40), st.floats(0, 1), st.lists(st.integers(1, 6), max_size=12), st.booleans())


@settings(deadline=None)
@given(crashes=st.lists(CRASHES, max_size=6), rotates=st.booleans())
def test_after_any_crashes_each_line_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, crashes: list[tuple[int, float, list[int], bool]], rotates: bool
) -> None:
    path = tmp_path_factory.mktemp("crash") / "out.log"
    lines = [b"line %d\n" % number for number in range(60)]
    fuse, disk = Fuse(), Disk()
    store = MemoryStore(fuse)
    with pytest.MonkeyPatch.context() as patch:
        fuse.around(patch, turnover_module, "_rename")
        patch.setattr(os, "fsync", disk.sync)
        patch.setattr(growing, "_sync_data", disk.sync)
        for name in ("switch", "sync", "cut", "write", "sync_name"):
            fuse.around(patch, GrowingFile, name)
        for steps, kept, sizes, renamed in crashes:
            fuse.left = steps
            try:
                run(path, store, lines, sizes, rotates=rotates)
            except Crash:
                disk.crash(path.parent, kept)
            if renamed and not rotates:
                rename(path)
        fuse.left = 0
        run(path, store, lines, [len(lines)], rotates=rotates)
    assert whole(path) == b"".join(lines)
    assert store.checkpoint is not None
    assert store.checkpoint.output is not None
    assert store.checkpoint.output.ended_well


def rename(path: Path) -> None:
    """Rotate the output as logrotate does, while no run is on."""
    if path.exists():
        for number in range(len(list(path.parent.glob("out.log.*"))), 0, -1):
            path.with_name(f"out.log.{number}").rename(path.with_name(f"out.log.{number + 1}"))
        path.rename(path.with_name("out.log.1"))


def test_the_state_is_taken_over_where_a_device_has_another_number(path: Path, store: MemoryStore) -> None:
    assert store.checkpoint is not None
    state = store.checkpoint.output
    assert state is not None
    moved = replace(state, identity=state.identity._replace(device=state.identity.device + 1))
    store.checkpoint = Checkpoint(moved, store.checkpoint.positions)
    go_on(path, store)
    assert path.read_bytes() == b"one\nnew\n"
    assert store.checkpoint.output is not None
    assert store.checkpoint.output.identity == state.identity


def test_an_older_copy_of_the_checkpoint_cuts_nothing_off(path: Path, store: MemoryStore) -> None:
    sink = opened(path, store)
    sink.write(batch(b"one\n", at=4, due=True))
    sink.abort()
    longer = path.read_bytes() + b"two\nthree\n"
    path.write_bytes(longer)
    late = path.stat().st_mtime_ns + 301 * SECOND
    os.utime(path, ns=(late, late))
    with pytest.raises(CheckpointError, match="is that an older copy"):
        opened(path, store)
    assert path.read_bytes() == longer
