"""Catch-up: files that are already there, from the start of the follower until all their bytes are out, to a file.

A run of proof comes first: it tells how large the output becomes and that no line is missing.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.follow_peers import Peer, logbraid, multitail, once, rsyslog, tail
from benchmarks.follow_report import Report, Scale, milliseconds, ratio
from benchmarks.follow_running import fresh, running, size_of, take_turns, wait_until
from benchmarks.inputs import INPUTS, warm
from benchmarks.measure import CommandFailed

__all__ = ["catch_up", "catch_up_slow"]

CAT: Final = once("cat")
TAIL: Final = once("tail", "-q", "-n", "+1")
FOLLOWING: Final = tail("-q", "-n", "+1")
ARRIVAL: Final = ("--order", "arrival", "-n", "+1")
PLAIN: Final = logbraid(*ARRIVAL, "--label", "none", name="logbraid, arrival order")
LABELLED: Final = logbraid(*ARRIVAL, "--label", "name", name="logbraid, arrival order, labels")
TIMED: Final = logbraid("--order", "time", "-n", "+1", "--tz", "UTC", "--label", "none", name="logbraid, time order")
SETTLED: Final = 3.0
"""In the run of proof, an output that did not grow for this long (s) is finished."""

HEADS: Final = ("command", "median", "speed", "x cat", "aim")


def catch_up(scale: Scale) -> Report:
    """One gibibyte in four files."""
    report = Report(
        "Catch-up: 1 GiB in 4 files already there, to a file",
        "From the start of the command until the last byte is in the output.",
        HEADS,
    )
    aims = {PLAIN: "1.3 x, faster than tail", LABELLED: "3 x"}
    return _report(report, scale, "iso-4x256", (CAT, TAIL, FOLLOWING, PLAIN, LABELLED, TIMED), aims)


def catch_up_slow(scale: Scale) -> Report:
    """Less of it, for those who would take minutes."""
    report = Report(
        "Catch-up: 64 MiB in 4 files already there, to a file: the slower peers", "The same with smaller files.", HEADS
    )
    return _report(report, scale, "iso-4x16", (CAT, FOLLOWING, multitail(1_000_000), rsyslog(), PLAIN), {})


def _report(report: Report, scale: Scale, name: str, peers: Sequence[Peer], aims: dict[Peer, str]) -> Report:
    sources = INPUTS[name].make(scale.directory, quick=scale.quick)
    size = sum(source.stat().st_size for source in sources)
    directory = scale.directory / "catch-up"
    finished: dict[Peer, int] = {}

    def measure(peer: Peer, _: int) -> float:
        if peer not in finished:
            finished[peer] = _prove(peer, sources, fresh(directory))
        return _seconds(peer, sources, fresh(directory), finished[peer])

    times = take_turns(peers, scale.rounds, measure)
    shutil.rmtree(directory)
    for peer, taken in times.items():
        if isinstance(taken, CommandFailed):
            report.skip(peer.name, why=str(taken))
            continue
        speed = f"{size / median(taken) / 1e6:,.0f} MB/s"
        slower = ratio(taken, times[CAT])
        report.add(peer.name, milliseconds(median(taken)), speed, slower, aims.get(peer, ""))
    return report


def _prove(peer: Peer, sources: list[Path], out: Path) -> int:
    """Run once without a clock; return the size of the output when it has all lines."""
    with running(peer, sources, out) as process:
        wait_until(process, lambda: size_of(out) > 0)
        wait_until(process, Settled(out).now, patience=300)
    missing = sum(_lines(source) for source in sources) - _lines(out)
    if missing:
        raise CommandFailed(f"{missing:,} lines are missing")
    return size_of(out)


class Settled:
    """Whether a file has stopped growing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = -1
        self._since = 0.0

    def now(self) -> bool:
        """Look, and say whether it has not grown for long enough."""
        moment = time.perf_counter()
        if (size := size_of(self._path)) != self._size:
            self._size, self._since = size, moment
        return moment - self._since > SETTLED


def _seconds(peer: Peer, sources: list[Path], out: Path, size: int) -> float:
    for source in sources:
        warm(source)
    begin = time.perf_counter()
    with running(peer, sources, out) as process:
        return wait_until(process, lambda: size_of(out) >= size, patience=300) - begin


def _lines(path: Path) -> int:
    with path.open("rb", buffering=0) as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
