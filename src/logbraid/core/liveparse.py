"""The parser of a file that grows: what is silent leaves, and the clock helps where the lines alone say too little.

Between two pauses it makes the same records as its parent, however the bytes come. It decides nothing about when a
source is silent, and knows no other source.
"""

from __future__ import annotations

from logbraid.core.grouping import Style, promises_more
from logbraid.core.keys import LEAP
from logbraid.core.lines import NEWLINE, frame
from logbraid.core.parse import Parser, Start
from logbraid.core.recognise import Recogniser, texts
from logbraid.core.records import SourceBatch
from logbraid.core.types import FOREVER, NO_TIME, Chunk, Int64, Nanos, Source

__all__ = ["LiveParser"]


class LiveParser(Parser):
    """Turns what one generation of a source brings into batches of whole records.

    In each method ``stamp`` is when the bytes were observed. ``ceiling`` is FOREVER where they may have been written
    long before; else no record gets a larger key, and dates that a line leaves out are those of ``stamp``.
    """

    def __init__(self, source: Source, recogniser: Recogniser, max_record: int, start: Start | None = None) -> None:
        super().__init__(source, recogniser, max_record, start)
        self._previous = self._inherited = NO_TIME if start is None else start.previous
        self._stamp: Nanos = NO_TIME
        self._samples = self._offset == 0 and self._generation == 0 and self._previous == NO_TIME

    def successor(self, generation: int, offset: int = 0, guard: bytes = b"") -> LiveParser:
        """Return the parser of another generation: the same format, times and keys that go on from here.

        This one may still be used for stragglers. Both share their order; no key of either goes below one that left.
        """
        previous = self.recogniser.previous if self.knows_format else self._previous
        start = Start(offset, generation, previous=previous, guard=guard)
        parser = LiveParser(self._source, self.recogniser, self._max_record, start)
        parser.maximum = self.maximum
        parser._inherited = self._inherited
        parser.has_long_records = self.has_long_records
        return parser

    @property
    def wants_history(self) -> bool:
        """Whether records wait for lines from all over the source, see ``Recogniser.history``."""
        return self._samples and self.recogniser.history_wanted

    @property
    def knows_format(self) -> bool:
        """Whether it is settled how this source's records begin."""
        return self.recogniser.style is not None

    @property
    def whole(self) -> int:
        """Bytes of whole lines that wait to see if their record goes on."""
        return self._rest.line

    @property
    def holds_lines(self) -> bool:
        """Whether there are any."""
        return self.whole > 0

    @property
    def expects_more(self) -> bool:
        """Whether the open record is likely to go on: others of this source have, or its text promises it."""
        if self.has_long_records:
            return True
        lines = bytes(self._rest).splitlines()
        return len(lines) > 1 or any(map(promises_more, lines))

    @property
    def upto(self) -> Nanos:
        """No later record of this parser has a smaller key; counts the record that may still go on."""
        maximum = self.maximum
        may_leap = maximum.ceiling == FOREVER and self._open_time > maximum.last + LEAP
        if self._open_time == NO_TIME or may_leap:
            return maximum.highest
        return max(maximum.highest, min(self._open_time, maximum.ceiling))

    def forgo_history(self) -> None:
        """Go on without lines from all over the source: they are not to be had."""
        self._samples = False

    def receive(self, chunk: Chunk, stamp: Nanos, ceiling: Nanos = FOREVER) -> SourceBatch | None:
        """Take the next bytes; return the records that they complete."""
        self._observe(stamp, ceiling)
        return super().receive(chunk, stamp)

    def pause(self, stamp: Nanos, ceiling: Nanos = FOREVER) -> SourceBatch | None:
        """Return the records of all whole lines; what comes later begins a record of its own."""
        self._observe(stamp, ceiling)
        return self._close(Chunk.of(bytes(self._rest)), stamp) if self.holds_lines else None

    def finish(self, stamp: Nanos, ceiling: Nanos = FOREVER) -> SourceBatch | None:
        """Return the records of all lines, also of one that has not ended; stragglers may still come."""
        self._observe(stamp, ceiling)
        if not len(self._rest):
            return None
        end = self._end()
        chunk = Chunk.of(bytes(self._rest))
        if chunk.buffer[chunk.stop - 1] != NEWLINE:
            chunk.buffer[chunk.stop] = NEWLINE
            chunk.stop += 1
        batch = self._close(chunk, stamp)
        self._offset, self._guard = end  # a newline that was added is not the source's own
        return batch

    def _observe(self, stamp: Nanos, ceiling: Nanos) -> None:
        self._stamp = stamp
        self.maximum.ceiling = ceiling
        if ceiling != FOREVER:
            self.recogniser.observe(stamp)

    def _waits_for_format(self, chunk: Chunk, starts: Int64, ends: Int64, *, final: bool) -> bool:
        waits = super()._waits_for_format(chunk, starts, ends, final=final)
        if self.recogniser.history_wanted and not (self._samples and self.maximum.ceiling == FOREVER):
            self._place()
            return False
        return waits

    def _place(self) -> None:
        """Begin to place dates that the lines leave out, without lines from all over the source."""
        self.recogniser.observe(self._stamp)
        self.recogniser.previous = self._previous

    def _close(self, chunk: Chunk, stamp: Nanos) -> SourceBatch | None:
        """Let all lines of a chunk leave that holds the rest."""
        starts, ends = frame(chunk.buffer, chunk.start, chunk.stop)
        at_start, limit = self._offset == 0, self._offset + len(self._rest)
        decided = self.recogniser.style is not None or self.recogniser.guess(
            chunk.buffer, starts, ends, at_start=at_start
        )
        if not decided:
            self.recogniser.style = Style.PLAIN  # for these lines only
            if self._previous != NO_TIME and self.maximum.ceiling == FOREVER:
                stamp = self._previous  # they more likely go on with that record than were written just now
        if self.wants_history and at_start and self.maximum.ceiling == FOREVER:
            self.recogniser.history(texts(chunk.buffer, starts, ends))  # nothing has left yet: this is all there is
        elif self.recogniser.history_wanted:
            self._place()
        batch = self._leave(chunk, starts, ends, limit, stamp, final=True)
        self._inside_record = False
        self.recogniser.rest()
        if not decided:
            self.recogniser.style = None
        return batch
