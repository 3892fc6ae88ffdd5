"""From the chunks of one source to batches of its whole records: framing, grouping, cutting, keys.

What comes out depends on the bytes alone, never on how they were cut into chunks: the record that may still go on is
kept back and read again with the next chunk, unless that is small and only makes the record longer, so the work stays
linear. Nothing here knows another source, or the order between sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from logbraid.core.cutting import Pieces, cut
from logbraid.core.events import Event, RecordCut
from logbraid.core.grouping import Style, inherited, inherited_from_below, record_times, untimed_below
from logbraid.core.keys import RunningMaximum
from logbraid.core.lines import NEWLINE, find_byte, frame
from logbraid.core.passage import guard_behind
from logbraid.core.recognise import BOM, SAMPLE_BYTES, Recogniser, texts
from logbraid.core.records import SourceBatch
from logbraid.core.rest import Rest
from logbraid.core.timestamps.detect import Lock
from logbraid.core.types import FOREVER, NO_TIME, PADDING, Chunk, Int64, Nanos, Source

__all__ = ["Parser", "Start"]

LONG: Final = 4096
"""A rest that is shorter (bytes) is read again with whatever comes: that is less work than to ask."""

SMALL: Final = 8
"""A chunk is small where the rest is at least so many times as long; else reading both again stays linear."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where and how to begin with a source, where that is not its first byte.

    Attributes:
        offset: of the first byte that will come; it begins a line.
        generation: of the file that it comes from.
        lock: its format and where the timestamps stand.
        style: how its records begin.
        previous: time of the line before, from which a missing year or date is inferred.
        highest: no record that follows has a smaller key.
        until: no record behind one with a larger key than this is wanted.
        guard: the up to 64 bytes before the offset, where it is needed to know the file again.
    """

    offset: int = 0
    generation: int = 0
    lock: Lock | None = None
    style: Style = Style.TIMED
    previous: Nanos = NO_TIME
    highest: Nanos = NO_TIME
    until: Nanos = FOREVER
    guard: bytes = b""


class Parser:
    """Turns one source's chunks into batches of whole records.

    Attributes:
        recogniser: knows the source's timestamps.
        maximum: gives the records their keys.
        cut: records that were longer than the limit.
        has_long_records: some record had more lines than one.
    """

    def __init__(self, source: Source, recogniser: Recogniser, max_record: int, start: Start | None = None) -> None:
        start = start or Start()
        self.recogniser = recogniser
        self.maximum = RunningMaximum(start.highest)
        self.cut = 0
        self.has_long_records = False
        self._source = source
        self._generation = start.generation
        self._max_record = max_record
        self._rest = Rest()
        self._offset = start.offset  # of the first byte of the rest
        self._guard = start.guard  # stands before the rest
        self._inherited = NO_TIME  # time of the rest where it goes on with a record that was cut
        self._inside_line = False  # the rest begins in the middle of a line
        self._inside_record = False  # the rest goes on with a record that was cut
        self._open_time = NO_TIME  # time of the first record that may still go on, where that is known
        self._untimed = 0  # lines without a time behind the last one that had one, when lines were read last
        # A time further inside a line does not count: so long a line may be cut before its end is seen.
        self._reach = max(max_record, SAMPLE_BYTES)
        self._events: list[Event] = []
        if start.lock is not None:
            recogniser.resume(start.lock, start.style, start.previous)

    @property
    def offset(self) -> int:
        """Offset of the first byte that has not left as part of a record."""
        return self._offset

    @property
    def guard(self) -> bytes:
        """The up to 64 bytes of the source before the offset."""
        return self._guard

    @property
    def held(self) -> int:
        """Bytes received that have not left as part of a record."""
        return len(self._rest)

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        events, self._events = self._events, []
        return self.recogniser.events() + events

    def receive(self, chunk: Chunk, stamp: Nanos) -> SourceBatch | None:
        """Take the next bytes; return the records that they complete.

        Args:
            chunk: belongs to the parser from now on.
            stamp: the time of records in a source that has no timestamps at all.
        """
        if self._only_goes_on(chunk):
            if self._open_time != NO_TIME and self.recogniser.style is Style.PLAIN:
                self._open_time = stamp
            return None
        return self._parse(self._rest.before(chunk), stamp, final=False)

    def finish(self, stamp: Nanos) -> SourceBatch | None:
        """Say that nothing follows; return the records that were still open."""
        end = self._end()
        batch = self._parse(Chunk.of(bytes(self._rest)), stamp, final=True) if len(self._rest) else None
        self._offset, self._guard = end  # a newline that was added is not the source's own
        return batch

    def _end(self) -> tuple[int, bytes]:
        """Return the offset behind all that was received, and the guard there."""
        size = len(self._rest)
        return self._offset + size, guard_behind(self._guard, memoryview(bytes(self._rest)), 0, size)

    def _parse(self, chunk: Chunk, stamp: Nanos, *, final: bool) -> SourceBatch | None:
        limit = self._offset + len(chunk)
        if final and chunk.buffer[chunk.stop - 1] != NEWLINE:
            # A last line without a newline gets one, so that lines never glue; the padding has room for it.
            chunk.buffer[chunk.stop] = NEWLINE
            chunk.stop += 1
        starts, ends = frame(chunk.buffer, chunk.start, chunk.stop)
        if self._waits_for_format(chunk, starts, ends, final=final):
            self._keep(chunk, chunk.start, newest=None)
            return None
        starts, ends = self._with_long_tail(chunk, starts, ends)
        if len(ends):
            return self._leave(chunk, starts, ends, limit, stamp, final=final)
        self._keep(chunk, chunk.start, newest=chunk.start)
        return None

    def _only_goes_on(self, chunk: Chunk) -> bool:
        """Keep a small chunk that only makes the newest record longer; return whether it is one."""
        rest = self._rest
        if rest.newest is None or len(rest) < max(LONG, SMALL * len(chunk)):
            return False
        newlines = find_byte(chunk.buffer, chunk.start, chunk.stop, NEWLINE)
        behind = int(newlines[-1]) + 1 - chunk.start if len(newlines) else 0
        edge = len(rest) + behind if behind else rest.line
        stop = len(rest) + len(chunk)
        if self._inside_line and not edge:
            edge = stop  # such a line is taken as it comes
        if edge - rest.newest > self._max_record or stop - edge >= self._reach + PADDING:
            return False  # it is cut, or what it begins with is known by now
        untimed = self._untimed_with(chunk) if behind else rest.untimed
        if untimed is None:
            return False
        self.has_long_records |= behind > 0 or self._inside_line
        rest.grow(chunk, behind, untimed)
        return True

    def _untimed_with(self, chunk: Chunk) -> int | None:
        """Return with how many untimed lines the rest ends then; None where a record begins, or a format may."""
        if not self._rest.line:
            return None  # the record's first line was not seen to its end
        lines = self._rest.line_before(chunk)
        starts, ends = frame(lines.buffer, lines.start, lines.stop)
        readable = np.minimum(ends, starts + self._reach)
        told = self._open_time != NO_TIME
        return self.recogniser.goes_on(lines.buffer, starts, readable, self._rest.untimed, told=told)

    def _leave(
        self, chunk: Chunk, starts: Int64, ends: Int64, limit: int, stamp: Nanos, *, final: bool
    ) -> SourceBatch | None:
        """Let the records of these lines leave, all but those that may still go on."""
        previous = self.recogniser.previous
        begins, times = self._records(chunk, starts, ends, stamp)
        edges = np.empty(len(begins) + 1, np.int64)
        edges[:-1], edges[-1] = begins, ends[-1]
        pieces = cut(chunk.buffer, edges, times, chunk.start + limit - self._offset, self._max_record)
        closed = len(pieces.times) - (0 if final else self._open_records())
        self._open_time = NO_TIME if final else int(pieces.times[max(closed, 0)])
        if closed <= 0:
            self.recogniser.previous = previous  # all lines will be read again, from the same time on
            self._keep(chunk, chunk.start, newest=int(pieces.edges[-2]))
            return None
        batch = self._batch(chunk, pieces, closed, limit, stamp)
        self.recogniser.previous = int(batch.time[-1])
        position = int(pieces.edges[closed])
        self._count(chunk, [start for start in pieces.cuts if start < position])
        self._inside_record = position not in begins[np.searchsorted(begins, position) :][:1]
        self._inside_line = bool(chunk.buffer[position - 1] != NEWLINE)
        self._inherited = int(batch.time[-1])
        self._keep(chunk, position, newest=int(pieces.edges[-2]))
        return batch

    def _open_records(self) -> int:
        """Return how many records at the end may not leave: a braced one does not tell its time in its first line."""
        return 2 if self.recogniser.style is Style.BRACED else 1

    def _keep(self, chunk: Chunk, position: int, newest: int | None) -> None:
        """Keep what stands from ``position`` on for the next chunk; the last record in it begins at ``newest``."""
        self._offset += position - chunk.start
        self._guard = guard_behind(self._guard, chunk.buffer, chunk.start, position)
        begin = None if newest is None else max(newest - position, 0)
        self._rest = Rest(chunk.buffer[position : chunk.stop].copy(), begin, self._untimed)

    def _waits_for_format(self, chunk: Chunk, starts: Int64, ends: Int64, *, final: bool) -> bool:
        if self.recogniser.style is None and not self._look(chunk, starts, ends, final=final):
            return True
        if final and self.recogniser.history_wanted:
            self.recogniser.history(texts(chunk.buffer, starts, ends))  # nothing has left yet: this is the whole source
        return self.recogniser.history_wanted

    def _look(self, chunk: Chunk, starts: Int64, ends: Int64, *, final: bool) -> bool:
        """Look for the format in what stands in the first bytes of the source, however many more have come."""
        border = chunk.start + SAMPLE_BYTES
        whole = final or chunk.stop >= border
        count = int(np.searchsorted(ends, border, side="right"))
        starts, ends = starts[:count], ends[:count]
        if whole and not count:  # a first line that is longer than a sample is a sample by itself
            starts, ends = np.array([chunk.start]), np.array([border])
        return self.recogniser.look(chunk.buffer, starts, ends, at_start=self._offset == 0, whole=whole)

    def _with_long_tail(self, chunk: Chunk, starts: Int64, ends: Int64) -> tuple[Int64, Int64]:
        """Add the line that has not ended yet, if it is known already whether it bears a time."""
        start = int(ends[-1]) if len(ends) else chunk.start
        known = chunk.stop - start >= self._reach + PADDING or (self._inside_line and not len(ends))
        if chunk.stop == start or not known:
            return starts, ends
        return np.append(starts, start), np.append(ends, chunk.stop)

    def _records(self, chunk: Chunk, starts: Int64, ends: Int64, stamp: Nanos) -> tuple[Int64, Int64]:
        """Return where each record begins, and its time: NO_TIME where only a record that is still to come can tell."""
        place = starts
        if self._offset == 0 and chunk.buffer[chunk.start : chunk.start + len(BOM)].tobytes() == BOM:
            place = np.concatenate([starts[:1] + len(BOM), starts[1:]])
        if self._inside_line:
            # What looks like a timestamp at the start of a piece of a line is none.
            place = np.concatenate([ends[:1] - 1, starts[1:]])
        readable = np.minimum(ends, place + self._reach)
        times, begins = self.recogniser.lines(chunk.buffer, place, readable, self._offset - chunk.start)
        self._untimed = untimed_below(times)
        self.has_long_records |= not begins.all()
        begins[0] = True
        if self.recogniser.style is Style.TIMED and begins.all():
            return starts, inherited(times, self._inherited)
        first = begins.nonzero()[0]
        assert self.recogniser.style is not None, "the format was looked for"
        if self.recogniser.style is Style.PLAIN:
            return starts[first], np.full(len(first), stamp, np.int64)
        # A record that is cut must tell its time in its first piece.
        seen = np.searchsorted(ends, starts[first] + self._max_record, side="right")
        time = record_times(first, seen, times)
        if self._inside_record:
            time[0] = self._inherited
        return starts[first], inherited(time, self._inherited)

    def _count(self, chunk: Chunk, cuts: list[int]) -> None:
        """Count records that were cut, each when its first piece leaves."""
        if self._inside_record and cuts[:1] == [chunk.start]:
            cuts = cuts[1:]
        self.cut += len(cuts)
        base = self._offset - chunk.start
        self._events += [RecordCut(self._source.path, start + base, self._max_record) for start in cuts]

    def _batch(self, chunk: Chunk, pieces: Pieces, closed: int, limit: int, stamp: Nanos) -> SourceBatch:
        """Return the first ``closed`` of the pieces as a batch."""
        times = inherited_from_below(pieces.times, stamp)
        keys = self.maximum.keys(times[:closed], int(times[closed]) if closed < len(times) else NO_TIME)
        reader = self.recogniser.reader
        return SourceBatch(
            source=self._source,
            generation=self._generation,
            buffer=chunk.buffer,
            base=self._offset - chunk.start,
            starts=pieces.edges[:closed],
            ends=pieces.edges[1 : closed + 1],
            time=times[:closed],
            key=keys,
            upto=self.maximum.highest,
            limit=limit,
            format_name=reader.lock.format.name if reader else "",
            torn=pieces.torn,
            first=chunk.start,
            before=self._guard,
        )
