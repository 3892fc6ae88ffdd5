"""Running a follower: start it, wait until something is out, look at what it costs, end it.

Nothing here knows what is measured. Waiting is looking at the output's size or reading a pipe; no follower is asked.
"""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final, TypeVar

from benchmarks.follow_peers import Peer
from benchmarks.measure import CommandFailed

__all__ = ["Arrivals", "cpu_seconds", "fresh", "memory_peak", "piped", "running", "size_of", "take_turns", "wait_until"]

Key = TypeVar("Key")
Value = TypeVar("Value")

LOOK_EACH: Final = 0.001
PATIENCE: Final = 60.0
LAST_WORDS: Final = 100
TICKS: Final = os.sysconf("SC_CLK_TCK")
HIGH_WATER: Final = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)


def take_turns(
    keys: Iterable[Key], rounds: int, measure: Callable[[Key, int], Value]
) -> dict[Key, list[Value] | CommandFailed]:
    """Measure each in turn, several times over; who fails once is out, and the failure stands for its numbers."""
    taken: dict[Key, list[Value]] = {key: [] for key in keys}
    failed: dict[Key, CommandFailed] = {}
    for number in range(rounds):
        for key, values in taken.items():
            if key not in failed:
                try:
                    values.append(measure(key, number))
                except CommandFailed as error:
                    failed[key] = error
    return {key: failed.get(key, values) for key, values in taken.items()}


def fresh(directory: Path) -> Path:
    """Empty a run's directory; return the path of its output, which is not there yet."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    os.sync()  # or this run would pay for what the one before left unwritten
    return directory / "output"


@contextmanager
def running(
    peer: Peer, sources: Sequence[Path | str], out: Path | int, *, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A follower from its start to its end, writing to a file or to a descriptor."""
    if peer.missing:
        raise CommandFailed(peer.missing)
    path = out if isinstance(out, Path) else None
    with ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile())
        terminal = _terminal(stack) if peer.terminal else subprocess.DEVNULL
        process = subprocess.Popen(
            peer.argv([str(source) for source in sources], path),
            env=os.environ | {"LC_ALL": "C", "TZ": "UTC", "TERM": "xterm"},
            stdin=terminal,
            stdout=terminal if peer.terminal else _redirected(peer, out, stack),
            stderr=errors,
            cwd=cwd,
        )
        stack.callback(_end, process)
        try:
            yield process
        except CommandFailed as error:
            raise CommandFailed(f"{error}{_last_words(errors)}") from error


@contextmanager
def piped(peer: Peer, sources: Sequence[Path | str], *, cwd: Path | None = None) -> Iterator[Arrivals]:
    """A follower that writes into a pipe, and what arrives there."""
    reading, writing = os.pipe()
    try:
        with running(peer, sources, writing, cwd=cwd) as process:
            os.close(writing)
            writing = -1
            yield Arrivals(reading, process)
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)


class Arrivals:
    """What arrives at the reading end of a pipe or a terminal.

    Attributes:
        process: who writes.
    """

    def __init__(self, descriptor: int, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._descriptor = descriptor
        self._rest = b""

    def lines(self, timeout: float) -> tuple[int, list[bytes]]:
        """Wait for bytes; return when they came (monotonic, ns) and the lines that they end; none after the timeout."""
        ready, _, _ = select.select([self._descriptor], [], [], max(0.0, timeout))
        if not ready:
            return time.monotonic_ns(), []
        data = os.read(self._descriptor, 1 << 18)
        now = time.monotonic_ns()
        if not data:
            raise CommandFailed(f"the follower ended with {self.process.wait()}")
        *lines, self._rest = (self._rest + data).split(b"\n")
        return now, lines

    def find(self, token: bytes, timeout: float) -> int | None:
        """When a line with these bytes came (monotonic, ns), or None where none did in time."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            now, lines = self.lines(left)
            if any(token in line for line in lines):
                return now
        return None


def wait_until(process: subprocess.Popen[bytes], what: Callable[[], bool], *, patience: float = PATIENCE) -> float:
    """Wait until it is so, return the moment (``time.perf_counter``); a follower that ends with an error fails."""
    deadline = time.perf_counter() + patience
    while not what():
        if process.poll():
            raise CommandFailed(f"the follower ended with {process.returncode}")
        if time.perf_counter() > deadline:
            raise CommandFailed(f"not everything was out within {patience:.0f} s")
        time.sleep(LOOK_EACH)
    return time.perf_counter()


def size_of(path: Path) -> int:
    """The file's size; 0 before it is there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_peak(pid: int) -> int:
    """The most bytes that a process held resident."""
    found = HIGH_WATER.search(Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def _redirected(peer: Peer, out: Path | int, stack: ExitStack) -> int | IO[bytes]:
    if isinstance(out, int):
        return out
    return subprocess.DEVNULL if peer.writes else stack.enter_context(out.open("wb"))


def _terminal(stack: ExitStack) -> int:
    """A terminal for one who insists; what is drawn is thrown away."""
    ours, theirs = pty.openpty()
    drawn = threading.Thread(target=_throw_away, args=(ours,))
    drawn.start()
    stack.callback(drawn.join)
    stack.callback(os.close, theirs)
    return theirs


def _throw_away(descriptor: int) -> None:
    """Read until the other end is closed everywhere, which a terminal says with an error."""
    with suppress(OSError), open(descriptor, "rb", buffering=0) as drawn:
        while drawn.read(1 << 16):
            pass


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, then insist; it may be stopped, or gone already."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_words(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").split("\n")
    text = next((line for line in reversed(lines) if line.strip()), "")
    return f": {text[:LAST_WORDS]}" if text else ""
