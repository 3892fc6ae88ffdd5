"""Months by name: syslog, Apache and nginx, ctime, RFC 2822, Redis, log4j and Java's own logging.

English names only, in any case. A weekday is read over, never checked.
"""

from __future__ import annotations

from typing import Final

from logbraid.core.timestamps.format import Format, Sample
from logbraid.core.timestamps.pieces import (
    ANY_CASE_LETTERS,
    CLOCK,
    DIGITS,
    END,
    HALF,
    MINUTE,
    MONTH_NAME,
    SECOND,
    WEEKDAY,
    YEAR,
    ZONE_APART,
    at,
    fraction,
    read_moment,
)

__all__ = ["NAMED"]

_DAY: Final = rb"(?P<day>[ 0-3]?[0-9])"
_SPRING_2026: Final = at("2026-03-01T00:00:00")
_FRACTION: Final = rb"(?:[.,](?P<fraction>[0-9]{1,9}))?"
_DAY_FIRST: Final = rb"(?:" + WEEKDAY + rb", )?" + _DAY + rb"(?P<dash>[-/ ])" + MONTH_NAME + rb"(?P=dash)" + YEAR
_DAY_FIRST_TIME: Final = _DAY_FIRST + rb"[ :T]" + CLOCK
_SYSLOG: Final = MONTH_NAME + rb" " + _DAY + rb"(?: " + YEAR + rb")? " + CLOCK
_CTIME: Final = rb"(?:" + WEEKDAY + rb",? )?" + MONTH_NAME + rb" " + _DAY + rb" " + CLOCK
_JAVA: Final = MONTH_NAME + rb" " + _DAY + rb", " + YEAR + rb" (?P<hour>[01]?[0-9]):" + MINUTE + rb":" + SECOND

NAMED: Final = (
    Format(
        "day month year, zone apart",
        _DAY_FIRST_TIME + _FRACTION + ZONE_APART,
        DIGITS | ANY_CASE_LETTERS | frozenset(b" "),
        read_moment,
        (
            Sample(b'1.2.3.4 - bob [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2', at("2000-10-10T20:55:36")),
            Sample(b'::1 - - [01/Feb/2026:00:00:01 +0000] "GET / HTTP/1.1" 304 0', at("2026-02-01T00:00:01")),
            Sample(b"Sun, 04 Dec 2005 04:47:44 +0100 mail received", at("2005-12-04T03:47:44")),
            Sample(b"Sun, 4 Dec 2005 04:47:44 GMT", at("2005-12-04T04:47:44")),
        ),
    ),
    Format(
        "day month year",
        _DAY_FIRST_TIME + fraction(rb".,") + END,
        DIGITS | ANY_CASE_LETTERS | frozenset(b" "),
        read_moment,
        (
            Sample(b"42:M 31 Jan 2026 23:59:59.123 * Ready to accept connections", at("2026-01-31T23:59:59.123")),
            Sample(b"31 Jan 2026 23:59:59,123 [main] INFO  com.example.App - up", at("2026-01-31T23:59:59.123")),
            Sample(b"31-Jan-2026 23:59:59.123 INFO [main] org.example.Server up", at("2026-01-31T23:59:59.123")),
            Sample(b"1.2.3.4:33317 [06/Feb/2026:12:14:14.655] http-in srv1 10", at("2026-02-06T12:14:14.655")),
        ),
    ),
    Format(
        "ctime",
        _CTIME + _FRACTION + rb"(?: (?P<zone>[A-Z]{3,5}))? " + YEAR + END,
        ANY_CASE_LETTERS,
        read_moment,
        (
            Sample(b"[Sun Dec 04 04:47:44 2005] [notice] child init ok", at("2005-12-04T04:47:44")),
            Sample(b"[Wed Oct 11 14:32:52.123456 2017] [core:error] [pid 42] no", at("2017-10-11T14:32:52.123456")),
            Sample(b"Sun Dec  4 04:47:44 2005 asctime pads the day", at("2005-12-04T04:47:44")),
            Sample(b"Sun Dec  4 04:47:44 UTC 2005", at("2005-12-04T04:47:44")),
        ),
    ),
    Format(
        "month day year, twelve hours",
        _JAVA + rb" " + HALF,
        ANY_CASE_LETTERS,
        read_moment,
        (
            Sample(b"Jan 31, 2026 11:59:59 PM com.example.Main run", at("2026-01-31T23:59:59")),
            Sample(b"Feb 1, 2026 12:00:00 AM com.example.Main run", at("2026-02-01T00:00:00")),
        ),
    ),
    Format(
        "syslog, zone apart",
        _SYSLOG + rb"(?:\.(?P<fraction>[0-9]{1,9}))?" + ZONE_APART,
        ANY_CASE_LETTERS,
        read_moment,
        (Sample(b"Jan 31 2026 23:59:59.123 UTC: %SYS-5-CONFIG_I: Configured", at("2026-01-31T23:59:59.123")),),
    ),
    Format(
        "syslog",
        _SYSLOG + fraction(rb".") + END,
        ANY_CASE_LETTERS,
        read_moment,
        (
            Sample(b"Jan  1 00:00:00 host app[42]: hello", at("2026-01-01T00:00:00"), _SPRING_2026),
            Sample(b"Dec 31 23:59:59 host app[42]: hello", at("2025-12-31T23:59:59"), _SPRING_2026),
            Sample(b"Jan 01 10:00:00.123456 host app[42]: hello", at("2026-01-01T10:00:00.123456"), _SPRING_2026),
            Sample(b"Feb 29 12:00:00 host app[42]: leap day", at("2024-02-29T12:00:00"), _SPRING_2026),
            Sample(b"<34>Jan 31 23:59:59 host su: failed", at("2026-01-31T23:59:59"), _SPRING_2026),
            Sample(b"Jan 31 2019 23:59:59: %ASA-6-302013: Built connection", at("2019-01-31T23:59:59"), _SPRING_2026),
        ),
    ),
)
