"""Numbers as people read them."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest

from logbraid.core.types import SECOND
from logbraid.view.words import count_text, elapsed_text, moment_text

NINE = 1_772_355_600 * SECOND  # 2026-03-01T09:00:00Z
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("nanos", "text"),
    [
        (0, "0 µs"),
        (250_500, "250.5 µs"),
        (12_345 * 10**6, "12.345 s"),
        (MINUTE, "1:00.000"),
        (HOUR + 2 * MINUTE + 3004 * 10**6, "1:02:03.004"),
        (HOUR * 13, "13:00:00.000"),
        (3 * DAY + SECOND, "3 d 00:00:01.000"),
    ],
)
def test_a_duration(nanos: int, text: str) -> None:
    assert elapsed_text(nanos) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (7.4, "7"),
        (999.4, "999"),
        (999.6, "1.0k"),
        (1234, "1.2k"),
        (50_000, "50k"),
        (3.4e6, "3.4M"),
        (5e9, "5.0G"),
    ],
)
def test_a_number_in_few_characters(count: float, text: str) -> None:
    assert count_text(count) == text


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (DAY, "2026-03-01"),
        (HOUR, "2026-03-01 09:00"),
        (MINUTE, "2026-03-01 09:00"),
        (SECOND, "2026-03-01 09:00:00"),
        (5 * 10**6, "2026-03-01 09:00:00.012"),
        (10_000, "2026-03-01 09:00:00.012345"),
        (1, "2026-03-01 09:00:00.012345678"),
    ],
)
def test_a_time_is_as_fine_as_it_must_be(step: int, text: str) -> None:
    assert moment_text(NINE + 12_345_678, UTC, step) == text


def test_a_time_is_shown_in_its_zone_and_without_its_day_where_that_is_known() -> None:
    assert moment_text(NINE, timezone(timedelta(hours=2)), MINUTE, day=False) == "11:00"
    assert moment_text(-SECOND, UTC) == "1969-12-31 23:59:59"
