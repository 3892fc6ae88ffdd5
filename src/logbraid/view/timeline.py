"""How many records of each level there are in each bucket of time, and the arithmetic of looking closer and farther.

The time that counts is the one that the braid had reached with a record: it never goes down, so that a bucket is a run
of records. Nothing here knows which range is shown, or how high a bar is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from logbraid.core.levels import LEVELS
from logbraid.core.types import FOREVER, NO_TIME, SECOND, Bool, Int8, Int64, Nanos
from logbraid.view.index import SIZE, Block, Index
from logbraid.view.selection import Selection

__all__ = ["Bars", "Timeline", "nice_width", "width_text", "zoomed"]

COLUMNS: Final = 1 + len(LEVELS)
"""Of the counts: records without a level, then trace to fatal."""

BUDGET: Final = 16
"""Blocks that are counted in one call, a millisecond each, or two while others are at work: keys wait for it."""

_GRIDS: Final = 4
"""Grids whose counts are kept: this one, and some to come back to."""

LEAST: Final[Nanos] = SECOND // 1000
"""The shortest range that can be looked at."""

_MINUTE: Final = 60 * SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

_WIDTHS: Final[tuple[Nanos, ...]] = (
    *(digit * 10**power for power in range(9) for digit in (1, 2, 5)),
    *(count * unit for unit in (SECOND, _MINUTE) for count in (1, 2, 5, 10, 15, 30)),
    *(count * _HOUR for count in (1, 2, 3, 6, 12)),
    *(digit * 10**power * _DAY for power in range(6) for digit in (1, 2, 5)),
)

_UNITS: Final = (
    (_DAY, "d"),
    (_HOUR, "h"),
    (_MINUTE, "min"),
    (SECOND, "s"),
    (SECOND // 10**3, "ms"),
    (SECOND // 10**6, "µs"),
    (1, "ns"),
)


class Bars(NamedTuple):
    """Records per bucket and level.

    Attributes:
        start: of the first bucket; a multiple of the width.
        width: of each bucket.
        counts: a row for each bucket, a column for each of: no level, trace, ..., fatal.
        complete: whether all is in them that is there by now; if not, ask again.
    """

    start: Nanos
    width: Nanos
    counts: Int64
    complete: bool

    @property
    def end(self) -> Nanos:
        """Where the last bucket ends; the range that was asked for may end before."""
        return self.start + len(self.counts) * self.width

    def time(self, bucket: int) -> Nanos:
        """When a bucket begins."""
        return self.start + bucket * self.width

    def bucket(self, time: Nanos) -> int:
        """In which bucket a time is; below 0, or too high: in none of these."""
        return (time - self.start) // self.width


class _Counts(NamedTuple):
    """Records of a run, per bucket and level.

    Attributes:
        first: number of the first bucket, counted from 1970 on.
        counts: as in ``Bars``.
        whole: whether the run was scanned to its end.
    """

    first: int
    counts: Int64
    whole: bool


class _Grid:
    """Buckets at the multiples of a width, of the records of a selection; counts of full blocks are kept.

    Attributes:
        width: of the buckets.
        selection: which records count.
        kept: the counts of full blocks, by their number, and how many of their records had changed.
    """

    def __init__(self, width: Nanos, selection: Selection) -> None:
        self.width = width
        self.selection = selection
        self.kept: dict[tuple[int, int], _Counts] = {}

    def count(self, block: Block, rows: range) -> _Counts:
        """Count some rows, as far as they are scanned."""
        mask = self.selection.mask(block)
        reach = 0 if mask is None else min(len(mask), rows.stop)
        if mask is None or reach <= rows.start:
            return _UNKNOWN
        key = _key(block)
        chosen = slice(rows.start, reach)
        first, counts = _counts(block.reached[chosen], block.level[chosen], mask[chosen], self.width)
        found = _Counts(first, counts, reach == rows.stop)
        if found.whole and len(rows) == SIZE:
            self.kept[key] = found
        return found


def _key(block: Block) -> tuple[int, int]:
    return block.number, len(block.changed)


_UNKNOWN: Final = _Counts(0, np.zeros((0, COLUMNS), np.int64), whole=False)


class Timeline:
    """Counts records for one thread, and remembers what it has counted of blocks that cannot change any more."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._grids: dict[tuple[Nanos, Selection], _Grid] = {}

    def range(self) -> tuple[Nanos, Nanos]:
        """From when on and up to when there are records; the end is behind the last. Nothing there: (0, 0)."""
        if not len(self._index):
            return 0, 0
        return self._index.time(0), self._index.blocks[-1].top + 1

    def bars(self, selection: Selection, start: Nanos, end: Nanos, buckets: int, budget: int = BUDGET) -> Bars:
        """Count the selected records of a range.

        Args:
            selection: which records count.
            start: of the range.
            end: of the range; a record at it is outside.
            buckets: how many, at least 2; as their width is a round one, they begin before the range and end behind it.
            budget: full blocks that may be counted in this call; where it is used up, the bars are incomplete.
        """
        width = nice_width(start, end, buckets)
        grid = self._grid(width, selection)
        first = start // width
        counts = np.zeros((buckets, COLUMNS), np.int64)
        complete = True
        for block, rows in _parts(self._index, first * width, (first + buckets) * width):
            is_full = len(rows) == SIZE
            found = grid.kept.get(_key(block)) if is_full else None
            if found is None:
                found = grid.count(block, rows) if budget or not is_full else _UNKNOWN
                budget -= is_full and found is not _UNKNOWN  # to learn that nothing is scanned there costs nothing
            counts[found.first - first :][: len(found.counts)] += found.counts
            complete = complete and found.whole
        return Bars(first * width, width, counts, complete)

    def bucket(self, bars: Bars, record: int) -> int:
        """Return the bucket in which a record counts; a late one counts where it has come."""
        return bars.bucket(self._index.reached(record))

    def _grid(self, width: Nanos, selection: Selection) -> _Grid:
        key = width, selection
        grid = self._grids.pop(key, None) or _Grid(width, selection)
        self._grids[key] = grid  # the last used stands last
        if len(self._grids) > _GRIDS:
            del self._grids[next(iter(self._grids))]
        return grid


def nice_width(start: Nanos, end: Nanos, buckets: int) -> Nanos:
    """Return the least round width with which so many buckets, at its multiples, hold the range."""
    behind = max(end, start + 1)
    return next((width for width in _WIDTHS if -(-behind // width) - start // width <= buckets), _WIDTHS[-1])


def width_text(width: Nanos) -> str:
    """Say a width in the largest unit of which it is a multiple: ``5 s``, ``10 ms``, ``2 min``."""
    unit, name = next((unit, name) for unit, name in _UNITS if width % unit == 0)
    return f"{width // unit} {name}"


def zoomed(shown: tuple[Nanos, Nanos], around: Nanos, factor: float, whole: tuple[Nanos, Nanos]) -> tuple[Nanos, Nanos]:
    """Return a range as many times as long, never shorter than ``LEAST`` nor beyond the whole.

    Args:
        shown: the range before.
        around: what keeps its place in it; if it has none, it comes to the middle.
        factor: below 1 to come closer.
        whole: the range of all records.
    """
    start, end = shown
    span = max(end - start, 1)
    wanted = min(max(int(span * factor), LEAST), whole[1] - whole[0])
    before = around - start if start <= around <= end else span // 2
    return _within(around - before * wanted // span, wanted, whole)


def _within(start: Nanos, span: Nanos, whole: tuple[Nanos, Nanos]) -> tuple[Nanos, Nanos]:
    begin = max(min(start, whole[1] - span), whole[0])
    return begin, min(begin + span, whole[1])


def _parts(index: Index, start: Nanos, end: Nanos) -> Iterator[tuple[Block, range]]:
    """Yield the blocks that reach into a range, and which of their rows do."""
    first, behind = index.find(_in_time(start)), index.find(_in_time(end))
    if first == behind:
        return
    for number in range(first // SIZE, -(-behind // SIZE)):
        block = index.blocks[number]
        yield block, range(max(first - block.first, 0), min(behind - block.first, SIZE))


def _counts(reached: Int64, level: Int8, mask: Bool, width: Nanos) -> tuple[int, Int64]:
    """Count records of one run, which holds one at least; say in which bucket the first of them is."""
    first, last = int(reached[0]) // width, int(reached[-1]) // width
    edges = np.arange(first + 1, last + 1) * width
    sizes = np.diff(np.searchsorted(reached, edges), prepend=0, append=len(reached))
    codes = np.repeat(np.arange(len(sizes)) * COLUMNS + 2, sizes) + level  # from 1 on: 0 is what is not selected
    found = np.bincount(codes * mask, minlength=len(sizes) * COLUMNS + 1)[1:]
    return first, found.reshape(-1, COLUMNS)


def _in_time(time: Nanos) -> Nanos:
    """Buckets at the ends of time reach beyond it."""
    return min(max(time, NO_TIME), FOREVER)
