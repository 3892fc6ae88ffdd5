"""A clock that stands still until somebody waits: then it jumps, and what was scheduled happens.

Nothing here sleeps, with one exception: a driver with threads of its own, at the end of the script, is given the
time to finish.
"""

from __future__ import annotations

import heapq
import select
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

from logbraid.core.types import SECOND, Nanos, Now

__all__ = ["ManualClock"]

START: Final = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00Z."""

PATIENCE: Final = 20
"""Milliseconds of real time that a driver's own threads are waited for at a time, when the script has ended."""


class ManualClock:
    """The port ``Clock``, turned by hand.

    Args:
        wall: what the wall clock says at the start, ns UTC.
        finished: called when somebody waits without an end and nothing is scheduled any more: stop the run here.

    Attributes:
        finished: may be set later, when there is something to stop.
    """

    def __init__(self, wall: Nanos = START, finished: Callable[[], object] | None = None) -> None:
        self.finished = finished
        self._tick: Nanos = 0
        self._wall = wall
        self._numbers = count()
        self._operations: list[tuple[Nanos, int, Callable[[], object]]] = []
        self._has_finished = False

    @property
    def seconds(self) -> float:
        """Since the start."""
        return self._tick / SECOND

    def now(self) -> Now:
        """What the clocks say."""
        return Now(self._tick, self._wall)

    def at(self, seconds: float, operation: Callable[[], object]) -> None:
        """Schedule an operation, in seconds since the start; those of the same time run in the order of these calls."""
        heapq.heappush(self._operations, (round(seconds * SECOND), next(self._numbers), operation))

    def advance(self, seconds: float) -> None:
        """Let time pass, and all that is scheduled in it happen."""
        until = self._tick + round(seconds * SECOND)
        while self._operations and self._operations[0][0] <= until:
            self._run_next()
        self._jump(until)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as an administrator may; the tick goes on as before."""
        self._wall += round(seconds * SECOND)

    def wait(self, until: Nanos | None, descriptors: Sequence[int]) -> None:
        """Jump to ``until``, or to the next operation if it is not later, and run it.

        Raises:
            AssertionError: the wait would never end, and there is no ``finished`` to call.
        """
        if _readable(descriptors, 0) or (until is not None and until < self._tick):
            return
        if self._operations and (until is None or self._operations[0][0] <= until):
            self._run_next()
        elif until is not None:
            self._jump(until)
        else:
            self._finish(descriptors)

    async def wait_async(self, until: Nanos | None, descriptors: Sequence[int]) -> None:
        """The same, after the other tasks of the loop had their turn."""
        from asyncio import sleep

        await sleep(0)
        self.wait(until, descriptors)

    def _jump(self, tick: Nanos) -> None:
        passed = max(0, tick - self._tick)
        self._tick += passed
        self._wall += passed

    def _run_next(self) -> None:
        tick, _, operation = heapq.heappop(self._operations)
        self._jump(tick)
        operation()

    def _finish(self, descriptors: Sequence[int]) -> None:
        if self.finished is None:
            raise AssertionError(f"at {self.seconds} s: waiting for ever, as nothing is scheduled any more")
        if self._has_finished:
            _readable(descriptors, PATIENCE)
        self._has_finished = True
        self.finished()


def _readable(descriptors: Sequence[int], patience: int) -> bool:
    """Whether a bell was rung, after at most so many milliseconds."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return bool(descriptors) and bool(poll.poll(patience))
