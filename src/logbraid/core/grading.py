"""How grave each record of a chunk is: by stencils where they fit, and by the rules where none does.

The rules teach the stencils: what they say of a few records becomes stencils that say the same of many, some forty
times faster. A stencil is only ever narrower than the rules, so which ones are known changes the time and no answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from logbraid.core.gather import gather, views
from logbraid.core.kernels import matches
from logbraid.core.levels import NO_LEVEL, RULES, Ruling, holding, ruled
from logbraid.core.stencils import NOT_SURE, Stencil, outline
from logbraid.core.types import Bytes8, Int8, Int64

__all__ = ["grade"]

_HEAD: Final = 256
"""Bytes of a record in which its level is looked for."""

_FARTHEST: Final = 96
"""Bytes before a word from which on no stencil is made: comparing so many would cost what it saves."""

_SAMPLE: Final = 64
"""Records from which stencils are made, or of which a stencil must fit one to be laid over all."""

_SHARE: Final = 8
"""One stencil for each place where one in so many records of a sample has its level."""

_KNOWN: Final = 16
"""Stencils that are kept for each timestamp format."""

_WORD: Final = re.compile(rb"[A-Za-z]+")

# Threads may learn at the same time: what one of them has learned may be lost then, and is learned again.
_known: Final[dict[str, tuple[Stencil, ...]]] = {}


def grade(buffer: Bytes8, starts: Int64, ends: Int64, format_name: str) -> Int8:
    """Return the level of each record, NO_LEVEL where none is recognised.

    Args:
        buffer: what holds the records.
        starts: where each starts, ascending.
        ends: where each ends.
        format_name: name of the timestamp format of their source.
    """
    known = _known.get(format_name, ())
    grading = _Grading(buffer, starts, ends, format_name)
    served = grading.lay(known)
    if len(grading.left) * _SHARE > len(starts):
        served += grading.learn()
    if len(grading.left):
        grading.ask()
    _known[format_name] = tuple(dict.fromkeys((*served, *known)))[:_KNOWN]
    return grading.codes


class _Grading:
    """Some records, the level of each, and which of them are left to be told."""

    def __init__(self, buffer: Bytes8, starts: Int64, ends: Int64, format_name: str) -> None:
        self._buffer, self._format = buffer, format_name
        self._starts, self._ends = starts, ends  # of those that are left
        self.left = np.arange(len(starts))
        self.codes = np.full(len(starts), NO_LEVEL, np.int8)

    def lay(self, stencils: Iterable[Stencil]) -> list[Stencil]:
        """Tell what these stencils fit, and return those that fit any."""
        return [stencil for stencil in stencils if self._fits_any(stencil) and self._lay(stencil)]

    def learn(self) -> list[Stencil]:
        """Tell a sample by the rules, lay the stencils that it teaches, and return them."""
        heads = self._heads(self._step())
        ruling = ruled(heads, self._format)
        told = np.zeros(len(self.left), np.bool_)
        told[:: self._step()] = True
        self.codes[self.left[told]] = ruling.codes
        self._leave(np.flatnonzero(~told))
        learned = _learned(heads, ruling, self._format)
        return [stencil for stencil in learned if not len(self.left) or self._lay(stencil)]

    def ask(self) -> None:
        """Tell what is left by the rules."""
        self.codes[self.left] = ruled(self._heads(), self._format).codes

    def _heads(self, step: int = 1) -> pa.LargeBinaryArray:
        starts, ends = self._starts[::step], self._ends[::step]
        return gather([self._buffer], views(0, self._buffer, starts, np.minimum(ends - starts, _HEAD)))

    def _fits_any(self, stencil: Stencil) -> bool:
        step = self._step()
        return bool((stencil.read(self._buffer, self._starts[::step], self._ends[::step]) != NOT_SURE).any())

    def _lay(self, stencil: Stencil) -> bool:
        codes = stencil.read(self._buffer, self._starts, self._ends)
        self.codes[self.left] = codes
        before = len(self.left)
        self._leave(np.flatnonzero(codes == NOT_SURE))
        return len(self.left) < before

    def _leave(self, rows: Int64) -> None:
        self.left, self._starts, self._ends = self.left[rows], self._starts[rows], self._ends[rows]

    def _step(self) -> int:
        return len(self.left) // _SAMPLE + 1


class _Place(NamedTuple):
    """Where a rule has found a level: what stands before it, in outline, and the byte behind it."""

    rule: int
    before: bytes
    behind: int


def _learned(heads: pa.LargeBinaryArray, ruling: Ruling, format_name: str) -> list[Stencil]:
    """Return a stencil for each place where many of these heads have their level."""
    places = Counter(_places(heads, ruling))
    common = [place for place, count in places.most_common() if count * _SHARE >= len(heads)]
    return [stencil for place in common for stencil in _stencils(place, format_name)]


def _places(heads: pa.LargeBinaryArray, ruling: Ruling) -> Iterator[_Place]:
    for row in np.flatnonzero(ruling.codes != NO_LEVEL).tolist():
        head, start = heads[row].as_py() or b"", int(ruling.places[row])
        word = _WORD.match(head, start)
        # A word that is glued to the letters before it may be told apart from them in more than one way.
        if word and word.end() < len(head) and start <= _FARTHEST and not head[:start][-1:].isalpha():
            yield _Place(int(ruling.rules[row]), outline(head[:start]), head[word.end()])


def _stencils(place: _Place, format_name: str) -> list[Stencil]:
    """Return the stencils that say the same as the rules at this place, whatever else stands in a record."""
    rule = RULES[place.rule]
    beginning = pa.array([place.before + b"INFO" + bytes([place.behind])], pa.large_binary())
    earlier = [one.opening for number, one in holding(format_name) if number < place.rule]
    if any(matches(beginning, opening)[0] for opening in earlier):
        return []
    return [
        Stencil(place.before, place.behind, rule.words, way.unless, way.without)
        for way in rule.ways
        if matches(beginning, way.pattern)[0]
    ]
