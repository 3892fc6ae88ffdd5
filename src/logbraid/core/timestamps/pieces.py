"""The pieces that time formats are put together from, and the one reader of the calendar terms that they name.

Each piece looks at no more than one byte past its own end: a reader that knows only the timestamp and the byte after it
must come to the same result as one that sees the whole line. No piece belongs to a single format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np

from logbraid.core.timestamps.format import Moment
from logbraid.core.types import Nanos

__all__ = [
    "ANY_CASE_LETTERS",
    "CLOCK",
    "DAY",
    "DIGITS",
    "END",
    "HALF",
    "HOUR",
    "MINUTE",
    "MONTH",
    "MONTH_NAME",
    "MONTH_NAMES",
    "SECOND",
    "WEEKDAY",
    "YEAR",
    "ZONE_APART",
    "at",
    "fraction",
    "read_moment",
    "read_offset",
]

MONTH_NAMES: Final = (
    *(b"january", b"february", b"march", b"april", b"may", b"june"),
    *(b"july", b"august", b"september", b"october", b"november", b"december"),
)

YEAR: Final = rb"(?P<year>[0-9]{4})"
MONTH: Final = rb"(?P<month>0[1-9]|1[0-2])"
DAY: Final = rb"(?P<day>0[1-9]|[12][0-9]|3[01])"
HOUR: Final = rb"(?P<hour>[01][0-9]|2[0-3])"
MINUTE: Final = rb"(?P<minute>[0-5][0-9])"
SECOND: Final = rb"(?P<second>[0-9]{2})"
HALF: Final = rb"(?P<half>[AaPp][Mm])"
CLOCK: Final = HOUR + rb":" + MINUTE + rb":" + SECOND
MONTH_NAME: Final = rb"(?P<month>(?i:" + b"|".join(name[:3] for name in MONTH_NAMES) + rb"))"
WEEKDAY: Final = rb"(?:(?i:Mon|Tue|Wed|Thu|Fri|Sat|Sun))"
ZONE_APART: Final = rb"(?P<zone> ?(?:UTC|GMT)| Z| [+-](?:0[0-9]|1[0-5]):?[0-5][0-9])(?![0-9A-Za-z])"
END: Final = rb"(?![0-9])"

DIGITS: Final = frozenset(b"0123456789")
ANY_CASE_LETTERS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

_LEAP_YEAR: Final = 2000
_CENTURY_PIVOT: Final = 69


def fraction(separators: bytes) -> bytes:
    """Return the piece for an optional fraction.

    Where there is none, the next byte may not be a separator: with one byte in sight, ``59.`` and ``59.1`` look alike.
    """
    return rb"(?:[%b](?P<fraction>[0-9]{1,9})|(?![%b]))" % (separators, separators)


def read_moment(match: re.Match[bytes]) -> Moment:
    """Return what the groups year, month, day, hour, minute, half and zone say.

    Raises:
        ValueError: the calendar has no such day, or the clock no such hour.
    """
    text: Mapping[str, bytes | None] = match.groupdict()
    year, month, day = _year(text.get("year")), _month(text.get("month")), _number(text.get("day"))
    if month is not None and day is not None:
        date(year or _LEAP_YEAR, month, day)
    hour = _hour(int(match["hour"]), text.get("half"))
    return Moment(hour, int(match["minute"]), year, month, day, read_offset(text.get("zone")))


def read_offset(zone: bytes | None) -> int | None:
    """Return seconds east of UTC; None where the text does not tell. Abbreviations other than UTC's are not guessed."""
    name = (zone or b"").strip()
    if name.upper() in {b"Z", b"UTC", b"GMT"}:
        return 0
    if name[:1] not in {b"+", b"-"}:
        return None
    digits = name[1:].replace(b":", b"").ljust(4, b"0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if name[:1] == b"-" else seconds


def at(text: str) -> Nanos:
    """Return the ns UTC of an ISO time without zone: samples are proven with it, by numpy instead of our readers."""
    return int(np.datetime64(text, "ns").astype(np.int64))


def _number(text: bytes | None) -> int | None:
    return None if text is None else int(text)


def _year(text: bytes | None) -> int | None:
    year = _number(text)
    if year is None or text is None or len(text) > 2:
        return year
    return year + (1900 if year >= _CENTURY_PIVOT else 2000)


def _month(text: bytes | None) -> int | None:
    if text is None or text.isdigit():
        return _number(text)
    start = text[:3].lower()
    return next(number for number, name in enumerate(MONTH_NAMES, 1) if name.startswith(start))


def _hour(hour: int, half: bytes | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError("no such hour on a twelve-hour clock")
    return hour % 12 + (12 if half[:1] in b"Pp" else 0)
