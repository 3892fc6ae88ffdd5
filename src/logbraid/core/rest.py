"""What a parser keeps of a source until more comes: its open record, which can grow without being read again.

Bytes only, in the order in which they came. Whether what comes makes the record longer, or begins another, is for the
parser to know.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from logbraid.core.types import Bytes8, Chunk

__all__ = ["Rest"]

_NOTHING: Final = np.empty(0, np.uint8)


class Rest:
    """The bytes that have not left.

    Args:
        data: the bytes.
        newest: where the last record in it begins; None: nobody has looked for records in it.
        untimed: how many lines without a time it ends with.

    Attributes:
        line: where the line begins that has not ended; 0: no line has.
    """

    __slots__ = ("_data", "_more", "line", "newest", "untimed")

    def __init__(self, data: Bytes8 = _NOTHING, newest: int | None = None, untimed: int = 0) -> None:
        self.newest = newest
        self.untimed = untimed
        self.line = data.tobytes().rfind(b"\n") + 1
        self._data = data
        self._more = bytearray()

    def __len__(self) -> int:
        return len(self._data) + len(self._more)

    def __bytes__(self) -> bytes:
        return self._data.tobytes() + self._more

    def before(self, chunk: Chunk) -> Chunk:
        """Return a chunk with all of it and what comes behind it."""
        if self._more:
            chunk = chunk.prepend(np.frombuffer(self._more, np.uint8))
        return chunk.prepend(self._data)

    def line_before(self, chunk: Chunk) -> Chunk:
        """Return a chunk with the line that has not ended and what comes behind it."""
        size = len(self._data)
        parts = (self._data[self.line :].tobytes(), self._more[max(self.line - size, 0) :], bytes(chunk))
        return Chunk.of(b"".join(parts))

    def grow(self, chunk: Chunk, newlines: int, untimed: int) -> None:
        """Take what only makes the last record longer.

        Args:
            chunk: the bytes.
            newlines: offset in them behind the last newline; 0 where there is none.
            untimed: how many lines without a time it ends with then.
        """
        if newlines:
            self.line = len(self) + newlines
            self.untimed = untimed
        self._more += memoryview(chunk.buffer)[chunk.start : chunk.stop]
