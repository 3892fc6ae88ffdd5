"""What a source's first bytes say about the rest: plain text, binary data, or layers to be taken off.

Only content decides, never a name. A source whose first bytes cannot be had without waiting (a pipe) is wrapped at
once and looked at when it is first read.
"""

from __future__ import annotations

from typing import Final

from logbraid.errors import SourceError
from logbraid.system.compressed import CompressedSource, codec_of, may_become_compressed
from logbraid.system.encoding import TranscodedSource, encoding_of, may_become_encoded
from logbraid.system.files import OpenSource

__all__ = ["HEAD", "PlainSource", "is_binary", "is_plain"]

HEAD: Final = 8 * 1024
"""Bytes that are looked at."""

LAYERS: Final = 3
"""Compressions inside each other that are taken off; more are somebody's joke."""


def is_plain(head: bytes) -> bool:
    """Whether a source that begins with ``head`` can be delivered as it is stored."""
    return codec_of(head) is None and encoding_of(head) is None


def is_binary(head: bytes) -> bool:
    """Whether a source that begins with ``head`` holds NUL bytes without being compressed, UTF-16 or UTF-32."""
    return b"\0" in head and is_plain(head)


class PlainSource:
    """Another source with its compression and its encoding taken off, both found out at the first read."""

    size = None
    seekable = False

    def __init__(self, raw: OpenSource) -> None:
        self.path = raw.path
        self.modified = raw.modified
        self.blocking = raw.blocking
        self._raw = raw
        self._plain: OpenSource | None = None

    def read_into(self, room: memoryview) -> int:
        """Read the next plain bytes; 0 at the end."""
        if self._plain is None:
            self._plain = unwrapped(self._raw)
        return self._plain.read_into(room)

    def read_at(self, room: memoryview, offset: int) -> int:
        """Not possible: what lies under it may be compressed or a pipe."""
        raise SourceError(self.path, "this source is read from its beginning only")

    def close(self) -> None:
        """Close the source underneath."""
        self._raw.close()


class RewoundSource:
    """Another source and, before it, the bytes that were read from it already."""

    size = None
    seekable = False

    def __init__(self, raw: OpenSource, head: bytes) -> None:
        self.path = raw.path
        self.modified = raw.modified
        self.blocking = raw.blocking
        self._raw = raw
        self._head = memoryview(head)

    def read_into(self, room: memoryview) -> int:
        """Read the head first, then on."""
        if not self._head:
            return self._raw.read_into(room)
        count = min(len(room), len(self._head))
        room[:count] = self._head[:count]
        self._head = self._head[count:]
        return count

    def read_at(self, room: memoryview, offset: int) -> int:
        """Not possible: the source underneath has moved on."""
        raise SourceError(self.path, "this source is read from its beginning only")

    def close(self) -> None:
        """Close the source underneath."""
        self._raw.close()


def unwrapped(raw: OpenSource) -> OpenSource:
    """Take off layer by layer until text, or what nobody knows, is left."""
    for _ in range(LAYERS):
        head = first_bytes(raw)
        raw = RewoundSource(raw, head)
        if codec := codec_of(head):
            raw = CompressedSource(raw, codec)
        elif encoding := encoding_of(head):
            return TranscodedSource(raw, encoding)
        else:
            break
    return raw


def first_bytes(raw: OpenSource) -> bytes:
    """Read enough to know the content, but no more: a slow pipe is waited on only for the rest of a magic number.

    A failure after the first byte is left to the next read, which meets it again.
    """
    scratch = memoryview(bytearray(HEAD))
    filled = raw.read_into(scratch)
    while filled and is_undecided(scratch[:filled].tobytes()):
        try:
            count = raw.read_into(scratch[filled:])
        except SourceError:
            break
        if not count:
            break
        filled += count
    return scratch[:filled].tobytes()


def is_undecided(head: bytes) -> bool:
    """Whether ``head`` is too short to know the content."""
    return may_become_compressed(head) or may_become_encoded(head)
