"""Seconds counted: the Unix epoch in four units, and TAI64N labels.

Only numbers that mean a time from September 2001 to 2100 count, so that ports, sizes and ids are not taken for times.
"""

from __future__ import annotations

import re
from typing import Final

from logbraid.core.timestamps.format import HEXADECIMAL, Format, Sample
from logbraid.core.timestamps.pieces import DIGITS, END, SECOND, at, fraction
from logbraid.core.types import SECOND as NANOS_PER_SECOND
from logbraid.core.types import Nanos

__all__ = ["EPOCH"]

_HUNDREDS: Final = rb"(?P<hundreds>[1-4][0-9]{7})" + SECOND
_YEAR_2100: Final = 41_024_448

_TAI64_ZERO: Final = 2**62
# What multilog and its kin subtract and add: the offset of 1970. Leap seconds since then are not known to them.
_TAI_AHEAD_OF_UTC: Final = 10


def _read_hundreds(match: re.Match[bytes]) -> Nanos | None:
    hundreds = int(match["hundreds"])
    return hundreds * 100 * NANOS_PER_SECOND if hundreds < _YEAR_2100 else None


def _read_label(match: re.Match[bytes]) -> Nanos:
    return (int(match["label"], 16) - _TAI64_ZERO - _TAI_AHEAD_OF_UTC) * NANOS_PER_SECOND


EPOCH: Final = (
    Format(
        "epoch milliseconds, microseconds or nanoseconds",
        _HUNDREDS + rb"(?P<fraction>[0-9]{9}|[0-9]{6}|[0-9]{3})" + END,
        DIGITS,
        _read_hundreds,
        (
            Sample(b"1769903999123 up", at("2026-01-31T23:59:59.123")),
            Sample(b"1769903999123456 up", at("2026-01-31T23:59:59.123456")),
            Sample(b"1769903999123456789 up", at("2026-01-31T23:59:59.123456789")),
            Sample(b'{"level":30,"time":1769903999123,"pid":42,"msg":"up"}', at("2026-01-31T23:59:59.123")),
        ),
        anywhere=False,
    ),
    Format(
        "epoch seconds",
        _HUNDREDS + fraction(rb".") + END,
        DIGITS,
        _read_hundreds,
        (
            Sample(b"1769903999 up", at("2026-01-31T23:59:59")),
            Sample(b"1769903999.123    100 10.0.0.1 TCP_MISS/200", at("2026-01-31T23:59:59.123")),
            Sample(b"[1769903999] EXTERNAL COMMAND: check", at("2026-01-31T23:59:59")),
            Sample(b'{"ts":1769903999.1234567,"msg":"up"}', at("2026-01-31T23:59:59.1234567")),
            Sample(b"type=LOGIN msg=audit(1769903999.123:42): pid=7", at("2026-01-31T23:59:59.123")),
        ),
        anywhere=False,
    ),
    Format(
        "TAI64N",
        rb"@(?P<label>40[0-9a-fA-F]{14})(?P<second>)(?P<fraction>[0-9a-fA-F]{8})(?![0-9a-fA-F])",
        frozenset(b"@"),
        _read_label,
        (Sample(b"@4000000037c219bf2ef02e94 up", at("1999-08-24T04:04:05.7874925")),),
        base=HEXADECIMAL,
    ),
)
