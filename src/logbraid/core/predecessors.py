"""The files that a tail has left: looked at for stragglers, let go at last, and known again for a while.

Nothing here decides when a file is left, and what comes after it is none of its business.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Final

from logbraid.core.lookups import Lookups
from logbraid.core.patience import FIRST_PAUSE, LINGER
from logbraid.core.positions import Mark, Past, Place
from logbraid.core.reading import FIRST_MARK, Reading
from logbraid.core.states import Ended, Left, Loss, Outcome, Reason
from logbraid.core.succession import Cause, Search, Verdict
from logbraid.core.types import SECOND, FileStat, Identity, Nanos, Now, Sibling

__all__ = ["Predecessors"]

MOST_LINGERING: Final = 2 * SECOND
REMEMBERED: Final = 12
"""Marks that are kept of all of them together, to know their copies again, and files, to know them at other names."""

MARKS_OF_ONE: Final = 4
MOST_STRAGGLERS: Final = 8
"""Files that linger at the most: each may hold a descriptor, and a deleted file its room on the disk."""

MOST_PROBES: Final = 8
"""That one of them is looked for with: each may have to decompress a whole file, while the current one waits."""


class Straggler:
    """A file that was left.

    Attributes:
        reading: the file.
        due: when to read it again; None: now, or as soon as the last answer is there.
        pause: before the next time.
        until: when to let it go, if nothing comes.
        grows: somebody may write to it; a copy is read to its end, once.
        lost: why it is not where it was; None: it is.
        search: for its whereabouts.
        probes: that are left to it.
        sought: it was lost before.
    """

    __slots__ = ("due", "grows", "lost", "pause", "probes", "reading", "search", "sought", "until")

    def __init__(self, reading: Reading, *, due: Nanos | None = None, until: Nanos = 0) -> None:
        self.reading = reading
        self.pause = FIRST_PAUSE
        self.due = due
        self.until = until
        self.grows = not reading.compressed
        self.lost: Cause | None = None
        self.search: Search | None = None
        self.probes = MOST_PROBES
        self.sought = False

    @classmethod
    def at(cls, place: Place) -> Straggler:
        """Read on where an earlier run has left off."""
        reading = Reading.at(place)
        reading.over = True
        return cls(reading)


class Predecessors:
    """The files that were left, some of which may still get what a slow writer had in hand.

    Args:
        lookups: where they are let go.
        past: files that an earlier run has left.
        places: in those of them that may still bring more.

    """

    __slots__ = ("_beside", "_lookups", "_past", "_stragglers", "_unlisted")

    def __init__(self, lookups: Lookups, past: tuple[Past, ...] = (), places: tuple[Place, ...] = ()) -> None:
        self._lookups = lookups
        self._stragglers = tuple(map(Straggler.at, places))
        self._beside: tuple[Identity, ...] = ()  # let go, and still beside the name when that was looked at last
        self._past = past
        self._unlisted = bool(past or places)

    @property
    def identities(self) -> tuple[Identity, ...]:
        """All of them that still stand beside the name. Proves nothing: another file may have got the inode."""
        return (*(file.reading.identity for file in self._stragglers), *self._beside)

    @property
    def stragglers(self) -> tuple[Reading, ...]:
        """Those that may still bring more, oldest first."""
        return tuple(file.reading for file in self._stragglers)

    def past(self, before: int | None = None) -> tuple[Past, ...]:
        """Return what is remembered of the files, or of those before a generation."""
        return tuple(past for past in self._past if before is None or past.generation < before)

    def include(self, stat: FileStat) -> bool:
        """Whether this is one of them: another file that got the inode was written since, or is shorter."""
        return any(_fits(past, stat) and stat.size >= past.offset for past in self._past)

    @property
    def unfound(self) -> bool:
        """Whether some may be found among the siblings: all of an earlier run, and those that are lost."""
        return self._unlisted or any(file.lost is not None and file.search is None for file in self._stragglers)

    @property
    def search(self) -> Search | None:
        """For one that is lost; it wants a probe."""
        return next((file.search for file in self._stragglers if file.search is not None), None)

    @property
    def due(self) -> Reading | None:
        """One that is to be read now."""
        return next((file.reading for file in self._stragglers if file.due is None and file.lost is None), None)

    @property
    def deadline(self) -> Nanos | None:
        """When the next one is due."""
        return min((file.due for file in self._stragglers if file.due is not None), default=None)

    def rouse(self) -> None:
        """Read the next one now. Only one: where there are many, they would keep the current file from being read."""
        waiting = [file for file in self._stragglers if file.due is not None]
        if waiting:
            min(waiting, key=lambda file: file.due or 0).due = None

    def find(self, found: Sequence[Sibling], name: str, current: Identity | None, now: Now) -> tuple[Outcome, ...]:
        """See where the files of an earlier run are now, and where those are that are lost.

        Args:
            found: the files beside the name, oldest first.
            name: which is not theirs any more.
            current: the file that is read now.
            now: the time.
        """
        if self._unlisted:
            self._locate(found, now.tick)
        done: tuple[Outcome, ...] = ()
        known = {current, *self._beside, *(file.reading.identity for file in self._stragglers if file.due is not None)}
        for file in self._stragglers:
            if file.lost is not None and file.search is None:
                rotated = [each for each in _older(file.reading, found, current) if each.path != name]
                unknown = [each for each in rotated if each.stat.identity not in known]
                file.search = Search(file.reading, file.lost, unknown, name, ())
                done += self._conclude(file, now)
        return done

    def _locate(self, found: Sequence[Sibling], tick: Nanos) -> None:
        """Note where the files of an earlier run seem to be: a read will tell which are still what they were."""
        there = {sibling.stat.identity: sibling for sibling in found}
        for file in self._stragglers:
            file.until = tick + LINGER
            if file.reading.identity in there:
                file.reading.path = there[file.reading.identity].path
        lingering = {file.reading.identity for file in self._stragglers}
        proven = (past for past in self._past if past.identity in there and _is(past, there[past.identity]))
        self._beside = tuple({past.identity: None for past in proven if past.identity not in lingering})
        self._unlisted = False

    def lose(self, reading: Reading, cause: Cause) -> tuple[Outcome, ...]:
        """Take that one is not where, or not what, it was; it is searched for, but only once."""
        file = self._of(reading)
        if file is None:  # let go while the answer was out
            return ()
        if file.sought:
            return self.end(reading, there=False)
        file.sought, file.lost = True, cause
        return ()

    def compare(self, search: Search, data: bytes | None, now: Now) -> tuple[Outcome, ...]:
        """Take what a search wants to compare; None: that file has moved, so what was listed is not true any more."""
        file = next((file for file in self._stragglers if file.search is search), None)
        if file is None:
            return ()
        file.probes -= 1
        if data is None and file.probes:
            file.search = None
            return ()
        search.receive(data or b"")
        return self._conclude(file, now)

    def _conclude(self, file: Straggler, now: Now) -> tuple[Outcome, ...]:
        """Read on where the bytes are now, or let it go, once the search is over."""
        search, reading = file.search, file.reading
        if search is None or (search.probe is not None and file.probes):
            return ()
        file.search = file.lost = None
        if search.found is None or search.verdict not in (Verdict.SAME, Verdict.COPY):
            return self.end(reading, there=False)
        if search.verdict is Verdict.COPY:
            self._lookups.let_go(reading.identity)
            file.grows = False
        reading.move_to(search.found)
        self.take_back(reading.identity)
        self._remember(reading, now)  # that copy is nothing new
        return ()

    def leave(self, reading: Reading, now: Now, *, rotated: bool) -> tuple[Outcome, ...]:
        """Take one more; ``rotated``: another file has come after it."""
        reading.over = True
        self._remember(reading, now)
        reason: Reason = "rotated" if rotated else "deleted"
        left = Left(reading.generation, "truncated" if reading.truncated else reason)
        outcomes: tuple[Outcome, ...] = (*_lost(reading), left)
        if not rotated or reading.compressed or reading.truncated or reading.forsaken:
            return (*outcomes, *self.end(reading))
        if len(self._stragglers) == MOST_STRAGGLERS:
            oldest = self._stragglers[0]
            outcomes = (*outcomes, *self.end(oldest.reading, there=oldest.lost is None))
        self._stragglers = (*self._stragglers, Straggler(reading, due=now.tick + FIRST_PAUSE, until=now.tick + LINGER))
        return outcomes

    def receive(self, reading: Reading, now: Now, *, at_end: bool, fresh: bool) -> tuple[Outcome, ...]:
        """Take that one was read, and let it go when it was silent for long enough."""
        file = self._of(reading)
        if file is None:  # let go while the answer was out
            return ()
        if fresh:
            file.until, file.pause = now.tick + LINGER, FIRST_PAUSE
            self._remember(reading, now)
        file.due = now.tick + file.pause if at_end else None
        file.pause = min(2 * file.pause, MOST_LINGERING)
        return self.end(reading) if at_end and not (file.grows and now.tick < file.until) else ()

    def end(self, reading: Reading, *, there: bool = True) -> tuple[Outcome, ...]:
        """Let one go; ``there``: it is still what it was."""
        self._stragglers = tuple(file for file in self._stragglers if file.reading is not reading)
        self._beside = (*self._beside, reading.identity) if there else self._beside
        self._lookups.let_go(reading.identity)
        lost = _lost(reading) if there else (Loss.deleted(reading.generation, reading.write_off()),)
        return (*lost, Ended(reading.generation))

    def take_back(self, identity: Identity) -> None:
        """This file is read now: the same again, or another with its inode."""
        self._beside = tuple(known for known in self._beside if known != identity)
        self._lookups.keep(identity)

    def keep_only(self, there: Set[Identity]) -> None:
        """Forget what does not stand beside the name any more."""
        self._beside = tuple(known for known in self._beside if known in there)

    def _of(self, reading: Reading) -> Straggler | None:
        return next((file for file in self._stragglers if file.reading is reading), None)

    def _remember(self, reading: Reading, now: Now) -> None:
        """Note what tells a file and its copies from something new; what is known of the oldest makes way."""
        if not reading.offset:
            return
        same = next((past for past in self._past if past.generation == reading.generation), None)
        end = Mark(reading.offset, reading.guard)
        marks = tuple(dict.fromkeys((*(same.marks if same else ()), *reading.marks, end)))[-MARKS_OF_ONE:]
        others = [past for past in self._past if past is not same]
        past = Past(reading.generation, reading.identity, reading.offset, now.wall, marks)
        self._past = _latest(sorted((*others, past), key=lambda each: each.generation))


def _older(reading: Reading, found: Sequence[Sibling], current: Identity | None) -> Sequence[Sibling]:
    """Leave out what is newer than the current file if it may have the same opening lines as the reading: a few."""
    if reading.offset >= FIRST_MARK:
        return found
    return found[: next((index for index, each in enumerate(found) if each.stat.identity == current), 0)]


def _latest(files: Sequence[Past]) -> tuple[Past, ...]:
    """Return the latest files, with the latest marks."""
    room = REMEMBERED
    kept: list[Past] = []
    for past in reversed(files[-REMEMBERED:]):
        marks = past.marks[max(len(past.marks) - room, 0) :]
        room -= len(marks)
        kept.append(past._replace(marks=marks))
    return tuple(reversed(kept))


def _is(past: Past, found: Sibling) -> bool:
    return _fits(past, found.stat) and (found.compressed or found.stat.size >= past.offset)


def _fits(past: Past, stat: FileStat) -> bool:
    return past.identity == stat.identity and stat.modified <= past.left


def _lost(reading: Reading) -> tuple[Loss, ...]:
    missing = reading.write_off()
    return (Loss(reading.generation, missing, "not in the file any more"),) if missing else ()
