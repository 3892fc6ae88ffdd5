"""What every open source can do, and the source that is a regular file on this machine.

A source here hands out bytes as they are stored: what they mean (compressed, UTF-16) is decided in ``content.py``,
and following a file that grows is not done here.
"""

from __future__ import annotations

import os
from typing import Protocol

from logbraid.core.types import Identity, Nanos
from logbraid.errors import SourceError
from logbraid.system.descriptors import Descriptors
from logbraid.system.errors import reading

__all__ = ["LocalFile", "OpenSource"]


class OpenSource(Protocol):
    """Where the bytes of one source come from.

    A source that has failed goes on failing: whoever read a few bytes ahead may drop the error and meet it again.
    """

    @property
    def path(self) -> str:
        """The name it was given or found under."""

    @property
    def modified(self) -> Nanos:
        """When it was last written."""

    @property
    def size(self) -> int | None:
        """Its length in bytes; None: unknown until the end."""

    @property
    def seekable(self) -> bool:
        """Whether ``read_at`` may be called."""

    @property
    def blocking(self) -> bool:
        """Whether a read may wait for a peer, for ever perhaps: a FIFO, stdin, a command."""

    def read_into(self, room: memoryview) -> int:
        """Read the next bytes into ``room``; return how many, 0 only at the end. Raises SourceError."""

    def read_at(self, room: memoryview, offset: int) -> int:
        """Read the bytes at ``offset`` into ``room``, leaving ``read_into`` where it is; only where seekable."""

    def close(self) -> None:
        """Give back what the system lent; may be called again, and while another thread reads."""


class LocalFile:
    """A regular file, as long as it was when it was found: what is appended later belongs to a later run.

    Opened when first read; its descriptor is lent by a budget and may be taken back between two reads. Then the file
    is opened by name again, and must still be the same file. A file that was shortened fails at its new end.
    """

    seekable = True
    blocking = False

    def __init__(self, path: str, status: os.stat_result, descriptors: Descriptors) -> None:
        self.path = path
        self.size = status.st_size
        self.modified: Nanos = status.st_mtime_ns
        self._identity = Identity.of(status)
        self._descriptors = descriptors
        self._offset = 0

    def read_into(self, room: memoryview) -> int:
        """Read the next bytes; 0 at the end."""
        count = self.read_at(room, self._offset)
        self._offset += count
        return count

    def read_at(self, room: memoryview, offset: int) -> int:
        """Read at ``offset``, not past the size the file was found with."""
        room = room[: max(0, self.size - offset)]
        if not room:
            return 0
        with reading(self.path), self._descriptors.use(self, self._open) as descriptor:
            count = os.preadv(descriptor, [room], offset)
        if not count:
            raise SourceError(self.path, "shortened while being read")
        return count

    def close(self) -> None:
        """Give the descriptor back."""
        self._descriptors.close(self)

    def _open(self) -> int:
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        if Identity.of(os.fstat(descriptor)) != self._identity:
            os.close(descriptor)
            raise SourceError(self.path, "replaced while being read")
        return descriptor
