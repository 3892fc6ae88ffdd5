"""The plain content of one compressed file while it is being followed: read forward, at any offset, again and again.

Where the compressed bytes come from is the caller's matter, and how they are decoded that of ``content.py`` and below.
Nothing here opens or closes a file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from logbraid.errors import SourceError
from logbraid.system.compressed import codec_of, may_become_compressed
from logbraid.system.content import PlainSource
from logbraid.system.errors import reading

__all__ = ["Archive", "Stored", "is_compressed"]

Stored = Callable[[memoryview, int], int]
"""Reads the bytes as they are stored, at an offset; fewer than there is room for only at their end."""

HEAD: Final = 16
"""Stored bytes that show which codec it is."""

SKIPPED: Final = 256 * 1024
"""Plain bytes decoded at a time to be thrown away."""


def is_compressed(stored: Stored) -> bool:
    """Whether the content is, or may be going to be, that of a compressed file."""
    head = _head(stored)
    return codec_of(head) is not None or (head != b"" and may_become_compressed(head))


def _head(stored: Stored) -> bytes:
    room = memoryview(bytearray(HEAD))
    return room[: stored(room, 0)].tobytes()


class Archive:
    """One compressed file; offsets count plain bytes.

    Reading on costs what it delivers, going back means starting again. What cannot be decoded yet, because the file
    is still being written, counts as not there; when more is there, the file is decoded from its beginning once more
    (a debt: the decoders cannot all go on after an end). Damage is told once, by a read that raises; after that it is
    the end of the file, or what lies before it could never be delivered to somebody for whom less than he asked for
    means the end. The decoder is given back at the end, however that came about.

    Args:
        path: for error texts.
    """

    __slots__ = ("_damaged", "_end", "_forward", "_offset", "_path")

    def __init__(self, path: str) -> None:
        self._path = path
        self._forward: _Forward | None = None
        self._offset = 0
        self._end: int | None = None
        self._damaged = False

    def read(self, room: memoryview, offset: int, stored: Stored) -> int:
        """Fill ``room`` with the plain bytes at ``offset``; fewer only at the end, as far as it can be decoded now.

        Raises:
            SourceError: the data is damaged (once), or cannot be read.
        """
        if self._end is not None and offset >= self._offset and not stored(memoryview(bytearray(1)), self._end):
            return 0
        try:
            forward = self._at(offset, stored)
            return self._fill(forward, room) if forward else 0
        except SourceError as error:
            self._restart()
            self._damaged = self._damaged or error.errno is None
            raise

    def _restart(self) -> None:
        self._forward, self._offset, self._end = None, 0, None

    def _at(self, offset: int, stored: Stored) -> _Forward | None:
        """The decoder, moved on to ``offset``; None where the content ends before it, or has not begun."""
        if self._end is not None or offset < self._offset:
            self._restart()
        if self._forward is None:
            head = _head(stored)
            if codec_of(head) is None and may_become_compressed(head):
                self._end = len(head)
                return None
            self._forward = _Forward.begin(self._path, stored)
        self._forward.source.stored = stored
        skipped = memoryview(bytearray(min(SKIPPED, offset - self._offset)))
        while self._end is None and (short := offset - self._offset):
            self._fill(self._forward, skipped[:short])
        return self._forward if self._end is None else None

    def _fill(self, forward: _Forward, room: memoryview) -> int:
        filled = 0
        while filled < len(room):
            count = self._next(forward, room[filled:])
            if not count:
                self._end = forward.source.offset
                self._forward = None
                break
            filled += count
            self._offset += count
        return filled

    def _next(self, forward: _Forward, room: memoryview) -> int:
        try:
            return forward.plain.read_into(room)
        except SourceError as error:
            if error.errno is None and (forward.source.ended or self._damaged):
                return 0
            raise


class _StoredSource:
    """The stored bytes as a source that is read forward; remembers when there were no more."""

    size = None
    seekable = False
    blocking = False
    modified = 0

    def __init__(self, path: str, stored: Stored) -> None:
        self.path = path
        self.stored = stored
        self.offset = 0
        self.ended = False

    def read_into(self, room: memoryview) -> int:
        """Read the next stored bytes."""
        with reading(self.path):
            count = self.stored(room, self.offset)
        self.offset += count
        self.ended = self.ended or not count
        return count

    def read_at(self, room: memoryview, offset: int) -> int:
        """Not needed."""
        raise SourceError(self.path, "a compressed file is read forward")

    def close(self) -> None:
        """The file is somebody else's."""


class _Forward(NamedTuple):
    """A decoder and what it takes its bytes from."""

    source: _StoredSource
    plain: PlainSource

    @classmethod
    def begin(cls, path: str, stored: Stored) -> _Forward:
        source = _StoredSource(path, stored)
        return cls(source, PlainSource(source))
