"""Where the text of one origin stands, so that it can be read again: in its file, wherever that is now, or in a copy.

Offsets in, bytes out: nothing here knows an index or how records are shown. The thread that follows keeps, any other
may read at the same time what was kept before.
"""

from __future__ import annotations

import os
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple, Protocol

import numpy as np

from logbraid.core.gather import gathered, views
from logbraid.core.records import SourceBatch
from logbraid.core.types import Identity
from logbraid.errors import SinkError, SourceError
from logbraid.system.descriptors import Descriptor
from logbraid.system.errors import writing
from logbraid.system.followed import fill
from logbraid.system.ports import Files

__all__ = ["GONE", "NOT_COPIED", "CopiedText", "FileText", "Spool", "Text"]

GONE: Final = b"(this text is gone: its file was truncated or deleted)\n"
"""Stands for a record that cannot be read again; cut where the record was shorter."""

NOT_COPIED: Final = b"(this text is gone: there was no room to keep a copy of it)\n"
"""The same for what came only once."""

GUARD: Final = 256
"""Bytes by which a file is known again; mostly more than a line, so that there is a time among them."""

MOST_CANDIDATES: Final = 16
"""Files beside the name that are looked into, the newest ones: where there are thousands, a screen must not wait."""

PATIENCE: Final = 64
"""Reads until a file that was not found is looked for again."""


class Text(Protocol):
    """The text of one origin."""

    @property
    def gone(self) -> bytes:
        """What stands for a record that cannot be read again."""

    def keep(self, part: SourceBatch) -> None:
        """Make sure that these records can be read again."""

    def read(self, room: memoryview, offset: int) -> int:
        """Fill the room with what stands at an offset; return how many bytes are there, fewer where the rest is gone.

        Between two records that were kept may be anything, or nothing at all.
        """


class _File(NamedTuple):
    """A file, and a name that it had."""

    path: str
    identity: Identity


class _Guard(NamedTuple):
    """Bytes that came from an origin, and where they stood: wherever all its guards stand, its text is."""

    offset: int
    data: bytes

    @classmethod
    def of(cls, part: SourceBatch) -> _Guard:
        """Take the last bytes, or the beginning of the last record: there its time is most likely to stand."""
        end = int(part.end_offsets[-1]) - part.base
        begin = min(int(part.starts[-1]), max(int(part.starts[0]), end - GUARD))
        return cls(begin + part.base, part.buffer[begin : min(end, begin + GUARD)].tobytes())

    def followed_by(self, part: SourceBatch) -> _Guard:
        """Return it with the first bytes of a part, if they follow and there is room for them."""
        offset, data = self
        begin = int(part.starts[0])
        if data and offset + len(data) != begin + part.base:
            return self
        end = min(int(part.end_offsets[-1]) - part.base, begin + GUARD - len(data))
        return _Guard(offset if data else begin + part.base, data + part.buffer[begin:end].tobytes())


class FileText:
    """Text that is read from the file that it came from: a plain one, whose bytes are those of the source.

    The first and the newest bytes that are known of it tell whether a file is the right one, each time before it is
    read: it may have been truncated and written anew, or deleted and its number given to another. Then it is looked for
    at the name of the source and beside it, for somebody may have renamed or copied it; and in vain only now and then.
    (Who truncates it between that look and the read is not noticed until the next one; and never, who then writes the
    same bytes in both places.) A file that was deleted can be read as long as it is open, one that was compressed, too:
    in its archive it is not looked for, that would be decoded from its beginning for every screen.

    Args:
        files: by name and by identity.
        path: the name of the source.
    """

    def __init__(self, files: Files, path: str) -> None:
        self._files = files
        self._path = path
        self._file: _File | None = None
        self._head = self._guard = _Guard(0, b"")
        self._patience = 0

    @property
    def gone(self) -> bytes:
        """See ``Text``."""
        return GONE

    def keep(self, part: SourceBatch) -> None:
        """Remember the first and the newest bytes: the file has the others, too."""
        if len(self._head.data) < GUARD:
            self._head = self._head.followed_by(part)
        self._guard = _Guard.of(part)
        self._patience = 0

    def read(self, room: memoryview, offset: int) -> int:
        """See ``Text``."""
        if self._patience > 0:  # two threads may count at the same time: a rough measure will do
            self._patience -= 1
            return 0
        file = self._file
        if file is None or not self._is_right(file):
            file = self.find()
            self._patience = 0 if file else PATIENCE
        return 0 if file is None else self._bytes(file, room, offset)

    def has_name(self) -> bool:
        """Whether the text can be had without keeping a deleted file open."""
        file = self._file
        if file is None:
            return False
        try:
            status = self._files.stat(file.path)
        except SourceError:
            return True  # nobody knows
        if status and status.identity == file.identity:
            return True
        found = self.find()
        if found and found.identity != file.identity:  # a copy does as well
            self._files.let_go(file.identity)
        return found is not None

    def let_go(self) -> None:
        """Close the file."""
        if self._file:
            self._files.let_go(self._file.identity)

    def find(self) -> _File | None:
        """Look for the file that holds what was kept; None: there is none."""
        try:
            found = next(filter(self._is_right, self._candidates()), None)
        except SourceError:
            return None
        self._file = found or self._file  # by its number the one that is lost now may be known later
        return found

    def _candidates(self) -> Iterator[_File]:
        """Yield what stands at the name, then the one that was right before, then those beside it, newest first."""
        if own := self._files.stat(self._path):
            yield _File(self._path, own.identity)
        beside = [
            _File(one.path, one.stat.identity)
            for one in reversed(self._files.siblings(self._path))
            if not one.compressed and one.path != self._path
        ]
        known = self._file and self._file.identity
        yield from islice(sorted(beside, key=lambda file: file.identity != known), MOST_CANDIDATES)

    def _is_right(self, file: _File) -> bool:
        return self._holds(file, self._head) and self._holds(file, self._guard)

    def _holds(self, file: _File, guard: _Guard) -> bool:
        found = bytearray(len(guard.data))
        return self._bytes(file, memoryview(found), guard.offset) == len(found) and found == guard.data

    def _bytes(self, file: _File, room: memoryview, offset: int) -> int:
        try:
            return self._files.read(*file, room, offset) or 0
        except SourceError:
            return 0


class Spool:
    """One temporary file without a name, for the text of all origins that cannot be read again.

    It grows with what comes from pipes, and holds compressed files as plain text. Where the disk is full, nothing more
    is kept, however much room there is later: so what is kept of an origin has no hole.

    Args:
        directory: where it is; None: where temporary files are.

    Attributes:
        failure: why no more is kept.
    """

    def __init__(self, directory: str | None) -> None:
        self._directory = directory
        self._descriptor: Descriptor | None = None
        self._size = 0
        self.failure: SinkError | None = None

    def append(self, data: memoryview) -> int | None:
        """Keep these bytes; return where they are, None: they are not kept."""
        if self.failure is not None:
            return None
        place = self._size
        try:
            with writing("temporary file"), self._opened().use() as number:
                while data:
                    count = os.pwrite(number, data, self._size)
                    data = data[count:]
                    self._size += count
        except SinkError as error:
            self.failure = error
            return None
        return place

    def read(self, room: memoryview, place: int) -> int:
        """Fill the room with what was kept there; return how much of it could be read."""
        if self._descriptor is None:
            return 0
        try:
            with self._descriptor.use() as number:
                return fill(number, room, place)
        except OSError:  # closed, or the disk is broken
            return 0

    def close(self) -> None:
        """Forget all of it."""
        if self._descriptor is not None:
            self._descriptor.close()

    def _opened(self) -> Descriptor:
        if self._descriptor is None:
            with tempfile.TemporaryFile(dir=self._directory) as file:
                self._descriptor = Descriptor(os.dup(file.fileno()))
        return self._descriptor


class CopiedText:
    """Text that comes only once, from a pipe, a command, a compressed file: its records are kept in the spool.

    It consists of runs: bytes that follow each other in the source and in the spool. They ascend, and who looks for
    one finds it by its start: that is noted last.

    Args:
        spool: shared by all.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._starts = array("q")
        self._ends = array("q")
        self._places = array("q")

    @property
    def gone(self) -> bytes:
        """See ``Text``."""
        return NOT_COPIED if self._spool.failure else GONE

    def keep(self, part: SourceBatch) -> None:
        """Copy the records, without what a filter took out between them."""
        starts, ends = part.starts + part.base, part.end_offsets
        records = views(0, part.buffer, part.starts, ends - starts)
        place = self._spool.append(gathered([part.buffer], records))
        if place is None:
            return
        begins = np.flatnonzero(np.append(True, starts[1:] != ends[:-1]))
        run_starts, run_ends = starts[begins], ends[np.append(begins[1:], len(ends)) - 1]
        lengths = run_ends - run_starts
        self._add(run_starts.tolist(), run_ends.tolist(), (place + np.cumsum(lengths) - lengths).tolist())

    def read(self, room: memoryview, offset: int) -> int:
        """See ``Text``."""
        end = offset + len(room)
        reached = 0
        for run in range(max(bisect_right(self._starts, offset) - 1, 0), bisect_right(self._starts, end - 1)):
            start = self._starts[run]
            low, high = max(start, offset), min(self._ends[run], end)
            if low < high:
                count = self._spool.read(room[low - offset : high - offset], self._places[run] + low - start)
                reached = low + count - offset
                if count < high - low:
                    break
        return reached

    def _add(self, starts: list[int], ends: list[int], places: list[int]) -> None:
        if self._goes_on(starts[0], places[0]):
            self._ends[-1] = ends[0]
            starts, ends, places = starts[1:], ends[1:], places[1:]
        self._places.extend(places)
        self._ends.extend(ends)
        self._starts.extend(starts)

    def _goes_on(self, start: int, place: int) -> bool:
        """Whether what begins there only makes the last run longer."""
        return bool(self._starts) and start == self._ends[-1] and place == self._places[-1] + start - self._starts[-1]
