"""A source or the output as lines, read in blocks, with the offset of each line there to ask for.

The lines at hand lie reversed in a plain list, so that the next one is ``rest[-1]`` and taking it is ``rest.pop()``:
no cheaper way is known. Nothing here compares lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from logbraid.core.types import NO_TIME, Nanos
from logbraid.errors import SourceError

__all__ = ["BLOCK", "Clock", "FileBytes", "LineReader", "Readable", "Reopenable", "opened", "room_for"]

BLOCK: Final = 1 << 16
"""Small enough for the lines of a few sources to stay in the processor's cache: larger blocks are a third slower."""

SMALLEST_BLOCK: Final = 1 << 14
ALL_BLOCKS: Final = 64 << 20

Clock = Callable[[int, bytes], Nanos | None]
"""Reads the time of a line (without its newline) of the source with that index, or None where it has none.

It is called once for each line, in the source's order, so it may remember what it saw.
"""


class Readable(Protocol):
    """Bytes that can be read once, from first to last."""

    @property
    def path(self) -> str:
        """The name to show."""
        ...

    def read_into(self, room: memoryview) -> int:
        """Fill the room or a part of it and say how much; 0 at the end."""
        ...


@runtime_checkable
class Reopenable(Protocol):
    """A Readable that can be read from the start again; with it, doubled lines are told from foreign ones."""

    def reopen(self) -> Readable | None:
        """The same bytes, from the first one; None where they cannot be had again."""
        ...


class FileBytes:
    """A plain file as a Readable; opened at the first read, closed at the end of the file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: FileIO | None = None
        self._ended = False

    def read_into(self, room: memoryview) -> int:
        """Fill the room or a part of it and say how much; 0 at the end."""
        if self._ended:
            return 0
        with _said_as_source_error(self.path):
            if self._file is None:
                self._file = FileIO(self.path)
            count = self._file.readinto(room) or 0
        if count == 0:
            self.close()
        return count

    def close(self) -> None:
        """Read no further."""
        self._ended = True
        if self._file is not None:
            self._file.close()

    def reopen(self) -> FileBytes | None:
        """The same file, from its first byte; None for a pipe, whose bytes are gone."""
        return FileBytes(self.path) if Path(self.path).is_file() else None


def room_for(count: int) -> memoryview:
    """Return the room that so many readers may share; each of them holds the lines that were read into it."""
    return memoryview(bytearray(min(BLOCK, max(SMALLEST_BLOCK, ALL_BLOCKS // count))))


def opened(source: str | Path | Readable, stack: ExitStack) -> Readable:
    """The source itself, or the file that its path names, which the stack will close."""
    origin = FileBytes(str(source)) if isinstance(source, str | Path) else source
    if isinstance(origin, FileBytes):
        stack.callback(origin.close)
    return origin


class LineReader:
    """The lines of one source.

    A line is held without its newline and with the label's prefix, which makes the lines of a labelled output and of
    its sources the same thing. A last line without a newline is a line like the others, or with ``torn_last=False``
    is held back until ``admit_torn``. Where the origin is a part of a file, ``first`` is where the part begins.

    Attributes:
        rest: the lines at hand, the next one last; the same list for ever. ``fill`` puts more below them.
        keys: the key of each line in ``rest``: the greatest time so far in this source; empty without a clock.
        prefix: what stands before each line in the output.
        torn: its last line has been met, and lacks a newline.
    """

    __slots__ = (
        "_clock",
        "_count",
        "_end",
        "_ended",
        "_first",
        "_key",
        "_parts",
        "_room",
        "_torn_last",
        "index",
        "keys",
        "origin",
        "prefix",
        "rest",
        "torn",
    )

    def __init__(
        self,
        origin: Readable,
        room: memoryview,
        *,
        index: int = 0,
        prefix: bytes = b"",
        clock: Clock | None = None,
        torn_last: bool = True,
        first: int = 0,
    ) -> None:
        self.origin = origin
        self.index = index
        self.prefix = prefix
        self.rest: list[bytes] = []
        self.keys: list[Nanos] = []
        self._room = room
        self._clock = clock
        self._key = NO_TIME
        self.torn = False
        self._first = self._end = first
        self._ended = False
        self._count = 0
        self._torn_last = torn_last
        self._parts: list[bytes] = []

    def fill(self) -> bool:
        """Read until there is at least one more line; False at the end of the source."""
        while not self._ended:
            count = self.origin.read_into(self._room)
            self._ended = not count
            lines = self._split(bytes(self._room[:count]))
            if lines:
                self._append(lines)
                return True
        return self._torn_last and self.admit_torn()

    def has(self, ahead: int) -> bool:
        """Whether there is a line ``ahead`` places after the next one (0: the next one itself)."""
        while len(self.rest) <= ahead:
            if not self.fill():
                return False
        return True

    def key(self, ahead: int) -> Nanos:
        """The key of the line ``ahead`` places after the next one, or NO_TIME."""
        return self.keys[-1 - ahead] if self.keys else NO_TIME

    def take(self) -> bytes:
        """Take the next line, which must be at hand."""
        if self.keys:
            self.keys.pop()
        return self.rest.pop()

    def offset(self) -> int:
        """Where the next line starts in the source."""
        return self._end - sum(map(len, self.rest)) - len(self.rest) * (1 - len(self.prefix))

    def taken(self) -> int:
        """How many lines were taken."""
        return self._count - len(self.rest)

    def skip(self) -> None:
        """Drop the lines at hand."""
        self.rest.clear()
        self.keys.clear()

    def admit_torn(self) -> bool:
        """At the end: let the torn last line that was held back be the next one, if there is one."""
        torn = b"".join(self._parts)
        self._parts.clear()
        if torn:
            self._append([torn])
            self.torn = True
        return bool(torn)

    def renewed(self, origin: Readable) -> LineReader:
        """A reader of the same lines from another origin."""
        return LineReader(origin, self._room, index=self.index, prefix=self.prefix, first=self._first)

    def bare(self, line: bytes) -> bytes:
        """The line as it stands in the source."""
        return line[len(self.prefix) :]

    def _split(self, data: bytes) -> list[bytes]:
        """The lines that ``data`` completes; what is left over waits in parts, so that long lines cost no more."""
        first, newline, others = data.partition(b"\n")
        self._parts.append(first)
        if not newline:
            return []
        lines = [b"".join(self._parts), *others.split(b"\n")]
        self._parts = [lines.pop()]
        return lines

    def _append(self, lines: list[bytes]) -> None:
        self._end += sum(map(len, lines)) + len(lines)
        self._count += len(lines)
        if self._clock:
            self.keys[:0] = self._keys(lines, self._clock)[::-1]
        if self.prefix:
            lines = [self.prefix + line for line in lines]
        lines.reverse()
        self.rest[:0] = lines

    def _keys(self, lines: list[bytes], clock: Clock) -> list[Nanos]:
        keys = []
        for line in lines:
            time = clock(self.index, line)
            if time is not None and time > self._key:
                self._key = time
            keys.append(self._key)
        return keys


@contextmanager
def _said_as_source_error(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(path, (error.strerror or str(error)).lower(), error.errno) from error
