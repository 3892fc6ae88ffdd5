"""Idle: tens of thousands of quiet files. What does it cost to follow them, and is a single line still seen at once?

CPU and memory are those that ``/proc`` tells of the follower.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.follow_peers import Peer, logbraid, tail
from benchmarks.follow_report import Report, Scale, milliseconds
from benchmarks.follow_running import Arrivals, cpu_seconds, fresh, memory_peak, piped
from benchmarks.follow_writers import clock_text
from benchmarks.measure import CommandFailed

__all__ = ["DIRECTORIES", "append", "idle", "quiet_files"]

DIRECTORIES: Final = 100
WRITES: Final = 20
PATIENCE: Final = 120.0
SPARE_DESCRIPTORS: Final = 50
KNOCK_EACH: Final = 0.05
TAIL: Final = tail("-q", "-n", "0")
LOGBRAID: Final = logbraid("--order", "arrival", "-n", "0", "--label", "none", name="logbraid, arrival order")


@dataclass(frozen=True)
class Quiet:
    """What one run found: seconds, a share of a core, bytes."""

    ready: float
    cpu: float
    memory: int
    seen: list[float]

    def cells(self) -> tuple[str, ...]:
        """The numbers as text."""
        return (
            milliseconds(self.ready),
            f"{self.cpu:.2%}",
            f"{self.memory / (1 << 20):,.0f} MiB",
            milliseconds(max(self.seen)),
        )


def idle(scale: Scale) -> Report:
    """Fifty thousand files in a hundred directories."""
    files = scale.choose(50_000, 2_000)
    report = Report(
        f"Idle: {files:,} quiet files in {DIRECTORIES} directories",
        f"Ready when a line appended is seen; then nothing for 30 s; then {WRITES} lines into files taken at random. "
        f"Files of `tail` are as many as descriptors allow.",
        ("command", "files", "ready after", "CPU", "memory", "slowest line", "aim"),
    )
    directory = fresh(scale.directory / "idle").parent
    paths = quiet_files(directory, files)
    rest = float(scale.choose(30, 3))
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - SPARE_DESCRIPTORS
    for peer, followed, sources, aim in (
        (TAIL, paths[:descriptors], paths[:descriptors], ""),
        (LOGBRAID, paths, [Path()], "< 1 % CPU, < 250 MB, lines within 100 ms"),
    ):
        try:
            quiet = _quiet(peer, directory, followed, sources, rest)
        except CommandFailed as error:
            report.skip(peer.name, why=str(error))
        else:
            report.add(peer.name, f"{len(followed):,}", *quiet.cells(), aim)
    shutil.rmtree(directory)
    return report


def quiet_files(directory: Path, count: int) -> list[Path]:
    """Make them; return their paths within the directory, which are short: a command line has its limit."""
    text = f"{clock_text(time.time())} INFO started\n".encode()
    paths = [Path(f"{number % DIRECTORIES:02d}", f"{number // DIRECTORIES:03d}.log") for number in range(count)]
    for number in range(DIRECTORIES):
        (directory / f"{number:02d}").mkdir()
    for path in paths:
        (directory / path).write_bytes(text)
    return paths


def _quiet(peer: Peer, directory: Path, followed: list[Path], sources: list[Path], rest: float) -> Quiet:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # tail does not raise it for itself
    try:
        begin = time.monotonic_ns()
        with piped(peer, sources, cwd=directory) as arrivals:
            ready = _knock(arrivals, directory / followed[-1]) - begin
            arrivals.lines(1)  # what else was knocked
            pid = arrivals.process.pid
            before = cpu_seconds(pid)
            time.sleep(rest)
            cpu = (cpu_seconds(pid) - before) / rest
            chosen = random.Random(0).sample(followed, WRITES)
            seen = [_seen(arrivals, directory / path, number) for number, path in enumerate(chosen)]
            return Quiet(ready / 1e9, cpu, memory_peak(pid), seen)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _knock(arrivals: Arrivals, path: Path) -> int:
    """Append to one file until something is seen; return when (monotonic, ns)."""
    for _ in range(int(PATIENCE / KNOCK_EACH)):
        append(path, "knock")
        if (came := arrivals.find(b"knock", KNOCK_EACH)) is not None:
            return came
    raise CommandFailed(f"nothing was seen within {PATIENCE:.0f} s")


def _seen(arrivals: Arrivals, path: Path, number: int) -> float:
    """Append one line; return after how many seconds it came."""
    begin = time.monotonic_ns()
    append(path, f"probe-{number}.")
    came = arrivals.find(f"probe-{number}.".encode(), PATIENCE)
    if came is None:
        raise CommandFailed(f"line {number} of {WRITES} was not seen")
    return (came - begin) / 1e9


def append(path: Path, text: str) -> None:
    """Write one line to a file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    os.write(descriptor, f"{clock_text(time.time())} INFO {text}\n".encode())
    os.close(descriptor)
