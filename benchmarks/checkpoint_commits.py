"""Commits by themselves: a checkpoint of tens of thousands of sources, of which one moves each time.

The store is called as the sink calls it; bytes are those that this process gave to ``write(2)``, as ``/proc`` tells.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.follow_report import Report, Scale, milliseconds, percentile
from benchmarks.follow_running import fresh
from logbraid.core.account import SourceAccount
from logbraid.core.checkpoint import Commit, OutputState
from logbraid.core.positions import Mark, Place, Position
from logbraid.core.types import Identity
from logbraid.system.store import Store

__all__ = ["commits"]

COMMITS: Final = 100
SHARES: Final = (1, 10, 100, 1_000)
GUARD: Final = b"2026-03-01T08:00:00.000000Z INFO nothing happened at all, again\n"


class Spent(NamedTuple):
    """What one call took: seconds, and bytes written."""

    seconds: float
    written: int


def commits(scale: Scale) -> Report:
    """Fifty thousand sources, of which few move."""
    sources = scale.choose(50_000, 2_000)
    report = Report(
        f"Commits: a checkpoint of {sources:,} sources",
        f"`Store.save` of so many sources that moved, {COMMITS} times, synced each time; and `Store.load` of all.",
        ("what", "p50", "p99", "bytes written"),
    )
    path = fresh(scale.directory / "commits").with_name("output.checkpoint")
    positions = [_position(number) for number in range(sources)]
    _add(report, f"the first commit: all {sources:,}", [_spent(lambda: _saved(path, positions))])
    _add(report, "`Store.load`", [_spent(lambda: _loaded(path))])
    store = Store(str(path))
    store.load()
    for share in (share for share in SHARES if share <= sources):
        made = [_commit(positions, number, share) for number in range(COMMITS)]
        _add(report, f"{share:,} moved", [_spent(partial(store.save, commit)) for commit in made])
    store.close()
    shutil.rmtree(path.parent)
    return report


def _add(report: Report, what: str, spent: list[Spent]) -> None:
    seconds = [each.seconds for each in spent]
    written = f"{percentile([each.written for each in spent], 0.5):,.0f}"
    report.add(what, milliseconds(percentile(seconds, 0.5)), milliseconds(percentile(seconds, 0.99)), written)


def _spent(call: Callable[[], object]) -> Spent:
    written, begin = _written(), time.perf_counter()
    call()
    return Spent(time.perf_counter() - begin, _written() - written)


def _written() -> int:
    """Bytes that this process has given to ``write(2)`` so far."""
    told = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(told["wchar"])


def _saved(path: Path, positions: list[Position]) -> None:
    store = Store(str(path))
    store.load()
    store.save(Commit(_output(0), tuple(positions)))
    store.close()


def _loaded(path: Path) -> None:
    store = Store(str(path))
    store.load()
    store.close()


def _commit(positions: list[Position], number: int, share: int) -> Commit:
    """Let some sources move that lie far apart."""
    step = len(positions) // share
    moved = [positions[(number * 7919 + each * step) % len(positions)] for each in range(share)]
    return Commit(_output(number), tuple(_further(position, number) for position in moved))


def _further(position: Position, number: int) -> Position:
    place = replace(position.place, offset=position.place.offset + len(GUARD) * number)
    return replace(position, place=place)


def _output(number: int) -> OutputState:
    return OutputState(Identity(64_768, 1), len(GUARD) * (number + 1), GUARD, 0, False, "text")


def _position(number: int) -> Position:
    """A place in the middle of a file, as a run would have left it."""
    path = f"/var/log/services/{number % 100:02d}/instance-{number // 100:04d}/application.log"
    offset = 1_000_000 + number
    place = Place(0, path, Identity(64_768, 2_000_000 + number), offset, GUARD, offset, 1_772_352_000_000_000_000)
    marks = tuple(Mark(at, GUARD) for at in (65_536, 524_288, 1_000_000))
    return Position(path, place, SourceAccount("application.log", path, offset, offset, records=9_000), marks=marks)
