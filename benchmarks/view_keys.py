"""Keys: how long one takes to answer, while the logs are read, when they are, and while they grow.

A key that goes to the next record is answered when the status line says its number.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.follow_peers import Peer
from benchmarks.follow_report import Report, Scale, milliseconds, percentile
from benchmarks.follow_running import fresh
from benchmarks.follow_writers import WIDTH, clock_text, started, write_load
from benchmarks.inputs import INPUTS
from benchmarks.measure import CommandFailed
from benchmarks.view_peers import LINE, LNAV, PLACE, TOOLONG, VIEW
from benchmarks.view_start import lines_of
from benchmarks.view_window import Window, opened

__all__ = ["keys"]

PATIENCE: Final = 600.0
PROMPT: Final = 20.0
BETWEEN: Final = 0.03
KEYS: Final = 200
FILES: Final = 4
RATE: Final = 50_000
TOP: Final = {LNAV: "g", TOOLONG: "\x1b[H"}
"""What goes to the first record; at the last one there would be no next."""

ANYTHING: Final = re.compile(rb"(?s).")


def keys(scale: Scale) -> Report:
    """The next record, again and again."""
    report = Report(
        "Keys: the next record, in 1 GiB of 4 files",
        "From a key until the number of its record is drawn; of the others, until anything is. The aim is 50 ms.",
        ("command", "when", "keys", "p50", "p95", "max"),
    )
    sources = INPUTS["iso-4x256"].make(scale.directory, quick=scale.quick)
    for source in sources:
        lines_of(source)
    count = scale.choose(KEYS, KEYS // 4)
    home = fresh(scale.directory / "home").parent
    _add(report, VIEW, "while they are read", lambda: _while_read(sources, count // 4, home))
    _add(report, VIEW, "all are read", lambda: _at_rest(VIEW, sources, count, home))
    _add(report, VIEW, f"{RATE:,} records/s come", lambda: _under_load(fresh(scale.directory / "live"), count, home))
    for peer in (LNAV, TOOLONG):
        _add(report, peer, "all are read", lambda peer=peer: _at_rest(peer, sources, count, home))  # type: ignore[misc]
    shutil.rmtree(scale.directory / "live")
    return report


def _add(report: Report, peer: Peer, when: str, measure: Callable[[], list[float]]) -> None:
    try:
        took = measure()
    except CommandFailed as error:
        report.skip(peer.name, when, why=str(error))
    else:
        shares = [percentile(took, 0.5), percentile(took, 0.95), max(took)]
        report.add(peer.name, when, str(len(took)), *map(milliseconds, shares))


def _while_read(sources: list[Path], count: int, home: Path) -> list[float]:
    """Walk while there is more to come: not for long."""
    with opened(VIEW, sources, home) as window:
        window.find(LINE, PATIENCE)
        return _walk(window, count)


def _at_rest(peer: Peer, sources: list[Path], count: int, home: Path) -> list[float]:
    with opened(peer, sources, home) as window:
        window.find(LINE, PATIENCE)
        window.rest(PATIENCE)
        if peer is VIEW:
            return _walk(window, count)
        window.press(TOP[peer])
        window.rest(PROMPT)
        return [_answer(window) for _ in range(count)]


def _under_load(out: Path, count: int, home: Path) -> list[float]:
    sources = [out.with_name(f"{number}.log") for number in range(FILES)]
    for source in sources:
        source.write_text(f"{clock_text(time.time())} INFO ready seq=00\n" * 10)
    with ExitStack() as stack:
        window = stack.enter_context(opened(VIEW, sources, home))
        window.find(LINE, PATIENCE)
        stack.enter_context(started(write_load, sources, RATE * WIDTH, 2 * PROMPT))
        _reached(window, RATE)
        return _walk(window, count)


def _reached(window: Window, count: int) -> None:
    """Wait until so many records are there."""
    while int(window.find(PLACE, PROMPT)[1]["count"].replace(b",", b"")) < count:
        pass


def _walk(window: Window, count: int) -> list[float]:
    """Go to the first record, and from it so many on."""
    window.press("<")
    window.find(_at(1), PROMPT)
    took = []
    for record in range(2, count + 2):
        time.sleep(BETWEEN)
        pressed = window.press("j")
        drawn, _ = window.find(_at(record), PROMPT)
        took.append(drawn - pressed)
    return took


def _at(record: int) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![\d,])%s of " % f"{record:,}".encode())


def _answer(window: Window) -> float:
    time.sleep(BETWEEN)
    pressed = window.press("j")
    return window.find(ANYTHING, PROMPT)[0] - pressed
