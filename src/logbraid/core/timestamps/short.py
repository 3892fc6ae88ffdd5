"""Short forms: two-digit years, no year, no date, and twelve-hour clocks.

They are easily mistaken for other numbers, so most are looked for only where a line starts. Months come first in
dates with slashes and AM or PM; with 24 hours such dates are not guessed, as nothing tells days from months.
"""

from __future__ import annotations

from typing import Final

from logbraid.core.timestamps.format import Format, Sample
from logbraid.core.timestamps.pieces import (
    CLOCK,
    DAY,
    DIGITS,
    END,
    HALF,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    at,
    fraction,
    read_moment,
)

__all__ = ["SHORT"]

_SPRING_2026: Final = at("2026-03-20T00:00:00")
_NOON: Final = at("2026-03-20T12:00:00")
_YEAR: Final = rb"(?P<year>[0-9]{2})"
_SLASHES: Final = rb"(?P<month>0?[1-9]|1[0-2])/(?P<day>[0-3]?[0-9])/(?P<year>[0-9]{4}),? "
_TWELVE: Final = rb"(?P<hour>[01]?[0-9]):" + MINUTE + rb":" + SECOND + rb"(?:\.(?P<fraction>[0-9]{1,9}))? " + HALF

SHORT: Final = (
    Format(
        "Windows",
        _SLASHES + _TWELVE,
        DIGITS,
        read_moment,
        (
            Sample(b"1/2/2026 3:04:05 PM Information service started", at("2026-01-02T15:04:05")),
            Sample(b"01/31/2026 12:00:00 AM midnight", at("2026-01-31T00:00:00")),
            Sample(b"12/31/2026, 11:59:59 PM nearly", at("2026-12-31T23:59:59")),
        ),
    ),
    Format(
        "glog",
        rb"[IWEFD](?P<year>20[0-9]{2})?" + MONTH + DAY + rb" " + CLOCK + fraction(rb".") + END,
        frozenset(b"IWEFD"),
        read_moment,
        (
            Sample(b"I0131 23:59:59.123456   42 main.go:12] hello", at("2026-01-31T23:59:59.123456"), _SPRING_2026),
            Sample(b"E1231 23:59:59.000001   42 main.go:12] hello", at("2025-12-31T23:59:59.000001"), _SPRING_2026),
            Sample(b"W20260131 23:59:59.123456 42 a.cc:1] hello", at("2026-01-31T23:59:59.123456"), _SPRING_2026),
        ),
        anywhere=False,
    ),
    Format(
        "Android",
        MONTH + rb"-" + DAY + rb" " + CLOCK + fraction(rb".") + END,
        DIGITS,
        read_moment,
        (
            Sample(b"03-17 16:13:38.811  1702  2395 D Tag: hello", at("2026-03-17T16:13:38.811"), _SPRING_2026),
            Sample(b"12-31 23:59:59.000 D/Tag( 42): hello", at("2025-12-31T23:59:59"), _SPRING_2026),
        ),
        anywhere=False,
    ),
    Format(
        "HDFS",
        _YEAR + MONTH + DAY + rb" " + HOUR + MINUTE + SECOND + END,
        DIGITS,
        read_moment,
        (Sample(b"081109 203615 148 INFO dfs.DataNode: hello", at("2008-11-09T20:36:15")),),
        anywhere=False,
    ),
    Format(
        "Spark",
        _YEAR + rb"/" + MONTH + rb"/" + DAY + rb" " + CLOCK + fraction(rb".,") + END,
        DIGITS,
        read_moment,
        (
            Sample(b"17/06/09 20:10:40 INFO storage.Memory: hello", at("2017-06-09T20:10:40")),
            Sample(b"26/01/31 23:59:59,123 WARN hello", at("2026-01-31T23:59:59.123")),
        ),
        anywhere=False,
    ),
    Format(
        "MySQL",
        _YEAR + MONTH + DAY + rb" (?P<hour>[ 01][0-9]|2[0-3]):" + MINUTE + rb":" + SECOND + END,
        DIGITS,
        read_moment,
        (
            Sample(b"260131 23:59:59 [Note] mysqld: ready for connections", at("2026-01-31T23:59:59")),
            Sample(b"260131  3:04:05 [ERROR] mysqld: crashed", at("2026-01-31T03:04:05")),
        ),
        anywhere=False,
    ),
    Format(
        "time of day",
        CLOCK + fraction(rb".,") + rb"(?![0-9:])",
        DIGITS,
        read_moment,
        (
            Sample(b"11:59:59.123 [main] INFO up", at("2026-03-20T11:59:59.123"), _NOON),
            Sample(b"[23:59:59] [Server thread/INFO]: Done", at("2026-03-19T23:59:59"), _NOON),
            Sample(b"12:59:59,5 the clock may be an hour ahead", at("2026-03-20T12:59:59.5"), _NOON),
        ),
        anywhere=False,
    ),
)
