"""From chunks to whole records: the same records, however the bytes came."""

from __future__ import annotations

import time
from unittest.mock import patch

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from logbraid.core import parse as parse_module
from logbraid.core.events import FormatChanged, NoTimestamps, RecordCut
from logbraid.core.liveparse import LiveParser
from logbraid.core.options import MEBIBYTE, Options
from logbraid.core.parse import Parser, Start
from logbraid.core.recognise import Recognisers
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import FOREVER, Chunk

from .build import MODIFIED, PYTHON, SEEDS, SIZES, STAMPS, Author, parse, pieces, rows_of, source

STYLES = st.sampled_from(sorted(STAMPS))
RECORDS = st.integers(0, 20) | st.integers(60, 150)


def spans_whole(data: bytes, rows: list[tuple[int, int]]) -> bool:
    """Whether the records lie end to end from the first byte of the source to its last."""
    ends = [0, *(end for _, end in rows)]
    return [start for start, _ in rows] == ends[:-1] and ends[-1] == len(data)


@settings(max_examples=150, deadline=None)
@given(STYLES, SEEDS, RECORDS, SIZES)
def test_any_chunks_give_the_same_records(style: str, seed: int, records: int, sizes: list[int]) -> None:
    data = Author(seed).log(style, records)
    whole = parse(data)
    assert parse(data, sizes) == whole
    assert spans_whole(data, [(row.start, row.end) for row in whole.rows])
    assert b"".join(row.data for row in whole.rows).removesuffix(b"\n") == data.removesuffix(b"\n")


@settings(max_examples=60, deadline=None)
@given(STYLES, SEEDS, RECORDS, SIZES, st.integers(64, 300))
def test_any_chunks_give_the_same_pieces_of_long_records(
    style: str, seed: int, records: int, sizes: list[int], max_record: int
) -> None:
    # Of a traceback that was cut, a source without timestamps does not know the end: none here.
    data = Author(seed).log(style, records, longest=700).replace(PYTHON, b"\n")
    whole = parse(data, options=Options(max_record=max_record))
    assert parse(data, sizes, Options(max_record=max_record)) == whole
    assert spans_whole(data, [(row.start, row.end) for row in whole.rows])
    assert max((row.end - row.start for row in whole.rows), default=0) <= max_record


@settings(max_examples=50, deadline=None)
@given(STYLES, STYLES, SEEDS, st.lists(st.integers(50, 3000), min_size=1, max_size=4))
def test_any_chunks_give_the_same_records_where_the_format_changes(
    before: str, after: str, seed: int, sizes: list[int]
) -> None:
    # A change away from pretty JSON may be noticed at another line where chunks are small, a debt: see Recogniser.
    assume(before != "pretty JSON")
    author = Author(seed)
    data = author.log(before, 80).removesuffix(b"\n") + b"\n" + author.log(after, 170)
    assert parse(data, sizes) == parse(data)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=90), max_size=90), SIZES, st.sampled_from([64, MEBIBYTE]))
def test_any_bytes_will_do(lines: list[bytes], sizes: list[int], max_record: int) -> None:
    data = b"\n".join(lines)
    whole = parse(data, options=Options(max_record=max_record))
    assert parse(data, sizes, Options(max_record=max_record)) == whole
    assert spans_whole(data, [(row.start, row.end) for row in whole.rows])


@pytest.mark.parametrize("sizes", [[1], [7], [64], [100_000]])
def test_a_record_is_a_timed_line_and_what_follows_it(sizes: list[int]) -> None:
    data = b"2026-01-01T00:00:01Z a\n  more\n\n2026-01-01T00:00:02Z b\r\n2026-01-01T00:00:03Z c"
    rows = parse(data, sizes).rows
    assert [(row.start, row.end, row.time) for row in rows] == [
        (0, 31, at("2026-01-01T00:00:01")),
        (31, 55, at("2026-01-01T00:00:02")),
        (55, 77, at("2026-01-01T00:00:03")),
    ]
    assert rows[0].data == b"2026-01-01T00:00:01Z a\n  more\n\n"
    assert rows[1].data.endswith(b"b\r\n")
    assert rows[2].data.endswith(b"c\n"), "the newline that the source lacks is added"


def test_lines_above_the_first_timestamp_take_its_time() -> None:
    rows = parse(b"a header\n\n2026-01-01T00:00:01Z a\n").rows
    assert [(row.start, row.time) for row in rows] == [
        (0, at("2026-01-01T00:00:01")),
        (10, at("2026-01-01T00:00:01")),
    ]


def test_a_byte_order_mark_hides_no_timestamp() -> None:
    rows = parse(b"\xef\xbb\xbf2026-01-01T00:00:01Z a\n2026-01-01T00:00:02Z b\n").rows
    assert [row.time for row in rows] == [at("2026-01-01T00:00:01"), at("2026-01-01T00:00:02")]
    assert rows[0].start == 0


def test_without_timestamps_each_line_is_stamped() -> None:
    parsed = parse(b"one\ntwo\n" + PYTHON + b"three")
    assert [row.data for row in parsed.rows] == [b"one\n", b"two\n" + PYTHON, b"three\n"]
    assert {row.time for row in parsed.rows} == {MODIFIED}
    assert parsed.events == [NoTimestamps("/logs/0.log")]


def test_nothing_is_no_record() -> None:
    assert parse(b"") == parse(b"", [1])
    assert parse(b"").rows == []


@pytest.mark.parametrize("style", ["syslog", "time of day", "ISO with micros", "pretty JSON", "epoch"])
@pytest.mark.parametrize("records", [1, 2, 63, 64, 65])
def test_short_sources_leave_whole(style: str, records: int) -> None:
    data = b"".join(STAMPS[style](Author(0)._next_time(leaps=False)).encode() + b" x\n" for _ in range(records))
    rows = parse(data, [50]).rows
    assert len(rows) == records
    assert b"".join(row.data for row in rows) == data


def test_history_over_new_year() -> None:
    data = b"".join(b"Dec 31 23:%02d:00 host a: b\n" % minute for minute in range(60))
    data += b"".join(b"Jan  1 00:%02d:00 host a: b\n" % minute for minute in range(60))
    for sizes in ([10], [1000], [1 << 20]):
        rows = parse(data, sizes).rows
        assert rows[0].time == at("2025-12-31T23:00")
        assert rows[-1].time == at("2026-01-01T00:59")
        assert [row.key for row in rows] == sorted(row.time for row in rows)


# Small chunks that only make the open record longer

ISO = b"2026-01-01T00:00:01Z a\n"
OPENINGS = st.sampled_from([b"", ISO * 64, b'{\n "time": "2026-01-01T00:00:01Z"\n}\n' * 22, b"no time\n" * 9000])
LINES = st.sampled_from(
    [b"  more\n", b"9\n", b"{\n", b' "time": "2026-01-01T00:00:03Z",\n', b"1767225700123 b\n", b"x" * 70, b"\n", b"}\n"]
) | st.sampled_from([ISO, ISO[:-1], b"Traceback (most recent call last):\n", b"Caused by: b\n", b"ValueError\n"])
PARTS = st.tuples(LINES, st.sampled_from([1, 1, 2, 9, 70])).map(lambda part: part[0] * part[1])
LONG_RECORDS = st.lists(PARTS, max_size=9).map(b"".join)


@settings(max_examples=60, deadline=None)
@given(OPENINGS, LONG_RECORDS, st.integers(9, 90), st.sampled_from([64, 700, MEBIBYTE]))
def test_what_leaves_leaves_at_the_same_chunk_whether_all_is_read_again_or_not(
    opening: bytes, data: bytes, size: int, max_record: int
) -> None:
    one, other = (
        LiveParser(source(), Recognisers(Options()).of(source()), max_record, Start(previous=MODIFIED))
        for _ in range(2)
    )
    for number, piece in enumerate([opening or b"\n", *pieces(data, [size])]):
        with patch.object(parse_module, "LONG", 0):
            rows = [*rows_of(one.receive(Chunk.of(piece), MODIFIED + number))]
        with patch.object(parse_module, "LONG", FOREVER):
            assert rows == [*rows_of(other.receive(Chunk.of(piece), MODIFIED + number))]
        for told in ("held", "offset", "guard", "upto", "cut", "holds_lines", "expects_more", "has_long_records"):
            assert getattr(one, told) == getattr(other, told), told
        assert one.events() == other.events()
    assert [*rows_of(one.finish(MODIFIED))] == [*rows_of(other.finish(MODIFIED))]


# Lines that are longer than anything looked at


@pytest.mark.parametrize("sizes", [[1 << 20], [65_536], [100_001], [1 << 22]])
@pytest.mark.parametrize("long", [70_000, 1_100_000])
def test_a_source_of_long_lines_keeps_its_times(sizes: list[int], long: int) -> None:
    lines = [b"2026-01-01T00:00:%02dZ " % second + b"x" * long + b"\n" for second in range(3)]
    parsed = parse(b"".join(lines), sizes)
    assert sorted({row.time for row in parsed.rows}) == [at(f"2026-01-01T00:00:0{second}") for second in range(3)]
    assert not any(isinstance(event, NoTimestamps) for event in parsed.events)
    assert parsed.cut == (3 if long > MEBIBYTE else 0)


def test_an_untimed_first_line_longer_than_a_record_decides_nothing() -> None:
    data = b"x" * 100 + b"\n" + b"2026-01-01T00:00:01Z a\n" * 70
    for sizes in ([70], [1 << 20]):
        assert parse(data, sizes, Options(max_record=64)).rows[-1].time == at("2026-01-01T00:00:01")


def test_a_long_record_is_cut_at_line_ends_where_it_can_be() -> None:
    data = b"2026-01-01T00:00:01Z a\n" + b" " * 30 + b"\n" + b"y" * 150 + b"\n2026-01-01T00:00:02Z b\n"
    parsed = parse(data, [11], Options(max_record=64))
    assert [row.end - row.start for row in parsed.rows] == [54, 64, 64, 23, 23]
    assert {row.time for row in parsed.rows[:-1]} == {at("2026-01-01T00:00:01")}
    assert parsed.cut == 1
    assert parsed.events == [RecordCut("/logs/0.log", 0, 64)]


def test_a_newline_that_was_added_makes_no_record_too_long() -> None:
    stamp = b"2026-01-01T00:00:01Z "
    parsed = parse(stamp + b"x" * (64 - len(stamp)), options=Options(max_record=64))
    assert [(row.start, row.end) for row in parsed.rows] == [(0, 64)]
    assert parsed.cut == 0


def test_what_looks_like_a_time_inside_a_cut_line_is_none() -> None:
    stamp = b"2026-01-01T00:00:01Z "
    data = stamp + b"x" * (64 - len(stamp)) + b"2031-01-01T00:00:01Z y\n" + stamp + b"\n"
    assert {row.time for row in parse(data, [9], Options(max_record=64)).rows} == {at("2026-01-01T00:00:01")}


def test_the_offset_of_a_change_of_format_is_one_of_the_source() -> None:
    before = b"2026-01-01T00:00:01Z a\n" * 100
    data = before + b"1767225700123 b\n" * 100
    for sizes in ([50], [1 << 20]):
        parsed = parse(data, sizes)
        assert parsed.rows[-1].time == at("2026-01-01T00:01:40.123")
        assert [event.offset for event in parsed.events if isinstance(event, FormatChanged)] == [len(before)]


# No time beyond linear: the bounds are generous


@pytest.mark.parametrize(
    "data",
    [
        b"2026-01-01T00:00:01Z " + b"x" * 20_000_000,
        b"\n" * 5_000_000,
        b"{" * 20_000_000,
        b"{\n" * 2_500_000,
        b"2026-01-01T00:00:01Z a\n" * 100 + b"no time\n" * 2_500_000,
        b"Traceback (most recent call last):\n" * 100_000,
    ],
    ids=["one line", "blank lines", "one line of braces", "braces", "untimed lines", "tracebacks without an end"],
)
def test_time_is_linear(data: bytes) -> None:
    parser = Parser(source(), Recognisers(Options()).of(source()), MEBIBYTE)
    begin = time.process_time()
    batches = [parser.receive(Chunk.of(piece), MODIFIED) for piece in pieces(data, [MEBIBYTE])]
    batches.append(parser.finish(MODIFIED))
    assert time.process_time() - begin < 10
    assert sum(batch.size for batch in batches if batch is not None) == len(data)
