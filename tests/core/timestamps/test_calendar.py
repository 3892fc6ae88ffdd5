"""Years, dates and zones that a timestamp leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.format import Head, Moment
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import NO_TIME, SECOND

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
MODIFIED = at("2026-03-10T12:00")


def day(month: int, number: int, hour: int = 12, minute: int = 0) -> Moment:
    return Moment(hour, minute, month=month, day=number)


def full(text: str, offset: int | None = None) -> Moment:
    time = datetime.fromisoformat(text)
    return Moment(time.hour, time.minute, time.year, time.month, time.day, offset)


def places(calendar: Calendar, heads: list[Head], previous: int = NO_TIME) -> list[int | None]:
    """Place heads as a reader does: each with the time of the one before."""
    found = []
    for head in heads:
        placed = calendar.place(head, previous)
        previous = previous if placed is None else placed
        found.append(placed)
    return found


def test_a_zone_in_the_text_beats_the_zone_of_the_source() -> None:
    calendar = Calendar(BERLIN, MODIFIED)
    assert calendar.place(full("2026-07-01T12:00", 0), NO_TIME) == at("2026-07-01T12:00")
    assert calendar.place(full("2026-07-01T12:00", -5400), NO_TIME) == at("2026-07-01T13:30")
    assert calendar.place(full("2026-07-01T12:00"), NO_TIME) == at("2026-07-01T10:00")
    assert calendar.place(full("2026-01-01T12:00"), NO_TIME) == at("2026-01-01T11:00")


def test_skew_is_added_to_every_kind_of_head() -> None:
    calendar = Calendar(UTC, MODIFIED, skew=5 * SECOND)
    assert calendar.place(full("2026-07-01T12:00"), NO_TIME) == at("2026-07-01T12:00:05")
    assert calendar.place(day(3, 1), NO_TIME) == at("2026-03-01T12:00:05")
    assert calendar.place(at("2026-01-01"), NO_TIME) == at("2026-01-01T00:00:05")


@pytest.mark.parametrize(
    "head",
    [
        Moment(0, 0, 2026, 13, 1),
        Moment(0, 0, 2026, 2, 30),
        Moment(0, 0, 2025, 2, 29),
        Moment(24, 0, 2026, 1, 1),
        Moment(0, 0, 1500, 1, 1),
        Moment(0, 0, 9999, 12, 31),
        Moment(0, 0, 2262, 5, 1),
        Moment(24, 0),
        day(2, 30),
        2**63,
        -(2**64),
    ],
)
@pytest.mark.parametrize("zone", [UTC, NEW_YORK])
@pytest.mark.parametrize("previous", [NO_TIME, MODIFIED])
def test_what_no_calendar_or_no_int64_has_is_none(head: Head, zone: ZoneInfo, previous: int) -> None:
    calendar = Calendar(zone, MODIFIED)
    calendar.depends(head)
    assert calendar.place(head, previous) is None


@pytest.mark.parametrize(
    ("zone", "text", "first", "second"),
    [
        (BERLIN, "2025-10-26T02:30", "2025-10-26T00:30", "2025-10-26T01:30"),
        (NEW_YORK, "2025-11-02T01:30", "2025-11-02T05:30", "2025-11-02T06:30"),
    ],
)
def test_an_hour_that_comes_twice(zone: ZoneInfo, text: str, first: str, second: str) -> None:
    calendar, head = Calendar(zone, MODIFIED), full(text)
    assert calendar.depends(head)
    assert calendar.place(head, NO_TIME) == at(first)
    assert calendar.place(head, at(first) + 30 * SECOND) == at(first)
    assert calendar.place(head, at(first) + 90 * SECOND) == at(first), "a little disorder is no second hour"
    assert calendar.place(head, at(first) + 20 * 60 * SECOND) == at(second)
    assert calendar.place(head, at(second)) == at(second)


def test_a_gap_takes_the_offset_before_it() -> None:
    calendar = Calendar(BERLIN, MODIFIED)
    assert calendar.place(full("2026-03-29T02:30"), NO_TIME) == at("2026-03-29T01:30")
    assert not calendar.depends(full("2026-03-29T02:30"))


def test_only_what_is_incomplete_or_ambiguous_depends_on_the_record_before() -> None:
    calendar = Calendar(BERLIN, MODIFIED)
    assert calendar.depends(day(1, 1))
    assert calendar.depends(Moment(1, 1))
    assert not calendar.depends(MODIFIED)
    assert not calendar.depends(full("2025-10-26T04:00"))
    assert not calendar.depends(full("2025-10-26T02:30", 3600))


def test_without_a_year_the_file_says_which() -> None:
    calendar = Calendar(UTC, MODIFIED)
    assert calendar.place(day(3, 11, 11), NO_TIME) == at("2026-03-11T11:00"), "a day ahead of the file is allowed"
    assert calendar.place(day(3, 12), NO_TIME) == at("2025-03-12T12:00")
    assert calendar.place(day(2, 29), NO_TIME) == at("2024-02-29T12:00")


def test_new_year_goes_on_and_a_little_disorder_does_not() -> None:
    calendar = Calendar(UTC, MODIFIED)
    heads: list[Head] = [day(12, 31, 23, 59), day(1, 1, 0), day(12, 31, 23, 58), day(1, 1, 0, 1)]
    assert places(calendar, heads, at("2024-12-01")) == [
        at("2024-12-31T23:59"),
        at("2025-01-01T00:00"),
        at("2024-12-31T23:58"),
        at("2025-01-01T00:01"),
    ]


def test_new_year_is_local() -> None:
    calendar = Calendar(NEW_YORK, MODIFIED)
    heads: list[Head] = [day(12, 31, 23, 59), day(1, 1, 0)]
    assert places(calendar, heads, at("2024-12-01")) == [at("2025-01-01T04:59"), at("2025-01-01T05:00")]


@pytest.mark.parametrize(
    ("previous", "expected"), [("2023-06-01", "2024"), ("2025-02-28", "2024"), ("2027-02-28", "2028")]
)
def test_29_february_takes_the_nearest_leap_year(previous: str, expected: str) -> None:
    assert Calendar(UTC, MODIFIED).place(day(2, 29), at(previous)) == at(f"{expected}-02-29T12:00")


def test_without_a_date_midnight_goes_on() -> None:
    calendar = Calendar(UTC, MODIFIED)
    heads: list[Head] = [Moment(23, 59), Moment(0, 0), Moment(23, 59), Moment(0, 1), Moment(22, 0), Moment(0, 30)]
    assert places(calendar, heads, at("2026-03-08T23:00")) == [
        at("2026-03-08T23:59"),
        at("2026-03-09T00:00"),
        at("2026-03-08T23:59"),
        at("2026-03-09T00:01"),
        at("2026-03-09T22:00"),
        at("2026-03-10T00:30"),
    ]


def test_without_date_and_record_before_the_file_says_which() -> None:
    calendar = Calendar(UTC, MODIFIED)
    assert calendar.place(Moment(13, 0), NO_TIME) == at("2026-03-10T13:00")
    assert calendar.place(Moment(13, 1), NO_TIME) == at("2026-03-09T13:01")


def test_origin_walks_back_over_rollovers() -> None:
    calendar = Calendar(UTC, MODIFIED)
    years: list[Head] = [day(11, 1), day(2, 1), day(12, 1), day(3, 1), day(2, 27), day(3, 9)]
    origin = calendar.origin(years)
    assert origin == at("2024-11-01T12:00")
    assert places(calendar, years, origin)[-1] == at("2026-03-09T12:00")
    days: list[Head] = [Moment(20, 0), Moment(4, 0), Moment(20, 0), Moment(11, 0)]
    assert calendar.origin(days) == at("2026-03-08T20:00")
    assert places(calendar, days, calendar.origin(days))[-1] == at("2026-03-10T11:00")


def test_origin_is_nothing_where_nothing_is_missing() -> None:
    calendar = Calendar(UTC, MODIFIED)
    assert calendar.origin([]) == NO_TIME
    assert calendar.origin([full("2020-01-01T00:00"), 17 * SECOND]) == NO_TIME


def test_origin_keeps_29_february_in_a_leap_year() -> None:
    calendar = Calendar(UTC, MODIFIED)
    heads: list[Head] = [day(2, 28), day(2, 29), day(3, 1)]
    assert places(calendar, heads, calendar.origin(heads)) == [
        at("2024-02-28T12:00"),
        at("2024-02-29T12:00"),
        at("2024-03-01T12:00"),
    ]


@given(
    st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)),
    st.lists(st.integers(0, 300 * 24 * 60), max_size=12),
    st.sampled_from([UTC, BERLIN, NEW_YORK]),
)
def test_times_without_a_year_come_back(start: datetime, steps: list[int], zone: ZoneInfo) -> None:
    """Written without their years and read again: nothing is lost, unless a leap day shifts a step past the window."""
    minute = start.replace(second=0, microsecond=0, tzinfo=UTC)
    times = [minute]
    for step in steps:
        times.append(times[-1] + timedelta(minutes=step))
    truth = [at(time.replace(tzinfo=None).isoformat()) for time in times]
    heads: list[Head] = []
    for time in times:
        local = time.astimezone(zone)
        offset = local.utcoffset()
        assert offset is not None
        heads.append(Moment(local.hour, local.minute, None, local.month, local.day, int(offset.total_seconds())))
    calendar = Calendar(zone, truth[-1])
    assert places(calendar, heads, truth[0]) == truth
    assert calendar.origin(heads) == truth[0]


@given(
    st.integers(-(2**63), 2**63 - 1), st.integers(0, 14), st.integers(0, 40), st.integers(0, 25), st.integers(-1, 10000)
)
def test_nothing_raises(previous: int, month: int, number: int, hour: int, year: int) -> None:
    calendar = Calendar(NEW_YORK, MODIFIED)
    for head in (Moment(hour, 5, year, month, number), Moment(hour, 5, None, month, number), Moment(hour, 5), previous):
        calendar.depends(head)
        placed = calendar.place(head, previous)
        assert placed is None or -(2**63) < placed < 2**63
        calendar.origin([head, day(3, 1), Moment(3, 3)])
