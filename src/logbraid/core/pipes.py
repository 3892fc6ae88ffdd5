"""The sources that are read front to back: pipes, commands, compressed files. Nobody can go back in them.

What is asked of them and what they have given is kept here; where their bytes go is the live pipeline's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from logbraid.core.actions import Read
from logbraid.core.positions import GUARD, Place
from logbraid.core.types import Chunk, SourceId

__all__ = ["Pipes"]

PIPE_READ: Final = 64 << 10


class Pipes:
    """Which of them may be asked for more, and how far each has come.

    Attributes:
        waiting: those that wait for somebody, so that where they give nothing, there is nothing.
    """

    def __init__(self) -> None:
        self.waiting: set[SourceId] = set()
        self._ready: set[SourceId] = set()
        self._offsets: dict[SourceId, int] = {}
        self._skips: dict[SourceId, int] = {}  # bytes that an earlier run has read already

    def add(self, source: SourceId, *, waits: bool, place: Place | None = None) -> None:
        """Take one more; up to ``place`` it is only read over, as this file cannot be entered in its middle."""
        self._ready.add(source)
        self._offsets[source] = 0
        if waits:
            self.waiting.add(source)
        if place is not None and place.offset:
            self._skips[source] = place.offset

    def reads(self, may_read: Callable[[SourceId], bool]) -> Iterator[Read]:
        """Ask those that may be read; each once until it has answered."""
        for source in sorted(self._ready):
            if may_read(source):
                self._ready.discard(source)
                yield Read(source, PIPE_READ)

    def wants_read(self, may_read: Callable[[SourceId], bool]) -> bool:
        """Whether one of them can be asked now."""
        return any(map(may_read, self._ready))

    def receive(self, source: SourceId, chunk: Chunk) -> tuple[int, bytes]:
        """Take an answer, and leave in the chunk what is new; return its offset and the up to 64 bytes before it."""
        self._ready.add(source)
        skip = min(self._skips.get(source, 0), len(chunk))
        if skip:
            self._skips[source] -= skip
        guard = chunk.buffer[chunk.start + max(skip - GUARD, 0) : chunk.start + skip].tobytes()
        chunk.start += skip
        offset = self._offsets[source] + skip
        self._offsets[source] = offset + len(chunk)
        return offset, guard
