"""Those who write logs and those who rotate them: they act on files in memory, and the model takes note of it all."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol

from logbraid.core.types import SECOND, Identity
from logbraid.testing import ManualClock

from .frail import FrailFiles
from .script import Setup
from .written import Record, Written

__all__ = ["Logs", "Reader"]

LEAST_COPIED: Final = 600
"""Bytes: a shorter copy cannot be told from other files with the same opening."""

MOST_ROTATED: Final = 12
STRAGGLING: Final = 5 * SECOND
"""So long after a rotation a slow writer still writes to the old file."""


class Reader(Protocol):
    """What is to be known of the process that follows, to say what it can have."""

    @property
    def alive(self) -> bool:
        """Whether there is one."""

    def has(self, line: bytes) -> bool:
        """Whether it has read this line."""

    def knows(self, identity: Identity) -> bool:
        """Whether it reads a file, or would after a restart."""

    def has_begun(self, source: str, path: str) -> bool:
        """Whether it has read something of a file of this source, and would know that after a restart."""


class Torn(NamedTuple):
    """A line that was written in part: how much, and what is missing."""

    record: Record
    size: int
    rest: bytes


class Logs:
    """The files of all sources: ``a``, ``b`` and ``c`` are names, ``d`` is reached by a link."""

    def __init__(self, setup: Setup, clock: ManualClock, files: FrailFiles, reader: Reader) -> None:
        self.written = Written()
        self.files = files
        self._setup = setup
        self._clock = clock
        self._reader = reader
        self._torn: dict[str, Torn] = {}
        self._left: dict[str, tuple[int, int]] = {}  # generation and tick of the last rotation
        self._copied: dict[str, str] = {}
        self._swaps = 0
        self.turned_back = False  # the wall clock: from then on, times of files do not tell which is older

    # Bytes in files

    def content(self, path: str) -> bytes | None:
        """What the name leads to; not by the port, which would open the file and keep it."""
        node = self.files._tree.node(path)
        if node is None:
            return None
        data = bytes(node.content)
        return gzip.decompress(data) if path.endswith(".gz") else data

    def identity(self, path: str) -> Identity:
        """Of the file that is there."""
        node = self.files._tree.node(path)
        assert node is not None
        return node.stat.identity

    def names(self) -> list[str]:
        """Everything that is there."""
        return [*self.files._tree.files]

    def _record(self, source: str, *, more: int = 0) -> Record:
        self._clock.advance(0.000_001)
        skipped = self._setup.filtered and len(self.written.records) % 3 == 0
        return self.written.record(source, self._clock.now().wall, more=more, skipped=skipped)

    # Writers

    def append(self, source: str, count: int, *, path: str | None = None, more: int = 0) -> None:
        """Write whole records."""
        path = path or name_of(source)
        self.finish_line(source)
        if count:
            self.files.append(path, b"".join(self._record(source, more=more).data for _ in range(count)))

    def append_torn(self, source: str, count: int) -> None:
        """Write records of which the last has not all its bytes yet."""
        self.append(source, count - 1)
        record = self._record(source)
        size = record.data.index(b" end") - record.number % 3
        record.parted = True
        self.files.append(name_of(source), record.data[:size])
        self._torn[source] = Torn(record, size, record.data[size:])

    def finish_line(self, source: str) -> None:
        """Write the rest of a torn line."""
        if torn := self._torn.pop(source, None):
            self.files.append(name_of(source), torn.rest)

    def straggle(self, source: str, count: int) -> None:
        """Write to the file that was left just now."""
        generation, tick = self._left.get(source, (-1, 0))
        path = f"{name_of(source)}.1"
        if generation + 1 != self.written.generations[source] or self.content(path) is None:
            return
        if self._clock.now().tick - tick < STRAGGLING:
            records = [self._record(source) for _ in range(count)]
            for record in records:
                record.generation, record.straggler = generation, True
            self.files.append(path, b"".join(record.data for record in records))
            self.append(source, 1)  # else the older file would look like the newer one

    # Rotators

    def rotate(self, source: str, count: int, *, abandon: bool = False) -> None:
        """Rename; perhaps with half a line at the end, which nobody will ever finish."""
        path = name_of(source)
        if not self.content(path) or self.turned_back or source in self._copied or not self._make_way(path):
            return
        if abandon and (torn := self._torn.pop(source, None)):
            self.written.abandon(torn.record, torn.size)
        self.finish_line(source)
        self.files.rename(path, self._rotated(path))
        if not self._setup.dated and not abandon:
            self._left[source] = self.written.generations[source], self._clock.now().tick
        self._next(source)
        self.append(source, count)

    def _rotated(self, path: str) -> str:
        if not self._setup.dated:
            return f"{path}.1"
        return f"{path}-{datetime.fromtimestamp(self._clock.now().wall // SECOND, UTC):%Y%m%d-%H%M%S}"

    def _siblings(self, path: str) -> list[str]:
        return sorted(name for name in self.names() if name.startswith((f"{path}.", f"{path}-")))

    def _make_way(self, path: str) -> bool:
        """Number the rotated files anew, so that the next one has a name; False: there are too many."""
        there = set(self._siblings(path))
        if len(there) >= MOST_ROTATED or (self._rotated(path) in there and self._setup.dated):
            return False
        for number in range(MOST_ROTATED, 0, -1):
            for packed in ("", ".gz"):
                if (old := f"{path}.{number}{packed}") in there:
                    self.files.rename(old, f"{path}.{number + 1}{packed}")
        return True

    def _next(self, source: str) -> None:
        self.written.generations[source] += 1
        self._copied.pop(source, None)

    def compress(self, source: str) -> None:
        """Compress the latest rotated file but one."""
        there = [name for name in self._siblings(name_of(source)) if not name.endswith(".gz")]
        older = there[1:] if not self._setup.dated else there[:-1]
        if older and not self.turned_back and self._can_tell(source, older[0]) and f"{older[0]}.gz" not in self.names():
            self.files.compress(older[0])

    def copy(self, source: str) -> None:
        """The first half of copytruncate."""
        path = name_of(source)
        content = self.content(path)
        if not content or len(content) < LEAST_COPIED or source in self._torn or source in self._copied:
            return
        if self.turned_back:
            return
        if self._reader.has_begun(source, path) and self._make_way(path):
            self._copied[source] = self._rotated(path)
            self.files.create(self._copied[source], content)

    def copy_truncate(self, source: str, count: int) -> None:
        """The second half; what was written meanwhile is in no file any more."""
        if source not in self._copied:
            self.copy(source)
        if self._copied.get(source) in self.names():
            self.truncate(source, count)

    def truncate(self, source: str, count: int) -> None:
        """Empty the file."""
        path = name_of(source)
        if self.content(path) and not self.turned_back and self._reader.has_begun(source, path):
            self.finish_line(source)
            self._take_away(source, lambda: self.files.truncate(path), kept=False)
            self._next(source)
            self.append(source, count)

    def delete(self, source: str, count: int) -> None:
        """Delete the file, and perhaps write a new one."""
        path = name_of(source)
        if self.content(path) and source not in self._copied and self._can_tell(source, path):
            self.finish_line(source)
            self._take_away(source, lambda: self.files.delete(path), kept=self._is_open(path))
            self._next(source)
            self.append(source, count)

    def delete_rotated(self, source: str) -> None:
        """Delete a rotated file."""
        there = self._siblings(name_of(source))
        if there and there[-1] != self._copied.get(source) and self._can_tell(source, there[-1]):
            path = there[-1]
            self._take_away(source, lambda: self.files.delete(path), kept=self._is_open(path))

    def swap(self, count: int) -> None:
        """Let the link lead to another file; only what was opened can be read on."""
        before = f"/logs/d-{self._swaps}"
        self._swaps += 1
        kept = self._swaps > 1 and self._is_open(before)
        if self._swaps > 1:
            self._next("d")
        self.append("d", count, path=f"/logs/d-{self._swaps}")
        self._take_away("d", lambda: self.files.symlink(name_of("d"), f"d-{self._swaps}"), kept=kept, left=before)

    def evict(self) -> None:
        """Take the reader's descriptors away: what has no name any more is gone."""
        self.files.evict()
        self.written.excuse({line for line in self.written.fragile if not self._reader.has(line)})

    # What nobody can have any more

    def _lines(self, without: str = "") -> set[bytes]:
        contents = (self.content(path) or b"" for path in self.names() if path != without)
        return {line + b"\n" for content in contents for line in content.split(b"\n")}

    def _take_away(self, source: str, how: Callable[[], None], *, kept: bool, left: str = "") -> None:
        """Do something after which lines may stand in no file; ``kept``: but somebody has it open."""
        before = self._lines()
        begun = any(map(self._reader.has, (self.content(name_of(source)) or b"").splitlines(keepends=True)))
        how()
        gone = (before - self._lines(without=left)) & self.written.by_line.keys()
        lost = {line for line in gone if self._reader.alive and not kept and not self._reader.has(line)}
        self.written.fragile |= gone
        self.written.excuse(lost)
        missed = any(not self.written.by_line[line].skipped for line in lost)
        if missed and begun and not kept and source not in self._copied:  # a copy may seem to hold all that there was
            self.written.announced.add(source)

    def _is_open(self, path: str) -> bool:
        return self.identity(path) in self.files._open

    def _can_tell(self, source: str, path: str) -> bool:
        """Whether the reader can tell a file from what takes its place: not if it knows it, but no byte of it."""
        return self._reader.has_begun(source, path) or not self._reader.knows(self.identity(path))


def name_of(source: str) -> str:
    """The name under which a source is followed."""
    return "/logs/link.log" if source == "d" else f"/logs/{source}.log"
