"""The reader by arrays, held against the straight-line reader: line by line the same time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from logbraid.core.lines import frame
from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import Lock, detect
from logbraid.core.timestamps.format import Format
from logbraid.core.timestamps.formats import FORMATS
from logbraid.core.timestamps.locators import Column
from logbraid.core.timestamps.pieces import at
from logbraid.core.timestamps.reader import MOST_HEADS, MOST_SHAPES, TimestampReader
from logbraid.core.types import NO_TIME, Bytes8, Int64, Nanos

from ..build import padded
from .reference import locate, read_stamp

BERLIN = ZoneInfo("Europe/Berlin")
MODIFIED = at("2026-03-10T12:00")

GARBAGE = st.sampled_from(
    [b"", b" ", b"\tat a.B.c", b"2026", b"2026-01-31", b"2026-01-31 23:59", b"2026-13-31 23:59:59 x", b"}", b"\xff\x00"]
) | st.binary(max_size=30).map(lambda line: line.replace(b"\n", b""))


def framed(lines: Sequence[bytes]) -> tuple[Bytes8, Int64, Int64]:
    """Return a buffer that holds the lines, and where each starts and ends."""
    data = b"".join(line + b"\n" for line in lines)
    buffer = padded(data, 5)
    return buffer, *frame(buffer, 5, 5 + len(data))


def by_arrays(reader: TimestampReader, lines: Sequence[bytes], cuts: Sequence[int] = ()) -> list[Nanos | None]:
    """Read the lines in chunks that begin at these lines."""
    times: list[Nanos | None] = []
    for first, last in pairwise(sorted({0, len(lines), *(cut for cut in cuts if cut < len(lines))})):
        found = reader.read(*framed(lines[first:last])).tolist()
        times += [None if time == NO_TIME else time for time in found]
    return times


def by_line(lock: Lock, calendar: Calendar, lines: Sequence[bytes]) -> Iterator[Nanos | None]:
    """Read line by line. No minute has more than 60 seconds, which the reference does not know."""
    previous = NO_TIME
    for line in lines:
        place = locate(lock.locator, line)
        text = b"" if place is None else line[place:]
        match = lock.format.pattern.match(text)
        possible = match is not None and ("minute" not in match.re.groupindex or int(match["second"]) <= 60)
        time = read_stamp(lock.format, calendar, text, previous) if possible else None
        yield time
        previous = previous if time is None else time


@st.composite
def near(draw: st.DrawFn, form: Format) -> bytes:
    """A line of the format, often with some bytes changed, cut off or put in."""
    line = bytearray(draw(st.sampled_from(form.samples)).line)
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 5]))):
        place = draw(st.integers(0, min(len(line), 40)))
        new = draw(
            st.sampled_from([b"0", b"1", b"5", b"9", b" ", b":", b".", b",", b"Z", b"+01:00", b"", b"-", b"123"])
        )
        line[place : place + draw(st.integers(0, 1))] = new
    return bytes(line[: draw(st.sampled_from([200, 200, 200, 19, 23]))])


@pytest.mark.parametrize("form", FORMATS, ids=[form.name for form in FORMATS])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_same_time_as_line_by_line(form: Format, data: st.DataObject) -> None:
    lock = detect([data.draw(st.sampled_from(form.samples)).line] * 3, [form])
    assert lock is not None
    others = near(data.draw(st.sampled_from(FORMATS)))
    lines = data.draw(st.lists(near(form) | near(form) | others | GARBAGE, max_size=30))
    # Bytes that say the key again, further left, are told apart by the column only.
    key = getattr(lock.locator, "key", None)
    assume(key is None or all(line.count(key) <= 1 for line in lines))
    zone: tzinfo = data.draw(st.sampled_from([UTC, BERLIN]))
    expected = list(by_line(lock, Calendar(zone, MODIFIED), lines))
    cuts = data.draw(st.lists(st.integers(0, 30), max_size=4))
    assert by_arrays(TimestampReader(lock, Calendar(zone, MODIFIED)), lines, cuts) == expected


def column(form_name: str) -> Lock:
    return Lock(next(form for form in FORMATS if form.name == form_name), Column(0))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=1, max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_an_hour_that_comes_twice_across_chunks(steps: list[int], cuts: list[int]) -> None:
    """Written by a clock on the wall and read again: nothing is lost where lines are never far apart."""
    lock, time = column("ISO 8601"), datetime(2025, 10, 25, 23, 50, tzinfo=UTC)
    truth = []
    for step in steps:
        time += timedelta(seconds=step)
        truth.append(time)
    lines = [moment.astimezone(BERLIN).strftime("%Y-%m-%d %H:%M:%S").encode() for moment in truth]
    read = by_arrays(TimestampReader(lock, Calendar(BERLIN, MODIFIED)), lines, cuts)
    assert read == list(by_line(lock, Calendar(BERLIN, MODIFIED), lines))
    assert read == [at(moment.replace(tzinfo=None).isoformat()) for moment in truth]


@pytest.mark.parametrize("cuts", [[], [1, 2, 3], list(range(200))])
def test_new_year_without_years(cuts: list[int]) -> None:
    lines = [b"Dec 31 23:%02d:00 host a: b" % minute for minute in range(60)]
    lines += [b"Jan  1 00:%02d:00 host a: b" % minute for minute in range(60)]
    calendar = Calendar(UTC, MODIFIED)
    reader = TimestampReader(column("syslog"), calendar)
    reader.previous = calendar.origin(reader.heads(*framed(lines)))
    times = by_arrays(reader, lines, cuts)
    assert times[0] == at("2025-12-31T23:00")
    assert times[-1] == at("2026-01-01T00:59")


def test_29_february_without_a_year() -> None:
    reader = TimestampReader(column("syslog"), Calendar(UTC, MODIFIED), at("2024-02-28"))
    assert by_arrays(reader, [b"Feb 28 12:00:00 h a: b", b"Feb 29 12:00:00 h a: b", b"Mar  1 12:00:00 h a: b"]) == [
        at(f"2024-{day}T12:00") for day in ("02-28", "02-29", "03-01")
    ]


@pytest.mark.parametrize("cuts", [[], [1], [1, 2, 3, 4]])
def test_time_of_day_over_midnight(cuts: list[int]) -> None:
    lines = [b"23:59:59.5 a", b"no time", b"00:00:00.5 b", b"23:59:59.9 a little late", b"12:00:00 c", b"00:00:01 d"]
    reader = TimestampReader(column("time of day"), Calendar(UTC, MODIFIED), at("2026-03-08T23:00"))
    assert by_arrays(reader, lines, cuts) == [
        at("2026-03-08T23:59:59.5"),
        None,
        at("2026-03-09T00:00:00.5"),
        at("2026-03-08T23:59:59.9"),
        at("2026-03-09T12:00"),
        at("2026-03-10T00:00:01"),
    ]


def test_more_heads_and_shapes_than_are_remembered() -> None:
    lock, calendar = column("ISO 8601"), Calendar(UTC, MODIFIED)
    lines = [
        (datetime(2026, 1, 1) + timedelta(minutes=number, microseconds=number)).isoformat().encode()
        + b"1" * (number % 3)
        + (b"Z", b"+01:00", b"-0300", b"")[number % 4]
        for number in range(3 * MOST_HEADS)
    ]
    expected = list(by_line(lock, calendar, lines))
    assert by_arrays(TimestampReader(lock, calendar), lines, range(0, len(lines), 100)) == expected
    zones = [b"", b"Z", b"+01", b"+01:00", b"+0100", b"-02:30"]
    shapes = [
        b"2026-01-01T00:00:00" + (b"." + b"123456789"[:width] if width else b"") + zone
        for width in range(10)
        for zone in zones
    ]
    assert len(shapes) > MOST_SHAPES
    assert by_arrays(TimestampReader(lock, calendar), shapes * 3) == list(by_line(lock, calendar, shapes * 3))


@pytest.mark.parametrize("second", [b"61", b"75", b"99", b"6x", b"  "])
def test_no_minute_has_so_many_seconds(second: bytes) -> None:
    lines = [b"2026-01-01 00:00:59 a", b"2026-01-01 00:00:%s a" % second, b"2026-01-01 00:00:60 leap"]
    times = by_arrays(TimestampReader(column("ISO 8601"), Calendar(UTC, MODIFIED)), lines)
    assert times == [at("2026-01-01T00:00:59"), None, at("2026-01-01T00:01:00")]


def test_nothing_to_read() -> None:
    reader = TimestampReader(column("ISO 8601"), Calendar(UTC, MODIFIED))
    none = np.empty(0, np.int64)
    assert reader.read(padded(b""), none, none).tolist() == []
    assert reader.previous == NO_TIME


def test_a_line_without_a_place_never_shows_what_the_memory_held_before() -> None:
    line = b'{"ts":"2026-03-01T08:00:00Z"}\n'
    lock = detect([line] * 20)
    assert lock is not None
    reader = TimestampReader(lock, Calendar(UTC, MODIFIED))
    first = padded(line)
    assert reader.read(first, *frame(first, 0, len(line))).tolist() == [at("2026-03-01T08:00")]
    stale = np.frombuffer(b"no key\n" + bytes(200) + b"2020-01-01T00:00:00Z ".ljust(24), np.uint8)
    assert reader.read(stale, *frame(stale, 0, 7)).tolist() == [NO_TIME]


def test_lines_of_digits_do_not_fill_the_memory() -> None:
    random = np.random.default_rng(1)
    good = b"2026-03-01T08:00:00Z a\n"
    reader = TimestampReader(Lock(FORMATS[1], Column(0)), Calendar(UTC, MODIFIED))
    for _ in range(5):
        rows = random.integers(0x30, 0x3A, (4 * MOST_HEADS, 31), np.uint8)
        text = good + b"".join(row.tobytes() + b"\n" for row in rows)
        buffer = padded(text)
        times = reader.read(buffer, *frame(buffer, 0, len(text)))
        assert (times != NO_TIME).sum() == 1
    assert max(len(layout.heads) for layout in reader._layouts) <= 5 * MOST_HEADS
