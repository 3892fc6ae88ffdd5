"""What a source may hold: lines without an end, lines of nothing, and what looks like structure and is none."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.build import MODIFIED, Row, pieces, rows_of, source
from logbraid.core.options import MEBIBYTE, Options
from logbraid.core.parse import Parser
from logbraid.core.recognise import Recognisers
from logbraid.core.timestamps.reader import MANY_LINES, TimestampReader
from logbraid.core.types import Bytes8, Chunk, Int64

from .effort import assert_linear, rounds

pytestmark = pytest.mark.once

ISO: Final = b"2026-03-01T10:00:00Z one\n" * 64
OPENINGS: Final = {
    "nothing": b"",
    "ISO": ISO,
    "JSON": b'{"time":"2026-03-01T10:00:00Z","msg":"one"}\n' * 64,
    "pretty JSON": b'{\n "time": "2026-03-01T10:00:00Z"\n}\n' * 30,
    "logfmt": b"ts=2026-03-01T10:00:00Z msg=one\n" * 64,
}
UNITS: Final = (b'"', b"{", b"[", b" ", b"9", b"x", b"\0", b"\xff", b"\\", b'{"a":', b"a=", b"\xf0\x9f\x98\x80")
LINES: Final = (b"\n", b"\r\n", b"9\n", b"{\n", b"}\n", b'"\n', b" \n", b":\n", b"Caused by: \n", b"Traceback \n")


def parser(max_record: int = MEBIBYTE) -> Parser:
    return Parser(source(), Recognisers(Options()).of(source()), max_record)


def parsed_bytes(opening: bytes, unit: bytes, size: int, chunk: int = MEBIBYTE, longest: int = MEBIBYTE) -> int:
    """Return how many bytes came out of a source that says the same thing again and again."""
    it, out = parser(longest), 0
    piece = (unit * (chunk // len(unit) + 1))[: chunk // len(unit) * len(unit)]
    for data in (opening, *[piece] * (size // len(piece))):
        batch = it.receive(Chunk.of(data), MODIFIED) if data else None
        out += 0 if batch is None else int((batch.ends - batch.starts).sum())
    last = it.finish(MODIFIED)
    return out + (0 if last is None else int((last.ends - last.starts).sum()))


@pytest.mark.parametrize("opening", ["ISO", "pretty JSON"])
@pytest.mark.parametrize("unit", UNITS)
def test_a_line_without_an_end_is_linear_work(opening: str, unit: bytes) -> None:
    assert_linear(lambda size: parsed_bytes(OPENINGS[opening], unit, size, 1 << 16), 1 << 19)


@pytest.mark.parametrize("opening", ["nothing", "ISO", "pretty JSON"])
@pytest.mark.parametrize("line", LINES)
def test_lines_of_nothing_are_linear_work(opening: str, line: bytes) -> None:
    assert_linear(lambda size: parsed_bytes(OPENINGS[opening], line, size, 1 << 12, 1 << 13), 1 << 15)


@pytest.mark.parametrize("opening", ["no time", "ISO", "pretty JSON"])
@pytest.mark.parametrize("unit", [b"x", b" \n", b"Caused by: \n"])
def test_a_long_record_in_small_pieces_is_linear_work(opening: str, unit: bytes) -> None:
    before = OPENINGS.get(opening, b"no time\n" * (1 << 13))  # so many that none is looked for any more
    assert_linear(lambda size: parsed_bytes(before, unit, size, 1 << 7), 1 << 15)


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_long_line_needs_no_more_memory_than_a_short_one(opening: str) -> None:
    tracemalloc.start()
    try:
        parsed_bytes(OPENINGS[opening], b'{"', 4 * MEBIBYTE)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        parsed_bytes(OPENINGS[opening], b'{"', 32 * MEBIBYTE)
        assert tracemalloc.get_traced_memory()[1] - before < 24 * MEBIBYTE
    finally:
        tracemalloc.stop()


MEASURED: Final = """
import re, sys
import logbraid
logbraid.merge(sys.argv[1], sys.argv[2], tz="UTC")
# What getrusage says counts the memory of the process that started this one.
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="another system says elsewhere how much memory was used")
@pytest.mark.parametrize("unit", [b'"', b"{"])
def test_a_line_of_100_megabytes(tmp_path: Path, unit: bytes) -> None:
    path, out = tmp_path / "long.log", tmp_path / "out"
    path.write_bytes(ISO + unit * 100_000_000)
    child = subprocess.run([sys.executable, "-c", MEASURED, path, out], capture_output=True, text=True, check=True)
    assert out.stat().st_size > 100_000_000
    assert int(child.stdout) < 400 << 10, "KiB at most"


def test_lines_that_begin_like_a_time_are_looked_at_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at, look = [0], TimestampReader._first_new

    def counting(self: TimestampReader, buffer: Bytes8, positions: Int64, ends: Int64, rows: Int64) -> Any:
        looked_at[0] += len(rows)
        return look(self, buffer, positions, ends, rows)

    monkeypatch.setattr(TimestampReader, "_first_new", counting)
    parsed_bytes(ISO, b"9\n", 1 << 17, 1 << 10)  # one record, which comes again with each of 128 chunks
    # Once as they come, and once when so many have come that the format may have changed.
    assert (1 << 16) <= looked_at[0] < 2 * (1 << 16) + 128 * MANY_LINES


FRAGMENTS: Final = (
    *(b"2026-03-01T10:00:00Z ", b"2026-03-01 10:00:01,5 ", b"2026-02-30T25:61:61Z ", b"Mar  1 10:00:00 ", b"Feb 29 "),
    *(b"10:00:00.5 ", b"1772359200.25 ", b"@4000000037c219bf2ef02e94 ", b"9999-12-31T23:59:59Z ", b"0000-01-01 "),
    *(b'{"time":"', b'"ts":', b'{"ts":1772359200}', b"ts=", b"level=", b"{", b"}", b"[", b"]", b'"', b"\\", b"=", b":"),
    *(b"Traceback (most recent call last):", b"Caused by: ", b"\tat x", b"ERROR ", b"\xef\xbb\xbf", b"\0", b"\xff"),
    *(b"\n", b"\n", b"\n", b"\r\n", b"\r", b" ", b"9" * 40, b"x" * 300, b"\n9" * 80, b"\n \n" * 30),
)
HOSTILE: Final = st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=20), max_size=60).map(b"".join)
SIZES: Final = st.lists(st.integers(1, 700), min_size=1, max_size=4)


@settings(max_examples=rounds(80), deadline=None)
@given(HOSTILE, SIZES, st.sampled_from(sorted(OPENINGS)), st.sampled_from([64, 700, MEBIBYTE]))
def test_whatever_comes_leaves_whole_and_in_order(data: bytes, sizes: list[int], opening: str, longest: int) -> None:
    data = OPENINGS[opening] + data
    it = parser(longest)
    rows: list[Row] = []
    for piece in pieces(data, sizes):
        rows += rows_of(it.receive(Chunk.of(piece), MODIFIED))
        if it.recogniser.history_wanted:
            it.recogniser.history(data.splitlines(keepends=True))
    rows += rows_of(it.finish(MODIFIED))
    assert b"".join(row.data for row in rows).removesuffix(b"\n") == data.removesuffix(b"\n")
    assert all(len(row.data) <= longest + 1 for row in rows)
    assert all(row.key <= behind.key for row, behind in pairwise(rows))


UNTIMED: Final = st.lists(st.sampled_from([b"9\n", b"2026 rows\n", b"\n", b"2026-02-30 10:00:00 no such day\n"]))


@settings(max_examples=rounds(30), deadline=None)
@given(st.lists(UNTIMED.map(lambda lines: b"".join(lines * 9)), max_size=4), SIZES)
def test_long_records_are_the_same_in_chunks_of_any_size(bodies: list[bytes], sizes: list[int]) -> None:
    data = ISO + b"".join(b"2026-03-01T10:00:%02dZ two\n" % number + body for number, body in enumerate(bodies))
    assert chunked(data, sizes) == chunked(data, [len(data)])


def chunked(data: bytes, sizes: list[int]) -> list[tuple[int, bytes]]:
    it = parser()
    rows = [row for piece in pieces(data, sizes) for row in rows_of(it.receive(Chunk.of(piece), MODIFIED))]
    return [(row.time, row.data) for row in (*rows, *rows_of(it.finish(MODIFIED)))]
