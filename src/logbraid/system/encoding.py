"""UTF-16 and UTF-32 text, known by its byte order mark, delivered as UTF-8.

A UTF-8 byte order mark is not handled here: it is part of the first line and the core's business. Text without a
mark is never guessed at.
"""

from __future__ import annotations

import codecs
from typing import Final

from logbraid.errors import SourceError
from logbraid.system.files import OpenSource

__all__ = ["TranscodedSource", "encoding_of", "may_become_encoded"]

MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16 does, so it is asked for first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

RAW: Final = 64 * 1024
"""Encoded bytes per read."""


def encoding_of(head: bytes) -> str | None:
    """The encoding that the byte order mark at the start of ``head`` stands for; None: there is no such mark."""
    return next((encoding for mark, encoding in MARKS if head.startswith(mark)), None)


def may_become_encoded(head: bytes) -> bool:
    """Whether ``head`` is only the beginning of a byte order mark, so that more bytes are needed to know."""
    return any(mark.startswith(head) and mark != head for mark, _ in MARKS)


class TranscodedSource:
    """The text of another source as UTF-8, without its byte order mark; units that mean nothing become U+FFFD.

    Args:
        raw: the encoded source, at its beginning.
        encoding: a name that ``encoding_of`` gave.
    """

    size = None
    seekable = False

    def __init__(self, raw: OpenSource, encoding: str) -> None:
        self.path = raw.path
        self.modified = raw.modified
        self.blocking = raw.blocking
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._scratch = memoryview(bytearray(RAW))
        self._text = memoryview(b"")
        self._ended = False

    def read_into(self, room: memoryview) -> int:
        """Transcode the next bytes; 0 at the end."""
        while not self._text and not self._ended:
            count = self._raw.read_into(self._scratch)
            self._ended = not count
            text = self._decoder.decode(self._scratch[:count], final=self._ended)
            self._text = memoryview(text.encode("utf-8"))
        count = min(len(room), len(self._text))
        room[:count] = self._text[:count]
        self._text = self._text[count:]
        return count

    def read_at(self, room: memoryview, offset: int) -> int:
        """Not possible: places in the text are not places in the file."""
        raise SourceError(self.path, "a transcoded file is read from its beginning only")

    def close(self) -> None:
        """Close the encoded source."""
        self._raw.close()
