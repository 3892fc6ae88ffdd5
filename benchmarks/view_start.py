"""The first screen, and the whole index: from the start of a viewer until a line is seen, and until all are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.follow_peers import Peer
from benchmarks.follow_report import Report, Scale, milliseconds, ratio
from benchmarks.follow_running import fresh, memory_peak, take_turns
from benchmarks.inputs import INPUTS, warm
from benchmarks.measure import CommandFailed
from benchmarks.view_peers import LINE, LNAV, PLACE, TOOLONG, VIEW
from benchmarks.view_window import Window, opened

__all__ = ["first_screen", "lines_of"]

PATIENCE: Final = 600.0
INPUT: Final = INPUTS["iso-4x256"]


@dataclass(frozen=True)
class Start:
    """What one run found: seconds, seconds, bytes."""

    screen: float
    whole: float
    memory: int


def first_screen(scale: Scale) -> Report:
    """1 GiB in four files."""
    report = Report(
        "First screen and whole index: ISO, 4 x 256 MiB",
        "From the start of the process until a line of the logs is drawn, and until all records are known. logbraid "
        "says how many it knows; the others are taken to know them all when they have come to rest.",
        ("command", "first screen", "whole index", "x logbraid", "peak memory", "aim"),
    )
    sources = INPUT.make(scale.directory, quick=scale.quick)
    lines = sum(map(lines_of, sources))

    def measure(peer: Peer, _: int) -> Start:
        return _start(peer, sources, lines, fresh(scale.directory / "home").parent)

    starts = take_turns((VIEW, LNAV, TOOLONG), min(3, scale.rounds), measure)
    for peer, taken in starts.items():
        if isinstance(taken, CommandFailed):
            report.skip(peer.name, why=str(taken))
            continue
        own = starts[VIEW]
        others = own if isinstance(own, CommandFailed) else [start.whole for start in own]
        report.add(
            peer.name,
            milliseconds(median(start.screen for start in taken)),
            milliseconds(median(start.whole for start in taken)),
            ratio([start.whole for start in taken], others),
            f"{max(start.memory for start in taken) / (1 << 20):,.0f} MiB",
            "1 s, 5 s, 400 MiB" if peer is VIEW else "",
        )
    return report


def lines_of(path: Path) -> int:
    """Count the lines of a file, and have it in the page cache."""
    warm(path)
    with path.open("rb", buffering=0) as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))


def _start(peer: Peer, sources: list[Path], lines: int, home: Path) -> Start:
    with opened(peer, sources, home) as window:
        drawn, _ = window.find(LINE, PATIENCE)
        whole = _all_known(window, lines - len(sources)) if peer is VIEW else window.rest(PATIENCE)
        return Start(drawn - window.begin, max(drawn, whole) - window.begin, memory_peak(window.process.pid))


def _all_known(window: Window, count: int) -> float:
    """Wait until so many records are known. The last one of each source may grow, and is known when it has not."""
    while True:
        now, found = window.find(PLACE, PATIENCE)
        if int(found["count"].replace(b",", b"")) >= count:
            return now
