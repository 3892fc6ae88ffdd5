"""The fast lane of arrival order: complete lines go on as they came, chunk by chunk, and nothing looks inside them.

It keeps back the line that has not ended, at most ``max_record`` bytes of it for each source. It knows no timestamps,
holds nobody back and imports no Arrow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from logbraid.core.account import SourceAccount
from logbraid.core.events import Event, RecordCut
from logbraid.core.lane import Lane
from logbraid.core.linewise import LineBatch, LinePart
from logbraid.core.options import Options
from logbraid.core.passage import Passage, forget_done, guard_behind
from logbraid.core.positions import Mark, Passed
from logbraid.core.types import Chunk, Nanos, Source, SourceId

__all__ = ["LineLane"]

_NEWLINE: Final = b"\n"
_NEWLINE_BYTE: Final = 0x0A
_LAST_LOOK: Final = 4096
"""Bytes at the end of a chunk in which the last newline is nearly always found."""


class _LinePassage(Passage):
    """One generation: the line that has not ended, behind what may leave.

    Attributes:
        source: whose it is.
        offset: of the line's first byte that may not leave yet.
        guard: the up to 64 bytes before it.
        rest: what is there of the line.
        torn: bytes of the line before the offset have been let go already.
        waiting: bytes before the offset that wait for the next release.
        left: how far those before them have left; None where none wait.
    """

    __slots__ = ("guard", "left", "offset", "rest", "source", "torn", "waiting")

    def __init__(self, source: SourceId, generation: int, offset: int, guard: bytes) -> None:
        super().__init__(generation, offset)
        self.source = source
        self.waiting = 0
        self.left: Mark | None = None
        self.begin_at(offset, guard)

    def begin_at(self, offset: int, guard: bytes) -> None:
        """Begin a line here."""
        self.offset = offset
        self.guard = guard
        self.rest = b""
        self.torn = False

    @property
    def received(self) -> int:
        """Offset behind the last byte that came."""
        return self.offset + len(self.rest)

    def let_go(self, data: memoryview, size: int, lines: int, *, torn: bool) -> LinePart:
        """Return what may leave: ``data`` begins at the offset, and ``size`` bytes of it are the file's own."""
        part = LinePart(self.source, self.generation, self.offset, data, size, lines, torn, joins=self.torn)
        self.left = self.left or Mark(self.offset, self.guard)
        self.waiting += size
        self.begin_at(self.offset + size, guard_behind(self.guard, data, 0, size))
        self.torn = torn
        return part

    def release(self) -> None:
        """Take note that what waited has left."""
        self.left, self.waiting = None, 0

    @property
    def waits(self) -> bool:
        """Whether something is here that has not left."""
        return self.left is not None or bool(self.rest)

    @property
    def passed(self) -> Passed:
        """How far it has left."""
        offset, guard = self.left or (self.offset, self.guard)
        return Passed(self.generation, offset, guard, self.received)


class LineLane(Lane):
    """Passes on whole lines."""

    most_read = 1 << 20
    round = 1 << 20  # so that what is behind comes one part at a time, which is written as it was read

    def __init__(self, sources: Sequence[Source], options: Options) -> None:
        self._sources = sources
        self._longest = options.max_record
        self._passages: dict[SourceId, dict[int, _LinePassage]] = {}
        self._parts: list[LinePart] = []
        self._leaving: list[_LinePassage] = []  # those that the parts come from
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
        passage = self._passage(source, generation, offset, guard)
        if passage.rest:
            chunk = chunk.prepend(np.frombuffer(passage.rest, np.uint8))
        data = memoryview(chunk.buffer)[chunk.start : chunk.stop]
        whole = _complete(chunk)
        if whole:
            lines = int(np.count_nonzero(chunk.buffer[chunk.start : chunk.start + whole] == _NEWLINE_BYTE))
            self._let_go(passage, data[:whole], whole, lines)
        passage.rest = bytes(data[whole:])
        if len(passage.rest) >= self._longest:
            self._cut_line(passage)

    def leave(self, source: SourceId, generation: int, now: Nanos) -> None:
        """Complete the last line: one without a newline gets one, so that lines never glue."""
        passage = self._passages.get(source, {}).get(generation)
        if passage is not None:
            self._end_line(passage)

    def end(self, source: SourceId, generation: int, now: Nanos) -> None:
        """Forget a generation, once its last line has left."""
        self.leave(source, generation, now)
        passages = self._passages.get(source, {})
        if generation in passages:
            passages[generation].ended = True
            forget_done(passages)

    def finish(self, source: SourceId, now: Nanos) -> None:
        """Complete the last line of every generation."""
        for generation in self._passages.get(source, {}):
            self.leave(source, generation, now)

    def _passage(self, source: SourceId, generation: int, offset: int, guard: bytes) -> _LinePassage:
        passages = self._passages.setdefault(source, {})
        passage = passages.get(generation)
        if passage is None:
            passage = passages[generation] = _LinePassage(source, generation, offset, guard)
        elif passage.received != offset:  # bytes between are lost
            self._end_line(passage)
            passage.begin_at(offset, guard)
        passage.ended = False
        return passage

    def _end_line(self, passage: _LinePassage) -> None:
        if passage.rest or passage.torn:
            self._let_go(passage, memoryview(passage.rest + _NEWLINE), len(passage.rest), 1)

    def _cut_line(self, passage: _LinePassage) -> None:
        """Let a line that is too long leave in pieces, so that memory stays bounded."""
        if not passage.torn:
            self._cut[passage.source] += 1
            self._events.append(RecordCut(self._sources[passage.source].path, passage.offset, self._longest))
        self._let_go(passage, memoryview(passage.rest), len(passage.rest), 0, torn=True)

    def _let_go(self, passage: _LinePassage, data: memoryview, size: int, lines: int, *, torn: bool = False) -> None:
        """Let what stands at the offset leave with the next release."""
        if passage.left is None:
            self._leaving.append(passage)
        self._parts.append(passage.let_go(data, size, lines, torn=torn))
        self._size += size

    def held(self, source: SourceId) -> int:
        """Return how many bytes of a source were received and have not left."""
        return sum(passage.waiting + len(passage.rest) for passage in self._passages.get(source, {}).values())

    def passed(self, source: SourceId) -> list[Passed]:
        """Return how far each generation has left, in their order."""
        passages = self._passages.get(source, {})
        forget_done(passages)
        return [passage.passed for _, passage in sorted(passages.items())]

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
        for passage in self._leaving:
            passage.release()
        batch = LineBatch(tuple(self._parts), self._sources, self._open)
        self._open = batch.open_after
        self._parts, self._leaving, self._size = [], [], 0
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
