"""Numbers as people read them: how long, how many, how fast, when.

Pure: no clock, no screen. How wide a bucket of the timeline is, the timeline says itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from logbraid.core.types import SECOND, Nanos

__all__ = ["count_text", "elapsed_text", "moment_text"]

_DAY: Final = 86_400 * SECOND
_EPOCH_START: Final = datetime(1970, 1, 1, tzinfo=UTC)


def elapsed_text(nanos: Nanos) -> str:
    """Return any duration: ``250 µs``, ``12.345 s``, ``1:02:03.004``, ``3 d 01:02:03.004``."""
    if nanos < 10**6:
        return f"{nanos / 1000:g} µs"
    if nanos < 60 * SECOND:
        return f"{nanos / SECOND:.3f} s"
    days, rest = divmod(round(nanos / 10**6), 86_400_000)
    seconds, thousandths = divmod(rest, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours:02d}:{minutes:02d}:{seconds:02d}.{thousandths:03d}"
    return f"{days} d {clock}" if days else clock.removeprefix("00:").removeprefix("0")


def count_text(count: float) -> str:
    """Return a number in few characters: ``7``, ``1.2k``, ``50k``, ``3.4M``."""
    for unit in ("", "k", "M"):
        if count < 999.5:
            return f"{count:.0f}{unit}" if not unit or count >= 9.95 else f"{count:.1f}{unit}"
        count /= 1000
    return f"{count:.1f}G"


def moment_text(time: Nanos, zone: tzinfo, step: Nanos = SECOND, *, day: bool = True) -> str:
    """Return a time as a clock in the zone shows it, no finer than the step asks for.

    Args:
        time: ns UTC.
        zone: of the clock.
        step: two times that are so far apart can be told apart.
        day: with its date, which no step of a day or more goes without.
    """
    when = (_EPOCH_START + timedelta(seconds=time // SECOND)).astimezone(zone)
    if step >= _DAY:
        return f"{when:%Y-%m-%d}"
    clock = f"{when:%H:%M}" if step % (60 * SECOND) == 0 else f"{when:%H:%M:%S}"
    digits = next((digits for digits in (0, 3, 6) if step % 10 ** (9 - digits) == 0), 9)
    fraction = f".{time % SECOND:09d}"[: digits + 1] if digits else ""
    return f"{when:%Y-%m-%d} {clock}{fraction}" if day else clock + fraction
