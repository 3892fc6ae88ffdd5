"""The output of a run that does not end by itself: a file that grows as records come, and may be rotated itself.

Unlike a finite run's file it is under its name from the beginning, so what stands in it is true at any moment: it is
never replaced unasked, and whatever fails, no half line is left for the next one to glue to.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from typing import Final

from logbraid.errors import SinkError, UsageError
from logbraid.sinks.base import Batch, Renderer
from logbraid.sinks.file import write_some, writing

__all__ = ["AppendSink"]

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_NEWLINE: Final = ord("\n")

_sync_data = getattr(os, "fdatasync", os.fsync)  # macOS has only the latter


class AppendSink:
    """Appends to a file, or writes to whatever else is there under the name (a FIFO, ``/dev/null``).

    The file must be this run's alone: a line that another process appends meanwhile may be cut off with a half one.

    Args:
        path: the file.
        renderer: what the bytes are.
        append: write behind what is there.
        fresh: empty the file first.

    Attributes:
        unwritten: bytes of the batch being written that have not been taken yet; any thread may look.

    Raises:
        SinkError: the file cannot be opened, or is not empty and nothing was said about that.
        UsageError: it cannot be both emptied and added to.
    """

    def __init__(self, path: str, renderer: Renderer, *, append: bool = False, fresh: bool = False) -> None:
        if append and fresh:
            raise UsageError("append keeps what is there and fresh does not: choose one")
        self.name = path
        self.renderer = renderer
        self.unwritten = 0
        self._half = 0  # bytes written behind the last newline
        self._open_still = True
        with writing(path):
            self.descriptor = os.open(path, _FLAGS, 0o666)
        try:
            self._prepare(append=append, fresh=fresh)
        except BaseException:
            self.abort()
            raise

    @property
    def takes_lines(self) -> bool:
        """Whether bare lines will do."""
        return self.renderer.takes_lines

    @property
    def own_paths(self) -> Sequence[str]:
        """Paths that must not be followed, as they are this sink's own."""
        return [self.name]

    def write(self, batch: Batch) -> None:
        """Render and append a batch; what cannot be written to its end is cut back to the last whole line."""
        rest = self.renderer(batch)
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

    def flush(self) -> None:
        """Nothing is held back."""

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        if self._is_file(self.descriptor):
            with writing(self.name):
                _sync_data(self.descriptor)

    def reopen(self) -> None:
        """Go on in a new file under the name, after somebody has renamed the old one.

        The rest of a line that is half written goes to the new file.

        Raises:
            SinkError: the new file cannot be opened; the old one is written on.
        """
        with writing(self.name):
            new = os.open(self.name, _FLAGS, 0o666)
            try:
                if not os.path.samestat(os.fstat(new), os.fstat(self.descriptor)):
                    # The number stays, so whoever writes meanwhile writes to the one file or the other.
                    os.dup2(new, self.descriptor, inheritable=False)
                    self._half = 0
            finally:
                os.close(new)

    def close(self) -> None:
        """Close the file."""
        # Once only, even where closing fails: the number may be another file's by then.
        if self._open_still:
            self._open_still = False
            with writing(self.name):
                os.close(self.descriptor)

    def abort(self) -> None:
        """Close the file; what was written was written. Never raises."""
        with contextlib.suppress(SinkError):
            self.close()

    def _prepare(self, *, append: bool, fresh: bool) -> None:
        """Make room in a file that was there before, or for the first line behind what it holds."""
        if not self._is_file(self.descriptor) or not os.fstat(self.descriptor).st_size:
            return
        if not append and not fresh:
            raise SinkError(f"{self.name} is not empty: --append adds to it, --fresh begins it anew")
        with writing(self.name):
            if fresh:
                os.ftruncate(self.descriptor, 0)
            elif _ends_in_half_a_line(self.name):
                os.write(self.descriptor, b"\n")

    def _count(self, written: memoryview) -> None:
        if written[-1] == _NEWLINE:  # as a batch nearly always ends
            self._half = 0
            return
        behind = len(written) - 1 - bytes(written).rfind(b"\n")
        self._half = behind if behind < len(written) else self._half + len(written)

    def _cut_back(self) -> None:
        """Remove half a line. Where even that fails, ``append`` of the next run ends the line."""
        with contextlib.suppress(OSError):
            if self._half and self._is_file(self.descriptor):
                # By the size as it is now, as whoever rotates the output may have truncated it.
                size = os.fstat(self.descriptor).st_size
                os.ftruncate(self.descriptor, max(size - self._half, 0))
                self._half = 0

    @staticmethod
    def _is_file(descriptor: int) -> bool:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _ends_in_half_a_line(path: str) -> bool:
    """Whether a file that is not empty lacks its last newline. The output itself is open for writing only."""
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() != b"\n"
