"""Catch-up into a file, with and without a checkpoint, on the disk and in memory.

Two yardsticks: the same run that promises nothing, and the same run with one ``fsync`` of the output at its end, which
is what it costs to have the bytes on the disk at all.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks.follow_peers import Peer, logbraid
from benchmarks.follow_report import Report, Scale, milliseconds, ratio
from benchmarks.follow_running import cpu_seconds, fresh, running, size_of, take_turns, wait_until
from benchmarks.inputs import INPUTS, warm
from benchmarks.measure import CommandFailed

__all__ = ["PLAIN", "catch_up"]

PLAIN: Final = "--no-checkpoint"
MEMORY: Final = Path("/dev/shm")
ORDERS: Final = {
    "arrival order": ("--order", "arrival", "-n", "+1", "--label", "none"),
    "time order": ("--order", "time", "-n", "+1", "--label", "none", "--tz", "UTC"),
}


class Taken(NamedTuple):
    """What one run took, in seconds: until all is out, then until it is on the disk, and of processors."""

    out: float
    synced: float
    cpu: float


def catch_up(scale: Scale) -> Report:
    """One gibibyte in four files, as the follower's own catch-up has it."""
    sources = INPUTS["iso-4x50" if scale.quick else "iso-4x256"].make(scale.directory, quick=False)
    size = sum(source.stat().st_size for source in sources)
    report = Report(
        f"Catch-up: {size >> 20:,} MiB in 4 files already there, to a file",
        "*Out*: from the start of the command until the last byte is in the output. *On disk*: until an `fsync` of the "
        "output after that has returned. *x*: of the same without a checkpoint.",
        ("command", "to", "out", "x", "on disk", "x", "CPU", "x", "aim"),
    )
    places = {"disk": scale.directory / "checkpoint", "memory": MEMORY / "logbraid-benchmarks"}
    for (order, flags), (place, directory) in product(ORDERS.items(), places.items()):
        if place == "memory" and _room(MEMORY) < 2 * size:
            report.skip(f"logbraid, {order}", why=f"{MEMORY} has no room")
            continue
        _compare(report, scale, order, place, flags, sources, directory)
        shutil.rmtree(directory, ignore_errors=True)
    return report


def _compare(
    report: Report, scale: Scale, order: str, place: str, flags: tuple[str, ...], sources: list[Path], directory: Path
) -> None:
    plain, kept = logbraid(*flags, PLAIN, name=f"logbraid, {order}, {PLAIN}"), logbraid(*flags, name="the same, kept")
    size = sum(source.stat().st_size for source in sources)

    def measure(peer: Peer, _: int) -> Taken:
        return _taken(peer, sources, fresh(directory), size)

    times = take_turns((plain, kept), scale.rounds, measure)
    for peer, taken in times.items():
        beside = times[plain]
        if isinstance(taken, CommandFailed) or isinstance(beside, CommandFailed):
            report.skip(peer.name, place, why=str(taken))
            continue
        pairs = zip(zip(*taken, strict=True), zip(*beside, strict=True), strict=True)
        cells = [(milliseconds(median(one)), ratio(one, other)) for one, other in pairs]
        aim = "1.05 x" if peer is kept else ""
        report.add(peer.name, place, *(cell for pair in cells for cell in pair), aim)


def _taken(peer: Peer, sources: Sequence[Path], out: Path, size: int) -> Taken:
    for source in sources:
        warm(source)
    begin = time.perf_counter()
    with running(peer, sources, out) as process:
        end = wait_until(process, lambda: size_of(out) >= size, patience=300)
        cpu = cpu_seconds(process.pid)
        descriptor = os.open(out, os.O_WRONLY)
        os.fsync(descriptor)
        synced = time.perf_counter()
        os.close(descriptor)
    return Taken(end - begin, synced - begin, cpu)


def _room(directory: Path) -> int:
    """Bytes that may still be written there; none where it is not."""
    return shutil.disk_usage(directory).free if directory.is_dir() else 0
