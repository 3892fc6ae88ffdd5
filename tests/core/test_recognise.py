"""Which timestamps a source has: found at its head, and again where they change."""

from __future__ import annotations

from datetime import timedelta, timezone
from time import perf_counter

import pytest

from logbraid.core.events import FormatChanged, NoTimestamps
from logbraid.core.options import Options
from logbraid.core.recognise import SAMPLE_BYTES, SAMPLE_LINES, Recognisers
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import SECOND
from logbraid.errors import UsageError

from .build import MODIFIED, parse, source

TIMED = b"2026-01-01T00:00:01Z a\n"
EPOCH = b"1767225700123 b\n"
TIME = at("2026-01-01T00:00:01")


@pytest.mark.parametrize("sizes", [[1 << 20], [100]])
@pytest.mark.parametrize("untimed", [1, SAMPLE_LINES - 2, SAMPLE_LINES, 500])
def test_a_header_hides_no_timestamps(untimed: int, sizes: list[int]) -> None:
    parsed = parse(b"a header\n" * untimed + TIMED * 3000, sizes)
    assert {row.time for row in parsed.rows} == {TIME}
    assert len(parsed.rows) == 3001


def test_what_begins_behind_the_sample_is_not_found() -> None:
    parsed = parse(b"x" * 99 + b"\n" + b"a header\n" * (SAMPLE_BYTES // 9) + TIMED * 10)
    assert parsed.rows[-1].time == MODIFIED
    assert parsed.events == [NoTimestamps("/logs/0.log")]


@pytest.mark.parametrize("sizes", [[1 << 20], [100]])
def test_another_format_takes_over(sizes: list[int]) -> None:
    parsed = parse(TIMED * 100 + EPOCH * 100 + TIMED * 100, sizes)
    assert [row.time for row in parsed.rows] == [TIME] * 100 + [at("2026-01-01T00:01:40.123")] * 100 + [TIME] * 100
    changes = [(event.before, event.after) for event in parsed.events if isinstance(event, FormatChanged)]
    assert len(changes) == 2
    assert changes[0] == changes[1][::-1]


@pytest.mark.parametrize("sizes", [[1 << 20], [100]])
def test_the_same_format_may_move_in_the_line(sizes: list[int]) -> None:
    parsed = parse(TIMED * 100 + (b"INFO " + TIMED) * 100, sizes)
    assert len(parsed.rows) == 200
    assert {row.time for row in parsed.rows} == {TIME}
    assert [str(event).partition(": ")[2] for event in parsed.events] == [
        "timestamps stand at another place in the line from byte 2300 on"
    ]


def test_formats_that_give_no_times_are_not_tried_in_turns_for_ever() -> None:
    beyond = b"9999-01-01T00:00:01Z no clock says so\n"  # a timestamp, of a time that cannot be
    parsed = parse(TIMED * 70 + beyond * 64 + EPOCH * 64 + beyond * 200 + EPOCH * 300, [1 << 20])
    assert parsed.rows[-1].time == at("2026-01-01T00:01:40.123")


@pytest.mark.parametrize("sizes", [[1 << 20], [100]])
def test_a_few_lines_of_another_format_change_nothing(sizes: list[int]) -> None:
    data = TIMED * 70 + EPOCH * (SAMPLE_LINES - 1) + TIMED
    parsed = parse(data, sizes)
    assert len(parsed.rows) == 71
    assert parsed.events == []


def test_a_long_untimed_stretch_is_looked_at_seldom_and_found_again() -> None:
    parsed = parse(TIMED * 70 + b"no time\n" * 5000 + EPOCH * 9000, [4000])
    assert parsed.rows[-1].time == at("2026-01-01T00:01:40.123")


def test_the_zone_is_the_option() -> None:
    east = timezone(timedelta(hours=2))
    assert parse(b"2026-01-01 02:00:01 a\n", options=Options(zone=east)).rows[0].time == TIME


def test_a_time_format_that_is_none_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        Recognisers(Options(time_format="%Q"))


def test_a_recogniser_knows_nothing_at_first() -> None:
    recogniser = Recognisers(Options()).of(source())
    assert recogniser.style is None
    assert recogniser.reader is None
    assert not recogniser.history_wanted
    assert recogniser.events() == []


@pytest.mark.parametrize("sizes", [[1 << 20], [100]])
def test_a_change_of_style_leaves_the_times_before_it_alone(sizes: list[int]) -> None:
    pretty = b"".join(b'{\n  "a": 1,\n  "time": "2026-01-01T00:00:%02dZ"\n}\n' % second for second in range(60))
    rows = parse(pretty + b"1.2.3.4 - - [01/Jan/2026:00:01:00 +0000] x\n" * 70, sizes).rows
    assert [row.time for row in rows[:60]] == [TIME + (second - 1) * SECOND for second in range(60)]
    assert len(rows) == 130


def test_formats_in_turns_are_read_in_linear_time() -> None:
    turns = (TIMED * 70 + EPOCH * 70) * 150
    begun = perf_counter()
    parsed = parse(turns, [1 << 20])
    assert perf_counter() - begun < 10
    assert [row.time for row in parsed.rows[-70:]] == [at("2026-01-01T00:01:40.123")] * 70
