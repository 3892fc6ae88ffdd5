"""How many cells of a screen text takes, and where it must be cut to fit: a character takes none, one or two of them.

For text without controls only: these are made visible before they come here. What is narrow throughout, as nearly all
log text is, costs no look at a single character.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

__all__ = ["cut", "width", "wrapped"]

_UNUSUAL: Final = re.compile("[^\x00-\u02ff]")
"""What may not take one cell: every visible character before it does."""

_MARKS: Final = frozenset(("Mn", "Me", "Mc"))
"""Categories of what stands on or under the character before it."""

_JOINING: Final = (("\u1160", "\u11ff"), ("\ud7b0", "\ud7ff"), ("\U0001f3fb", "\U0001f3ff"))
"""Vowels and finals of Hangul, and skin tones: what becomes one with the character before it."""


def width(text: str) -> int:
    """Return how many cells a text takes."""
    return len(text) if _is_narrow(text) else sum(map(_cells, text))


def cut(text: str, start: int, cells: int) -> int:
    """Return up to which character a text fits into so many cells, from a character on."""
    if _is_narrow(text[start : start + cells + 1]):  # with the next one, which may stand on the last
        return min(start + cells, len(text))
    for at in range(start, len(text)):
        cells -= _cells(text[at])
        if cells < 0:
            return at
    return len(text)


def wrapped(text: str, cells: int) -> list[int]:
    """Return from which character on each row goes, where rows have so many cells; at least two."""
    if _is_narrow(text):
        return [*range(0, max(len(text), 1), cells)]
    starts, taken = [0], 0
    for at, character in enumerate(text):
        taken += _cells(character)
        if taken > cells:
            starts.append(at)
            taken = _cells(character)
    return starts


def _is_narrow(text: str) -> bool:
    return text.isascii() or _UNUSUAL.search(text) is None


@cache
def _cells(character: str) -> int:
    """Return the cells of one character."""
    if unicodedata.category(character) in _MARKS or any(low <= character <= high for low, high in _JOINING):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
