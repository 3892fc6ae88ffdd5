"""A part of time: which records of each source have their key in it, and between which offsets they stand.

Two neighbouring windows fit together when, for every source, one ends at the offset where the next begins: then, and
only then, no record is in both or in neither. Nothing here reads, or knows how windows are chosen.
"""

from __future__ import annotations

import numpy as np

from logbraid.core.records import SourceBatch
from logbraid.core.types import NO_TIME, Nanos, SourceId

__all__ = ["Window"]

_UNKNOWN = -1


class Window:
    """Records with ``low < key <= high``.

    Attributes:
        begins: for each source the offset of its first record in or behind the window, once it is known.
        ends: for each source the offset of its first record behind the window, or its end.
        highest: for each source the largest key in the window; ``low`` where it has none.
        last: for each source the time of its last record in the window; NO_TIME where it has none.
    """

    def __init__(self, low: Nanos, high: Nanos, sources: int) -> None:
        self.low = low
        self.high = high
        self.begins = [_UNKNOWN] * sources
        self.ends = [_UNKNOWN] * sources
        self.highest = [low] * sources
        self.last = [NO_TIME] * sources

    def cut(self, batch: SourceBatch) -> SourceBatch:
        """Return the records of the batch that are in the window."""
        source = batch.source.id
        first = int(np.searchsorted(batch.key, self.low, side="right"))
        last = int(np.searchsorted(batch.key, self.high, side="right"))
        if first < len(batch) and self.begins[source] == _UNKNOWN:
            self.begins[source] = int(batch.starts[first]) + batch.base
        if last < len(batch) and self.ends[source] == _UNKNOWN:
            self.ends[source] = int(batch.starts[last]) + batch.base
        if first < last:
            self.highest[source] = int(batch.key[last - 1])
            self.last[source] = int(batch.time[last - 1])
        return batch.take(slice(first, last))

    def is_past(self, batch: SourceBatch) -> bool:
        """Whether all that follows this batch in its source is behind the window."""
        return batch.upto > self.high

    def reach_end(self, source: SourceId, offset: int) -> None:
        """Say that the source ends at ``offset``."""
        if self.ends[source] == _UNKNOWN:
            self.ends[source] = offset
        if self.begins[source] == _UNKNOWN:
            self.begins[source] = offset
