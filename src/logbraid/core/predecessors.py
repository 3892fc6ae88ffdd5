"""The files that a tail has left: looked at for stragglers, let go at last, and known again for a while.

Nothing here decides when a file is left, and what comes after it is none of its business.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from logbraid.core.lookups import Lookups
from logbraid.core.patience import FIRST_PAUSE, LINGER
from logbraid.core.positions import Mark
from logbraid.core.reading import Reading
from logbraid.core.states import Ended, Left, Loss, Outcome, Reason
from logbraid.core.types import SECOND, FileStat, Identity, Nanos, Now

__all__ = ["Predecessors"]

MOST_LINGERING: Final = 2 * SECOND
REMEMBERED: Final = 12
"""Marks that are kept of all of them together, to know their copies again, and files, to know them at other names."""

MOST_STRAGGLERS: Final = 8
"""Files that linger at the most: each may hold a descriptor, and a deleted file its room on the disk."""


class Straggler:
    """A file that was left. ``due``: when to read it again; None: now, or as soon as the last answer is there."""

    __slots__ = ("due", "pause", "reading", "until")

    def __init__(self, reading: Reading, tick: Nanos) -> None:
        self.reading = reading
        self.pause = FIRST_PAUSE
        self.due: Nanos | None = tick + FIRST_PAUSE
        self.until = tick + LINGER


class Predecessors:
    """The files that were left, some of which may still get what a slow writer had in hand.

    Attributes:
        marks: of the latest of them, the last bytes and some before.
    """

    __slots__ = ("_ended", "_lookups", "_read", "_stragglers", "marks")

    def __init__(self, lookups: Lookups) -> None:
        self._lookups = lookups
        self._stragglers: tuple[Straggler, ...] = ()
        self._ended: tuple[Identity, ...] = ()
        self._read: tuple[tuple[Identity, int, Nanos], ...] = ()  # and where each ended, and when it was left
        self.marks: tuple[Mark, ...] = ()

    @property
    def identities(self) -> tuple[Identity, ...]:
        """All of them that still stand beside the name. Proves nothing: another file may have got the inode."""
        return (*(file.reading.identity for file in self._stragglers), *self._ended)

    def include(self, stat: FileStat) -> bool:
        """Whether this is one of them: another file that got the inode was written since, or is shorter."""
        return any(
            known == stat.identity and stat.size >= offset and stat.modified <= left
            for known, offset, left in self._read
        )

    @property
    def due(self) -> Reading | None:
        """One that is to be read now."""
        return next((file.reading for file in self._stragglers if file.due is None), None)

    @property
    def deadline(self) -> Nanos | None:
        """When the next one is due."""
        return min((file.due for file in self._stragglers if file.due is not None), default=None)

    def rouse(self) -> None:
        """Read the next one now. Only one: where there are many, they would keep the current file from being read."""
        waiting = [file for file in self._stragglers if file.due is not None]
        if waiting:
            min(waiting, key=lambda file: file.due or 0).due = None

    def leave(self, reading: Reading, now: Now, *, rotated: bool) -> tuple[Outcome, ...]:
        """Take one more; ``rotated``: another file has come after it."""
        reading.over = True
        if reading.offset:
            self.marks = (*self.marks, *reading.marks, Mark(reading.offset, reading.guard))[-REMEMBERED:]
            self._read = (*self._read, (reading.identity, reading.offset, now.wall))[-REMEMBERED:]
        reason: Reason = "rotated" if rotated else "deleted"
        left = Left(reading.generation, "truncated" if reading.truncated else reason)
        lost = (Loss(reading.generation, reading.missing, "not in the file any more"),) if reading.missing else ()
        if not rotated or reading.compressed or reading.truncated or reading.forsaken:
            return (*lost, left, *self.end(reading))
        outcomes: tuple[Outcome, ...] = (*lost, left)
        if len(self._stragglers) == MOST_STRAGGLERS:
            outcomes = (*outcomes, *self.end(self._stragglers[0].reading))
        self._stragglers = (*self._stragglers, Straggler(reading, now.tick))
        return outcomes

    def receive(self, reading: Reading, tick: Nanos, *, at_end: bool, fresh: bool) -> tuple[Outcome, ...]:
        """Take that one was read, and let it go when it was silent for long enough."""
        file = next((file for file in self._stragglers if file.reading is reading), None)
        if file is None:  # let go while the answer was out
            return ()
        if fresh:
            file.until, file.pause = tick + LINGER, FIRST_PAUSE
        file.due = tick + file.pause if at_end else None
        file.pause = min(2 * file.pause, MOST_LINGERING)
        return self.end(reading) if at_end and tick >= file.until else ()

    def end(self, reading: Reading) -> tuple[Outcome, ...]:
        """Let one go."""
        self._stragglers = tuple(file for file in self._stragglers if file.reading is not reading)
        self._ended = (*self._ended, reading.identity)
        self._lookups.let_go(reading.identity)
        return (Ended(reading.generation),)

    def take_back(self, identity: Identity) -> None:
        """This file is read now: the same again, or another with its inode."""
        self._ended = tuple(known for known in self._ended if known != identity)
        self._lookups.keep(identity)

    def keep_only(self, there: Set[Identity]) -> None:
        """Forget what does not stand beside the name any more."""
        self._ended = tuple(known for known in self._ended if known in there)
