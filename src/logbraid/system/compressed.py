"""Which bytes begin a compressed file, and the source that delivers such a file decompressed.

Files are known by their content; no name or suffix is looked at. How the codecs work is the business of
``decoders.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from logbraid.errors import SourceError
from logbraid.system.decoders import BZ2, GZIP, XZ, Decoder, Frames, Members
from logbraid.system.files import OpenSource

__all__ = ["CompressedSource", "codec_of", "may_become_compressed"]

MAGIC: Final[dict[str, tuple[bytes, ...]]] = {
    "gzip": (b"\x1f\x8b\x08",),
    "zstd": (b"\x28\xb5\x2f\xfd", *(bytes([n]) + b"\x2a\x4d\x18" for n in range(0x50, 0x60))),  # also skippable frames
    "bzip2": tuple(b"BZh%d%b" % (n, then) for n in range(1, 10) for then in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")),
    "xz": (b"\xfd7zXZ\x00",),
    "lz4": (b"\x04\x22\x4d\x18",),
}
"""How files begin; bzip2's own four bytes could begin a text, so what follows them (a block, or the end) counts too."""

DECODERS: Final[dict[str, Callable[[OpenSource], Decoder]]] = {
    "gzip": lambda raw: Members(raw, GZIP),
    "zstd": lambda raw: Frames(raw, "zstd"),
    "bzip2": lambda raw: Members(raw, BZ2),
    "xz": lambda raw: Members(raw, XZ),
    "lz4": lambda raw: Frames(raw, "lz4"),
}


def codec_of(head: bytes) -> str | None:
    """The codec that a file beginning with ``head`` is compressed with; None: it is not compressed."""
    return next((codec for codec, magics in MAGIC.items() if head.startswith(magics)), None)


def may_become_compressed(head: bytes) -> bool:
    """Whether ``head`` is only the beginning of a magic number, so that more bytes are needed to know."""
    return any(magic.startswith(head) and magic != head for magics in MAGIC.values() for magic in magics)


class CompressedSource:
    """The decompressed content of another source; truncated or corrupt data fails after all that can be decoded.

    Args:
        raw: the compressed source, at its beginning.
        codec: a name that ``codec_of`` gave.
    """

    size = None
    seekable = False

    def __init__(self, raw: OpenSource, codec: str) -> None:
        self.path = raw.path
        self.modified = raw.modified
        self.blocking = raw.blocking
        self._raw = raw
        self._codec = codec
        self._decoder: Decoder | None = None

    def read_into(self, room: memoryview) -> int:
        """Decompress the next bytes, no more than there is room for; 0 at the end."""
        if self._decoder is None:
            self._decoder = DECODERS[self._codec](self._raw)
        return self._decoder.decode_into(room) if room else 0

    def read_at(self, room: memoryview, offset: int) -> int:
        """Not possible without decompressing everything before it."""
        raise SourceError(self.path, "a compressed file is read from its beginning only")

    def close(self) -> None:
        """Close the compressed source."""
        self._raw.close()
