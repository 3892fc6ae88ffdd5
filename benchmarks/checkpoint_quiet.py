"""Quiet files by the tens of thousands, followed into a file: what the checkpoint adds to starting and to waiting.

CPU and memory are those that ``/proc`` tells of the follower; ready is who has put a line into the output.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.checkpoint_catchup import PLAIN
from benchmarks.follow_peers import Peer, logbraid
from benchmarks.follow_report import Report, Scale, milliseconds
from benchmarks.follow_running import cpu_seconds, fresh, memory_peak, running, size_of, wait_until
from benchmarks.idle import append, quiet_files
from benchmarks.measure import CommandFailed

__all__ = ["quiet"]

KNOCK_EACH: Final = 0.05
PATIENCE: Final = 300.0
SETTLES: Final = 3.0
BEAT: Final = 1.0
FLAGS: Final = ("--order", "arrival", "-n", "0", "--label", "none")
BARE: Final = logbraid(*FLAGS, PLAIN, name=f"logbraid, arrival order, {PLAIN}")
KEPT: Final = logbraid(*FLAGS, name="the same, kept")
AGAIN: Final = logbraid(*FLAGS, name="the same, started again")


def quiet(scale: Scale) -> Report:
    """Fifty thousand files in a hundred directories."""
    files = scale.choose(50_000, 2_000)
    rest = float(scale.choose(30, 3))
    report = Report(
        f"Quiet: {files:,} files, to a file",
        f"Ready when a line appended is in the output; then nothing for {rest:.0f} s; then one line a second for as "
        f"long. Started again, it goes on from a checkpoint of {files:,} sources.",
        ("command", "ready after", "CPU, nothing", "CPU, a line a second", "memory", "checkpoint"),
    )
    directory = fresh(scale.directory / "quiet" / "logs").parent
    paths = [directory / path for path in quiet_files(directory, files)]
    for peer in (BARE, KEPT, AGAIN):
        out = directory.parent / "kept" / "output" if peer is not BARE else directory.parent / "bare" / "output"
        out.parent.mkdir(exist_ok=True)
        try:
            report.add(peer.name, *_cells(peer, directory, paths, out, rest))
        except CommandFailed as error:
            report.skip(peer.name, why=str(error))
    shutil.rmtree(directory.parent)
    return report


def _cells(peer: Peer, directory: Path, paths: list[Path], out: Path, rest: float) -> tuple[str, ...]:
    begin = time.perf_counter()
    with running(peer, [directory], out) as process:
        ready = _knock(process, paths[-1], out) - begin
        time.sleep(SETTLES)
        nothing = _cpu(process.pid, rest, lambda: None)
        beats = _cpu(process.pid, rest, lambda: append(paths[0], "beat"))
        memory = f"{memory_peak(process.pid) / (1 << 20):,.0f} MiB"
    kept = size_of(out.with_name("output.checkpoint"))
    return milliseconds(ready), f"{nothing:.2%}", f"{beats:.2%}", memory, f"{kept / 1e6:,.1f} MB"


def _knock(process: subprocess.Popen[bytes], path: Path, out: Path) -> float:
    """Append to a file until something is in the output; return when."""
    before = size_of(out)

    def knocked() -> bool:
        append(path, "knock")
        time.sleep(KNOCK_EACH)
        return size_of(out) > before

    return wait_until(process, knocked, patience=PATIENCE)


def _cpu(pid: int, rest: float, beat: Callable[[], None]) -> float:
    """Share of a core that it takes while this happens once a second."""
    begin, before = time.perf_counter(), cpu_seconds(pid)
    while time.perf_counter() - begin < rest:
        beat()
        time.sleep(BEAT)
    return (cpu_seconds(pid) - before) / (time.perf_counter() - begin)
