"""When to look at sources that nobody gave a hint about: at their own deadlines, and in turns.

A notification may be lost, and some places give none. Notified sources are looked at a few at a time, all of them
within a period, so that tens of thousands cost next to nothing; polled ones all at once, as often as their number
allows. Nothing here looks: time goes in, numbers come out.
"""

from __future__ import annotations

import heapq
from typing import Final

from logbraid.core.types import SECOND, Nanos, SourceId

__all__ = ["Deadlines", "Reconciler"]

PERIOD: Final = 10 * SECOND
"""In which every notified source is looked at, where they are not too many."""

STEP: Final = SECOND
"""Between two slices of them."""

MOST_LOOKS: Final = 200
"""At notified sources in one step: a look costs some twenty microseconds, all that goes with it included."""

POLL: Final = SECOND // 4
"""Between two looks at a polled source, where they are not too many."""

POLL_COST: Final = SECOND // 10_000
"""For each polled source the pause is at least so long, so that polling takes a few per cent of a core at most."""


class Reconciler:
    """Deals out looks at the sources of a run.

    Attributes:
        polled_at: tick of the last look at all polled sources.
    """

    def __init__(self) -> None:
        self.polled_at: Nanos = 0
        self._notified: list[SourceId] = []
        self._polled: list[SourceId] = []
        self._place = 0
        self._next_step: Nanos | None = None

    def add(self, source: SourceId, *, polled: bool) -> None:
        """Look at this source from now on."""
        (self._polled if polled else self._notified).append(source)

    def due(self, tick: Nanos) -> list[SourceId]:
        """Return which sources to look at now."""
        found: list[SourceId] = []
        if self._polled and tick >= self._next_poll:
            self.polled_at = tick
            found += self._polled
        if self._next_step is None:
            self._next_step = tick + STEP
        elif tick >= self._next_step:
            self._next_step = tick + STEP
            found += self._slice()
        return found

    def deadline(self) -> Nanos | None:
        """Return the tick at which something will be due."""
        deadlines = [self._next_poll] if self._polled else []
        if self._notified and self._next_step is not None:
            deadlines.append(self._next_step)
        return min(deadlines, default=None)

    @property
    def _next_poll(self) -> Nanos:
        return self.polled_at + max(POLL, POLL_COST * len(self._polled))

    def _slice(self) -> list[SourceId]:
        """Return the next few of the notified sources, in turns."""
        if not self._notified:
            return []
        count = min(-(-len(self._notified) * STEP // PERIOD), MOST_LOOKS)
        self._place %= len(self._notified)
        found = self._notified[self._place : self._place + count]
        self._place += count
        return found


class Deadlines:
    """The moments that sources have set for themselves, one each."""

    def __init__(self) -> None:
        self._heap: list[tuple[Nanos, SourceId]] = []  # those that were moved are still there, and mean nothing
        self._ticks: dict[SourceId, Nanos] = {}

    def put(self, source: SourceId, tick: Nanos | None) -> None:
        """Set the moment of a source in the place of the one it had."""
        if tick is None:
            self._ticks.pop(source, None)
        elif tick != self._ticks.get(source):
            self._ticks[source] = tick
            heapq.heappush(self._heap, (tick, source))
        self._drop()

    def due(self, tick: Nanos) -> list[SourceId]:
        """Return, and forget, whose moment has come."""
        found = []
        while self._heap and self._heap[0][0] <= tick:
            found.append(heapq.heappop(self._heap)[1])
            del self._ticks[found[-1]]
            self._drop()
        return found

    @property
    def first(self) -> Nanos | None:
        """The next of them."""
        return self._heap[0][0] if self._heap else None

    def _drop(self) -> None:
        """Keep the first of the heap true."""
        while self._heap and self._ticks.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
