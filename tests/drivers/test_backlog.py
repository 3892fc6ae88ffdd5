"""Where to begin in a file that was there before: its last lines or records, and what it is known by."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.options import Options
from logbraid.core.recognise import Recogniser, Recognisers
from logbraid.core.states import Beginning
from logbraid.core.types import Source, SourceId
from logbraid.drivers.backlog import OneFile, beginning_at, last_lines, last_records
from logbraid.testing import FakeFiles

from .live_run import lines

NAME = "/logs/app.log"
TRACEBACK = b"Traceback (most recent call last):\n  File 'app.py'\nValueError: no\n"


def holding(data: bytes) -> OneFile:
    """A file of these bytes."""
    files = FakeFiles([NAME])
    files.append(NAME, data)
    stat = files.stat(NAME)
    assert stat is not None
    return OneFile(files, NAME, stat)


def recogniser() -> Recogniser:
    return Recognisers(Options()).of(Source(SourceId(0), NAME, "app.log", 0))


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"."))), st.integers(0, 12), st.binary())
def test_the_last_lines_are_what_splitting_says(written: list[bytes], count: int, torn: bytes) -> None:
    torn = torn.replace(b"\n", b".")
    ended = [line + b"\n" for line in written]
    data = b"".join(ended) + torn
    expected = b"".join(ended[max(len(ended) - count, 0) :]) + torn
    assert data[last_lines(holding(data), count) :] == expected


def test_lines_that_are_longer_than_a_block_are_found_too() -> None:
    data = b"".join(b"%d %s\n" % (number, b"x" * 20_000) for number in range(10))
    assert data[last_lines(holding(data), 3) :].startswith(b"7 x")


def test_a_traceback_belongs_to_the_record_above_it() -> None:
    data = lines("a", 5) + TRACEBACK
    offset, start = last_records(holding(data), 1, recogniser())
    assert data[offset:] == lines("a", 5).splitlines(keepends=True)[-1] + TRACEBACK
    assert start.offset == offset
    assert start.lock is not None


def test_a_file_of_fewer_records_is_shown_whole() -> None:
    assert last_records(holding(lines("a", 5)), 10, recogniser())[0] == 0


def test_none_of_the_last_means_behind_the_last_whole_line() -> None:
    data = lines("a", 5) + b"torn"
    assert last_records(holding(data), 0, recogniser())[0] == len(lines("a", 5))


def test_a_beginning_knows_the_bytes_before_it() -> None:
    data = lines("a", 50)
    file = holding(data)
    assert beginning_at(file, 10) == Beginning(file.stat, 10, data[:10])
    assert beginning_at(file, 500) == Beginning(file.stat, 500, data[436:500])


def test_a_file_that_was_shortened_meanwhile_is_begun_at_its_first_byte() -> None:
    files = FakeFiles([NAME])
    files.append(NAME, lines("a", 50))
    stat = files.stat(NAME)
    assert stat is not None
    file = OneFile(files, NAME, stat)
    files.truncate(NAME, 100)
    assert beginning_at(file, 500) == Beginning(stat, 0, b"")
