"""Latency of a line that goes to a file, with and without a checkpoint: is anyone held up by a commit?

The file is looked at every fifth of a millisecond, which is as exact as the numbers are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from benchmarks.checkpoint_catchup import PLAIN
from benchmarks.follow_peers import Peer, logbraid, tail
from benchmarks.follow_report import Report, Scale, milliseconds, percentile, ratio
from benchmarks.follow_running import fresh, running, take_turns
from benchmarks.follow_writers import clock_text, started, write_probes
from benchmarks.measure import CommandFailed

__all__ = ["latency"]

FILES: Final = 10
GAP: Final = 0.005
PATIENCE: Final = 20.0
LOOK_EACH: Final = 0.0002
SENT: Final = b" sent="
FLAGS: Final = ("--order", "arrival", "-n", "+1", "--label", "none")
TAIL: Final = tail("-q", "-n", "+1", name="tail -q -n +1 -F > FILE")
BARE: Final = logbraid(*FLAGS, PLAIN, name=f"logbraid, arrival order, {PLAIN}")
KEPT: Final = logbraid(*FLAGS, name="the same, kept")


def latency(scale: Scale) -> Report:
    """A line each 5 ms in one of ten files."""
    report = Report(
        "Latency: a line each 5 ms in one of 10 files, to a file",
        "From before the writer's `write(2)` until the line is seen in the output. A commit a second. "
        "`tail` keeps no checkpoint.",
        ("command", "lines", "p50", "p90", "p99", "max", "p99 x without"),
    )
    duration = float(scale.choose(6, 2))
    directory = scale.directory / "latency"

    def measure(peer: Peer, number: int) -> list[float]:
        return _latencies(peer, fresh(directory), duration, number)

    times = take_turns((TAIL, BARE, KEPT), scale.rounds, measure)
    for peer, taken in times.items():
        beside = times[BARE]
        if isinstance(taken, CommandFailed) or isinstance(beside, CommandFailed):
            report.skip(peer.name, why=str(taken))
            continue
        seconds = list(chain.from_iterable(taken))
        told = [milliseconds(percentile(seconds, share)) for share in (0.5, 0.9, 0.99, 1)]
        times_bare = ratio(seconds, list(chain.from_iterable(beside)), partial(percentile, share=0.99))
        report.add(peer.name, f"{len(seconds):,}", *told, times_bare)
    shutil.rmtree(directory)
    return report


def _latencies(peer: Peer, out: Path, duration: float, seed: int) -> list[float]:
    """Seconds of each line of one run; a line that does not come at all fails the run."""
    sources = [out.with_name(f"{number}.log") for number in range(FILES)]
    for source in sources:
        source.write_text(f"{clock_text(time.time())} INFO ready\n")
    out.touch()
    with running(peer, sources, out) as process, out.open("rb", buffering=0) as output:
        _take(process, output.fileno(), b"ready", FILES)
        with started(write_probes, sources, GAP, duration, seed):
            came = _take(process, output.fileno(), SENT, int(duration / GAP))
    return [(now - int(line.rpartition(SENT)[2])) / 1e9 for now, line in came]


def _take(process: subprocess.Popen[bytes], output: int, token: bytes, count: int) -> list[tuple[int, bytes]]:
    """The next ``count`` lines with these bytes, and when they were seen."""
    deadline = time.monotonic() + PATIENCE
    came: list[tuple[int, bytes]] = []
    rest = b""
    while len(came) < count:
        if time.monotonic() > deadline or process.poll():
            raise CommandFailed(f"{len(came):,} of {count:,} lines came")
        data = os.read(output, 1 << 18)
        now = time.monotonic_ns()
        *lines, rest = (rest + data).split(b"\n")
        came += [(now, line) for line in lines if token in line]
        if not data:
            time.sleep(LOOK_EACH)
    return came
