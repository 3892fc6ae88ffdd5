"""How many records each source has brought, when its last one was, and how fast they come.

Columns by source, that grow with the sources: no statement runs per record. Time is an argument.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np

from logbraid.core.records import RecordBatch
from logbraid.core.types import NO_TIME, SECOND, Int64, Nanos, SourceId

__all__ = ["Rates"]

SPAN: Final = 5 * SECOND
"""Over which a rate is taken."""


class _Look(NamedTuple):
    """What was counted at a moment."""

    tick: Nanos
    counts: Int64


class Rates:
    """The counts of all sources. One thread adds; any other may ask."""

    def __init__(self) -> None:
        self._counts: Int64 = np.zeros(0, np.int64)
        self._last: Int64 = np.zeros(0, np.int64)
        self._looks: deque[_Look] = deque()

    def add(self, batch: RecordBatch) -> None:
        """Count the records of a batch."""
        for part in batch.parts:
            number = part.source.id
            self._grow(number + 1)
            self._counts[number] += len(part)
            self._last[number] = max(int(self._last[number]), int(part.time.max()))

    def _grow(self, size: int) -> None:
        missing = size - len(self._counts)
        if missing > 0:
            self._last = np.concatenate([self._last, np.full(missing, NO_TIME)])
            self._counts = np.concatenate([self._counts, np.zeros(missing, np.int64)])

    def count(self, source: SourceId) -> int:
        """Records of a source."""
        return int(self._counts[source]) if source < len(self._counts) else 0

    def last(self, source: SourceId) -> Nanos | None:
        """The latest time of a source's records; None: it has none yet."""
        if source >= len(self._last) or self._last[source] == NO_TIME:
            return None
        return int(self._last[source])

    def look(self, tick: Nanos) -> None:
        """Note the counts, about once a second, so that rates can be told from them; a clock set back begins anew."""
        if self._looks and tick < self._looks[-1].tick:
            self._looks.clear()
        self._looks.append(_Look(tick, self._counts.copy()))
        while len(self._looks) > 2 and self._looks[1].tick <= tick - SPAN:
            self._looks.popleft()

    def per_second(self, source: SourceId) -> float:
        """Records of a source in a second, over the last five."""
        if len(self._looks) < 2:
            return 0.0
        first, last = self._looks[0], self._looks[-1]
        came = _of(last.counts, source) - _of(first.counts, source)
        return came * SECOND / max(last.tick - first.tick, 1)


def _of(counts: Int64, source: SourceId) -> int:
    return int(counts[source]) if source < len(counts) else 0
