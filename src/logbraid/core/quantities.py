"""Durations, sizes and skews as people write them, and as they like to read them. Pure: no clock, no files."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from logbraid.errors import UsageError

__all__ = ["duration_text", "parse_duration", "parse_size", "parse_skew", "size_text"]

_NANOS: Final = {
    unit: nanos
    for units, nanos in (
        ("ns", 1),
        ("us µs", 10**3),
        ("ms", 10**6),
        ("s sec secs second seconds", 10**9),
        ("m min mins minute minutes", 60 * 10**9),
        ("h hr hrs hour hours", 3600 * 10**9),
        ("d day days", 86_400 * 10**9),
        ("w week weeks", 7 * 86_400 * 10**9),
    )
    for unit in units.split()
}
_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
_PART: Final = re.compile(rf"({_NUMBER})\s*([a-zµ]+)\s*")
_DURATION: Final = re.compile(rf"([+-]?)\s*((?:{_NUMBER}\s*[a-zµ]+\s*)+)")

_BINARY: Final = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_DECIMAL: Final = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_SIZE: Final = re.compile(rf"({_NUMBER})\s*([kmgt])?(i?b)?")
_MOST: Final = 2**63 - 1
"""Beyond this, what is counted in int64 would overflow."""


def parse_duration(text: str) -> int:
    """Return the nanoseconds of a duration: ``10m``, ``1h30m``, ``-2.5s``, ``3 days``.

    Raises:
        UsageError: it is none.
    """
    whole = _DURATION.fullmatch(text.lower().strip())
    parts = _PART.findall(whole[2]) if whole else []
    if not whole or any(unit not in _NANOS for _, unit in parts):
        raise UsageError(f"not a duration: {text!r}: write 500ms, 2.5s, 10m, 1h30m or 3d")
    nanos = sum(int(Decimal(number) * _NANOS[unit]) for number, unit in parts)
    if nanos > _MOST:
        raise UsageError(f"too long a duration: {text!r}")
    return -nanos if whole[1] == "-" else nanos


def parse_size(text: str) -> int:
    """Return the bytes of a size: ``4096``, ``64k``, ``1MiB``, ``2G``; ``kB``, ``MB`` and ``GB`` count in thousands.

    Raises:
        UsageError: it is none.
    """
    found = _SIZE.fullmatch(text.lower().strip())
    if not found:
        raise UsageError(f"not a size: {text!r}: write 4096, 64k, 1MiB or 2G")
    number, unit, ending = found.groups()
    scale = (_DECIMAL if ending == "b" else _BINARY)[unit] if unit else 1
    size = int(Decimal(number) * scale)
    if size > _MOST:
        raise UsageError(f"too large a size: {text!r}")
    return size


def parse_skew(text: str) -> tuple[str, int]:
    """Return label and nanoseconds of ``LABEL=+2.5s``.

    Raises:
        UsageError: it is no such thing.
    """
    label, equals, duration = text.rpartition("=")
    if not equals or not label:
        raise UsageError(f"not a skew: {text!r}: write LABEL=+2.5s")
    return label, parse_duration(duration)


def size_text(size: float) -> str:
    """Return a size as people read it."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def duration_text(seconds: float) -> str:
    """Return a duration as people read it."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
