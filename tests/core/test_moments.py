from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from logbraid.core.moments import parse_moment
from logbraid.errors import UsageError

BERLIN = ZoneInfo("Europe/Berlin")


def nanos(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 10**9


NOW = nanos("2026-03-01T23:30:00Z")  # half past midnight, March 2nd, in Berlin


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-03-01T23:30:00Z"),
        ("10m", "2026-03-01T23:20:00Z"),
        ("-10m", "2026-03-01T23:20:00Z"),
        ("1h30m", "2026-03-01T22:00:00Z"),
        ("2 days ago", "2026-02-27T23:30:00Z"),
        ("today", "2026-03-02T00:00:00+01:00"),
        ("yesterday", "2026-03-01T00:00:00+01:00"),
        ("Yesterday 14:30", "2026-03-01T14:30:00+01:00"),
        ("14:30", "2026-03-02T14:30:00+01:00"),
        ("8:05", "2026-03-02T08:05:00+01:00"),
        ("8:05:15", "2026-03-02T08:05:15+01:00"),
        ("14:30Z", "2026-03-02T14:30:00Z"),
        ("yesterday 14:30z", "2026-03-01T14:30:00Z"),
        ("14:30:05", "2026-03-02T14:30:05+01:00"),
        ("2026-03-01", "2026-03-01T00:00:00+01:00"),
        ("20260301", "2026-03-01T00:00:00+01:00"),
        ("2026-03-01 08:00", "2026-03-01T08:00:00+01:00"),
        ("2026-07-01 08:00", "2026-07-01T08:00:00+02:00"),
        ("2026-03-01T08:00Z", "2026-03-01T08:00:00Z"),
        ("2026-03-01T08:00:00Z", "2026-03-01T08:00:00Z"),
        ("2026-03-01T08:00:00-05:00", "2026-03-01T13:00:00Z"),
        ("2026-03-01 08:00:00,000", "2026-03-01T08:00:00+01:00"),
        ("01/Mar/2026:08:00:00 +0000", "2026-03-01T08:00:00Z"),
        ("Mar  1 08:00:00", "2026-03-01T08:00:00+01:00"),
        ("@1772352000", "2026-03-01T08:00:00Z"),
        ("1772352000", "2026-03-01T08:00:00Z"),
        ("1772352000000", "2026-03-01T08:00:00Z"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    assert parse_moment(text, NOW, BERLIN) == nanos(expected)


def test_nanoseconds_are_kept() -> None:
    assert parse_moment("2026-03-01T08:00:00.123456789Z", NOW, UTC) == nanos("2026-03-01T08:00:00Z") + 123_456_789
    assert parse_moment("@1772352000.123456789", NOW, UTC) == nanos("2026-03-01T08:00:00Z") + 123_456_789


@pytest.mark.parametrize(
    "text", ["", "soon", "25:00", "2026-13-01", "yesterday noon", "10", "9999-01-01", "1h30", "\udcff"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="not a time"):
        parse_moment(text, NOW, BERLIN)
