"""The lane of records: each generation of each source is parsed, filtered, and put in order.

It joins parsers, watermark and merger for the live pipeline, and counts what they do. It never reads, and decides
nothing about which source is silent or behind: that is said to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from logbraid.core.account import SourceAccount
from logbraid.core.events import Event
from logbraid.core.filters import Filter
from logbraid.core.lane import Lane
from logbraid.core.liveparse import LiveParser
from logbraid.core.merge import LiveArrivalMerger, LiveMerger
from logbraid.core.options import Options
from logbraid.core.parse import Start
from logbraid.core.parsing import Parsing
from logbraid.core.positions import Passed, Position
from logbraid.core.recognise import Recognisers
from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import FOREVER, NO_TIME, Chunk, Nanos, Source, SourceId
from logbraid.core.watermark import EVERY_SOURCE, Watermark

__all__ = ["RecordLane"]

LONGEST_WAIT: Final = 4
"""A record that goes on and on is parted after so many times the silence: until then, it may hold all others back."""


class RecordLane(Lane):
    """Makes records of bytes and orders them.

    Args:
        sources: every source so far; grows.
        options: what to follow and how.
    """

    most_read = 1 << 20
    round = 8 << 20

    def __init__(self, sources: Sequence[Source], options: Options) -> None:
        self._sources = sources
        self._options = options
        self._recognisers = Recognisers(options, live=True)
        self._filter = Filter(options) if options.filters else None
        self._ordered = options.order == "time"
        self._merger = LiveMerger(sources) if self._ordered else LiveArrivalMerger(sources)
        self._watermark = Watermark(options.lateness)
        self._starts: dict[SourceId, Start] = {}
        self._parsing: dict[SourceId, Parsing] = {}
        self._live: set[SourceId] = set()  # were caught up once: what they bring since was written just now
        self._rests = 0  # bytes of whole lines that wait in parsers
        self._now: Nanos = NO_TIME
        self._events: list[Event] = []

    # Facts in

    def go_on(self, highest: Nanos) -> None:
        """Say up to which key records have left in earlier runs."""
        self._merger.go_on(highest)

    def add(
        self, source: Source, start: Start | None = None, *, polled: bool = False, position: Position | None = None
    ) -> None:
        """Take notice of a source; its parser is made when its first bytes come."""
        self._watermark.add(source.id, polled=polled)
        if position is not None:
            start = Start(previous=position.time, highest=position.highest)
        if start is not None:
            self._starts[source.id] = start

    def receive(
        self,
        source: SourceId,
        generation: int,
        offset: int,
        chunk: Chunk,
        now: Nanos,
        *,
        live: bool = False,
        guard: bytes = b"",
    ) -> None:
        """Take the next bytes of a source."""
        if live:
            self._live.add(source)
        ceiling = self._ceiling(source, now)
        parsing, parser = self._parser(source, generation, offset, guard, now)
        before = parser.whole
        batch = parser.receive(chunk, now, ceiling)
        self._take(parsing, batch)
        if batch is not None or parsing.opened == NO_TIME:
            parsing.opened, parsing.since = now, self._watermark.known(source)
        elif ceiling != FOREVER and now - parsing.opened >= self._longest_wait(parser):
            self._take(parsing, parser.pause(now, ceiling))
        if not parser.holds_lines:
            parsing.opened = NO_TIME
        self._rests += parser.whole - before
        self._settle(source, parsing, [parser])

    def _longest_wait(self, parser: LiveParser) -> Nanos:
        """Return how long lines wait at most: those that only wait to see what timestamps look like, not for long."""
        return LONGEST_WAIT * self._options.silence if parser.knows_format else self._options.lateness

    def leave(self, source: SourceId, generation: int, now: Nanos) -> None:
        """Complete the last line of a generation."""
        parsing = self._parsing.get(source)
        if parsing is not None and generation in parsing.passages:
            self._close(source, parsing, [parsing.passages[generation].parser], now)

    def end(self, source: SourceId, generation: int, now: Nanos) -> None:
        """Forget a generation, once its last line has left."""
        self.leave(source, generation, now)
        parsing = self._parsing.get(source)
        if parsing is not None:
            parsing.end(generation)

    def pause(self, source: SourceId, now: Nanos) -> None:
        """Let the records of all whole lines of a source leave."""
        parsing = self._parsing.get(source)
        if parsing is None:
            return
        for parser in parsing.parsers:
            before = parser.whole
            self._take(parsing, parser.pause(now, self._ceiling(source, now)))
            self._rests += parser.whole - before
        parsing.opened = NO_TIME
        self._settle(source, parsing, parsing.parsers)

    def expects_more(self, source: SourceId) -> bool:
        """Whether the open record of a source is likely to go on."""
        parsing = self._parsing.get(source)
        return parsing is not None and any(parser.expects_more for parser in parsing.parsers)

    def finish(self, source: SourceId, now: Nanos) -> None:
        """Let all that is there of a source leave, and wait for it no more."""
        parsing = self._parsing.get(source)
        if parsing is not None:
            self._close(source, parsing, parsing.parsers, now)
        self._watermark.finish(source)

    def wants_history(self, source: SourceId) -> bool:
        """Whether records of a source wait for lines from all over it."""
        parsing = self._parsing.get(source)
        return parsing is not None and parsing.latest.wants_history

    def history(self, source: SourceId, lines: Sequence[bytes]) -> None:
        """Take lines from all over a source; none: they are not to be had."""
        if not self.wants_history(source):
            return
        latest = self._parsing[source].latest
        latest.forgo_history()
        if lines:
            latest.recogniser.history(lines)

    def behind(self, source: SourceId, since: Nanos) -> None:
        """Say that there may be more to read, and that at ``since`` there was not."""
        parsing = self._parsing.get(source)
        if parsing is None and self._watermark.is_new(source):
            return  # what was written before anybody looked is there to be read
        if parsing is not None and parsing.opened != NO_TIME:
            since = min(since, parsing.since)
        self._watermark.behind(source, since)
        self._be_live(source)

    def caught_up(self, source: SourceId) -> None:
        """Say that everything was read."""
        if self.holds_lines(source):
            self.behind(source, self._now)  # they are still to come
        else:
            self._watermark.caught_up(source)
            self._be_live(source)

    def advance(self, now: Nanos, polled: Nanos) -> None:
        """Say what time it is, and when the polled sources were looked at last."""
        self._now = now
        self._watermark.advance(now, polled)

    # Work out

    def held(self, source: SourceId) -> int:
        """Return how many bytes of a source were received and have not left."""
        parsing = self._parsing.get(source)
        return 0 if parsing is None else parsing.held

    def passed(self, source: SourceId) -> list[Passed]:
        """Return how far each generation has left, in their order."""
        parsing = self._parsing.get(source)
        return [] if parsing is None else parsing.passed()

    def filtered_ahead(self, source: SourceId) -> int:
        """Return how many bytes a filter took out behind what has left."""
        parsing = self._parsing.get(source)
        return 0 if parsing is None else parsing.filtered_ahead

    def last(self, source: SourceId) -> tuple[Nanos, Nanos]:
        """Return time and key of the last record of a source that left; what was ahead of the clock is now's."""
        parsing = self._parsing.get(source)
        if parsing is None:
            return NO_TIME, NO_TIME
        time, key = parsing.last
        return time, min(key, self._horizon)

    def holds_lines(self, source: SourceId) -> bool:
        """Whether whole lines of a source wait to see if their record goes on."""
        parsing = self._parsing.get(source)
        return parsing is not None and any(parser.holds_lines for parser in parsing.parsers)

    @property
    def size(self) -> int:
        """Bytes of all sources that wait to leave, but for lines that have not ended."""
        return self._rests + self._merger.size

    def holding_back(self, source: SourceId) -> bool:
        """Whether others wait for this source, so that it must be read even where the buffer is full."""
        return self._ordered and self._watermark.holds_back(source, self._horizon)

    def release(self) -> RecordBatch | None:
        """Return what may leave now, in order; late records come first."""
        if not self._ordered and self._rests >= self._options.buffer:
            self._part_longest_held()
        if not self._merger.size:
            return None
        ahead = self._release_ahead() if self.size >= self._options.buffer else None
        return self._count(self._merger.release(self._watermark.bound()) if ahead is None else ahead)

    def flush(self) -> RecordBatch | None:
        """Return all records, in order; ``finish`` the sources first, where their last lines are wanted, too."""
        return self._count(self._merger.release((FOREVER, EVERY_SOURCE)))

    def next_release(self) -> Nanos | None:
        """Return when something may leave without anything having come."""
        first = self._merger.first()
        return None if first is None else self._watermark.next_release(*first)

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        events, self._events = self._events, []
        return events

    def count(self, source: SourceId, account: SourceAccount) -> None:
        """Enter into the account what was counted of a source."""
        parsing = self._parsing.get(source)
        if parsing is None:
            return
        maximum = parsing.latest.maximum
        account.cut = parsing.cut + sum(parser.cut for parser in parsing.parsers)
        account.leaps, account.ahead = maximum.leaps, maximum.ahead
        account.records, account.late = parsing.records, parsing.late
        account.bytes_emitted, account.bytes_filtered = parsing.emitted, parsing.filtered

    # Inside

    def _part_longest_held(self) -> None:
        """Let records leave as they are that have waited longest to go on: sources that are not read fall never silent.

        One whose lines wait for others from all over the source is left alone: those are on their way.
        """
        held = [source for source in self._parsing if self.holds_lines(source) and not self.wants_history(source)]
        for source in sorted(held, key=lambda source: self._parsing[source].opened):
            if 2 * self._rests <= self._options.buffer:
                break
            self.pause(source, self._now)

    def _release_ahead(self) -> RecordBatch | None:
        """Return what fills the buffer because its clock is ahead of ours: reading on must not wait for that time."""
        backlog = self._watermark.backlog()
        batch = self._merger.release_ahead(self._horizon, backlog) if backlog[0] > self._horizon else None
        if batch is not None:
            for part in batch.parts:
                self._parsing[part.source.id].latest.maximum.ahead += len(part)
        return batch

    @property
    def _horizon(self) -> Nanos:
        """A later time is ahead of the clock."""
        return self._now + self._options.lateness

    def _ceiling(self, source: SourceId, now: Nanos) -> Nanos:
        # Clocks differ, and ``now`` is when the turn began, not when the bytes were read: within the lateness that
        # the user allows nothing is ahead.
        return now + self._options.lateness if source in self._live else FOREVER

    def _be_live(self, source: SourceId) -> None:
        """What a source brings from now on was written just now. Times that it had ahead of the clock are now's."""
        if source in self._live:
            return
        self._live.add(source)
        parsing = self._parsing.get(source)
        ceiling = self._ceiling(source, self._now)
        if parsing is None:
            return
        maximum = parsing.latest.maximum
        if maximum.highest > ceiling:
            maximum.ahead += self._merger.lower(source, ceiling)
        maximum.lower(ceiling)
        self._watermark.reach(source, parsing.upto)

    def _parser(
        self, source: SourceId, generation: int, offset: int, guard: bytes, now: Nanos
    ) -> tuple[Parsing, LiveParser]:
        parsing = self._parsing.get(source)
        if parsing is None:
            parser = self._first_parser(source, generation, offset, guard)
            parsing = self._parsing[source] = Parsing(generation, parser)
            return parsing, parser
        passage = parsing.passages.get(generation)
        if passage is not None and not passage.ended and passage.received == offset:
            return parsing, passage.parser
        self.end(source, generation, now)  # of what was before, bytes between are lost
        return parsing, parsing.succeed(generation, offset, guard)

    def _first_parser(self, source: SourceId, generation: int, offset: int, guard: bytes) -> LiveParser:
        start = replace(self._starts.pop(source, Start()), offset=offset, generation=generation, guard=guard)
        one = self._sources[source]
        return LiveParser(one, self._recognisers.of(one), self._options.max_record, start)

    def _close(self, source: SourceId, parsing: Parsing, parsers: Iterable[LiveParser], now: Nanos) -> None:
        """Let all that these parsers hold leave."""
        for parser in parsers:
            self._rests -= parser.whole
            self._take(parsing, parser.finish(now, self._ceiling(source, now)))
        self._settle(source, parsing, parsers)

    def _take(self, parsing: Parsing, batch: SourceBatch | None) -> None:
        if batch is None:
            return
        kept = batch if self._filter is None else self._filter.keep(batch)
        if kept is not batch:
            parsing.filtered += batch.size - kept.size
        parsing.hold(kept)
        self._merger.add(kept)

    def _settle(self, source: SourceId, parsing: Parsing, parsers: Iterable[LiveParser]) -> None:
        """Say how far a source has come, and hear what its parsers have noticed."""
        self._watermark.reach(source, parsing.upto)
        for parser in parsers:
            self._events += parser.events()

    def _count(self, batch: RecordBatch | None) -> RecordBatch | None:
        """Count what leaves."""
        if batch is None:
            return None
        for part in batch.parts:
            self._parsing[part.source.id].leave(part)
        if batch.late is not None:
            late = np.bincount(batch.source[batch.late])
            for number in late.nonzero()[0].tolist():
                self._parsing[SourceId(number)].late += int(late[number])
        return batch
