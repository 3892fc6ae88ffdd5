"""Numbers from the year down: ISO 8601, RFC 3339 and what Python, Java, Go, nginx and databases make of them.

The strict form may or may not have a fraction and a zone, and changes between lines are read right. Where the time is
followed by punctuation that could begin a fraction or a zone, a form of its own says so.
"""

from __future__ import annotations

from typing import Final

from logbraid.core.timestamps.format import Format, Sample
from logbraid.core.timestamps.pieces import (
    DAY,
    DIGITS,
    END,
    HOUR,
    MINUTE,
    MONTH,
    SECOND,
    YEAR,
    ZONE_APART,
    at,
    fraction,
    read_moment,
)

__all__ = ["ISO"]

_DATE: Final = YEAR + rb"(?P<dash>[-/.])" + MONTH + rb"(?P=dash)" + DAY + rb"(?:[ Tt_-]|, )"
_DATE_TIME: Final = _DATE + HOUR + rb"(?P<colon>[:.])" + MINUTE + rb"(?P=colon)" + SECOND
_COMPACT: Final = YEAR + MONTH + DAY + rb"[T _-]" + HOUR + rb"(?P<colon>:?)" + MINUTE + rb"(?P=colon)" + SECOND
_SOME_FRACTION: Final = rb"[.,:](?P<fraction>[0-9]{1,9})"
_CLOSE_ZONE: Final = rb"(?:(?P<zone>[Zz]|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9]|(?!:)))|(?![Zz+-]))"

ISO: Final = (
    Format(
        "ISO 8601, zone apart",
        _DATE_TIME + rb"(?:[.,:](?P<fraction>[0-9]{1,9}))?" + ZONE_APART,
        DIGITS,
        read_moment,
        (
            Sample(b"2026-01-31 23:59:59.123 UTC [4711] LOG:  checkpoint starting", at("2026-01-31T23:59:59.123")),
            Sample(b"2026-01-31 23:59:59 +0100 fluentd: started", at("2026-01-31T22:59:59")),
            Sample(b"2026-01-31 23:59:59.5 -03:30 ready", at("2026-02-01T03:29:59.5")),
            Sample(b"time 2026-02-28 00:00:00 GMT done", at("2026-02-28T00:00:00")),
        ),
    ),
    Format(
        "ISO 8601",
        _DATE_TIME + fraction(rb".,:") + _CLOSE_ZONE + END,
        DIGITS,
        read_moment,
        (
            Sample(b"2026-01-31T23:59:59Z ready", at("2026-01-31T23:59:59")),
            Sample(b"2026-01-31T23:59:59.123456789+05:30 ready", at("2026-01-31T18:29:59.123456789")),
            Sample(b"2026-01-31T23:59:59.1234567-0800 ready", at("2026-02-01T07:59:59.1234567")),
            Sample(b"2026-01-31 23:59:59.5+01", at("2026-01-31T22:59:59.5")),
            Sample(b"2026-01-31 23:59:59,123 WARNING pool: two connections left", at("2026-01-31T23:59:59.123")),
            Sample(b"2026-01-31 23:59:59,007 - INFO  [main:Server@42] - started", at("2026-01-31T23:59:59.007")),
            Sample(b"[2026-01-31 23:59:59,123] INFO started (kafka.Server)", at("2026-01-31T23:59:59.123")),
            Sample(b"2026-01-31_23:59:59.10000 runit says hello", at("2026-01-31T23:59:59.1")),
            Sample(b"2026/01/31 23:59:59 [error] 42#0: *1 open() failed", at("2026-01-31T23:59:59")),
            Sample(b"2026/01/31 23:59:59.000123 main.go:12: hello", at("2026-01-31T23:59:59.000123")),
            Sample(b"2026-01-31 23:59:59:123 colon before the fraction", at("2026-01-31T23:59:59.123")),
            Sample(b"[2026.01.31-23.59.59:123][  0]LogInit: engine up", at("2026-01-31T23:59:59.123")),
            Sample(b"<165>1 2026-01-31T23:59:59.003Z mail app 42 ID47 - hello", at("2026-01-31T23:59:59.003")),
            Sample(b"INFO 2026-01-31 23:59:59 level first", at("2026-01-31T23:59:59")),
            Sample(b"I, [2026-01-31T23:59:59.654321 #42]  INFO -- : hello", at("2026-01-31T23:59:59.654321")),
            Sample(b'{"time":"2026-01-31T23:59:59.123Z","msg":"hello"}', at("2026-01-31T23:59:59.123")),
            Sample(b'level=info ts=2026-01-31T23:59:59.123Z msg="hello"', at("2026-01-31T23:59:59.123")),
            Sample(b"2024-02-29 00:00:00 leap day", at("2024-02-29T00:00:00")),
        ),
    ),
    Format(
        "ISO 8601, dash after the fraction",
        _DATE_TIME + _SOME_FRACTION + rb"(?=-)",
        DIGITS,
        read_moment,
        (Sample(b"2026-01-31 23:59:59,123-app.db-WARNING-slow", at("2026-01-31T23:59:59.123")),),
    ),
    Format(
        "ISO 8601, punctuation after the seconds",
        _DATE_TIME + rb"(?=[.,:-])",
        DIGITS,
        read_moment,
        (
            Sample(b"2026-01-02 03:04:05, Info                  CBS    Starting up", at("2026-01-02T03:04:05")),
            Sample(b"2026-01-02 03:04:05: hello", at("2026-01-02T03:04:05")),
            Sample(b"2026-01-02 03:04:05-root-INFO-hello", at("2026-01-02T03:04:05")),
        ),
    ),
    Format(
        "ISO 8601, compact",
        _COMPACT + rb"(?:[.,:]?(?P<fraction>[0-9]{1,9})|(?![.,:]))" + _CLOSE_ZONE + END,
        DIGITS,
        read_moment,
        (
            Sample(b"20260131T235959Z ready", at("2026-01-31T23:59:59")),
            Sample(b"20260131T235959.250+0200 ready", at("2026-01-31T21:59:59.25")),
            Sample(b"20260131T235959123 ready", at("2026-01-31T23:59:59.123")),
            Sample(b"20260131-23:59:59:606|Step|30002312|calories", at("2026-01-31T23:59:59.606")),
        ),
    ),
)
