"""A disk that forgets: what was written is there for everybody, and after a loss of power only what was synced is.

The files are real ones in a directory of their own; what the sinks ask of ``os`` comes by here, is counted, may fail
or be the last thing that a process does. What the checkpoint's own database promises is not simulated: its commits
happen, or they do not.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import logbraid.sinks.file
import logbraid.sinks.growing
import logbraid.sinks.resuming
import logbraid.sinks.turnover

__all__ = ["FakeDisk", "Killed"]


class Killed(BaseException):
    """The process is no more: nothing that it still tries to do is done."""


class FakeDisk:
    """One directory, and how sinks reach it: has the functions of ``os`` that they use.

    Args:
        root: an empty directory.
        random: decides what survives.

    Attributes:
        killed_at: the call, counted from now, that is the last one of the process; None: none is.
        room: bytes that may still be written; None: as many as you like.
        failing: nothing can be synced.
        dead: the process was killed.
    """

    def __init__(self, root: Path, random: Random) -> None:
        self.killed_at: int | None = None
        self.room: int | None = None
        self.failing = False
        self.dead = False
        self._directory, self._kept = root / "out", root / "kept"
        self._directory.mkdir()
        self._kept.mkdir()
        self._random = random
        self._synced: dict[int, bytes] = {}  # by file number
        self._low: dict[int, int] = {}  # how short each file was since it was synced
        self._undoing: list[Callable[[], object]] = []  # names that are not on the disk yet
        self._opened: set[int] = set()

    @property
    def output(self) -> str:
        """Of the output."""
        return str(self._directory / "output.log")

    def outputs(self) -> list[bytes]:
        """The output and what it was rotated to, oldest first."""
        names = [
            name for name in os.listdir(self._directory) if name.startswith("output.log") and "checkpoint" not in name
        ]
        return [(self._directory / name).read_bytes() for name in sorted(names, key=lambda name: -int(name[11:] or 0))]

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """Let the sinks use it."""
        modules: tuple[Any, ...] = (logbraid.sinks.growing, logbraid.sinks.file, logbraid.sinks.turnover)
        with ExitStack() as stack:
            for module in (*modules, logbraid.sinks.resuming):
                stack.enter_context(patch.object(module, "os", self))
            stack.enter_context(patch.object(logbraid.sinks.growing, "_sync_data", self.fsync))
            yield

    def step(self) -> None:
        """Count something that the process does to what outlives it."""
        if self.killed_at is not None:
            self.killed_at -= 1
            self.dead |= self.killed_at <= 0
        if self.dead:
            raise Killed

    # What happens to the machine

    def bury(self) -> None:
        """Close what the process had open."""
        for number in self._opened:
            os.close(number)
        self._opened.clear()
        self.dead, self.killed_at = False, None
        self.room, self.failing = None, False

    def lose_power(self) -> None:
        """Forget some of what was not synced: the latest names, the ends of files, the cutting of files."""
        for _ in range(self._random.randint(0, len(self._undoing))):
            self._undoing.pop()()
        self._undoing.clear()
        for number, synced in self._synced.items():
            place = self._kept / str(number)
            there = place.read_bytes()
            if there != synced:
                survivor = self._survivor(synced, there, self._low[number])
                self._put(place, survivor)
                self._synced[number], self._low[number] = survivor, len(survivor)

    def _survivor(self, synced: bytes, there: bytes, low: int) -> bytes:
        if low < len(synced) and self._random.random() < 0.5:
            return synced
        kept = self._random.randint(low, len(there))
        torn = self._random.randint(low, kept) if self._random.random() < 0.3 else kept
        return there[:torn] + bytes(kept - torn)  # the length may be there before the bytes are

    def _put(self, place: Path, content: bytes) -> None:
        with place.open("r+b") as file:
            file.truncate(0)
            file.write(content)

    # What stands in for ``os``

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:
        """Open, and remember how to undo the making of a file."""
        new = bool(flags & os.O_CREAT) and not os.path.lexists(path)
        if new:
            self.step()
        number = os.open(path, flags, mode)
        self._opened.add(number)
        status = os.fstat(number)
        if stat.S_ISREG(status.st_mode) and status.st_ino not in self._synced:
            os.link(path, self._kept / str(status.st_ino))
            self._synced[status.st_ino], self._low[status.st_ino] = b"", 0
        if new:
            self._undoing.append(lambda: os.unlink(path))
        return number

    def close(self, number: int) -> None:
        """Close: that is done for a dead process, too."""
        self._opened.discard(number)
        os.close(number)

    def write(self, number: int, data: memoryview) -> int:
        """Write what there is room for; who is killed here has written a part."""
        room = len(data) if self.room is None else min(self.room, len(data))
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        try:
            self.step()
        except Killed:
            if self.killed_at == 0:
                os.write(number, data[: self._random.randint(0, room)])
            raise
        if self.room is not None:
            self.room -= room
        return os.write(number, data[:room])

    def ftruncate(self, number: int, length: int) -> None:
        """Cut."""
        self.step()
        os.ftruncate(number, length)
        file = os.fstat(number).st_ino
        self._low[file] = min(self._low[file], length)

    def fsync(self, number: int) -> None:
        """Let what is written, or what the directory's names are, survive."""
        self.step()
        if self.failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        status = os.fstat(number)
        if stat.S_ISDIR(status.st_mode):
            self._undoing.clear()
        else:
            self._synced[status.st_ino] = content = (self._kept / str(status.st_ino)).read_bytes()
            self._low[status.st_ino] = len(content)

    def rename(self, old: str, new: str) -> None:
        """Rename."""
        self.step()
        os.rename(old, new)
        self._undoing.append(lambda: os.rename(new, old))

    def unlink(self, path: str) -> None:
        """Take a name away."""
        self.step()
        number = os.stat(path).st_ino
        os.unlink(path)
        self._undoing.append(lambda: os.link(self._kept / str(number), path))

    @property
    def open_files(self) -> int:
        """How many files the process has open."""
        return len(self._opened)
