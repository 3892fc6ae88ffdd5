"""The time that live order goes by: the wall clock, but never backwards.

Two readings go in, one time comes out; no clock is read here.
"""

from __future__ import annotations

from logbraid.core.types import NO_TIME, Nanos, Now

__all__ = ["WallClock"]


class WallClock:
    """A wall clock that is never set back.

    Where the machine's is, this one goes on at half its speed until the two meet again: to stop would hold everything
    back, and to run on would find every record late for ever, as those who write them go by the machine's.
    """

    def __init__(self) -> None:
        self._tick: Nanos = 0
        self._wall: Nanos = NO_TIME

    def advance(self, now: Now) -> Nanos:
        """Return what time it is, never less than before."""
        elapsed = max(now.tick - self._tick, 0)
        self._tick = max(now.tick, self._tick)
        self._wall = max(now.wall, self._wall + elapsed // 2)
        return self._wall
