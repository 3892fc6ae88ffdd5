"""Rotation under load: which lines are lost, doubled or torn? Robustness, not speed.

Each line bears a number, so the output tells by itself. The follower is running before the writer starts.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from benchmarks.follow_peers import Peer, logbraid, rsyslog, tail
from benchmarks.follow_report import Report, Scale
from benchmarks.follow_running import fresh, running, size_of, wait_until
from benchmarks.follow_writers import Rotation, started, write_rotating
from benchmarks.measure import CommandFailed

__all__ = ["rotation"]

LINE: Final = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]{15}Z INFO rotating seq=(\d{8}) end")
START: Final = "2026-03-01T08:00:00.000000Z INFO ready\n"
SETTLED: Final = 3.0
POLLING: Final = "---disable-inotify"
"""A flag of tail's own tests: what it does where the file system tells it nothing."""


@dataclass(frozen=True)
class Case:
    """One way to rotate.

    Attributes:
        name: as the table shows it.
        rotation: how the writer writes.
        stopped: seconds from the writer's start between which the follower is stopped.
    """

    name: str
    rotation: Rotation
    stopped: tuple[float, float] | None = None


CASES: Final = (
    Case("rename, full speed, 99 rotations", Rotation(200_000, 99)),
    Case("rename, 10,000 lines/s, 39 rotations", Rotation(20_000, 39, rate=10_000)),
    Case(
        "rename, 10 rotations while the follower is stopped",
        Rotation(20_000, 39, rate=10_000),
        stopped=(0.75, 1.25),
    ),
    Case("copytruncate, 10,000 lines/s, 39 rotations", Rotation(20_000, 39, rate=10_000, copy=True)),
    Case("copytruncate, full speed, 9 rotations", Rotation(100_000, 9, copy=True)),
    Case(
        "copytruncate, 10 rotations while the follower is stopped",
        Rotation(20_000, 39, rate=10_000, copy=True),
        stopped=(0.75, 1.25),
    ),
)
PEERS: Final = (
    tail("-q", "-n", "+1"),
    tail(POLLING, "-q", "-n", "+1", name="tail -F, polling"),
    rsyslog(),
    logbraid("--order", "arrival", "-n", "+1", "--label", "none", name="logbraid, arrival order"),
    logbraid("--order", "time", "-n", "+1", "--label", "none", "--tz", "UTC", name="logbraid, time order"),
)


def rotation(scale: Scale) -> Report:
    """Each case with each follower."""
    report = Report(
        "Rotation under load",
        "One writer that rotates its own file, `.1` the youngest; nothing is removed. What copytruncate takes before a "
        "follower has read it still stands in the copy.",
        ("command", "case", "written", "lost", "doubled", "torn"),
    )
    directory = scale.directory / "rotation"
    for peer in PEERS:
        for case in CASES:
            try:
                lines = _followed(case, peer, fresh(directory))
            except CommandFailed as error:
                report.skip(peer.name, case.name, why=str(error))
            else:
                report.add(peer.name, case.name, *_counted(lines, case.rotation.lines))
    shutil.rmtree(directory)
    return report


def _followed(case: Case, peer: Peer, out: Path) -> list[bytes]:
    """The lines that the follower wrote, when it has nothing left to write."""
    source = out.with_name("logs") / "app.log"
    source.parent.mkdir()
    source.write_text(START)
    with running(peer, [source], out) as process:
        wait_until(process, lambda: size_of(out) > 0)
        with started(write_rotating, source, case.rotation) as writer:
            wait_until(process, lambda: size_of(source) != len(START))
            if case.stopped:
                _stop(process, *case.stopped)
            _finish(writer)
        _settle(process, out)
    return out.read_bytes().splitlines()


def _stop(process: subprocess.Popen[bytes], after: float, until: float) -> None:
    time.sleep(after)
    process.send_signal(signal.SIGSTOP)
    time.sleep(until - after)
    process.send_signal(signal.SIGCONT)


def _finish(writer: BaseProcess) -> None:
    writer.join()
    if writer.exitcode:
        raise CommandFailed(f"the writer ended with {writer.exitcode}")


def _settle(process: subprocess.Popen[bytes], out: Path) -> None:
    """Wait until the output does not grow."""
    size = -1
    while size != (size := size_of(out)):
        time.sleep(SETTLED)
    if process.poll():
        raise CommandFailed(f"the follower ended with {process.returncode}")


def _counted(lines: list[bytes], written: int) -> tuple[str, ...]:
    """How many were written, lost, doubled and torn."""
    found = [LINE.fullmatch(line) for line in lines]
    numbers = Counter(int(match[1]) for match in found if match)
    torn = sum(match is None for match in found) - lines.count(START.encode().rstrip())
    doubled = sum(numbers.values()) - len(numbers)
    return tuple(f"{number:,}" for number in (written, written - len(numbers), doubled, torn))
