"""A viewer in a terminal of its own: start it, press keys, see when what is drawn.

Nothing here knows what is measured. What is drawn is looked at as bytes: a viewer that draws whole rows can be read so.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.follow_peers import Peer
from benchmarks.follow_running import cpu_seconds
from benchmarks.measure import CommandFailed

__all__ = ["Window", "opened"]

ROWS: Final = 40
COLUMNS: Final = 140
PIECE: Final = 1 << 16
KEPT: Final = 1 << 12
"""Bytes that are kept for a pattern that goes beyond a piece."""

LOOK_EACH: Final = 0.05
BUSY: Final = 0.1
"""Who takes less than this share of a core for a second is at rest."""


class Window:
    """A terminal, as the one who looks at it has it.

    Attributes:
        process: the viewer.
        begin: when it was started (``time.perf_counter``).
    """

    def __init__(self, descriptor: int, process: subprocess.Popen[bytes], begin: float) -> None:
        self.process = process
        self.begin = begin
        self._descriptor = descriptor
        self._drawn = b""

    def press(self, keys: str) -> float:
        """Press keys, forget what is drawn so far; return when."""
        while self._read(0):
            pass
        self._drawn = b""
        os.write(self._descriptor, keys.encode())
        return time.perf_counter()

    def find(self, pattern: re.Pattern[bytes], timeout: float) -> tuple[float, re.Match[bytes]]:
        """Wait until this is drawn; return when, and the last one. Raises CommandFailed."""
        deadline = time.perf_counter() + timeout
        while (left := deadline - time.perf_counter()) > 0:
            now = self._read(left)
            found = list(pattern.finditer(self._drawn))
            if now and found:
                return now, found[-1]
        raise CommandFailed(f"{pattern.pattern.decode()} was not drawn within {timeout:.0f} s")

    def rest(self, timeout: float) -> float:
        """Wait until the viewer is at rest; return since when it is. Raises CommandFailed."""
        used, since = cpu_seconds(self.process.pid), time.perf_counter()
        deadline = since + timeout
        while (now := time.perf_counter()) < deadline:
            self._read(LOOK_EACH)
            more = cpu_seconds(self.process.pid)
            if more - used > BUSY:
                used, since = more, now
            elif now - since > 1:
                return since
        raise CommandFailed(f"it did not come to rest within {timeout:.0f} s")

    def _read(self, timeout: float) -> float:
        """Take what is drawn within a time; return when it came, 0 where nothing did."""
        ready, _, _ = select.select([self._descriptor], [], [], timeout)
        if not ready:
            return 0
        try:
            piece = os.read(self._descriptor, PIECE)
        except OSError:
            raise CommandFailed(f"the viewer ended with {self.process.wait()}") from None
        self._drawn = self._drawn[-KEPT:] + piece
        return time.perf_counter()


@contextmanager
def opened(peer: Peer, sources: Sequence[Path], home: Path) -> Iterator[Window]:
    """A viewer from its start to its end; it finds nothing at home."""
    if peer.missing:
        raise CommandFailed(peer.missing)
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        begin = time.perf_counter()
        process = subprocess.Popen(
            peer.argv([str(source) for source in sources], None),
            env=os.environ | {"LC_ALL": "C.UTF-8", "TZ": "UTC", "TERM": "xterm-256color", "HOME": str(home)},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        try:
            yield Window(ours, process, begin)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it has started
            process.wait()
    finally:
        os.close(ours)
        os.close(theirs)
