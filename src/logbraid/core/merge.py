"""The one place where sources meet: holds their batches and releases records in one total order.

The order is (key, source, generation, offset); a source's own records are in order already, so a stable sort of what
may leave, laid end to end by source, is all it takes. What may leave is decided by how far every source has come.
Nothing here knows time, files or text.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import FOREVER, NO_TIME, Bool, Int64, Nanos, Source, SourceId

__all__ = ["ArrivalMerger", "LiveArrivalMerger", "LiveMerger", "Merger"]

_NO_SOURCE: Final = SourceId(-1)


class _Queue:
    """Batches of one source that wait, and how far it has come."""

    __slots__ = ("batches", "finished", "size", "upto")

    def __init__(self) -> None:
        self.batches: deque[SourceBatch] = deque()
        self.upto = NO_TIME
        self.finished = False
        self.size = 0

    def take(self, bound: Nanos, *, inclusive: bool) -> list[SourceBatch]:
        """Remove and return the records with a key below the bound, or up to it."""
        taken = []
        while self.batches and self.batches[0].key[0] <= bound:
            batch = self.batches.popleft()
            count = int(np.searchsorted(batch.key, bound, side="right" if inclusive else "left"))
            if count < len(batch):
                self.batches.appendleft(batch.take(slice(count, None)))
                batch = batch.take(slice(0, count))
            if count:
                taken.append(batch)
                self.size -= batch.size
            if count == 0 or (self.batches and self.batches[0].key[0] > bound):
                break
        return taken


class _Outlet:
    """Where merged records leave: remembers the line that the batch before left open, so that nothing glues to it."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._open_line: tuple[int, int] | None = None

    def leave(self, parts: Sequence[SourceBatch], order: Int64, late: Bool | None = None) -> RecordBatch:
        """Return the parts as one batch, in this order."""
        batch = RecordBatch(tuple(parts), order, self._sources, late, self._open_line)
        self._open_line = batch.open_after
        return batch


class Merger:
    """Merges the batches of many sources in time order; each source will be finished one day."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._outlet = _Outlet(sources)
        self._queues = [_Queue() for _ in sources]

    def waiting(self, source: SourceId) -> int:
        """Return how many bytes of this source wait."""
        return self._queues[source].size

    def add(self, batch: SourceBatch) -> None:
        """Take more records of a source, behind those it has given before."""
        queue = self._queues[batch.source.id]
        queue.upto = batch.upto
        if len(batch):
            queue.batches.append(batch)
            queue.size += batch.size

    def finish(self, source: SourceId) -> None:
        """Say that this source gives no more."""
        self._queues[source].finished = True

    def release(self) -> RecordBatch | None:
        """Return every record that no source can go below any more, in order; None where there is none."""
        bound = min(
            ((queue.upto, number) for number, queue in enumerate(self._queues) if not queue.finished),
            default=(FOREVER, len(self._queues)),
        )
        # At a tie with what the holding source may still send, those before it and its own go first.
        parts = [
            batch
            for number, queue in enumerate(self._queues)
            if queue.batches
            for batch in queue.take(bound[0], inclusive=number <= bound[1])
        ]
        return self._outlet.leave(parts, _order(parts)) if parts else None


class LiveMerger:
    """Merges sources of which nobody knows when they end, up to a bound that the caller knows.

    What comes with a key below one that has left already is late: it leaves with the next release. Only sources whose
    records wait cost anything.

    Attributes:
        size: bytes that wait.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._outlet = _Outlet(sources)
        self._queues: dict[SourceId, _Queue] = {}
        self._released = NO_TIME  # the highest key that has left
        self._earlier = NO_TIME  # the same of earlier runs
        self.size = 0

    def go_on(self, highest: Nanos) -> None:
        """Call late what comes below this key, too: earlier runs have let it go. Nothing leaves sooner for that."""
        self._earlier = highest

    def waiting(self, source: SourceId) -> int:
        """Return how many bytes of this source wait."""
        queue = self._queues.get(source)
        return 0 if queue is None else queue.size

    def add(self, batch: SourceBatch) -> None:
        """Take more records of a source, behind those it has given before."""
        if len(batch):
            queue = self._queues.setdefault(batch.source.id, _Queue())
            queue.batches.append(batch)
            queue.size += batch.size
            self.size += batch.size

    def lower(self, source: SourceId, ceiling: Nanos) -> int:
        """Lower the keys of a source that are above the ceiling to it; return how many there are."""
        # What has left with such a key was ahead of the clock, too: it makes nothing late.
        self._released = min(self._released, ceiling)
        queue = self._queues.get(source)
        if queue is None:
            return 0
        count = sum(int((batch.key > ceiling).sum()) for batch in queue.batches)
        queue.batches = deque(replace(batch, key=np.minimum(batch.key, ceiling)) for batch in queue.batches)
        return count

    def first(self) -> tuple[Nanos, SourceId] | None:
        """Return key and source of the record that leaves next; None where none waits."""
        return min(((int(queue.batches[0].key[0]), source) for source, queue in self._queues.items()), default=None)

    def release(self, bound: tuple[Nanos, SourceId]) -> RecordBatch | None:
        """Return every record up to the bound, a key and the last source meant at that key; None where there is none.

        Late records are the first ones of a batch.
        """
        parts = self._taken(self._queues, *max(bound, (self._released, _NO_SOURCE)))
        if not parts:
            return None
        keys = np.concatenate([part.key for part in parts])
        late = int(np.count_nonzero(keys < max(self._released, self._earlier)))
        self._released = max(self._released, int(keys.max()))
        return self._outlet.leave(parts, _order(parts), np.arange(len(keys)) < late if late else None)

    def release_ahead(self, ceiling: Nanos, bound: tuple[Nanos, SourceId]) -> RecordBatch | None:
        """Return every record up to the bound of the sources that have none below the ceiling.

        They are ahead of the clock, so they make nothing late that comes behind them.
        """
        ahead = [source for source, queue in self._queues.items() if queue.batches[0].key[0] > ceiling]
        parts = self._taken(ahead, *bound)
        return self._outlet.leave(parts, _order(parts)) if parts else None

    def _taken(self, sources: Iterable[SourceId], key: Nanos, last: SourceId) -> list[SourceBatch]:
        """Remove and return the records of these sources with a key below this one, or up to it until the last."""
        parts: list[SourceBatch] = []
        for source in sorted(sources):
            queue = self._queues[source]
            parts += queue.take(key, inclusive=source <= last)
            if not queue.batches:
                del self._queues[source]
        self.size -= sum(part.size for part in parts)
        return parts


class ArrivalMerger:
    """Lets every record go in the order in which it came: the face of ``Merger`` without its promise."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._outlet = _Outlet(sources)
        self._parts: list[SourceBatch] = []

    def waiting(self, source: SourceId) -> int:
        """Return how many bytes of this source wait."""
        return sum(part.size for part in self._parts if part.source.id == source)

    def add(self, batch: SourceBatch) -> None:
        """Take more records of a source, behind those it has given before."""
        if len(batch):
            self._parts.append(batch)

    def finish(self, source: SourceId) -> None:
        """Say that this source gives no more; nothing waits for it anyway."""

    def release(self) -> RecordBatch | None:
        """Return every record that has come since the last call; None where there is none."""
        parts, self._parts = self._parts, []
        return self._outlet.leave(parts, _as_they_lie(parts)) if parts else None


class LiveArrivalMerger(ArrivalMerger):
    """The face of ``LiveMerger`` without its promise."""

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return sum(part.size for part in self._parts)

    def go_on(self, highest: Nanos) -> None:
        """Take note of nothing: nothing is late here."""

    def release_ahead(self, ceiling: Nanos, bound: tuple[Nanos, SourceId]) -> RecordBatch | None:
        """Return None: nothing waits for its time."""
        return None

    def lower(self, source: SourceId, ceiling: Nanos) -> int:
        """Return 0: nothing goes by keys here."""
        return 0

    def first(self) -> tuple[Nanos, SourceId] | None:
        """Return None: nothing waits for its time."""
        return None

    def release(self, bound: tuple[Nanos, SourceId] | None = None) -> RecordBatch | None:
        """Return every record that has come since the last call, whatever the bound."""
        return super().release()


def _order(parts: Sequence[SourceBatch]) -> Int64:
    """Return the rows of the parts, laid end to end, in order of their keys; equal keys stay as they lie."""
    if len({part.source.id for part in parts}) == 1:
        return _as_they_lie(parts)
    return np.argsort(np.concatenate([part.key for part in parts]), kind="stable")


def _as_they_lie(parts: Sequence[SourceBatch]) -> Int64:
    return np.arange(sum(len(part) for part in parts))
