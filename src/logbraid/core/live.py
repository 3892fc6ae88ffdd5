"""The one object that a driver pumps while it follows: facts about files go in, actions, batches and events come out.

It owns a tail for each source, hands the bytes that the tails let through to a lane, and decides what to look at and
to read next: in fair turns, within the buffer. It never reads, waits or looks at a clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from logbraid.core.account import Account
from logbraid.core.actions import FindSiblings, LetGo, LiveAction, Look, Read, ReadAt, Sample
from logbraid.core.claims import Claims
from logbraid.core.events import Event, Resumed, Rotated
from logbraid.core.lane import Lane
from logbraid.core.options import Options
from logbraid.core.pipes import Pipes
from logbraid.core.positions import Place, Position
from logbraid.core.progress import Progress, Wanted
from logbraid.core.reconcile import Deadlines, Reconciler
from logbraid.core.silence import Silences
from logbraid.core.states import Beginning, Ended, Left, Outcome, Piece
from logbraid.core.tail import Tail
from logbraid.core.tally import Tally
from logbraid.core.types import Chunk, FileStat, Identity, Nanos, Now, Sibling, Source, SourceId
from logbraid.core.wallclock import WallClock

if TYPE_CHECKING:
    from logbraid.core.linewise import LineBatch
    from logbraid.core.parse import Start
    from logbraid.core.records import RecordBatch

__all__ = ["LivePipeline"]

NOTHING_WANTED: Final = Wanted()
LEAST_READ: Final = 16 << 10
GROWTH: Final = 4
"""A read that came back full is followed by one so many times larger."""


class LivePipeline:
    """Follows sources until nobody asks it any more.

    A turn: ``advance``, ``hint`` what is hinted at, do what ``actions()`` asks and answer, write ``batches()``, tell
    ``events()``, and wait until ``deadline()`` or the next hint.

    Args:
        options: what to follow and how.
        lane: the way from bytes to batches.
        sources: every source so far; grows as sources are added, and is shared with whoever renders their labels.
        wanted: what batches say of where sources go on; where they do, the next run goes on with the last, torn line.
    """

    def __init__(self, options: Options, lane: Lane, sources: list[Source], wanted: Wanted = NOTHING_WANTED) -> None:
        self._options = options
        self._lane = lane
        self._sources = sources
        self._tails: list[Tail | None] = []  # None: a pipe
        self._claims = Claims()
        self._tally = Tally(sources, lane)
        self._pipes = Pipes()
        self._progress = Progress(sources, lane, self._tally, wanted)
        self._resumed: dict[SourceId, Place] = {}  # of which nothing was heard yet
        self._reconciler = Reconciler()
        self._wall = WallClock()
        self._now = Now(0, 0)
        self._heard: Nanos = 0  # when the hints were taken last: what was written before is known
        self._lookups: deque[LiveAction | Sample] = deque()
        self._ready: dict[SourceId, int] = {}  # with bytes to read, in turns, and how many to ask for
        self._open: set[SourceId] = set()  # that may give more
        self._ending: set[SourceId] = set()  # files that nobody will write any more
        self._behind: set[SourceId] = set()
        self._live: set[SourceId] = set()  # were caught up once: what they bring since was written just now
        self._sampled: set[SourceId] = set()
        self._silences = Silences(options.lateness, options.silence)
        self._deadlines = Deadlines()
        self._events: list[Event] = []

    def add(
        self,
        source: Source,
        beginning: Beginning | None = None,
        start: Start | None = None,
        *,
        position: Position | None = None,
        polled: bool = False,
        with_past: bool = False,
    ) -> None:
        """Follow one more file.

        Args:
            source: numbered as the next one.
            beginning: where to begin in the file that stands there now; None: at the first byte of whatever comes.
            start: how its records look, where that is known.
            position: where an earlier run has left off; then beginning and past mean nothing.
            polled: nobody will give hints about it.
            with_past: its rotated files come first.
        """
        tail = Tail(source.id, source.path, beginning, position=position, with_past=with_past)
        self._enter(source, tail, position)
        self._claims.add(tail)
        self._lane.add(source, start, polled=polled, position=position)
        self._reconciler.add(source.id, polled=polled)
        if position is not None:
            self._resumed[source.id] = position.place
        begun = None if beginning is None else beginning.place(source.path)
        self._progress.add(source, tail, position, begun)
        self._take(source.id, tail)

    def add_pipe(
        self, source: Source, *, waits: bool, place: Place | None = None, position: Position | None = None
    ) -> None:
        """Take one more pipe, command or compressed file: something that is read front to back.

        Args:
            source: numbered as the next one.
            waits: it waits for somebody, so that where it gives nothing, there is nothing.
            place: its first byte, if it can be read again.
            position: where an earlier run has left off.
        """
        self._enter(source, None, position)
        self._lane.add(source, position=position)
        self._pipes.add(source.id, waits=waits, place=None if position is None else position.place)
        if place is not None:
            self._progress.add_archive(source, place, position)
        if waits:
            self._lane.caught_up(source.id)

    def _enter(self, source: Source, tail: Tail | None, position: Position | None) -> None:
        self._sources.append(source)
        self._tails.append(tail)
        self._open.add(source.id)
        self._tally.add(source, None if position is None else position.account)

    def owned(self, identity: Identity) -> bool:
        """Whether some tail reads this file, or has read it."""
        return self._claims.owned(identity)

    @property
    def done(self) -> bool:
        """Whether every source has come to its end, as pipes do, and files only where ``end`` says so."""
        return not self._open

    # Facts in

    def advance(self, now: Now) -> None:
        """Say what time it is; call it once a turn, behind the taking of hints."""
        self._now = now
        wall = self._wall.advance(now)
        for source in self._reconciler.due(now.tick):
            self._tell(source, Tail.reconcile)
        for source in self._deadlines.due(now.tick):
            self._tell(source, Tail.wake)
        self._pause_the_silent(wall)
        self._lane.advance(wall, wall - (now.tick - self._reconciler.polled_at))
        self._heard = wall

    def hint(self, source: SourceId, *, renamed: bool) -> None:
        """Say that a source may have been written, or that its name may lead elsewhere."""
        tail = self._tails[source]
        if tail is not None:
            tail.hint(renamed=renamed)
            self._sort(source, tail)

    def end(self, source: SourceId) -> None:
        """Say that a file will not be written any more: what it holds now is read to its end, and no more."""
        self._ending.add(source)
        self.hint(source, renamed=True)

    def _tell(self, source: SourceId, what: Callable[[Tail], None]) -> None:
        tail = self._tail(source)
        what(tail)
        self._sort(source, tail)

    def hint_all(self) -> None:
        """Say that hints were lost."""
        for source in self._sources:
            self.hint(source.id, renamed=True)

    def receive_stat(self, source: SourceId, stat: FileStat | None) -> None:
        """Answer ``Look``."""
        tail = self._tail(source)
        own = stat is not None and self._claims.admit(tail, stat)
        tail.receive_stat(stat if own else None, self._now)
        self._take(source, tail)

    def receive_siblings(self, source: SourceId, found: Sequence[Sibling]) -> None:
        """Answer ``FindSiblings``."""
        tail = self._tail(source)
        tail.receive_siblings([one for one in found if self._claims.admit_sibling(tail, one)], self._now)
        self._take(source, tail)

    def receive_data(self, action: ReadAt, chunk: Chunk | None) -> None:
        """Answer ``ReadAt`` with what was read; None: the file cannot be reached."""
        tail = self._tail(action.source)
        if chunk is None:
            tail.receive_gone(action, self._now)
            self._take(action.source, tail)
            return
        full = len(chunk) == action.size
        tail.receive_data(action, chunk, self._now)
        if full:
            self._ready[action.source] = min(action.size * GROWTH, self._lane.most_read)
        self._take(action.source, tail)

    def receive_failure(self, action: Look | FindSiblings | ReadAt, reason: str) -> None:
        """Answer any action of a tail: it failed."""
        tail = self._tail(action.source)
        self._tally.fail(action.source, reason)
        tail.receive_failure(action, reason, self._now)
        self._take(action.source, tail)

    def receive_chunk(self, action: Read, chunk: Chunk) -> None:
        """Answer ``Read`` of a pipe."""
        source, asked = action.source, len(chunk) == action.size
        offset, guard = self._pipes.receive(source, chunk)
        size = len(chunk)
        waits = source in self._pipes.waiting
        self._tally.read(source, size)
        self._lane.receive(source, 0, offset, chunk, self._heard, live=waits, guard=guard)
        self._progress.move(source)
        if source not in self._behind:
            self._behind.add(source)
            self._lane.behind(source, self._heard)
        self._settle(source, size, whole=waits and not asked)

    def receive_end(self, source: SourceId, reason: str | None = None) -> None:
        """Answer ``Read`` of a pipe: nothing more comes, perhaps for a reason."""
        if reason is not None:
            self._tally.fail(source, reason)
        self._close(source)

    def receive_sample(self, source: SourceId, lines: Sequence[bytes]) -> None:
        """Take lines from all over a source, in its order."""
        self._lane.history(source, lines)

    def finish(self) -> None:
        """Say that nothing more will be read: what is held may leave, but for lines whose end was not read yet."""
        for source in self._sources:
            if not self._lane.held(source.id):
                continue
            tail = self._tails[source.id]
            whole = (tail is None or tail.caught_up) and not self._progress.follows(source.id)
            if whole:  # where positions are wanted, the next run goes on with the last line
                self._lane.finish(source.id, self._heard)
            else:
                self._lane.pause(source.id, self._heard)

    # Work out

    def actions(self) -> list[LiveAction | Sample | Read]:
        """Return what to do next; each is asked for once, until it is answered."""
        actions: list[LiveAction | Sample | Read] = [*self._lookups]
        self._lookups.clear()
        actions += self._pipes.reads(self._may_read)
        actions += self._reads()
        return actions

    def batches(self) -> list[RecordBatch | LineBatch]:
        """Return what may leave, in order."""
        return self._progress.leave(self._lane.release(), self._now.tick)

    def last_batches(self) -> list[RecordBatch | LineBatch]:
        """Return everything that is held, in order, after ``finish``."""
        return self._progress.leave(self._lane.flush(), self._now.tick, last=True)

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        events, self._events = self._events, []
        return events + self._tally.events() + self._lane.events()

    def deadline(self) -> Nanos | None:
        """Return the tick at which to take a turn even if nothing happens; now, where there is something to do."""
        if self._lookups or any(map(self._may_read, self._ready)) or self._pipes.wants_read(self._may_read):
            return self._now.tick
        ticks = [self._reconciler.deadline(), self._deadlines.first, self._silences.deadline(), self._progress.due]
        release = self._lane.next_release()
        ticks.append(None if release is None else self._now.tick + max(release - self._heard, 0))
        return min((tick for tick in ticks if tick is not None), default=None)

    def account(self) -> Account:
        """Return the account as it stands."""
        return self._tally.account()

    def _tail(self, source: SourceId) -> Tail:
        tail = self._tails[source]
        assert tail is not None, "only files are looked at"
        return tail

    def _may_read(self, source: SourceId) -> bool:
        return self._lane.size < self._options.buffer or self._lane.holding_back(source)

    def _reads(self) -> list[ReadAt]:
        """Return the reads of this turn: a fair share for each source that has something, those that waited first."""
        reads: list[ReadAt] = []
        left = self._lane.round
        for source in list(self._ready):
            if left <= 0:
                break
            if not self._may_read(source):
                continue
            size = self._ready.pop(source)
            read = self._tail(source).read(size)
            if read is not None:
                reads.append(read)
                left -= size
        return reads

    def _take(self, source: SourceId, tail: Tail) -> None:
        """Take what a tail has let through, and see what it wants next."""
        self._claims.renew(tail)
        received = sum(self._heed(source, tail, outcome) for outcome in tail.pieces())
        self._sort(source, tail)
        self._settle(source, received, whole=not tail.holds_up)
        if source in self._resumed and tail.caught_up:
            self._say_resumed(source, self._resumed[source].path)
        if source in self._ending and tail.caught_up:
            self._ending.discard(source)
            self._lookups += [LetGo(source, identity) for identity in tail.owned]
            self._close(source)

    def _heed(self, source: SourceId, tail: Tail, outcome: Outcome) -> int:
        """Pass on what a tail says; return how many bytes that are."""
        if isinstance(outcome, Piece):
            return self._receive(source, outcome)
        if isinstance(outcome, Left):
            self._lane.leave(source, outcome.generation, self._heard)
            self._tally.rotate(source)
            self._events.append(Rotated(tail.path, outcome.reason))
        elif isinstance(outcome, Ended):
            self._lane.end(source, outcome.generation, self._heard)
        else:
            self._tally.lose(source, outcome)
        self._progress.move(source)
        return 0

    def _receive(self, source: SourceId, piece: Piece) -> int:
        size = len(piece.chunk)
        self._tally.read(source, size)
        if source in self._resumed:
            self._say_resumed(source, piece.reading.path)
        self._progress.receive(source, piece.reading, piece.offset)
        live, guard = source in self._live, piece.guard
        self._lane.receive(source, piece.generation, piece.offset, piece.chunk, self._heard, live=live, guard=guard)
        return size

    def _say_resumed(self, source: SourceId, path: str) -> None:
        place = self._resumed.pop(source)
        self._events.append(Resumed(self._sources[source].path, path, place.offset))

    def _close(self, source: SourceId) -> None:
        self._open.discard(source)
        self._silences.break_off(source)
        self._lane.finish(source, self._heard)

    def _sort(self, source: SourceId, tail: Tail) -> None:
        """Put a tail among those that have something to do."""
        if source not in self._open:
            return
        self._lookups += tail.lookups()
        if tail.wants_read and source not in self._ready:
            self._ready[source] = LEAST_READ
        if tail.holds_up and source not in self._behind:
            self._behind.add(source)
            self._lane.behind(source, self._heard)
        self._deadlines.put(source, tail.deadline)

    def _settle(self, source: SourceId, received: int, *, whole: bool) -> None:
        """Say how far a source has come, after ``received`` bytes; ``whole``: there is no more at the moment."""
        if received:
            self._silences.break_off(source)
        if self._lane.holds_lines(source):
            self._silences.begin(source, self._now.tick)
        if self._lane.wants_history(source) and source not in self._sampled:
            self._sampled.add(source)
            self._lookups.append(Sample(source))
        if whole:
            self._behind.discard(source)
            self._live.add(source)
            self._lane.caught_up(source)

    def _pause_the_silent(self, wall: Nanos) -> None:
        """Let the open records of silent sources leave; a source that we do not read just now is not silent."""
        for silence in self._silences.due(self._now.tick):
            tail = self._tails[silence.source]
            if tail is not None and tail.holds_up:
                self._silences.begin(silence.source, self._now.tick)
            elif not silence.long and self._lane.expects_more(silence.source):
                self._silences.go_on(silence)
            else:
                self._lane.pause(silence.source, wall)
                self._settle(silence.source, 0, whole=True)
