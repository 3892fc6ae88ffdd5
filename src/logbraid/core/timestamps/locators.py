"""Where in a line a timestamp starts: at a column, after so many words, or after a key.

A locator is found once, from a sample, by ``detect.py``; ``positions`` then finds the place in every line of a chunk by
array operations. A locator says where to look, never whether a timestamp is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from logbraid.core.kernels import find
from logbraid.core.lines import find_byte, holds
from logbraid.core.types import Bool, Bytes8, Int64

__all__ = ["After", "Column", "Locator", "Word"]

NOWHERE: Final = -1
_SPACE: Final = 0x20


@dataclass(frozen=True, slots=True)
class Column:
    """The timestamp starts at this byte of each line."""

    column: int

    def positions(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Int64:
        """Return the place in ``buffer`` for each line, or -1 where the line is too short."""
        if self.column == 0:
            return starts
        found = starts + self.column
        return np.where(found < ends, found, NOWHERE)


@dataclass(frozen=True, slots=True)
class Word:
    """The timestamp starts ``skip`` bytes after the ``index``-th space of each line."""

    index: int
    skip: int = 0

    def positions(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Int64:
        """Return the place in ``buffer`` for each line, or -1 where the line has too few words."""
        if not len(starts):
            return starts
        spaces = find_byte(buffer, int(starts[0]), int(ends[-1]), _SPACE)
        nth = np.searchsorted(spaces, starts) + (self.index - 1)
        reachable = nth < len(spaces)
        found = np.full(len(starts), NOWHERE, np.int64)
        found[reachable] = spaces[nth[reachable]] + 1 + self.skip
        found[found >= ends] = NOWHERE
        return found


@dataclass(frozen=True, slots=True)
class After:
    """The timestamp starts behind ``key``: at ``column`` where the key ends there, else behind its first occurrence.

    ``column`` is where the key ended in the sample (-1: unknown): most writers put it at the same place on every line,
    and a comparison there is twenty times cheaper than a search.
    """

    key: bytes
    column: int = NOWHERE

    def positions(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Int64:
        """Return the place in ``buffer`` for each line, or -1 where the line lacks the key."""
        found = np.full(len(starts), NOWHERE, np.int64)
        missing = np.arange(len(starts))
        if self.column >= len(self.key):
            here = self._at_column(buffer, starts, ends)
            if here.all():
                return starts + self.column
            found[here] = starts[here] + self.column
            missing = np.flatnonzero(~here)
        found[missing] = self._search(buffer, starts[missing], ends[missing])
        return found

    def _at_column(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Bool:
        # A short line ends before the column: another one's key may stand there, or the buffer may not reach so far.
        reaches = starts + self.column < ends
        return reaches & holds(buffer, np.where(reaches, starts + (self.column - len(self.key)), starts), self.key)

    def _search(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Int64:
        if not len(starts):
            return starts
        # Lines need not touch: each line is one row and what lies between two of them is another, never looked at.
        edges = np.empty(2 * len(starts) + 1, np.int64)
        edges[0:-1:2] = starts
        edges[1:-1:2] = ends
        edges[-1] = ends[-1]
        rows = pa.Array.from_buffers(
            pa.large_binary(), 2 * len(starts), [None, pa.py_buffer(edges), pa.py_buffer(buffer)]
        )
        at = find(rows, self.key)[0::2]
        return np.where(at < 0, NOWHERE, starts + at + len(self.key))


Locator = Column | Word | After
