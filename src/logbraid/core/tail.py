"""Tail: the state machine of one followed name, which decides what to look at and what to read.

Facts go in (``hint``, ``receive_*``), requests and bytes come out (``lookups``, ``read``, ``pieces``). Nothing here
opens, waits or asks the time, and nothing here looks inside the bytes for lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from logbraid.core.actions import FindSiblings, LetGo, Look, ReadAt
from logbraid.core.lookups import Lookups
from logbraid.core.patience import Patience
from logbraid.core.positions import GUARD
from logbraid.core.predecessors import Predecessors
from logbraid.core.reading import Reading
from logbraid.core.states import AFTER_LOOK, Beginning, Fact, Loss, Outcome, Piece, State, fact_of
from logbraid.core.succession import Cause, Course, Search, Verdict
from logbraid.core.types import Chunk, FileStat, Identity, Nanos, Now, Sibling, SourceId

__all__ = ["Tail"]


class Tail:
    """One followed name.

    Attributes:
        path: the name.
        generation: of the file being read.
        state: what it does.
    """

    __slots__ = (
        "_asked",
        "_asked_of",
        "_course",
        "_done",
        "_lookups",
        "_named",
        "_patience",
        "_predecessors",
        "_reading",
        "_source",
        "_unread",
        "generation",
        "path",
        "state",
    )

    def __init__(
        self, source: SourceId, path: str, beginning: Beginning | None = None, *, with_past: bool = False
    ) -> None:
        """Follow ``path``.

        Args:
            source: whose bytes they are.
            path: the name.
            beginning: where to go on; None: from the first byte of whatever the name leads to.
            with_past: the rotated siblings are read first, oldest first; ignored where there is a beginning.
        """
        self._source = source
        self.path = path
        self.generation = 0
        self.state = State.ABSENT
        self._patience = Patience()
        self._reading: Reading | None = None
        self._named: FileStat | None = None
        self._lookups = Lookups(source, path)
        self._predecessors = Predecessors(self._lookups)
        self._asked: ReadAt | None = None
        self._asked_of: Reading | None = None  # None: it is a probe
        self._unread = False
        self._course = Course(with_past=with_past)
        self._done: tuple[Outcome, ...] = ()
        if beginning is not None:
            self._read_on(Reading(0, path, beginning.stat, offset=beginning.offset, guard=beginning.guard))
            self._unread = beginning.offset < beginning.stat.size
        elif with_past:
            self._seek(Cause.LEFT)

    def hint(self, *, renamed: bool) -> None:
        """Take note that the file may have been written, or the name may lead elsewhere."""
        self._unread |= self.state.reads
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
        search = self.state is State.SEARCHING and self._course.search is None
        return self._lookups.drain(search=search, blocked=self._patience.blocked)

    @property
    def wants_read(self) -> bool:
        """Whether ``read`` has something to ask for."""
        if self._asked is not None or self._patience.blocked:
            return False
        return self._wanted() is not None or (self._course.search is not None and self._course.search.probe is not None)

    def read(self, size: int) -> ReadAt | None:
        """Say what to read next, with up to ``size`` new bytes; None: nothing, or the last answer is still out."""
        if not self.wants_read:
            return None
        reading = self._asked_of = self._wanted()
        if reading is not None:
            self._asked = reading.action(self._source, size)
            self._unread &= reading is not self._reading  # a hint that comes before the answer sets it again
        elif self._course.search is not None:
            self._asked = self._course.search.read(self._source)
        return self._asked

    def _wanted(self) -> Reading | None:
        if (left := self._predecessors.due) is not None:
            return left
        return self._reading if self._unread and self.state.reads else None

    def pieces(self) -> tuple[Outcome, ...]:
        """Drain what was read, and what happened to the files, in order."""
        done, self._done = self._done, ()
        return done

    @property
    def caught_up(self) -> bool:
        """Everything known to be there was read; stragglers do not count."""
        unknown = self._reading is None and self._lookups.asks
        return self.state.may_rest and not (unknown or self._unread or self._asked_of is self._reading is not None)

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
        current = () if self._reading is None else (self._reading.identity,)
        return frozenset((*current, *self._predecessors.identities))

    def has_read(self, stat: FileStat) -> bool:
        """Whether it reads or has read this file, so that at another name it is nothing new."""
        current = self._reading is not None and not self._reading.over and self._reading.identity == stat.identity
        return current or self._predecessors.include(stat)

    def receive_stat(self, stat: FileStat | None, now: Now) -> None:
        """Take what the name leads to."""
        self._lookups.answered()
        fact = fact_of(stat, None if self._reading is None else self._reading.identity, self._named)
        self._named = stat
        if self.state is State.ABSENT and stat is not None:
            self._appear(stat)
        elif self._reading is not None:
            if fact is Fact.SAME and stat is not None and not self._reading.over:
                self._see(self._reading, stat)
            self._turn(AFTER_LOOK.get((self.state, fact), self.state), now)
        if self.state is State.ABSENT:
            self._patience.sleep(now.tick, lost=self._reading is not None)

    def _appear(self, stat: FileStat) -> None:
        """The name leads to a file again, or for the first time; others may have come and gone there meanwhile."""
        if self._reading is not None:
            self._seek(Cause.CHANGED)  # long closed, its inode may be another file's
        elif self._course.with_past:
            self._seek(Cause.LEFT)
        else:
            self._begin(Sibling(self.path, stat, compressed=False))

    def _see(self, reading: Reading, stat: FileStat) -> None:
        """Note how the file looks now. Whether it was truncated a read decides, by the guard, if there is one."""
        shrunk = stat.size < reading.seen.size and not reading.offset
        if shrunk and self._asked is not None:
            self._lookups.look()
            return
        reading.path = self.path
        self._unread |= reading.see(stat)
        if shrunk and self.state is State.FOLLOWING:
            self._seek(Cause.CHANGED)

    def _turn(self, state: State, now: Now) -> None:
        if state is self.state:
            return
        self.state = state
        self._unread = True
        self._patience.settle(now.tick)

    def receive_siblings(self, found: Sequence[Sibling], now: Now) -> None:
        """Take the files beside the name, oldest first, what stands at the name last."""
        self._lookups.answered()
        if self.state is not State.SEARCHING:
            return
        self._predecessors.keep_only(there := {sibling.stat.identity for sibling in found})
        if self._reading is not None and self._course.why is Cause.CHANGED and self._reading.identity not in there:
            self._course.nameless = Sibling("", self._reading.seen._replace(size=0), compressed=False)
        self._course.search = Search(self._reading, self._course.why, found, self.path, self._predecessors.marks)
        self._conclude(now)

    # Answers to reads.

    def receive_data(self, action: ReadAt, chunk: Chunk, now: Now) -> None:
        """Take bytes; fewer than asked for mean the end of that file."""
        at_end = len(chunk) < action.size
        reading = self._answered(action, bytes(chunk) if self._asked_of is None else b"", now)
        if reading is None:
            return
        if reading is self._reading and reading.withholds(chunk):
            self._seek(Cause.DOUBT)
        else:
            self._accept(reading, chunk, now, at_end=at_end)

    def _accept(self, reading: Reading, chunk: Chunk, now: Now, *, at_end: bool) -> None:
        offset, guard, start = reading.offset, reading.guard, chunk.start + len(reading.guard)
        if not reading.accept(chunk):
            self._mistaken(reading, Cause.CHANGED)
            return
        if len(chunk):
            hole = chunk.start - start
            self._done += (Piece(reading, offset + hole, chunk, (guard + bytes(min(hole, GUARD)))[-GUARD:]),)
        fresh = reading.offset > offset
        if reading is self._reading:
            self._advance(now, at_end=at_end, fresh=fresh)
        else:
            self._done += self._predecessors.receive(reading, now.tick, at_end=at_end, fresh=fresh)

    def receive_gone(self, action: ReadAt, now: Now) -> None:
        """Take that the file is neither open nor to be reached by the path that the action names."""
        reading = self._answered(action, None, now)
        if reading is not None:
            self._mistaken(reading, Cause.GONE)

    def receive_failure(self, action: Look | FindSiblings | ReadAt, reason: str, now: Now) -> None:
        """Take that it cannot be asked or read now; it is tried again after a pause that grows."""
        if not isinstance(action, ReadAt):
            self._lookups.answered()
            self._patience.fail(now.tick, blocked=isinstance(action, FindSiblings))
        elif (reading := self._answered(action, b"", now)) is self._reading and reading is not None:
            self._fail(reading, reason, now)
        elif reading is not None:
            self._done += self._predecessors.end(reading)

    def _answered(self, action: ReadAt, data: bytes | None, now: Now) -> Reading | None:
        """Return whose bytes were asked for; the answer to a probe goes to the search, None: the file has moved."""
        if action != self._asked:
            return None
        reading, self._asked, self._asked_of = self._asked_of, None, None
        if reading is None and self._course.search is not None:
            if data is None and not self._patience.is_exhausted:
                self._patience.failures += 1
                self._seek(self._course.why)  # what was listed is not true any more
            else:
                self._course.search.receive(data or b"")
                self._conclude(now)
        return reading

    def _fail(self, reading: Reading, reason: str, now: Now) -> None:
        self._unread = True
        self._patience.fail(now.tick, blocked=True)
        if self._patience.is_exhausted and self.state in (State.DRAINING, State.LEAVING):
            reading.trust_look()
            self._done += (Loss(reading.generation, reading.forsake(), reason),)
            self._patience.rouse()
            self._seek(Cause.LEFT)

    def _mistaken(self, reading: Reading, cause: Cause) -> None:
        """The file is not where, or not what, it was."""
        if reading is self._reading:
            self._seek(cause)
        else:
            self._done += self._predecessors.end(reading)

    def _advance(self, now: Now, *, at_end: bool, fresh: bool) -> None:
        """Go on after a good read of the current file."""
        if fresh:
            self._patience.settle(now.tick)
        if not at_end:
            self._unread = True
        elif self.state is State.DRAINING:
            self._seek(Cause.LEFT)
        elif self.state is State.LEAVING:
            self._move(self._course.next, now)
        elif self.state is State.WAITING and self._patience.is_over(now.tick):
            self._seek(Cause.LEFT)
        elif self.state is State.WAITING:
            self._patience.pause(now.tick)

    # The search for where the bytes are, and for what comes after them.

    def _seek(self, cause: Cause) -> None:
        self.state = State.SEARCHING
        self._course.search = None
        self._course.why = cause

    def _conclude(self, now: Now) -> None:
        """Act on what the search has found, once it is over."""
        search, reading = self._course.search, self._reading
        if search is None or search.probe is not None:
            return
        self._course.search = None
        if reading is None:
            self._move(search.successor, now)
        elif reading.over:
            self._return(search, reading, now)
        elif search.cause is Cause.LEFT:
            self._settle(search, reading, now)
        else:
            self._recover(search, reading, now)

    def _return(self, search: Search, reading: Reading, now: Now) -> None:
        """Begin again after a time without a file."""
        own = search.own
        if own is None or own.stat.identity != reading.identity or own.stat.size < reading.offset:
            self._move(search.successor, now)
        else:  # the very file that was there before: the guard will tell if only its inode is the same
            self.generation += 1
            self._read_on(reading.again(self.generation, own))

    def _settle(self, search: Search, reading: Reading, now: Now) -> None:
        """Leave a file that was read to its end, if its writer has left it."""
        successor, same = self._course.nameless or search.successor, search.verdict is Verdict.SAME
        if same and search.found is not None:
            reading.path = search.found.path
        if same and search.found is search.own:
            self._turn(State.FOLLOWING, now)
        elif reading.forsaken:
            self._move(successor, now)
        elif successor is not None and (successor is not search.own or successor.stat.size or reading.truncated):
            self.state, self._course.next, self._unread = State.LEAVING, successor, True
        elif not same and self._patience.is_over(now.tick):
            self._move(successor, now)
        else:
            self._await(search, now)

    def _await(self, search: Search, now: Now) -> None:
        """Keep the file until its successor has data: ever if it stands beside the name, else while it still grows."""
        self.state = State.WAITING
        self._named = None if search.own is None else search.own.stat
        self._patience.pause(now.tick)

    def _recover(self, search: Search, reading: Reading, now: Now) -> None:
        """Go on where the bytes are now, or say that they are lost."""
        own, found = search.own, search.found
        truncated = search.cause is Cause.CHANGED and own is not None and own.stat.identity == reading.identity
        if truncated:
            self._course.holed = reading.truncated = True
        if search.verdict in (Verdict.SAME, Verdict.COPY) and found is not None:
            if search.verdict is Verdict.SAME and found.path == reading.path:
                self._patience.fail(now.tick, blocked=True)  # there, and not to be reached: a race, an odd filesystem
            reading.move_to(found)
            self.state = State.FOLLOWING if found is own else State.DRAINING
            self._unread = True
            return
        if search.cause is Cause.DOUBT:
            chunk = reading.release(found)
            self.state = State.FOLLOWING if reading.path == self.path else State.DRAINING
            self._accept(reading, chunk, now, at_end=False)
            return
        if search.cause is Cause.GONE:
            reading.trust_look()
        reason = "truncated" if truncated else "deleted before it was read"
        self._done += (Loss(reading.generation, reading.forsake(), reason),)
        self._move(self._course.nameless or search.successor, now)

    def _move(self, successor: Sibling | None, now: Now) -> None:
        if self._reading is not None and not self._reading.over:
            self._done += self._predecessors.leave(self._reading, now, rotated=successor is not None)
        if successor is not None:
            self._begin(successor)
        else:
            self.state, self._unread = State.ABSENT, False
            self._patience.sleep(now.tick, lost=self._reading is not None)

    def _begin(self, file: Sibling) -> None:
        """Read a file from its first byte, as the next generation."""
        self._course.nameless = None
        self.generation += self._reading is not None
        self._read_on(Reading.whole(self.generation, file, holed=self._course.holed))
        if file.path != self.path:
            self.state = State.DRAINING

    def _read_on(self, reading: Reading) -> None:
        self._reading = reading
        self._predecessors.take_back(reading.identity)
        self.state = State.FOLLOWING
        self._unread = True
        self._lookups.look()  # the name may have moved on since it was seen
        self._patience.begin()
