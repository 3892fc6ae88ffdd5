"""Where text stands: a file is known again by its bytes; what comes only once is copied without what lies between."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.records import SourceBatch
from logbraid.core.types import PADDING, Identity, Source, SourceId
from logbraid.errors import SourceError
from logbraid.system.descriptors import Descriptors
from logbraid.system.followed import Disk
from logbraid.view.texts import GONE, GUARD, MOST_CANDIDATES, NOT_COPIED, PATIENCE, CopiedText, FileText, Spool, Text

LINES = [b"2026-03-01T00:00:%02d a line\n" % number for number in range(60)]
LINE = len(LINES[0])


def part_of(data: bytes, spans: Sequence[tuple[int, int]], base: int = 0) -> SourceBatch:
    """Records at these offsets, of which ``data`` holds the bytes from ``base`` on."""
    starts, ends = np.array(spans).T - base
    times = np.arange(len(spans))
    buffer = np.frombuffer(data + bytes(PADDING), np.uint8)
    return SourceBatch(
        Source(SourceId(0), "a", "a", 0), 0, buffer, base, starts, ends, times, times, 0, base + len(data)
    )


def whole(data: bytes, base: int = 0) -> SourceBatch:
    """One record that is all of it."""
    return part_of(data, [(base, base + len(data))], base)


def read(text: Text, offset: int, size: int) -> bytes:
    """What can be read there."""
    room = bytearray(size)
    return bytes(room[: text.read(memoryview(room), offset)])


@pytest.fixture
def disk() -> Iterator[Disk]:
    with closing(Disk(Descriptors(1))) as disk:
        yield disk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(b"".join(LINES))
    return path


@pytest.fixture
def text(disk: Disk, path: Path) -> FileText:
    """All lines, found in their file."""
    text = FileText(disk, str(path))
    text.keep(whole(b"".join(LINES)))
    assert text.find()
    return text


# In a file


def test_a_file_is_read_at_any_offset(text: FileText) -> None:
    assert read(text, 0, 20) == LINES[0][:20]
    assert read(text, LINE, 2 * LINE) == LINES[1] + LINES[2]
    assert read(text, len(b"".join(LINES)) - 5, 100) == b"line\n"


@pytest.mark.parametrize("other", [b"", b"something else\n" * 500, LINES[0]])
def test_another_file_is_not_taken_for_it(disk: Disk, path: Path, other: bytes) -> None:
    path.write_bytes(other)
    text = FileText(disk, str(path))
    text.keep(whole(b"".join(LINES)))
    assert text.find() is None
    assert read(text, 0, 10) == b""


def test_the_newest_bytes_decide(disk: Disk, path: Path) -> None:
    text = FileText(disk, str(path))
    text.keep(whole(LINES[0]))
    assert text.find()
    text.keep(whole(LINES[2], base=LINE))
    assert read(text, 0, 10) == b"", "line 2 is not where it was: the file has been written anew"


@pytest.mark.parametrize("size", [1, 30, GUARD, GUARD + 1, 3 * GUARD])
def test_a_guard_holds_the_beginning_of_the_last_record(disk: Disk, path: Path, size: int) -> None:
    last = b"<" + b"." * (size - 1)
    path.write_bytes(b"x" * 1000 + last)
    text = FileText(disk, str(path))
    text.keep(part_of(b"x" * 1000 + last, [(0, 10), (1000, 1000 + size)]))
    assert text.find()
    path.write_bytes(b"x" * 1000 + b">" + b"." * (size - 1))
    assert text.find() is None


def test_a_renamed_file_is_known_however_many_came_after_it(text: FileText, path: Path) -> None:
    path.rename(path.with_name("app.log.99"))
    for number in range(MOST_CANDIDATES + 5):
        path.with_name(f"app.log.{number}").write_bytes(b"not this\n")
    assert read(text, 0, 20) == LINES[0][:20]


def test_a_copy_is_found_among_the_newest(text: FileText, disk: Disk, path: Path) -> None:
    for number in range(1, 4):
        path.with_name(f"app.log.{number}").write_bytes(b"not this\n" if number != 2 else path.read_bytes())
    path.unlink()
    open_elsewhere(disk, path.with_name("app.log.3"))
    assert read(text, 0, 20) == LINES[0][:20]


def open_elsewhere(disk: Disk, path: Path) -> None:
    """Use the only descriptor for another file."""
    text = FileText(disk, str(path))
    text.keep(whole(path.read_bytes()))
    assert text.find()


def test_what_was_lost_may_come_back(text: FileText, disk: Disk, path: Path) -> None:
    away = path.rename(path.with_name("elsewhere"))
    open_elsewhere(disk, away)
    disk.let_go(Identity.of(away.stat()))
    assert read(text, 0, 10) == b""
    away.rename(path)
    with mock.patch.object(disk, "siblings") as siblings:
        assert {read(text, 0, 10) for _ in range(PATIENCE)} == {b""}
    siblings.assert_not_called()
    assert read(text, 0, 10) == LINES[0][:10]


def test_what_was_lost_is_looked_for_at_once_when_more_of_it_comes(text: FileText, path: Path) -> None:
    path.write_bytes(b"")
    assert read(text, 0, 10) == b""
    path.write_bytes(b"".join(LINES) + LINES[0])
    text.keep(whole(LINES[0], base=path.stat().st_size - LINE))
    assert read(text, 0, 10) == LINES[0][:10]


def test_a_file_that_begins_otherwise_is_not_taken_for_it_however_it_goes_on(disk: Disk, path: Path) -> None:
    ticks = b"tick\n" * 1000
    path.write_bytes(b"job 1\n" + ticks)
    text = FileText(disk, str(path))
    text.keep(whole(b"job 1\n" + ticks))
    assert read(text, 0, 6) == b"job 1\n"
    path.write_bytes(b"job 2\n" + ticks + ticks)
    assert read(text, 0, 6) == b""


@pytest.mark.parametrize("sizes", [[6, 6, 6], [6, 1000], [1000], [GUARD, 6], [GUARD - 1, 6]])
def test_the_first_bytes_are_remembered_however_they_come(disk: Disk, path: Path, sizes: list[int]) -> None:
    data = b"".join(b"%03d\n" % number for number in range(400))
    path.write_bytes(data)
    text = FileText(disk, str(path))
    begin = 4
    for size in sizes:
        text.keep(whole(data[begin : begin + size], base=begin))
        begin += size
    assert text._head == (4, data[4 : min(begin, 4 + GUARD)])
    assert read(text, 4, 10) == data[4:14]


def test_what_does_not_follow_the_first_bytes_is_none_of_them(text: FileText, disk: Disk, path: Path) -> None:
    text = FileText(disk, str(path))
    text.keep(whole(LINES[0]))
    text.keep(whole(LINES[2], base=2 * LINE))
    assert text._head == (0, LINES[0])
    assert read(text, 0, 3 * LINE) == b"".join(LINES[:3])


def test_a_file_has_a_name_wherever_it_stands_beside_its_own(disk: Disk, path: Path) -> None:
    text = FileText(disk, str(path))
    text.keep(whole(b"".join(LINES)))
    assert not text.has_name()
    assert text.find()
    assert text.has_name()
    first = path.rename(path.with_name("app.log.1"))
    assert text.has_name()
    first.with_name("app.log.2").write_bytes(first.read_bytes())
    first.unlink()
    assert text.has_name(), "a copy does as well"
    first.with_name("app.log.2").unlink()
    assert not text.has_name()


def test_a_name_that_cannot_be_looked_at_is_not_given_up(text: FileText, disk: Disk) -> None:
    with mock.patch.object(disk, "stat", side_effect=SourceError("app.log", "input/output error", errno.EIO)):
        assert text.has_name()


def test_what_is_no_file_is_never_opened(disk: Disk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", "-", "kubectl logs -f web", "s3://bucket/app.log", "."):
        text = FileText(disk, str(tmp_path / name))
        text.keep(whole(b"x\n"))
        assert text.find() is None


@pytest.mark.parametrize("call", ["stat", "siblings", "read"])
def test_a_file_that_cannot_be_read_is_gone(text: FileText, disk: Disk, call: str) -> None:
    with mock.patch.object(disk, call, side_effect=SourceError("app.log", "input/output error", errno.EIO)):
        text.keep(whole(b"newer\n", base=1 << 20))
        assert read(text, 0, 10) == b""


# In a copy

SPANS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 20)), min_size=1, max_size=10)


@settings(max_examples=50, deadline=None)
@given(st.lists(SPANS, min_size=1, max_size=5), st.integers(0, 200), st.integers(1, 100))
def test_every_copied_record_is_read_again(parts: list[list[tuple[int, int]]], offset: int, size: int) -> None:
    data = bytes(number % 251 for number in range(2000))
    end, kept = 0, set[int]()
    with closing(Spool(None)) as spool:
        text, other = CopiedText(spool), CopiedText(spool)
        for gaps in parts:
            spans = []
            for gap, length in gaps:
                spans.append((end + gap, end + gap + length))
                end += gap + length
                kept.update(range(*spans[-1]))
            begin = spans[0][0]
            text.keep(part_of(data[begin:end], spans, base=begin))
            if begin % 2:
                other.keep(whole(b"of another source\n"))
        found = read(text, offset, size)
        wanted = range(offset, offset + size)
        assert len(found) == max((place + 1 - offset for place in wanted if place in kept), default=0)
        assert all(found[place - offset] == data[place] for place in wanted if place in kept)


def test_what_a_filter_took_out_is_not_copied() -> None:
    with closing(Spool(None)) as spool:
        CopiedText(spool).keep(part_of(b"".join(LINES[:3]), [(0, LINE), (2 * LINE, 3 * LINE)]))
        assert spool.append(memoryview(b"next")) == 2 * LINE


def test_an_added_newline_is_not_copied() -> None:
    with closing(Spool(None)) as spool:
        text = CopiedText(spool)
        part = whole(b"no newline")
        text.keep(SourceBatch(**{**vars(part), "ends": part.ends + 1}))
        text.keep(whole(b", after all\n", base=10))
        assert read(text, 0, 100) == b"no newline, after all\n"


def test_a_full_disk_ends_the_copies_but_not_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    full = False

    def pwrite(number: int, data: bytes, offset: int) -> int:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(number, data[:7], offset)

    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", pwrite)
    with closing(Spool(None)) as spool:
        text = CopiedText(spool)
        text.keep(whole(LINES[0]))
        full = True
        text.keep(whole(LINES[1], base=LINE))
        full = False
        text.keep(whole(LINES[2], base=2 * LINE))
        assert "no space left on device" in str(spool.failure)
        assert text.gone == NOT_COPIED
        assert read(text, 0, 3 * LINE) == LINES[0]
        assert read(text, 2 * LINE, LINE) == b""


def test_where_no_file_can_be_made_nothing_is_copied(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "missing"))
    text = CopiedText(spool)
    text.keep(whole(LINES[0]))
    assert read(text, 0, 10) == b""
    assert "no such file" in str(spool.failure)
    assert text.gone == NOT_COPIED
    spool.close()


def test_the_copy_has_no_name_and_goes_with_its_spool(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    text = CopiedText(spool)
    text.keep(whole(LINES[0]))
    assert text.gone == GONE
    assert list(tmp_path.iterdir()) == []
    assert read(text, 0, LINE) == LINES[0]
    spool.close()
    assert read(text, 0, LINE) == b""
