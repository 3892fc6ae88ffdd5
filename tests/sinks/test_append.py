"""The growing output: what is there stays unless told otherwise, lines never glue, and the file may be renamed."""

from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.errors import SinkError, UsageError
from logbraid.sinks import growing as module
from logbraid.sinks.append import AppendSink
from logbraid.sinks.base import ByteSink, TextRenderer

from .batches import lines, part

PLAIN = TextRenderer(None)
LINES = lines(part(0, b"one\ntwo\n"))


def open_at(path: Path, *, append: bool = False, fresh: bool = False) -> AppendSink:
    return AppendSink(str(path), PLAIN, append=append, fresh=fresh)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out.log"


class Disk:
    """Takes only so many bytes, a few at a time."""

    def __init__(self, room: int, step: int = 1 << 20) -> None:
        self._room = room
        self._step = step

    def write_some(self, descriptor: int, data: memoryview) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, "full")
        count = os.write(descriptor, data[: min(self._room, self._step)])
        self._room -= count
        return count


def test_lines_are_there_as_soon_as_they_are_written(path: Path) -> None:
    sink = open_at(path)
    assert isinstance(sink, ByteSink)
    assert sink.own_paths == [str(path)]
    sink.write(LINES)
    sink.flush()
    sink.sync()
    assert path.read_bytes() == b"one\ntwo\n"
    sink.close()
    sink.close()
    assert path.read_bytes() == b"one\ntwo\n"


def test_what_is_there_is_not_touched_unasked(path: Path) -> None:
    path.write_bytes(b"old\n")
    with pytest.raises(SinkError, match="is not empty: --append adds to it, --fresh begins it anew"):
        open_at(path)
    with pytest.raises(UsageError, match="choose one"):
        open_at(path, append=True, fresh=True)
    assert path.read_bytes() == b"old\n"


def test_an_empty_file_needs_no_word(path: Path) -> None:
    path.touch(mode=0o640)
    open_at(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(("old", "behind"), [(b"old\n", b"old\n"), (b"old\nha", b"old\nha\n"), (b"", b"")])
def test_append_never_glues(path: Path, old: bytes, behind: bytes) -> None:
    path.write_bytes(old)
    sink = open_at(path, append=True)
    sink.write(LINES)
    sink.close()
    assert path.read_bytes() == behind + b"one\ntwo\n"


def test_fresh_begins_anew_in_the_same_file(path: Path) -> None:
    path.write_bytes(b"old\n")
    inode = path.stat().st_ino
    sink = open_at(path, fresh=True)
    sink.write(LINES)
    sink.close()
    assert path.read_bytes() == b"one\ntwo\n"
    assert path.stat().st_ino == inode


def test_a_truncated_output_is_written_from_its_beginning_again(path: Path) -> None:
    sink = open_at(path)
    sink.write(LINES)
    os.truncate(path, 0)
    sink.write(LINES)
    sink.close()
    assert path.read_bytes() == b"one\ntwo\n"


def test_after_a_rename_reopen_begins_a_new_file(path: Path) -> None:
    sink = open_at(path)
    sink.write(LINES)
    old = path.rename(path.with_suffix(".1"))
    number = sink.descriptor
    sink.write(LINES)
    sink.reopen()
    sink.write(LINES)
    assert sink.descriptor == number
    assert not os.get_inheritable(number)
    sink.close()
    assert old.read_bytes() == b"one\ntwo\n" * 2
    assert path.read_bytes() == b"one\ntwo\n"


def test_reopen_without_a_rename_changes_nothing(path: Path) -> None:
    sink = open_at(path)
    sink.write(lines(part(0, b"ha", torn=True)))
    sink.reopen()
    sink.write(lines(part(0, b"lf\n")))
    sink.close()
    assert path.read_bytes() == b"half\n"


def test_where_the_new_file_cannot_be_opened_the_old_one_is_written_on(path: Path) -> None:
    sink = open_at(path)
    old = path.rename(path.with_suffix(".1"))
    path.mkdir()
    with pytest.raises(SinkError, match="directory"):
        sink.reopen()
    sink.write(LINES)
    sink.close()
    assert old.read_bytes() == b"one\ntwo\n"


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="No such file"):
        open_at(tmp_path / "nowhere" / "out.log")
    with pytest.raises(SinkError, match="directory"):
        open_at(tmp_path)


def test_what_is_no_regular_file_is_written_to(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    sink = open_at(fifo)
    sink.write(LINES)
    sink.sync()
    sink.close()
    reader.join()
    assert got == [b"one\ntwo\n"]


def test_a_full_disk_is_a_sink_error() -> None:
    sink = open_at(Path("/dev/full"))
    with pytest.raises(SinkError, match=r"/dev/full: No space left") as caught:
        sink.write(LINES)
    assert caught.value.errno == errno.ENOSPC
    sink.abort()


@given(
    texts=st.lists(st.lists(st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"")), max_size=4), max_size=4),
    room=st.integers(0, 60),
    step=st.integers(1, 9),
)
def test_a_disk_that_is_full_leaves_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[bytes]], room: int, step: int
) -> None:
    path = tmp_path_factory.mktemp("disk") / "out.log"
    written = [b"".join(line + b"\n" for line in text) for text in texts]
    sink = open_at(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "write_some", Disk(room, step).write_some)
        failed = False
        for data in filter(None, written):
            try:
                sink.write(lines(part(0, data)))
            except SinkError:
                failed = True
                break
    sink.abort()
    whole = b"".join(written)
    left = path.read_bytes()
    assert failed == (room < len(whole))
    assert left == whole[: whole[:room].rfind(b"\n") + 1]


def test_a_half_line_of_the_batch_before_is_cut_off_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "write_some", Disk(9).write_some)
    sink = open_at(path)
    sink.write(lines(part(0, b"one\nha", torn=True)))
    with pytest.raises(SinkError, match="No space left"):
        sink.write(lines(part(0, b"lf of it\n", joins=True)))
    sink.close()
    assert path.read_bytes() == b"one\n"
