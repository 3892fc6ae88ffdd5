"""Latency: how long after its ``write(2)`` a line is in the hands of who reads the follower's pipe.

One quiet writer, one line at a time; the writer's clock and the reader's are the same.
"""

from __future__ import annotations

import shutil
import time
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final

from benchmarks.follow_peers import Peer, logbraid, tail
from benchmarks.follow_report import Report, Scale, milliseconds, percentile, ratio
from benchmarks.follow_running import Arrivals, fresh, piped, take_turns
from benchmarks.follow_writers import clock_text, started, write_probes
from benchmarks.measure import CommandFailed

__all__ = ["latency"]

FILES: Final = 10
GAP: Final = 0.005
PATIENCE: Final = 20.0
SENT: Final = b" sent="
TAIL: Final = tail("-q", "-n", "+1")
ARRIVAL: Final = logbraid("--order", "arrival", "-n", "+1", "--label", "none", name="logbraid, arrival order")
IN_TIME: Final = ("--order", "time", "-n", "+1", "--label", "none", "--tz", "UTC", "--lateness", "200ms")
TIMED: Final = logbraid(*IN_TIME, name="logbraid, time order, lateness 200 ms")
BRISK: Final = logbraid(*IN_TIME, "--silence", "50ms", name="the same, silence 50 ms")
AIMS: Final = {ARRIVAL: "p50 1 ms, p99 10 ms and 3 x tail", TIMED: "p99 250 ms", BRISK: "p99 250 ms"}


def latency(scale: Scale) -> Report:
    """A line each 5 ms in one of ten files."""
    report = Report(
        "Latency: a line each 5 ms in one of 10 files",
        "From before the writer's `write(2)` until the line is read from the follower's pipe. In time order the last "
        "record of a source waits for `--silence` too: a traceback might follow.",
        ("command", "lines", "p50", "p90", "p99", "max", "p99 x tail", "aim"),
    )
    duration = float(scale.choose(6, 2))
    directory = scale.directory / "latency"

    def measure(peer: Peer, number: int) -> list[float]:
        return _latencies(peer, fresh(directory).parent, duration, number)

    tails: list[float] = []
    for peer, taken in take_turns((TAIL, ARRIVAL, TIMED, BRISK), scale.rounds, measure).items():
        if isinstance(taken, CommandFailed):
            report.skip(peer.name, why=str(taken))
            continue
        seconds = list(chain.from_iterable(taken))
        tails = tails or seconds
        told = [milliseconds(percentile(seconds, share)) for share in (0.5, 0.9, 0.99, 1)]
        report.add(
            peer.name,
            f"{len(seconds):,}",
            *told,
            ratio(seconds, tails, partial(percentile, share=0.99)),
            AIMS.get(peer, ""),
        )
    shutil.rmtree(directory)
    return report


def _latencies(peer: Peer, directory: Path, duration: float, seed: int) -> list[float]:
    """Seconds of each line of one run; a line that does not come at all fails the run."""
    sources = [directory / f"{number}.log" for number in range(FILES)]
    for source in sources:
        source.write_text(f"{clock_text(time.time())} INFO ready\n")
    with piped(peer, sources) as arrivals:
        _take(arrivals, b"ready", FILES)
        with started(write_probes, sources, GAP, duration, seed):
            came = _take(arrivals, SENT, int(duration / GAP))
    return [(now - int(line.rpartition(SENT)[2])) / 1e9 for now, line in came]


def _take(arrivals: Arrivals, token: bytes, count: int) -> list[tuple[int, bytes]]:
    """The next ``count`` lines with these bytes, and when they came."""
    deadline = time.monotonic() + PATIENCE
    came: list[tuple[int, bytes]] = []
    while len(came) < count:
        if (left := deadline - time.monotonic()) <= 0:
            raise CommandFailed(f"{len(came):,} of {count:,} lines came")
        now, lines = arrivals.lines(left)
        came += [(now, line) for line in lines if token in line]
    return came
