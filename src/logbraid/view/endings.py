"""Last lines that lack their newline: which files have been silent behind one, and the record that it would be.

The run holds such a line until it ends, and gives it then: what is made here is only to be seen until that. Nothing
here keeps or shows it, and the time is an argument.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

import numpy as np

from logbraid.core.account import Account, SourceAccount
from logbraid.core.filters import Filter
from logbraid.core.lines import NEWLINE
from logbraid.core.options import Options
from logbraid.core.parse import Parser, Start
from logbraid.core.recognise import Recognisers
from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import FOREVER, NO_TIME, SECOND, Chunk, Nanos, Source, SourceId

__all__ = ["PATIENCE", "Endings"]

PATIENCE: Final = SECOND
"""How long a file must have been silent."""


class Files(Protocol):
    """Where the bytes are."""

    def end_of(self, path: str, offset: int, size: int) -> bytes | None:
        """Return what stands in a file from an offset on, if that is so much and all; None: it is not, or no file."""


class _Place(NamedTuple):
    """Where the records of a source end that have come: the line that has not ended begins there.

    Attributes:
        generation: of the source's file.
        offset: behind the last record.
        time: of that record.
    """

    generation: int
    offset: int
    time: Nanos


class _Rest(NamedTuple):
    """Bytes of a source that are in no record.

    Attributes:
        seen: bytes that have come from the source.
        held: how many of them.
        since: the tick at which that was first so; FOREVER: they were looked at already.
    """

    seen: int
    held: int
    since: Nanos


class Endings:
    """Finds them; for one thread.

    Args:
        options: how records are read; of the filters, only ``since`` may be set: by the others a line may be left out
            once it has ended, though its beginning was not.
        files: where the bytes are.
        clock: ticks, ns.
    """

    def __init__(self, options: Options, files: Files, clock: Callable[[], Nanos] = time.monotonic_ns) -> None:
        self._recognisers = Recognisers(options)
        self._filter = Filter(options)
        self._most = options.max_record
        self._files = files
        self._clock = clock
        self._places: dict[SourceId, _Place] = {}
        self._rests: dict[SourceId, _Rest] = {}

    def take(self, batch: RecordBatch) -> None:
        """Take note of records that have come."""
        for part in batch.parts:
            place = _Place(part.generation, int(part.end_offsets[-1]), int(part.time[-1]))
            self._places[part.source.id] = max(place, self._places.get(part.source.id, place))

    def look(self, account: Account, sources: Sequence[Source]) -> Iterator[RecordBatch]:
        """Yield a record for each line that was not yielded yet and has not grown for the patience.

        Args:
            account: what has been counted of the sources.
            sources: all of them.
        """
        tick = self._clock()
        for source, counts in zip(sources, account.sources, strict=False):  # more may have been found meanwhile
            part = self._record(source, counts) if self._is_silent(source.id, counts, tick) else None
            if part is not None:
                yield RecordBatch((part,), np.zeros(1, np.int64), sources)

    def _is_silent(self, source: SourceId, counts: SourceAccount, tick: Nanos) -> bool:
        """Say once of bytes that are held that they have been the same for long enough."""
        if not counts.bytes_held:
            self._rests.pop(source, None)
            return False
        rest = self._rests.get(source)
        if rest is None or (rest.seen, rest.held) != (counts.bytes_seen, counts.bytes_held):
            rest = self._rests[source] = _Rest(counts.bytes_seen, counts.bytes_held, tick)
        if tick - rest.since < PATIENCE:
            return False
        self._rests[source] = rest._replace(since=FOREVER)
        return True

    def _record(self, source: Source, counts: SourceAccount) -> SourceBatch | None:
        """Read what a source holds; None: it is no single line, or nobody knows where it stands."""
        place = self._places.get(source.id)
        if place is None and counts.bytes_seen == counts.bytes_held and not counts.rotations:
            place = _Place(0, 0, NO_TIME)  # nothing else has come yet
        if place is None or counts.bytes_held > self._most:
            return None
        line = self._files.end_of(source.path, place.offset, counts.bytes_held)
        if line is None or NEWLINE in line:
            return None
        return self._parsed(source, place, line)

    def _parsed(self, source: Source, place: _Place, line: bytes) -> SourceBatch | None:
        """Return the record that a line is by itself, with the time of the record before where it has none."""
        parser = Parser(source, self._recognisers.of(source), self._most, Start(place.offset, place.generation))
        stamp = source.modified if place.time == NO_TIME else place.time
        parser.receive(Chunk.of(line), stamp)
        part = parser.finish(stamp)
        part = None if part is None else self._filter.keep(part)
        if part is None or len(part) != 1:
            return None
        return replace(part, ends=part.end_offsets - part.base)  # the newline that was added is not its own
