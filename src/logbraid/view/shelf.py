"""The text of every record, read again when it is wanted: by numbers of records, into a batch like any other.

Where text stands is known in ``texts.py``, and which bytes a record has in the index; nothing is held here but what is
being read. What is gone becomes a line that says so, never an error.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from logbraid.core.lines import NEWLINE
from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import PADDING, Bytes8, Int8, Int64, Source
from logbraid.errors import SinkError, SourceError
from logbraid.system.descriptors import Descriptors
from logbraid.system.followed import Disk
from logbraid.view.index import Index, Origin, Rows
from logbraid.view.texts import GONE, NOT_COPIED, CopiedText, FileText, Spool, Text

__all__ = ["GONE", "NOT_COPIED", "Shelf", "portions"]

NEAR: Final = 4096
"""Bytes between two records that are rather read, too, than left out: about what a stretch of its own costs."""

NAMELESS: Final = 8
"""Deleted files that are kept open, for their text: the disk gets its room back only when they are closed."""

WINDOW: Final = 1 << 26
"""Records are read together only within so many bytes: a buffer must stay below 2 GiB."""


@dataclass(slots=True)
class _Kept:
    """What is known of one origin.

    Attributes:
        text: reads it again.
        format_name: of its timestamps, as it was last.
        unended: ends of lines that lack their newline in the source; mostly none, or one at its end.
    """

    text: Text
    format_name: str = ""
    unended: list[int] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class _Reread(SourceBatch):
    """Records whose levels are known: to find them in the text again would take longer than to read it.

    Attributes:
        codes: of the levels.
    """

    codes: Int8 = field(kw_only=True)

    @property
    def level(self) -> Int8:
        """Level code of each record, as the index has it."""
        return self.codes


class Shelf:
    """Reads records again, from as few places as possible; any thread may ask.

    Whether a file still has a name is looked at for one file with each batch that is kept, in turn; where nothing more
    comes, up to ``descriptors`` deleted files stay open.

    Args:
        descriptors: files that are kept open at most.
        directory: for the copy of what comes only once; None: where temporary files are.
    """

    def __init__(self, *, descriptors: int = 64, directory: str | None = None) -> None:
        self._disk = Disk(Descriptors(descriptors))
        self._spool = Spool(directory)
        self._kept: dict[tuple[int, int], _Kept] = {}
        self._named: deque[FileText] = deque()
        self._nameless: deque[FileText] = deque()
        self._sources: Sequence[Source] = ()

    @property
    def failure(self) -> SinkError | None:
        """Why no more copies are made: from then on, the text of what comes only once is gone."""
        return self._spool.failure

    def keep(self, batch: RecordBatch) -> None:
        """Make sure that these records can be read again; to be called before the index has them, by one thread."""
        self._sources = batch.sources
        for part in batch.parts:
            key = part.source.id, part.generation
            kept = self._kept.get(key)
            if kept is None:
                kept = self._kept[key] = _Kept(self._text(part))
            kept.format_name = part.format_name
            if int(part.ends[-1]) + part.base > part.limit:
                kept.unended.append(part.limit)
            kept.text.keep(part)
        self._let_go()

    def batch(self, index: Index, records: Sequence[int] | Int64) -> RecordBatch:
        """Return some records with their text.

        What is read is held all at once: who wants many asks for ``portions``.
        A piece of a line that was cut for its length has no newline. Who writes several batches one after the other
        sets ``open_before`` of each to ``open_after`` of the one before.

        Args:
            index: has their numbers.
            records: ascending; where there are none, the batch has no columns.
        """
        numbers = np.asarray(records, np.int64)
        if not len(numbers):
            return RecordBatch((), numbers, self._sources)
        rows = index.take(numbers)
        order, groups = _by_origin(rows, index.origins)
        late = rows.late if rows.late.any() else None
        parts = [part for group in groups for part in self._parts(index.origins, rows.take(group))]
        return RecordBatch(tuple(parts), _inverse(order), self._sources, late)

    def end_of(self, path: str, offset: int, size: int) -> bytes | None:
        """Return what stands in a file from an offset on, if that is so much and all; None: it is not, or no file."""
        found = bytearray(size)
        try:
            status = self._disk.stat(path)
            if status is None or status.size != offset + size:
                return None
            count = self._disk.read(path, status.identity, memoryview(found), offset)
        except SourceError:
            return None
        return bytes(found) if count == size else None

    def close(self) -> None:
        """Give everything back: the copies are gone then, and nobody may ask any more."""
        self._spool.close()
        self._disk.close()

    def _text(self, part: SourceBatch) -> Text:
        """Say where the text of an origin will be read: in its file, if its bytes stand there, else in a copy."""
        text = FileText(self._disk, part.source.path)
        text.keep(part)
        if not text.find():
            return CopiedText(self._spool)
        self._named.append(text)
        return text

    def _let_go(self) -> None:
        """Look at the next file; where it was deleted, close the one that was deleted first if they are too many."""
        if self._named:
            text = self._named.popleft()
            (self._named if text.has_name() else self._nameless).append(text)
        if len(self._nameless) > NAMELESS:
            self._nameless.popleft().let_go()

    def _parts(self, origins: Sequence[Origin], rows: Rows) -> Iterator[SourceBatch]:
        """Yield the records of one origin, a part for each stretch that is read at once."""
        origin = origins[int(rows.origin[0])]
        kept = self._kept[origin.source.id, origin.generation]
        for begin, end in pairwise(_edges(rows, kept.unended)):
            yield _part(origin, kept, rows.take(slice(begin, end)))


def portions(index: Index, records: Int64, room: int) -> Iterator[slice]:
    """Yield the places of records that are read together, about so many bytes at a time, or a single record."""
    if not len(records):
        return
    behind = np.cumsum(_weights(index.take(records), index.origins))
    begin = before = 0
    while begin < len(records):
        end = max(int(np.searchsorted(behind, before + room, side="right")), begin + 1)
        yield slice(begin, end)
        begin, before = end, int(behind[end - 1])


def _weights(rows: Rows, origins: Sequence[Origin]) -> Int64:
    """Return how many bytes are read for each record: its own, and those before it, or what a new stretch costs."""
    weights = rows.length.copy()
    for group in _by_origin(rows, origins)[1]:
        gaps = _gaps(rows.take(group))
        weights[group] += np.append(NEAR, np.where(gaps < 0, NEAR, np.minimum(gaps, NEAR)))
    return weights


def _gaps(rows: Rows) -> Int64:
    """Return how many bytes are between the records of one origin; below zero where one stands before the other."""
    gaps: Int64 = rows.offset[1:] - (rows.offset + rows.length)[:-1]
    return gaps


def _part(origin: Origin, kept: _Kept, rows: Rows) -> SourceBatch:
    """Read one stretch."""
    base = int(rows.offset[0])
    starts = rows.offset - base
    ends = starts + rows.length
    size = int(ends[-1])
    buffer = np.zeros(size + 1 + PADDING, np.uint8)
    reached = kept.text.read(memoryview(buffer)[:size], base)
    if reached < size:
        ends = _without_text(buffer, starts, ends, reached, kept.text.gone)
    elif base + size in kept.unended:
        buffer[size] = NEWLINE
        ends[-1] += 1
    return _Reread(
        origin.source,
        origin.generation,
        buffer,
        base,
        starts,
        ends,
        time=rows.time,
        key=np.maximum.accumulate(rows.time),
        upto=int(rows.time.max()),
        limit=base + size,
        format_name=kept.format_name,
        torn=bool((buffer[ends - 1] != NEWLINE).any()),
        codes=rows.level,
    )


def _without_text(buffer: Bytes8, starts: Int64, ends: Int64, reached: int, words: bytes) -> Int64:
    """Write into the place of each record that was not reached that it is gone; return where each ends then."""
    gone = ends > reached
    starts, stops = starts[gone], np.minimum(ends, starts + len(words))[gone]
    for offset, byte in enumerate(words[:-1]):
        places = starts + offset
        buffer[places[places < stops]] = byte
    buffer[stops - 1] = NEWLINE
    ends = ends.copy()
    ends[gone] = stops
    return ends


def _by_origin(rows: Rows, origins: Sequence[Origin]) -> tuple[Int64, list[Int64]]:
    """Return the rows in the order of their sources and generations, all of them and origin by origin."""
    present = np.flatnonzero(np.bincount(rows.origin)).tolist()
    present.sort(key=lambda number: (origins[number].source.id, origins[number].generation))
    rank = np.zeros(len(origins), np.min_scalar_type(len(present)))  # small numbers are sorted ten times as fast
    rank[present] = np.arange(len(present))
    place = rank[rows.origin]
    order = np.argsort(place, kind="stable")
    return order, np.split(order, np.cumsum(np.bincount(place))[:-1])


def _edges(rows: Rows, unended: Sequence[int]) -> list[int]:
    """Return where each stretch of one origin's records begins, and where the last one ends."""
    ends = rows.offset + rows.length
    gap = _gaps(rows)
    apart = (gap < 0) | (gap > NEAR) | (rows.offset[1:] // WINDOW != rows.offset[:-1] // WINDOW)
    if unended:  # the newline that is added needs room behind them
        apart |= np.isin(ends[:-1], unended)
    return [0, *(np.flatnonzero(apart) + 1).tolist(), len(ends)]


def _inverse(order: Int64) -> Int64:
    """Return for each row its place in the order."""
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places
