"""The file that a run without an end writes to: locked for this run alone, and known to its last byte.

It is under its name from the beginning, so what stands in it is true at any moment: whatever fails, no half line is
left for the next one to glue to. Whether what was there before stays is for others to say.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from typing import Final

from logbraid.core.positions import GUARD
from logbraid.core.types import Identity
from logbraid.errors import SinkError
from logbraid.sinks.base import Renderer, RenderingSink
from logbraid.sinks.file import write_some, writing

__all__ = ["GrowingFile", "GrowingSink", "before", "cut_rotated"]

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
_NEW: Final = _FLAGS | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_NEWLINE: Final = ord("\n")

_sync_data = getattr(os, "fdatasync", os.fsync)  # macOS has only the latter


class GrowingFile:
    """A file that is appended to, or whatever else is there under the name (a FIFO, ``/dev/null``).

    A link that leads to a file is followed: who named it meant the file. One that leads to nothing is not, or whoever
    planted it would say where the new file is made.

    Args:
        path: the file; it is made where it is missing.

    Attributes:
        place: where the file is, without links.
        descriptor: its number stays the same whichever file it leads to.
        regular: it is a file, and can be cut and read again.
        created: it was made just now.
        length: bytes in the file, as far as this run knows.
        unwritten: bytes of the write under way that have not been taken yet; any thread may look.

    Raises:
        SinkError: it cannot be opened, or another run writes to it.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self.unwritten = 0
        self.length = 0
        self._half = 0  # of what was written here, bytes behind the last newline
        self._ending = b""
        self._open_still = True
        with writing(path):
            self.descriptor, self.created = _opened(path)
        self.place = os.path.realpath(path)
        self._linked = os.path.islink(path)
        try:
            self._adopt()
        except BaseException:
            self.abandon()
            raise

    @property
    def whole(self) -> bool:
        """Whether the last line has its newline."""
        return not self._ending or self._ending[-1] == _NEWLINE

    @property
    def guard(self) -> bytes:
        """The up to 64 bytes before the end."""
        return self._ending[-GUARD:]

    @property
    def status(self) -> os.stat_result:
        """What the system says of the file."""
        with writing(self.name):
            return os.fstat(self.descriptor)

    @property
    def has_its_name(self) -> bool:
        """Whether the file is still where it was."""
        try:
            return os.path.samestat(os.lstat(self.place), self.status)
        except OSError:
            return False

    def write(self, rest: memoryview) -> None:
        """Append bytes; what cannot be written to its end is cut back to the last whole line.

        Raises:
            SinkError: the output refused it.
        """
        try:
            with writing(self.name):
                while rest:
                    self.unwritten = len(rest)
                    count = write_some(self.descriptor, rest)
                    self._count(rest[:count])
                    rest = rest[count:]
        except SinkError:
            self._cut_back()
            raise
        self.unwritten = 0

    def end_line(self) -> None:
        """Give the last line its newline, if it lacks one."""
        if not self.whole:
            self.write(memoryview(b"\n"))

    def cut(self, length: int) -> None:
        """Cut off what is behind ``length`` bytes, where a line ends."""
        with writing(self.name):
            os.ftruncate(self.descriptor, length)
        self._look(length)

    def sync(self) -> None:
        """Wait until what was written is on the disk; any thread may do so."""
        if self.regular:
            with writing(self.name):
                _sync_data(self.descriptor)

    def sync_name(self) -> None:
        """Wait until it is on the disk that the file has its name, where the file system knows how to."""
        with contextlib.suppress(OSError):
            directory = os.open(os.path.dirname(self.place), os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    def switch(self, *, empty: bool = False) -> bool:
        """Go on in a new file under the name, if the name leads to another one now or to none.

        Args:
            empty: there must be nothing in it.

        Returns:
            Whether there is a new file.

        Raises:
            SinkError: the new file cannot be opened; the old one is written on.
        """
        if self._linked:  # it may lead elsewhere now
            self.place = os.path.realpath(self.name)
        with writing(self.name):
            new, created = _opened(self.place, os.O_NOFOLLOW)
            try:
                old = os.fstat(self.descriptor)
                if os.path.samestat(os.fstat(new), old):
                    return False
                if empty and os.fstat(new).st_size:
                    raise SinkError(f"{self.name}: a new file is there and is not empty: the old one is written on")
                _lock(new, self.name)
                if created:
                    os.fchmod(new, stat.S_IMODE(old.st_mode))
                # The number stays, so whoever writes meanwhile writes to the one file or the other.
                os.dup2(new, self.descriptor, inheritable=False)
            finally:
                os.close(new)
        self._adopt()
        return True

    def close(self) -> None:
        """Close the file; may be called again."""
        # Once only, even where closing fails: the number may be another file's by then.
        if self._open_still:
            self._open_still = False
            with writing(self.name):
                os.close(self.descriptor)

    def discard(self) -> None:
        """Close the file, and remove it if it was made for nothing. Never raises."""
        with contextlib.suppress(OSError, SinkError):
            if self.created and not self.status.st_size and self.has_its_name:
                os.unlink(self.place)
        self.abandon()

    def abandon(self) -> None:
        """Close the file as it is. Never raises."""
        with contextlib.suppress(SinkError):
            self.close()

    def _adopt(self) -> None:
        """Take the file as it is now, alone."""
        status = self.status
        self.regular = stat.S_ISREG(status.st_mode)
        if self.regular:
            _lock(self.descriptor, self.name)
        self._look(status.st_size if self.regular else 0)

    def _look(self, length: int) -> None:
        """See how the file ends."""
        self.length = length
        self._ending = before(self.place, length) if length else b""
        self._half = 0

    def _count(self, written: memoryview) -> None:
        self.length += len(written)
        ending = bytes(written[-GUARD:])
        self._ending = ending if len(ending) == GUARD else (self._ending + ending)[-GUARD:]
        if written[-1] == _NEWLINE:  # as a batch nearly always ends
            self._half = 0
            return
        behind = len(written) - 1 - bytes(written).rfind(b"\n")
        self._half = behind if behind < len(written) else self._half + len(written)

    def _cut_back(self) -> None:
        """Remove half a line. Where even that fails, the next run ends or cuts it."""
        with contextlib.suppress(OSError):
            if self._half and self.regular:
                # By the size as it is now, as whoever rotates the output may have truncated it.
                size = os.fstat(self.descriptor).st_size
                os.ftruncate(self.descriptor, max(size - self._half, 0))
                self._half = 0


class GrowingSink(RenderingSink):
    """What every sink over such a file says of itself.

    Args:
        file: where the bytes go.
        renderer: what the bytes are.
    """

    def __init__(self, file: GrowingFile, renderer: Renderer) -> None:
        super().__init__(renderer)
        self.name = file.name
        self._file = file

    @property
    def descriptor(self) -> int:
        """Where the bytes go."""
        return self._file.descriptor

    @property
    def unwritten(self) -> int:
        """Bytes of the batch being written that have not been taken yet; any thread may look."""
        return self._file.unwritten


def before(path: str, offset: int) -> bytes:
    """Return the up to 64 bytes before an offset of a file, fewer where the file ends before it.

    Raises:
        SinkError: it cannot be read: an output itself is open for writing only.
    """
    with writing(path), open(path, "rb") as file:
        file.seek(max(offset - GUARD, 0))
        return file.read(min(offset, GUARD))


def cut_rotated(path: str, identity: Identity, length: int) -> None:
    """Cut off what is behind ``length`` bytes of a file that was an output before, and wait until that is on the disk.

    Raises:
        SinkError: it cannot be opened, is another file by now, or another run writes to it.
    """
    with writing(path):
        descriptor = os.open(path, _FLAGS | os.O_NOFOLLOW)
        try:
            if Identity.of(os.fstat(descriptor)) != identity:
                raise SinkError(f"{path}: it was replaced just now: start again")
            _lock(descriptor, path)
            os.ftruncate(descriptor, length)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _opened(path: str, more: int = 0) -> tuple[int, bool]:
    """Open a file that is there, or make it; say whether it was made."""
    while True:
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, _FLAGS | more), False
        try:
            return os.open(path, _NEW, 0o666), True
        except FileExistsError:
            if os.path.islink(path) and not os.path.exists(path):
                raise SinkError(f"{path}: it is a link that leads to nothing: make the file first") from None
            # Somebody else has made it just now.


def _lock(descriptor: int, path: str) -> None:
    """Keep other runs away from a file for as long as it is open here, where its file system knows locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SinkError(f"{path}: another run writes to it") from None
    except OSError:
        pass
