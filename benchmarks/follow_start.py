"""The first line: from the start of a follower until a reader of its output holds a line.

One small file; nothing is timed but starting.
"""

from __future__ import annotations

import os
import pty
import shutil
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.follow_peers import Peer, logbraid, tail
from benchmarks.follow_report import Report, Scale, milliseconds, ratio
from benchmarks.follow_running import Arrivals, fresh, piped, running, take_turns
from benchmarks.follow_writers import clock_text
from benchmarks.measure import CommandFailed

__all__ = ["first_line"]

LINES: Final = 10
PATIENCE: Final = 10.0
REFERENCE: Final = tail("-n", "10")
LOGBRAID: Final = logbraid("--order", "arrival", "-n", "10", name="logbraid, arrival order")


def first_line(scale: Scale) -> Report:
    """One file of ten lines, read through a pipe and through a terminal."""
    report = Report(
        "First line: one file of 10 lines",
        "From the start of the process until its first line is read.",
        ("command", "read from", "median", "x tail -F", "aim"),
    )
    source = fresh(scale.directory / "first-line").with_name("app.log")
    source.write_text("".join(f"{clock_text(time.time())} INFO line {number}\n" for number in range(LINES)))
    for where, timed in (("a pipe", _through_pipe), ("a terminal", _through_terminal)):
        times = take_turns((REFERENCE, LOGBRAID), scale.rounds, partial(timed, source))
        for peer, taken in times.items():
            if isinstance(taken, CommandFailed):
                report.skip(peer.name, where, why=str(taken))
            else:
                aim = "0.3 s" if peer is LOGBRAID else ""
                report.add(peer.name, where, milliseconds(median(taken)), ratio(taken, times[REFERENCE]), aim)
    shutil.rmtree(source.parent)
    return report


def _through_pipe(source: Path, peer: Peer, _: int) -> float:
    begin = time.monotonic_ns()
    with piped(peer, [source]) as arrivals:
        return _first(arrivals, begin)


def _through_terminal(source: Path, peer: Peer, _: int) -> float:
    with ExitStack() as stack:
        ours, theirs = pty.openpty()
        stack.callback(os.close, ours)
        stack.callback(os.close, theirs)
        begin = time.monotonic_ns()
        process = stack.enter_context(running(peer, [source], theirs))
        return _first(Arrivals(ours, process), begin)


def _first(arrivals: Arrivals, begin: int) -> float:
    found = arrivals.find(b"line 0", PATIENCE)
    if found is None:
        raise CommandFailed("no line came")
    return (found - begin) / 1e9
