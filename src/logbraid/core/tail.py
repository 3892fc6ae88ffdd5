"""Tail: the state machine of one followed name, which decides what to look at and what to read.

Facts go in (``hint``, ``receive_*``), requests and bytes come out (``lookups``, ``read``, ``pieces``). Nothing here
opens, waits or asks the time; what follows from the facts is decided in ``course``.
"""

from __future__ import annotations

from collections.abc import Sequence

from logbraid.core.actions import FindSiblings, LetGo, Look, ReadAt
from logbraid.core.course import Course
from logbraid.core.lookups import Lookups
from logbraid.core.patience import Patience
from logbraid.core.positions import Past, Position
from logbraid.core.predecessors import Predecessors
from logbraid.core.reading import Reading
from logbraid.core.states import Beginning, Outcome, State
from logbraid.core.succession import Cause, Search
from logbraid.core.types import Chunk, FileStat, Identity, Nanos, Now, Sibling, SourceId

__all__ = ["Tail"]


class Tail:
    """One followed name.

    Attributes:
        path: the name.
    """

    __slots__ = ("_asked", "_asked_of", "_course", "_lookups", "_patience", "_predecessors", "_source", "path")

    def __init__(
        self,
        source: SourceId,
        path: str,
        beginning: Beginning | None = None,
        *,
        position: Position | None = None,
        with_past: bool = False,
    ) -> None:
        """Follow ``path``.

        Args:
            source: whose bytes they are.
            path: the name.
            beginning: where to begin; None: with the first byte of whatever the name leads to.
            position: where an earlier run has left off; then there is no beginning.
            with_past: the rotated siblings are read first, oldest first; ignored where there is a beginning.
        """
        self._source = source
        self.path = path
        self._patience = Patience()
        self._lookups = Lookups(source, path)
        past = () if position is None else (position.past, position.stragglers)
        self._predecessors = Predecessors(self._lookups, *past)
        self._course = Course(path, self._lookups, self._patience, self._predecessors, with_past=with_past)
        self._asked: ReadAt | None = None
        self._asked_of: Reading | Search | None = None
        if position is not None:
            self._go_on(position)
        elif beginning is not None:
            self._course.read_on(Reading(0, path, beginning.stat, offset=beginning.offset, guard=beginning.guard))
            self._course.unread = beginning.offset < beginning.stat.size
        elif with_past:
            self._course.seek(Cause.LEFT)

    def _go_on(self, position: Position) -> None:
        """Go on; whatever has become of the file meanwhile is found out as if it had happened since the last look."""
        place = position.place
        self._course.holed = position.holed
        # Of a file that was empty, nothing is missing; and what is beside the name was never asked for then.
        doubted = place.path == self.path and place.size > 0
        reading = Reading.at(place, position.marks, holed=position.holed, doubted=doubted)
        if position.over:
            self._course.come_after(reading)
        else:
            self._course.read_on(reading)

    @property
    def state(self) -> State:
        """What it does."""
        return self._course.state

    @property
    def generation(self) -> int:
        """Of the file being read."""
        return self._course.generation

    @property
    def reading(self) -> Reading | None:
        """The file being read, or the last that was; None: there was none yet."""
        return self._course.reading

    @property
    def proven(self) -> bool:
        """Whether a read has shown that the file is what it is taken for."""
        return self.reading is None or self.reading.proven

    @property
    def stragglers(self) -> tuple[Reading, ...]:
        """The files that were left and may still bring more, oldest first."""
        return self._predecessors.stragglers

    @property
    def holed(self) -> bool:
        """Whether a file was truncated before, so that its writer may go on at the old offset."""
        return self._course.holed

    def past(self, before: int) -> tuple[Past, ...]:
        """Return what is remembered of the files that held the generations before this one."""
        return self._predecessors.past(before)

    # What it wants

    def hint(self, *, renamed: bool) -> None:
        """Take note that the file may have been written, or the name may lead elsewhere."""
        self._course.unread |= self.state.reads
        if renamed or self.state in (State.ABSENT, State.WAITING):
            self._lookups.look()
        if renamed:
            self._patience.rouse()

    def wake(self) -> None:
        """Take note that the deadline has come."""
        self._predecessors.rouse()
        self.hint(renamed=True)

    def reconcile(self) -> None:
        """Look at the name though nobody has hinted at anything: that tells whether there is something to read."""
        self._lookups.look()

    def lookups(self) -> list[Look | FindSiblings | LetGo]:
        """Drain what is to be asked besides reads; each question is asked once until it is answered."""
        searches = self._course.search is not None or self._predecessors.search is not None
        search = self._predecessors.unfound or (self.state is State.SEARCHING and not searches)
        return self._lookups.drain(search=search, blocked=self._patience.blocked)

    @property
    def wants_read(self) -> bool:
        """Whether ``read`` has something to ask for."""
        if self._asked is not None or self._patience.blocked or self._predecessors.unfound:
            return False
        return self._wanted() is not None

    def read(self, size: int) -> ReadAt | None:
        """Say what to read next, with up to ``size`` new bytes; None: nothing, or the last answer is still out."""
        if not self.wants_read:
            return None
        wanted = self._asked_of = self._wanted()
        if isinstance(wanted, Search):
            self._asked = wanted.read(self._source)
        elif wanted is not None:
            self._asked = wanted.action(self._source, size)
            self._course.unread &= wanted is not self.reading  # a hint that comes before the answer sets it again
        return self._asked

    def _wanted(self) -> Reading | Search | None:
        """Return what bytes are wanted for: what was left comes first, for it is older."""
        if (left := self._predecessors.due or self._predecessors.search) is not None:
            return left
        return self.reading if self._course.unread and self.state.reads else self._course.search

    def pieces(self) -> tuple[Outcome, ...]:
        """Drain what was read, and what happened to the files, in order."""
        return self._course.drain()

    @property
    def caught_up(self) -> bool:
        """Everything known to be there was read; stragglers do not count."""
        unknown = self.state is State.ABSENT and self._lookups.asks
        busy = self._course.unread or self._asked_of is self.reading is not None
        return self.state.may_rest and not (unknown or busy)

    @property
    def holds_up(self) -> bool:
        """Whether others should wait for it: there may be more to read, and reading has not failed again and again."""
        return not (self.caught_up or (self._patience.blocked and self._patience.is_exhausted))

    @property
    def deadline(self) -> Nanos | None:
        """The tick at which ``wake`` is to be called."""
        ticks = (self._patience.wake, self._predecessors.deadline)
        return min((tick for tick in ticks if tick is not None), default=None)

    @property
    def owned(self) -> frozenset[Identity]:
        """The files that it reads, or has read as far as they still stand beside the name."""
        current = () if self.reading is None else (self.reading.identity,)
        return frozenset((*current, *self._predecessors.identities))

    def has_read(self, stat: FileStat) -> bool:
        """Whether it reads or has read this file, so that at another name it is nothing new."""
        current = self.reading is not None and not self.reading.over and self.reading.identity == stat.identity
        return current or self._predecessors.include(stat)

    # Answers

    def receive_stat(self, stat: FileStat | None, now: Now) -> None:
        """Take what the name leads to."""
        self._lookups.answered()
        self._course.look(stat, now, asked=self._asked is not None)

    def receive_siblings(self, found: Sequence[Sibling], now: Now) -> None:
        """Take the files beside the name, oldest first, what stands at the name last."""
        self._lookups.answered()
        self._course.find(found, now)

    def receive_data(self, action: ReadAt, chunk: Chunk, now: Now) -> None:
        """Take bytes; fewer than asked for mean the end of that file."""
        at_end = len(chunk) < action.size
        reading = self._answered(action, bytes(chunk) if isinstance(self._asked_of, Search) else b"", now)
        if reading is not None:
            self._course.receive(reading, chunk, now, at_end=at_end)

    def receive_gone(self, action: ReadAt, now: Now) -> None:
        """Take that the file is neither open nor to be reached by the path that the action names."""
        reading = self._answered(action, None, now)
        if reading is not None:
            self._course.lose(reading, Cause.GONE)

    def receive_failure(self, action: Look | FindSiblings | ReadAt, reason: str, now: Now) -> None:
        """Take that it cannot be asked or read now; it is tried again after a pause that grows."""
        if not isinstance(action, ReadAt):
            self._lookups.answered()
            self._patience.fail(now.tick, blocked=isinstance(action, FindSiblings))
        elif (reading := self._answered(action, b"", now)) is not None:
            self._course.fail(reading, reason, now)

    def _answered(self, action: ReadAt, data: bytes | None, now: Now) -> Reading | None:
        """Return whose bytes were asked for; the answer to a probe goes to the search, None: the file has moved."""
        if action != self._asked:
            return None
        asked_of, self._asked, self._asked_of = self._asked_of, None, None
        if isinstance(asked_of, Search):
            self._course.compare(asked_of, data, now)
            return None
        return asked_of
