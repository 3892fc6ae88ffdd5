"""Reads points in time as people write them: absolute, before now, by the clock, or as copied from a log.

Pure: the time that it is, and the zone, are handed in.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Final

import numpy as np

from logbraid.core.quantities import parse_duration
from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import Lock
from logbraid.core.timestamps.formats import FORMATS
from logbraid.core.timestamps.locators import Column
from logbraid.core.timestamps.reader import TimestampReader
from logbraid.core.types import NO_TIME, PADDING, SECOND, Nanos
from logbraid.errors import UsageError

__all__ = ["parse_moment"]

_DAYS: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}
_EPOCH: Final = re.compile(r"@([0-9]+(?:\.[0-9]+)?)")
_EPOCH_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INT64: Final = 2**63


def parse_moment(text: str, now: Nanos, zone: tzinfo) -> Nanos:
    """Return a point in time in ns UTC.

    Args:
        text: ``2026-03-01``, ``2026-03-01 08:00``, RFC 3339, a timestamp as logs have it, ``@1772352000``; ``14:30``
            (today); ``now``, ``today``, ``yesterday 14:30``; ``10m``, ``1h30m``, ``2 days ago``: so long before now.
        now: what time it is.
        zone: of times that name none.

    Raises:
        UsageError: it is no point in time.
    """
    words = text.strip()
    for read in (_named, _before_now, _by_the_clock, _since_epoch, _as_logged, _as_iso):
        with suppress(ValueError, OverflowError):
            found = read(words, now, zone)
            if found is not None and -_INT64 < found < _INT64:
                return found
    raise UsageError(
        f"not a time: {text!r}: write 2026-03-01T08:00:00Z, '2026-03-01 08:00', 14:30, 10m, yesterday or now"
    )


def _named(text: str, now: Nanos, zone: tzinfo) -> Nanos | None:
    day, _, clock = text.lower().partition(" ")
    if text.lower() == "now":
        return now
    if day not in _DAYS:
        return None
    return _at(_day(now, zone, _DAYS[day]), clock.upper() or "00:00", zone)


def _before_now(text: str, now: Nanos, zone: tzinfo) -> Nanos:
    return now - abs(parse_duration(text.lower().removesuffix("ago").strip()))


def _by_the_clock(text: str, now: Nanos, zone: tzinfo) -> Nanos | None:
    return _at(_day(now, zone), text, zone) if ":" in text[:3] else None


def _since_epoch(text: str, now: Nanos, zone: tzinfo) -> Nanos | None:
    found = _EPOCH.fullmatch(text)
    return int(Decimal(found[1]) * SECOND) if found else None


def _as_logged(text: str, now: Nanos, zone: tzinfo) -> Nanos | None:
    line = text.encode()
    form = next((form for form in FORMATS if form.pattern.fullmatch(line)), None)
    if form is None:
        return None
    buffer = np.frombuffer(line + bytes(PADDING), np.uint8)
    reader = TimestampReader(Lock(form, Column(0)), Calendar(zone, now))
    found = int(reader.read(buffer, np.array([0]), np.array([len(line)]))[0])
    return None if found == NO_TIME else found


def _as_iso(text: str, now: Nanos, zone: tzinfo) -> Nanos:
    found = datetime.fromisoformat(text)
    return _nanos(found if found.tzinfo else found.replace(tzinfo=zone))


def _day(now: Nanos, zone: tzinfo, later: int = 0) -> date:
    return (_EPOCH_START + timedelta(seconds=now // SECOND)).astimezone(zone).date() + timedelta(days=later)


def _at(day: date, clock: str, zone: tzinfo) -> Nanos:
    hour, colon, rest = clock.partition(":")
    read = time.fromisoformat(f"{hour:0>2}{colon}{rest}")
    return _nanos(datetime.combine(day, read, read.tzinfo or zone))


def _nanos(moment: datetime) -> Nanos:
    return (moment - _EPOCH_START) // timedelta(microseconds=1) * 1000
