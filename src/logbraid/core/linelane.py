"""The fast lane of arrival order: complete lines go on as they came, chunk by chunk, and nothing looks inside them.

It keeps back the line that has not ended, at most ``max_record`` bytes of it for each source. It knows no timestamps,
holds nobody back and imports no Arrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from logbraid.core.account import SourceAccount
from logbraid.core.events import Event, RecordCut
from logbraid.core.lane import Lane
from logbraid.core.linewise import LineBatch, LinePart
from logbraid.core.options import Options
from logbraid.core.types import Chunk, Nanos, Source, SourceId

__all__ = ["LineLane"]

_NEWLINE: Final = b"\n"
_NEWLINE_BYTE: Final = 0x0A
_LAST_LOOK: Final = 4096
"""Bytes at the end of a chunk in which the last newline is nearly always found."""


@dataclass(slots=True)
class _Rest:
    """A line that has not ended.

    Attributes:
        offset: of its first byte that has not left.
        data: what is there of it and has not left.
        torn: bytes before it have left already.
    """

    offset: int
    data: bytes = b""
    torn: bool = False


class LineLane(Lane):
    """Passes on whole lines."""

    most_read = 1 << 20
    round = 1 << 20  # so that what is behind comes one part at a time, which is written as it was read

    def __init__(self, sources: Sequence[Source], options: Options) -> None:
        self._sources = sources
        self._longest = options.max_record
        self._rests: dict[SourceId, dict[int, _Rest]] = {}
        self._parts: list[LinePart] = []
        self._size = 0
        self._open: SourceId | None = None
        self._cut: Counter[SourceId] = Counter()
        self._lines: Counter[SourceId] = Counter()
        self._bytes: Counter[SourceId] = Counter()
        self._events: list[Event] = []

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
        rest = self._take_rest(source, generation) or _Rest(offset)
        if rest.data:
            chunk = chunk.prepend(np.frombuffer(rest.data, np.uint8))
        data = memoryview(chunk.buffer)[chunk.start : chunk.stop]
        whole = _complete(chunk)
        if whole:
            lines = int(np.count_nonzero(chunk.buffer[chunk.start : chunk.start + whole] == _NEWLINE_BYTE))
            self._add(LinePart(source, generation, rest.offset, data[:whole], whole, lines, joins=rest.torn))
            rest = _Rest(rest.offset + whole)
        if whole < len(data) or rest.torn:
            self._keep(source, generation, _Rest(rest.offset, bytes(data[whole:]), rest.torn))

    def leave(self, source: SourceId, generation: int, now: Nanos) -> None:
        """Complete the last line: one without a newline gets one, so that lines never glue."""
        rest = self._take_rest(source, generation)
        if rest is not None:
            data = memoryview(rest.data + _NEWLINE)
            self._add(LinePart(source, generation, rest.offset, data, len(rest.data), 1, joins=rest.torn))

    def finish(self, source: SourceId, now: Nanos) -> None:
        """Complete the last line of every generation."""
        for generation in list(self._rests.get(source, ())):
            self.leave(source, generation, now)

    def _take_rest(self, source: SourceId, generation: int) -> _Rest | None:
        rests = self._rests.get(source)
        if rests is None:
            return None
        rest = rests.pop(generation, None)
        if not rests:
            del self._rests[source]
        return rest

    def _keep(self, source: SourceId, generation: int, rest: _Rest) -> None:
        """Keep the line that goes on; one that is too long leaves in pieces, so that memory stays bounded."""
        if len(rest.data) >= self._longest:
            if not rest.torn:
                self._cut[source] += 1
                self._events.append(RecordCut(self._sources[source].path, rest.offset, self._longest))
            piece = memoryview(rest.data)
            self._add(LinePart(source, generation, rest.offset, piece, len(piece), 0, torn=True, joins=rest.torn))
            rest = _Rest(rest.offset + len(piece), torn=True)
        self._rests.setdefault(source, {})[generation] = rest

    def _add(self, part: LinePart) -> None:
        self._parts.append(part)
        self._size += part.size

    def held(self, source: SourceId) -> int:
        """Return how many bytes of a source wait for the end of their line."""
        return sum(len(rest.data) for rest in self._rests.get(source, {}).values())

    @property
    def size(self) -> int:
        """Bytes that wait to be released."""
        return self._size

    def release(self) -> LineBatch | None:
        """Return every whole line that came since the last call."""
        if not self._parts:
            return None
        for part in self._parts:
            self._lines[part.source] += part.lines
            self._bytes[part.source] += part.size
        batch = LineBatch(tuple(self._parts), self._sources, self._open)
        self._open = batch.open_after
        self._parts, self._size = [], 0
        return batch

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        events, self._events = self._events, []
        return events

    def count(self, source: SourceId, account: SourceAccount) -> None:
        """Enter how many lines left, and how many were cut; here, a line is a record."""
        account.records, account.bytes_emitted = self._lines[source], self._bytes[source]
        account.cut = self._cut[source]


def _complete(chunk: Chunk) -> int:
    """Return how many bytes of the chunk are whole lines."""
    stop, step = chunk.stop, _LAST_LOOK
    while stop > chunk.start:
        begin = max(chunk.start, stop - step)
        place = chunk.buffer[begin:stop].tobytes().rfind(_NEWLINE)
        if place >= 0:
            return begin + place + 1 - chunk.start
        stop, step = begin, step * 4
    return 0
