"""Sources that may wait for somebody: stdin, FIFOs, character devices, and commands.

They are read once, front to back, and never opened or started before the first read. Waiting for them with a limit,
or many at a time, is the drivers' business.
"""

from __future__ import annotations

import os
import select
import shlex
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Final

from logbraid.core.types import Nanos
from logbraid.errors import SourceError, UsageError
from logbraid.system.descriptors import Descriptor
from logbraid.system.errors import reading

__all__ = ["STDIN", "CommandSource", "PipeSource"]

STDIN: Final = "-"
LOOK_UP: Final = 0.2
"""Seconds after which a reader that waits looks whether it was closed."""

NEXT_WRITER: Final = 0.05
"""Seconds between two looks for the next writer of a FIFO: without one, it counts as readable all the time."""

NEWLINE: Final = 0x0A

PATIENCE: Final = 2.0
"""Seconds that a command has to end after SIGTERM, before SIGKILL."""


class PipeSource:
    """Standard input (``-``), a FIFO or a character device; opened, and a first writer waited for, when first read.

    Args:
        path: its name.
        status: what a look at it says.
        lasting: when the last writer of a FIFO has gone, the next one is waited for. The end that is read stays open
            between the two, so nothing that is written meanwhile is lost; a line that the first did not end is ended.
    """

    size = None
    seekable = False
    blocking = True

    def __init__(self, path: str, status: os.stat_result, *, lasting: bool = False) -> None:
        self.path = path
        self._lasting = lasting and stat.S_ISFIFO(status.st_mode) and path != STDIN
        self._inside_line = False
        # Only `< file` says when its data was written; in all other cases it is being written now.
        self.modified: Nanos = status.st_mtime_ns if stat.S_ISREG(status.st_mode) else time.time_ns()
        self._descriptor: Descriptor | None = None
        self._closed = False

    def read_into(self, room: memoryview) -> int:
        """Wait for the next bytes; 0 when the last writer has gone, or after ``close``."""
        with reading(self.path):
            if self._descriptor is None and not self._closed:
                self._descriptor = self._open()
            if self._descriptor is None or self._closed:
                self.close()  # again: it may have happened while the opening waited for a writer
                return 0
            with self._descriptor.use() as number:
                count = read_patiently(number, room, lambda: self._closed)
                while self._lasting and not count and not self._closed:
                    if self._inside_line:  # what the next writer writes must not glue to it
                        room[0], count = NEWLINE, 1
                    else:
                        time.sleep(NEXT_WRITER)
                        count = read_patiently(number, room, lambda: self._closed)
        if not count and room:
            self.close()  # the end is final, even if another writer comes
        self._inside_line = count > 0 and room[count - 1] != NEWLINE
        return count

    def read_at(self, room: memoryview, offset: int) -> int:
        """Not possible: what a pipe has delivered is gone."""
        raise SourceError(self.path, "a pipe cannot be read twice")

    def close(self) -> None:
        """Close a FIFO or device; standard input is left to whoever opened it."""
        self._closed = True
        if self._descriptor:
            self._descriptor.close()

    def _open(self) -> Descriptor:
        if self.path == STDIN:
            return Descriptor(0, owned=False)
        # Without O_NONBLOCK, opening a FIFO would wait for its first writer, beyond the reach of close().
        return Descriptor(os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))


class CommandSource:
    """What a command writes to its standard output; its standard error goes where ours goes.

    Split into words as a shell would, run without one, started at the first read. A non-zero exit is a SourceError,
    after all of its data.

    Raises:
        UsageError: the command is empty or its quotes do not match.
    """

    size = None
    seekable = False
    blocking = True

    def __init__(self, command: str) -> None:
        self.path = command
        self.modified: Nanos = time.time_ns()
        self._words = words(command)
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._output: Descriptor | None = None
        self._closed = False

    def read_into(self, room: memoryview) -> int:
        """Wait for the next bytes; 0 after the command has ended well, or after ``close``."""
        with reading(self.path):
            output = self._started()
            if output is None:
                return 0
            with output.use() as number:
                count = read_patiently(number, room, lambda: self._closed)
        if not count and room:
            self._confirm_end()
        return count

    def read_at(self, room: memoryview, offset: int) -> int:
        """Not possible: a command is run once."""
        raise SourceError(self.path, "a command cannot be read twice")

    def close(self) -> None:
        """End the command, by force if it must be, and collect what remains of it."""
        with self._lock:
            self._closed = True
        if self._child:
            end(self._child)
        if self._output:
            self._output.close()

    def _started(self) -> Descriptor | None:
        """The command's output; None after ``close``. The lock keeps a command from being started after it."""
        with self._lock:
            if self._closed:
                return None
            if self._output is None:
                self._output = self._start()
            return self._output

    def _start(self) -> Descriptor:
        # A pipe of our own, not Popen's: its reading end must survive a close() in another thread until it is idle.
        ours, theirs = os.pipe()
        output = Descriptor(ours)
        try:
            self._child = subprocess.Popen(self._words, stdin=subprocess.DEVNULL, stdout=theirs)
        except OSError:
            output.close()
            raise
        finally:
            os.close(theirs)
        return output

    def _confirm_end(self) -> None:
        if self._child is None or self._closed:
            return
        status = self._child.wait()
        if status and not self._closed:
            raise SourceError(self.path, how_it_ended(status))


def read_patiently(descriptor: int, room: memoryview, closed: Callable[[], bool]) -> int:
    """Wait until there is something to read, and read it; 0 at the end, or soon after ``closed`` says so.

    Waiting has a limit of its own, or a thread that waits for an idle peer could never be ended.
    """
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    while not closed():
        if not waiting.poll(LOOK_UP * 1000):
            continue
        try:
            return os.readv(descriptor, [room])
        except BlockingIOError:
            continue  # somebody else, who shares the descriptor, was quicker
    return 0


def words(command: str) -> list[str]:
    """Split a command as a shell would; UsageError where there is none."""
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"cannot split the command {command!r}: {str(error).lower()}") from error
    if not found:
        raise UsageError("the command is empty")
    return found


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask the child to end, insist after a while, and leave no zombie."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def how_it_ended(status: int) -> str:
    """Say what a non-zero exit status means."""
    if status > 0:
        return f"the command ended with exit status {status}"
    try:
        return f"the command was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"the command was ended by signal {-status}"
