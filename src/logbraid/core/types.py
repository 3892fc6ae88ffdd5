"""The small words that every other module uses: numbers with a meaning, array aliases, the chunk and the source.

Nothing here knows about lines, timestamps or order, and nothing here imports another module of the package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, NewType, Protocol

import numpy as np
import numpy.typing as npt

__all__ = [
    "FOREVER",
    "HEADROOM",
    "NO_TIME",
    "PADDING",
    "SECOND",
    "Bool",
    "Bytes8",
    "Chunk",
    "FileStat",
    "Identity",
    "Int8",
    "Int32",
    "Int64",
    "Nanos",
    "Now",
    "Sibling",
    "Source",
    "SourceId",
    "Status",
    "UInt64",
]

SourceId = NewType("SourceId", int)
"""A source's place in the order of sources; breaks ties between equal times."""

Nanos = int
"""Nanoseconds since 1970-01-01T00:00:00Z."""

Bytes8 = npt.NDArray[np.uint8]
Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]
Bool = npt.NDArray[np.bool_]

SECOND: Final = 1_000_000_000
NO_TIME: Final = -(2**63)
"""In a column of times: this row has none. Sorts before every real time."""

FOREVER: Final = 2**63 - 1
"""Later than every real time."""

HEADROOM: Final = 4096
"""Bytes kept free before a chunk's data, so that the rest of the chunk before it fits in without moving the data."""

PADDING: Final = 128
"""Bytes kept after a chunk's data, so that a fixed-width window may be read at its last byte."""


class Now(NamedTuple):
    """What the clocks say: time is an argument everywhere, never a call.

    Attributes:
        tick: ns of a clock that never goes back: for waiting and for deadlines.
        wall: ns UTC: when a record was observed.
    """

    tick: Nanos
    wall: Nanos


class Status(Protocol):
    """What ``os.stat`` returns, as far as it is needed here."""

    @property
    def st_dev(self) -> int:
        """The device."""

    @property
    def st_ino(self) -> int:
        """The file on it."""


class Identity(NamedTuple):
    """Which file it is, whatever its names are."""

    device: int
    inode: int

    @classmethod
    def of(cls, status: Status) -> Identity:
        """The identity in a stat result."""
        return cls(status.st_dev, status.st_ino)


class FileStat(NamedTuple):
    """What a look at a regular file says: which one it is, its length in bytes, and when it was last written."""

    identity: Identity
    size: int
    modified: Nanos


class Sibling(NamedTuple):
    """A file that may have been rotated away from under a name, or a copy of what stood there.

    Attributes:
        path: its own name now.
        stat: what a look at it says.
        compressed: its content is compressed: it is read from its beginning, and offsets count plain bytes.
    """

    path: str
    stat: FileStat
    compressed: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A named origin of lines: a value, which reads nothing.

    Attributes:
        id: its place in the order of sources.
        path: the name it was given or found under.
        label: the short name that tells it apart from the others.
        modified: when it was last written, in ns: the year or date of timestamps that carry none is inferred from it.
        size: its length in bytes, or None where it cannot be known (a pipe, a compressed file).
        key: its path without links, by which a later run knows it again; empty: the path is that.
    """

    id: SourceId
    path: str
    label: str
    modified: Nanos
    size: int | None = None
    key: str = ""


class Chunk:
    """Bytes as read: ``buffer[start:stop]``, with room before and padding after.

    A reader fills ``room()`` and calls ``filled(n)``; a caller that has the bytes already uses ``Chunk.of(data)``.
    """

    __slots__ = ("buffer", "start", "stop")

    def __init__(self, size: int) -> None:
        self.buffer: Bytes8 = np.empty(HEADROOM + size + PADDING, np.uint8)
        # A position of -1, "nowhere", must never show what the memory held before.
        self.buffer[HEADROOM + size :] = 0
        self.start = HEADROOM
        self.stop = HEADROOM

    @classmethod
    def of(cls, data: bytes | bytearray | memoryview) -> Chunk:
        """Copy ``data`` into a new chunk."""
        chunk = cls(len(data))
        chunk.room()[: len(data)] = data
        return chunk.filled(len(data))

    def room(self) -> memoryview:
        """The bytes that a reader may still fill."""
        return memoryview(self.buffer)[self.stop : len(self.buffer) - PADDING]

    def filled(self, count: int) -> Chunk:
        """Say that ``count`` more bytes of the room hold data now."""
        self.stop += count
        self.buffer[self.stop : self.stop + PADDING] = 0
        return self

    def prepend(self, rest: Bytes8) -> Chunk:
        """Put the rest of the chunk before in front of the data, which moves only where the headroom is too small."""
        if len(rest) <= self.start:
            self.buffer[self.start - len(rest) : self.start] = rest
            self.start -= len(rest)
            return self
        joined = Chunk(len(rest) + len(self))
        joined.room()[: len(rest)] = memoryview(rest)
        joined.filled(len(rest))
        joined.room()[: len(self)] = memoryview(self.buffer)[self.start : self.stop]
        return joined.filled(len(self))

    def __len__(self) -> int:
        return self.stop - self.start

    def __bytes__(self) -> bytes:
        return self.buffer[self.start : self.stop].tobytes()
