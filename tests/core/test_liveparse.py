"""The parser of a file that grows: each byte once, in order, and as its parent does it where nothing is silent."""

from __future__ import annotations

from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.events import NoTimestamps
from logbraid.core.liveparse import LiveParser
from logbraid.core.options import Options
from logbraid.core.parse import Start
from logbraid.core.recognise import SAMPLE_BYTES, Recognisers
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import FOREVER, NO_TIME, SECOND, Chunk, Nanos

from .build import MODIFIED, PYTHON, SEEDS, SIZES, STAMPS, Author, Row, parse, pieces, rows_of, source

NOW = at("2026-03-10T12:00")
TIMED = b"2026-03-10T11:59:58Z a\n"
TIME = at("2026-03-10T11:59:58")
STYLES = st.sampled_from(sorted(STAMPS))
TIMED_STYLES = st.sampled_from(sorted({*STAMPS} - {"none"}))


def parser(start: Start | None = None) -> LiveParser:
    return LiveParser(source(), Recognisers(Options(), live=True).of(source()), 1 << 20, start)


def receive(parser: LiveParser, data: bytes, now: Nanos = NOW, ceiling: Nanos = FOREVER) -> list[Row]:
    return [*rows_of(parser.receive(Chunk.of(data), now, ceiling))]


def pause(parser: LiveParser, now: Nanos = NOW, ceiling: Nanos = FOREVER) -> list[Row]:
    return [*rows_of(parser.pause(now, ceiling))]


def finish(parser: LiveParser, now: Nanos = NOW, ceiling: Nanos = FOREVER) -> list[Row]:
    return [*rows_of(parser.finish(now, ceiling))]


@settings(max_examples=60, deadline=None)
@given(STYLES, SEEDS, st.integers(0, 90), SIZES, st.lists(st.booleans(), min_size=1, max_size=9), st.booleans())
def test_each_byte_leaves_once_and_in_order(
    style: str, seed: int, records: int, sizes: list[int], silent: list[bool], live: bool
) -> None:
    data = Author(seed).log(style, records, longest=200)
    one, rows, silence, ceiling = parser(), list[Row](), cycle(silent), NOW if live else FOREVER
    for piece in pieces(data, sizes):
        rows += receive(one, piece, NOW, ceiling)
        if next(silence):
            rows += pause(one, NOW, ceiling)
            assert not one.holds_lines
    rows += finish(one, NOW, ceiling)
    ends = [0, *(row.end for row in rows)]
    assert [row.start for row in rows] == ends[:-1]
    assert ends[-1] == len(data)
    assert b"".join(row.data for row in rows).removesuffix(b"\n") == data.removesuffix(b"\n")
    assert [row.key for row in rows] == sorted(row.key for row in rows)
    assert all(row.key <= ceiling for row in rows)


@settings(max_examples=60, deadline=None)
@given(TIMED_STYLES, SEEDS, st.integers(0, 20) | st.integers(60, 150), SIZES)
def test_where_nothing_is_silent_the_records_are_those_of_a_merge(
    style: str, seed: int, records: int, sizes: list[int]
) -> None:
    data = Author(seed).log(style, records)
    one, rows = parser(), list[Row]()
    for piece in pieces(data, sizes):
        passed, new = one.upto, receive(one, piece, MODIFIED)
        assert all(row.key >= passed for row in new)
        rows += new
        if one.wants_history:
            one.recogniser.history(data.splitlines())
    rows += finish(one, MODIFIED)
    assert rows == parse(data, sizes).rows


def test_a_pause_lets_the_open_record_leave_and_keeps_the_torn_line() -> None:
    one = parser()
    assert receive(one, TIMED + b"  more\n2026-") == []
    assert one.holds_lines
    assert [row.data for row in pause(one)] == [TIMED + b"  more\n"]
    assert (one.held, one.holds_lines, one.offset) == (5, False, len(TIMED) + 7)
    assert pause(one) == []


def test_what_comes_late_without_a_time_inherits_the_one_above() -> None:
    one = parser()
    receive(one, TIMED)
    pause(one)
    receive(one, b"  more\n")
    assert [(row.data, row.time) for row in pause(one, NOW + 9)] == [(b"  more\n", TIME)]


def test_the_open_record_says_how_far_its_source_has_come() -> None:
    one = parser()
    receive(one, TIMED)
    assert one.upto == NO_TIME, "nobody has looked for a format yet"
    pause(one)
    receive(one, TIMED)
    assert one.upto == TIME
    receive(one, b"2026-03-10T18:00:00Z b\n")
    assert one.upto == TIME, "it may be a leap"
    pause(one, NOW, NOW)
    assert one.upto == NOW


def test_without_a_format_lines_leave_as_they_are_seen_and_the_question_stays_open() -> None:
    one = parser()
    assert receive(one, b"a banner\n") == []
    assert [row.time for row in pause(one, NOW)] == [NOW]
    assert receive(one, b"another\n") == []
    assert [row.time for row in pause(one, NOW + 5)] == [NOW + 5]
    receive(one, b"2026-03-10T12:00:01Z b\n")
    assert [row.time for row in pause(one, NOW + 2 * SECOND)] == [NOW + SECOND]
    assert one.events() == []


def test_a_source_without_timestamps_is_noticed_once() -> None:
    one = parser()
    for _ in range(4):
        receive(one, b"nothing\n" * (SAMPLE_BYTES // 24))
        pause(one)
    (event,) = one.events()
    assert event == NoTimestamps("/logs/0.log", observed=True)
    assert str(event).endswith("using the time it was observed")


def test_no_record_comes_from_the_future() -> None:
    one = parser()
    rows = receive(one, TIMED + b"2026-03-10T12:00:05Z b\n" + TIMED, NOW, NOW) + pause(one, NOW, NOW)
    assert [row.key for row in rows] == [TIME, NOW, NOW]
    assert [row.time for row in rows] == [TIME, NOW + 5 * SECOND, TIME]
    assert (one.maximum.ahead, one.maximum.leaps) == (1, 0)


@pytest.mark.parametrize("then", [b"12:00:00.5 b\n", b"Mar 10 12:00:00 host a: b\n"])
def test_a_date_that_is_left_out_is_that_of_the_day(then: bytes) -> None:
    one = parser(Start(generation=1))
    later = NOW + 3 * 86_400 * SECOND + 10 * SECOND
    receive(one, then, NOW, NOW)
    assert [row.time // SECOND for row in pause(one, NOW, NOW)] == [NOW // SECOND]
    receive(one, then.replace(b"10 12", b"13 12"), later, later)
    assert [row.time // SECOND for row in pause(one, later, later)] == [later // SECOND - 10]


def test_history_is_not_waited_for_where_there_is_none() -> None:
    one = parser(Start(previous=at("2024-12-31T23:00")))
    receive(one, b"Dec 31 23:59:00 host a: b\nJan  1 00:01:00 host a: b\n")
    assert not one.wants_history
    assert [row.time for row in finish(one)] == [at("2024-12-31T23:59"), at("2025-01-01T00:01")]
    other = parser()
    receive(other, b"Jan  1 00:01:00 host a: b\n" * 64)
    assert other.wants_history
    other.forgo_history()
    receive(other, b"Jan  1")
    assert {row.time for row in finish(other)} == {at("2026-01-01T00:01")}


def test_the_next_generation_goes_on_where_this_one_is() -> None:
    one = parser()
    receive(one, b"ts=2026-03-10T11:59:58Z a\nts=2026-03-10T11:59:59Z b")
    rows = finish(one)
    assert [row.end for row in rows] == [26, 51], "the newline that was added is no byte of the file"
    other = one.successor(1)
    assert receive(other, b"header\nts=2026-03-10T11:59:57Z c\n" + PYTHON + b"ts=2026-03-10T12:00:00Z d\n") != []
    assert [row.data for row in receive(one, b"straggler\n") + pause(one)] == [b"straggler\n"]
    (last,) = finish(other)
    assert (last.start, last.key) == (33 + len(PYTHON), NOW)
    assert one.maximum is other.maximum


@settings(max_examples=60, deadline=None)
@given(TIMED_STYLES, SEEDS, st.integers(0, 90), SIZES, st.data())
def test_a_source_that_is_taken_up_anywhere_goes_on_with_its_times_and_keys(
    style: str, seed: int, records: int, sizes: list[int], choices: st.DataObject
) -> None:
    data = Author(seed).log(style, records)
    lines = data.splitlines(keepends=True)
    begin = len(b"".join(lines[: choices.draw(st.integers(0, len(lines)))]))
    guard, highest = data[max(begin - 64, 0) : begin], TIME
    one = parser(Start(begin, 2, previous=TIME - 60 * SECOND, highest=highest, guard=guard))
    rows = list[Row]()
    for piece in pieces(data[begin:], sizes):
        rows += receive(one, piece, MODIFIED)
        assert not one.wants_history
        assert one.guard == data[max(one.offset - 64, 0) : one.offset]
    rows += finish(one, MODIFIED)
    assert [row.start for row in rows] + [len(data)] == [begin, *(row.end for row in rows)]
    assert [row.key for row in rows] == sorted(max(row.key, highest) for row in rows)
    assert (one.offset, one.guard) == (len(data), data[-64:])


@pytest.mark.parametrize("generation", [2, 3])
def test_a_year_that_is_left_out_goes_on_from_the_run_before(generation: int) -> None:
    one = parser(Start(500, 2, previous=at("2023-12-31T23:59:58"), highest=at("2023-12-31T23:59:59"), guard=b"guard"))
    receive(one, b"  goes on\n")
    if generation != 2:
        finish(one)
        one = one.successor(generation)
    receive(one, b"Dec 31 23:59:58 host a: b\nJan  1 00:00:01 host a: b\n")
    rows = finish(one)[-2:]
    assert [row.time for row in rows] == [at("2023-12-31T23:59:58"), at("2024-01-01T00:00:01")]
    assert [row.key for row in rows][1] == at("2024-01-01T00:00:01")
