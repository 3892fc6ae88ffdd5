"""When to try again without being told: the pauses of a tail that waits or fails.

Nothing here asks or reads: it only turns what happened, and when, into the next deadline.
"""

from __future__ import annotations

from typing import Final

from logbraid.core.types import SECOND, Nanos

__all__ = ["FIRST_PAUSE", "LINGER", "Patience"]

LINGER: Final = 10 * SECOND
"""How long a file that its writer has left must be silent before it is let go."""
FIRST_PAUSE: Final = SECOND // 10
MOST_WAITING: Final = SECOND
MOST_ABSENT: Final = 30 * SECOND
MOST_FAILING: Final = 30 * SECOND
ATTEMPTS: Final = 3
"""Failures after which a rotated file no longer holds up the files after it."""


class Patience:
    """The pauses of the file that is read now.

    Attributes:
        wake: the tick to wake at, if any.
        failures: in a row.
        blocked: nothing is to be asked before then.
    """

    __slots__ = ("_absence", "_pause", "_quiet_since", "blocked", "failures", "wake")

    def __init__(self) -> None:
        self.wake: Nanos | None = None
        self.failures = 0
        self.blocked = False
        self._pause: Nanos = FIRST_PAUSE
        self._quiet_since: Nanos = 0
        self._absence: Nanos = MOST_WAITING

    def rouse(self) -> None:
        """Try now."""
        self.wake = None
        self.blocked = False

    def begin(self) -> None:
        """Forget the failures of another file."""
        self.rouse()
        self.failures = 0
        self._absence = MOST_WAITING

    def settle(self, tick: Nanos) -> None:
        """Something has come: wait from here on, with short pauses first."""
        self.begin()
        self._pause = FIRST_PAUSE
        self._quiet_since = tick

    def fail(self, tick: Nanos, *, blocked: bool) -> None:
        """Wait longer after each failure."""
        self.wake = tick + min(SECOND << min(self.failures, 5), MOST_FAILING)
        self.failures += 1
        self.blocked = blocked

    @property
    def is_exhausted(self) -> bool:
        """Whether it failed too often to let others wait for it."""
        return self.failures >= ATTEMPTS

    def pause(self, tick: Nanos) -> None:
        """Wait longer each time that nothing has come; when that is over, from the beginning."""
        if self.is_over(tick):
            self.settle(tick)
        self.wake = tick + self._pause
        self._pause = min(2 * self._pause, MOST_WAITING)

    def sleep(self, tick: Nanos, *, lost: bool) -> None:
        """Wait for a name that leads nowhere: ever longer where its file is ``lost``, as most such never come back."""
        self.wake = tick + self._absence
        if lost:
            self._absence = min(2 * self._absence, MOST_ABSENT)

    def is_over(self, tick: Nanos) -> bool:
        """Whether nothing has come for so long that nothing will."""
        return tick - self._quiet_since >= LINGER
