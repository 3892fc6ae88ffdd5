"""The way of a tail from file to file: which one is read, what is done with it, and what comes after it.

The tail brings what it was told and what was read; what follows from that is decided here. Nothing here knows which
question is out, and nothing here looks inside the bytes for lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from logbraid.core.lookups import Lookups
from logbraid.core.patience import LINGER, Patience
from logbraid.core.positions import GUARD
from logbraid.core.predecessors import Predecessors
from logbraid.core.reading import Reading
from logbraid.core.states import AFTER_LOOK, Fact, Loss, Outcome, Piece, State, fact_of
from logbraid.core.succession import Cause, Search, Verdict
from logbraid.core.types import Chunk, FileStat, Now, Sibling

__all__ = ["Course"]


class Course:
    """From file to file.

    Attributes:
        state: what is done with the file.
        generation: of it.
        reading: the file; None: there was none yet.
        unread: it may have bytes that were not read.
        search: for what comes next, as long as it goes on.
        next: the file that comes next, while the one before it is being left.
        holed: a file was truncated before, and its writer may go on at the old offset.
    """

    __slots__ = (
        "_done",
        "_lookups",
        "_named",
        "_nameless",
        "_path",
        "_patience",
        "_predecessors",
        "_why",
        "_with_past",
        "generation",
        "holed",
        "next",
        "reading",
        "search",
        "state",
        "unread",
    )

    def __init__(
        self, path: str, lookups: Lookups, patience: Patience, predecessors: Predecessors, *, with_past: bool
    ) -> None:
        self._path = path
        self._lookups = lookups
        self._patience = patience
        self._predecessors = predecessors
        self._with_past = with_past  # it begins with the oldest file that there is
        self._named: FileStat | None = None
        self._why = Cause.LEFT
        self._nameless: Sibling | None = None  # truncated, and has lost its name since: what it holds now comes next
        self._done: tuple[Outcome, ...] = ()
        self.state = State.ABSENT
        self.generation = 0
        self.reading: Reading | None = None
        self.unread = False
        self.search: Search | None = None
        self.next: Sibling | None = None
        self.holed = False

    def drain(self) -> tuple[Outcome, ...]:
        """Return what was read, and what happened to the files, since the last call."""
        done, self._done = self._done, ()
        return done

    def read_on(self, reading: Reading) -> None:
        """Go on with this file."""
        self.generation = reading.generation
        self.reading = reading
        self._predecessors.take_back(reading.identity)
        self.state = State.FOLLOWING if reading.path == self._path else State.DRAINING
        self.unread = True
        self._lookups.look()  # the name may have moved on since it was seen
        self._patience.begin()

    def come_after(self, reading: Reading) -> None:
        """Begin without a file: this one was read to its end and left."""
        reading.over = True
        self.generation, self.reading = reading.generation, reading

    # What a look at the name says

    def look(self, stat: FileStat | None, now: Now, *, asked: bool) -> None:
        """Take what the name leads to; ``asked``: a read is out, which may be older than the look."""
        fact = fact_of(stat, None if self.reading is None else self.reading.identity, self._named)
        self._named = stat
        if self.state is State.ABSENT and stat is not None:
            self._appear(stat, now)
        elif self.reading is not None:
            known = fact is Fact.SAME and not self.reading.over
            if known and stat is not None and self.state is not State.SEARCHING:  # else it may have got the inode only
                self._see(self.reading, stat, asked=asked)
            self._turn(AFTER_LOOK.get((self.state, fact), self.state), now)
        if self.state is State.ABSENT:
            self._patience.sleep(now.tick, lost=self.reading is not None)

    def _appear(self, stat: FileStat, now: Now) -> None:
        """The name leads to a file again, or for the first time; others may have come and gone there meanwhile."""
        if self.reading is not None:
            self.seek(Cause.CHANGED)  # long closed, its inode may be another file's
        elif self._with_past:
            self.seek(Cause.LEFT)
        else:
            self._begin(Sibling(self._path, stat, compressed=False), now)

    def _see(self, reading: Reading, stat: FileStat, *, asked: bool) -> None:
        """Note how the file looks now. Whether it was truncated a read decides, by the guard, if there is one."""
        shrunk = stat.size < reading.seen.size and not reading.offset
        if shrunk and asked:
            self._lookups.look()
            return
        reading.path = self._path
        self.unread |= reading.see(stat)
        if shrunk and self.state is State.FOLLOWING:
            self.seek(Cause.CHANGED)

    def _turn(self, state: State, now: Now) -> None:
        if state is self.state:
            return
        self.state = state
        self.unread = True
        self._patience.settle(now.tick)

    # What was read

    def receive(self, reading: Reading, chunk: Chunk, now: Now, *, at_end: bool) -> None:
        """Take bytes, ``at_end``: the last that are there."""
        if reading is self.reading and reading.withholds(chunk):
            self.seek(Cause.DOUBT)
        else:
            self._accept(reading, chunk, now, at_end=at_end)

    def _accept(self, reading: Reading, chunk: Chunk, now: Now, *, at_end: bool) -> None:
        offset, guard, start = reading.offset, reading.guard, chunk.start + len(reading.guard)
        if not reading.accept(chunk):
            self.lose(reading, Cause.CHANGED)
            return
        if len(chunk):
            hole = chunk.start - start
            self._done += (Piece(reading, offset + hole, chunk, (guard + bytes(min(hole, GUARD)))[-GUARD:]),)
        fresh = reading.offset > offset
        if reading is self.reading:
            self._advance(now, at_end=at_end, fresh=fresh)
        else:
            self._done += self._predecessors.receive(reading, now, at_end=at_end, fresh=fresh)

    def _advance(self, now: Now, *, at_end: bool, fresh: bool) -> None:
        """Go on after a good read of the current file."""
        if fresh:
            self._patience.settle(now.tick)
        if not at_end:
            self.unread = True
        elif self.state is State.DRAINING:
            self.seek(Cause.LEFT)
        elif self.state is State.LEAVING:
            self._move(self.next, now)
        elif self.state is State.WAITING and self._patience.is_over(now.tick):
            self.seek(Cause.LEFT)
        elif self.state is State.WAITING:
            self._patience.pause(now.tick)

    def lose(self, reading: Reading, cause: Cause) -> None:
        """The file is not where, or not what, it was."""
        if reading is self.reading:
            self.seek(cause)
        else:
            self._done += self._predecessors.lose(reading, cause)
            self._keep()

    def fail(self, reading: Reading, reason: str, now: Now) -> None:
        """It cannot be read."""
        if reading is not self.reading:
            self._done += self._predecessors.end(reading)
            self._keep()
            return
        self.unread = True
        self._patience.fail(now.tick, blocked=True)
        if self._patience.is_exhausted and self.state in (State.DRAINING, State.LEAVING):
            reading.trust_look()
            self._done += (Loss(reading.generation, reading.forsake(), reason),)
            self._patience.rouse()
            self.seek(Cause.LEFT)

    def _keep(self) -> None:
        """Another one was let go: its inode may be that of the current file."""
        if self.reading is not None and not self.reading.over:
            self._lookups.keep(self.reading.identity)

    # The search for where the bytes are, and for what comes after them

    def seek(self, cause: Cause) -> None:
        """Search among the siblings, as soon as they are listed."""
        self.state = State.SEARCHING
        self.search = None
        self._why = cause

    def find(self, found: Sequence[Sibling], now: Now) -> None:
        """Take the files beside the name, oldest first, what stands at the name last."""
        if self._predecessors.unfound:
            current = None if self.reading is None else self.reading.identity
            self._done += self._predecessors.find(found, self._path, current, now)
            self._keep()
        if self.state is not State.SEARCHING:
            return
        self.search = None
        if self._predecessors.search is not None:  # a copy of one of them must not be taken for what comes next
            return
        self._predecessors.keep_only(there := {sibling.stat.identity for sibling in found})
        if self.reading is not None and self._why is Cause.CHANGED and self.reading.identity not in there:
            self._nameless = Sibling("", self.reading.seen._replace(size=0), compressed=False)
        self.search = Search(self.reading, self._why, found, self._path, self._predecessors.past())
        self._conclude(now)

    def compare(self, search: Search, data: bytes | None, now: Now) -> None:
        """Take what a search wants to compare; None: that file has moved, so what was listed is not true any more."""
        if search is not self.search:
            self._done += self._predecessors.compare(search, data, now)
            self._keep()
        elif data is None and not self._patience.is_exhausted:
            self._patience.failures += 1
            self.seek(self._why)
        else:
            search.receive(data or b"")
            self._conclude(now)

    def _conclude(self, now: Now) -> None:
        """Act on what the search has found, once it is over."""
        search, reading = self.search, self.reading
        if search is None or search.probe is not None:
            return
        self.search = None
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
            self.read_on(reading.again(self.generation + 1, own))

    def _settle(self, search: Search, reading: Reading, now: Now) -> None:
        """Leave a file that was read to its end, if its writer has left it."""
        successor, same = self._nameless or search.successor, search.verdict is Verdict.SAME
        if same and search.found is not None:
            reading.path = search.found.path
        if same and search.found is search.own:
            self._turn(State.FOLLOWING, now)
        elif reading.forsaken:
            self._move(successor, now)
        elif successor is not None and (successor is not search.own or successor.stat.size or reading.truncated):
            self.state, self.next, self.unread = State.LEAVING, successor, True
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
        truncated = search.cause is Cause.CHANGED  # or its inode is another file's by now, which is no better
        if truncated and own is not None and own.stat.identity == reading.identity:
            self.holed = reading.truncated = True
        if search.verdict in (Verdict.SAME, Verdict.COPY) and found is not None:
            if search.verdict is Verdict.SAME and found.path == reading.path:
                self._patience.fail(now.tick, blocked=True)  # there, and not to be reached: a race, an odd filesystem
            reading.move_to(found)
            self.state = State.FOLLOWING if found is own else State.DRAINING
            self.unread = True
            return
        if search.cause is Cause.DOUBT:
            chunk = reading.release(found)
            self.state = State.FOLLOWING if reading.path == self._path else State.DRAINING
            self._lookups.look()  # what a look has said during the search was heeded by nobody
            self._accept(reading, chunk, now, at_end=False)
            return
        if search.cause is Cause.GONE:
            reading.trust_look()
        number, count = reading.generation, reading.forsake()
        self._done += (Loss(number, count, "truncated") if truncated else Loss.deleted(number, count),)
        self._move(self._nameless or search.successor, now)

    def _move(self, successor: Sibling | None, now: Now) -> None:
        if self.reading is not None and not self.reading.over:
            self._done += self._predecessors.leave(self.reading, now, rotated=successor is not None)
        if successor is not None:
            self._begin(successor, now)
        else:
            self.state, self.unread = State.ABSENT, False
            self._patience.sleep(now.tick, lost=self.reading is not None)

    def _begin(self, file: Sibling, now: Now) -> None:
        """Read a file from its first byte, as the next generation."""
        self._nameless = None
        # One that is being written may be copied and truncated between the look and its first read.
        busy = file.path == self._path and file.stat.size > 0 and now.wall - file.stat.modified < LINGER
        generation = self.generation + (self.reading is not None)
        self.read_on(Reading.whole(generation, file, holed=self.holed, doubted=busy and self._with_past))
