"""Streaming decoders behind one face: compressed bytes are taken from a source as room for plain ones is offered.

Memory is bounded by the pieces named here, whatever the data claims. Damage is reported after what could be decoded
before it; which codec a file needs is decided in ``compressed.py``.
"""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np

from logbraid.errors import SourceError
from logbraid.system.errors import reason
from logbraid.system.files import OpenSource

__all__ = ["BZ2", "GZIP", "XZ", "Decoder", "Frames", "Members"]

RAW: Final = 64 * 1024
"""Compressed bytes per read: large enough to hide the call, small enough for the second-level cache."""

SLICE: Final = 512
"""Compressed bytes per call of bz2 and xz, which on damage lose what that call had decoded: keep it little."""

STEP: Final = 64 * 1024
"""Plain bytes per call of bz2 and xz, for the same reason."""

MARK: Final = 0xFF
"""Put into a room before zstd and lz4 fill it: a byte that ends no text, and so shows how far they came."""

XZ_MEMORY: Final = 512 * 1024 * 1024
"""The largest dictionary that an xz file may ask for; ``xz -9`` asks for an eighth of it."""

DAMAGE: Final = (OSError, EOFError, ValueError, RuntimeError, lzma.LZMAError, zlib.error)
"""All that the decoders of the standard library raise for bad data."""


class Decoder(Protocol):
    """Takes compressed bytes from a source and puts plain ones into the room offered."""

    def decode_into(self, room: memoryview) -> int:
        """Fill some of ``room``; 0 only at the end. Raises SourceError for damage, after all that came before it."""


class Member(Protocol):
    """One compressed unit of several in a file: the face that bz2 and lzma share."""

    @property
    def eof(self) -> bool:
        """Whether its end was seen."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing can come out before more goes in."""

    @property
    def unused_data(self) -> bytes:
        """What was given beyond its end."""

    def decompress(self, data: memoryview, max_length: int) -> bytes:
        """Take all of ``data``, give at most ``max_length`` bytes."""


class Gunzip:
    """One gzip member with the face of bz2 and lzma; on damage, nothing decoded before it is lost."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._damage: zlib.error | None = None

    @property
    def eof(self) -> bool:
        """Whether the trailer was seen and its checksum held."""
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        """Whether everything given was used and nothing is wrong with it."""
        return not self._inflate.unconsumed_tail and not self._damage

    @property
    def unused_data(self) -> bytes:
        """What was given beyond the trailer."""
        return self._inflate.unused_data

    def decompress(self, data: memoryview, max_length: int) -> bytes:
        """Decode at most ``max_length`` bytes; damage is raised by the call after the one that met it."""
        if self._damage:
            raise self._damage
        given = self._inflate.unconsumed_tail or data
        before = self._inflate.copy()
        try:
            return self._inflate.decompress(given, max_length)
        except zlib.error as damage:
            self._damage = damage
            return salvage(before, bytes(given), max_length)


def salvage(inflate: zlib._Decompress, data: bytes, max_length: int) -> bytes:
    """Decode byte by byte up to the damage that is known to be in ``data``: zlib drops what it decoded before it."""
    plain = bytearray()
    try:
        for at in range(len(data)):
            plain += inflate.decompress(data[at : at + 1], max_length - len(plain))
            if len(plain) == max_length:
                break
    except zlib.error:
        pass
    return bytes(plain)


@dataclass(frozen=True, slots=True)
class Codec:
    """How a codec of the standard library wants to be called.

    Attributes:
        name: as shown in errors.
        start: makes the decoder of one member.
        slice_size: compressed bytes per call.
        step: plain bytes per call.
    """

    name: str
    start: Callable[[], Member]
    slice_size: int = SLICE
    step: int = STEP


GZIP: Final = Codec("gzip", Gunzip, slice_size=RAW, step=RAW * 1024)
BZ2: Final = Codec("bzip2", bz2.BZ2Decompressor)
XZ: Final = Codec("xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY))


class Members:
    """Decodes members that follow each other, zeros between and after them ignored: gzip, bz2, xz."""

    def __init__(self, raw: OpenSource, codec: Codec) -> None:
        self._raw = raw
        self._codec = codec
        self._member: Member | None = None
        self._damage: SourceError | None = None
        self._held = memoryview(bytearray(RAW))
        self._start = 0
        self._stop = 0

    def decode_into(self, room: memoryview) -> int:
        """Decode what is held; read more only while nothing has come of it, so that a live pipe is never held up."""
        filled = 0
        while filled < len(room) and not self._damage:
            if not self._ready() and (filled or not self._refill()):
                break
            plain = self._decode(min(self._codec.step, len(room) - filled))
            room[filled : filled + len(plain)] = plain
            filled += len(plain)
        if self._damage and not filled:
            raise self._damage
        return filled

    def _ready(self) -> bool:
        return self._start < self._stop or (self._member is not None and not self._member.needs_input)

    def _refill(self) -> bool:
        """Read more compressed bytes; False at a proper end."""
        self._start, self._stop = 0, self._raw.read_into(self._held)
        if not self._stop and self._member:
            raise SourceError(self._raw.path, f"truncated {self._codec.name} data")
        return self._stop > 0

    def _decode(self, limit: int) -> bytes:
        member = self._member or self._next_member()
        if member is None:
            return b""
        try:
            plain = member.decompress(self._given(member), limit)
        except DAMAGE as error:
            self._damage = SourceError(self._raw.path, f"corrupt {self._codec.name} data ({reason(error)})")
            return b""
        if member.eof:
            # What a member gives back is the end of what it was given last, and so lies just before ``_start``.
            self._start -= len(member.unused_data)
            self._member = None
        return plain

    def _next_member(self) -> Member | None:
        """Start a member at the first byte held that is not zero padding, if there is one."""
        held = self._held[self._start : self._stop].tobytes()
        self._start += len(held) - len(held.lstrip(b"\0"))
        if self._start < self._stop:
            self._member = self._codec.start()
        return self._member

    def _given(self, member: Member) -> memoryview:
        if not member.needs_input:
            return self._held[:0]
        start, self._start = self._start, min(self._stop, self._start + self._codec.slice_size)
        return self._held[start : self._start]


class Frames:
    """Decodes zstd and lz4 frames with Arrow, which is loaded here and not before."""

    def __init__(self, raw: OpenSource, codec: Literal["zstd", "lz4"]) -> None:
        import pyarrow as pa  # heavy, and needed for few files

        self._codec = codec
        self._reader = Reader(raw)
        self._damage: SourceError | None = None
        self._plain = pa.CompressedInputStream(pa.PythonFile(self._reader, mode="r"), codec)

    def decode_into(self, room: memoryview) -> int:
        """Fill ``room``; where Arrow meets damage half-way, the marks tell how much it had filled."""
        if self._damage:
            raise self._damage
        marked = np.frombuffer(room, np.uint8)
        marked.fill(MARK)
        try:
            return int(self._plain.readinto(room))
        except OSError as error:
            self._damage = self._reader.failure or SourceError(self._reader.raw.path, self._reason(error))
            filled = np.flatnonzero(marked != MARK)
            if not len(filled):
                raise self._damage from error
            return int(filled[-1]) + 1

    def _reason(self, error: OSError) -> str:
        detail = reason(error)
        return f"truncated {self._codec} data" if "truncated" in detail else f"corrupt {self._codec} data ({detail})"


class Reader(io.RawIOBase):
    """A source as the file object that Arrow reads from; remembers the source's own failure, which Arrow rewords."""

    def __init__(self, raw: OpenSource) -> None:
        super().__init__()
        self.raw = raw
        self.failure: SourceError | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]  # every writable buffer is fine
        """Read the next compressed bytes."""
        try:
            return self.raw.read_into(memoryview(room))
        except SourceError as failure:
            self.failure = failure
            raise
