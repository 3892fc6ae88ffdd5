"""The timeline: a bar for each stretch of time, the gravest records at its foot, and below it what the screen shows.

What is counted, and in which buckets, the model says; here is only how a count becomes blocks of eight heights.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from itertools import groupby
from typing import Final, NamedTuple

import numpy as np
from textual import events
from textual.message import Message

from logbraid.core.types import Int64, Nanos
from logbraid.view.dress import Span
from logbraid.view.model import Model
from logbraid.view.timeline import Bars, width_text
from logbraid.view.widgets.painted import Painted, Spans
from logbraid.view.words import moment_text

__all__ = ["HEIGHT", "Heights", "Timeline", "rows_of", "stacked"]

BARS: Final = 3
HEIGHT: Final = BARS + 2
"""Rows: of the bars, of what is shown, of the times."""

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_EIGHTHS: Final = 8

_KINDS: Final = (("bar-error", (6, 5)), ("bar-warn", (4,)), ("bar-info", (3, 0)), ("bar-debug", (2, 1)))
"""From the foot of a bar up: a style, and which columns of the counts it stands for."""


class Heights(NamedTuple):
    """How high the kinds of records reach.

    Attributes:
        tops: for each column of the screen and each kind from the foot up where it ends, in eighths of a row.
        styles: of the kinds.
    """

    tops: Int64
    styles: Sequence[str]


class _Part(NamedTuple):
    """What of one kind is within one cell of the screen."""

    style: str
    height: int


class Timeline(Painted):
    """Draws the bars of a model.

    Args:
        model: whose.
        plain: there are no colours: kinds are not told apart.
    """

    class Picked(Message):
        """A time was clicked."""

        def __init__(self, moment: Nanos) -> None:
            super().__init__()
            self.moment = moment  # a time of our own, where textual's is that of the click

    def __init__(self, model: Model, *, plain: bool = False) -> None:
        super().__init__()
        self._model = model
        self._plain = plain
        self._bars: Bars | None = None

    def content(self) -> Sequence[Spans]:
        """Return the bars, what is shown, and the times."""
        width = self.size.width
        if width < 2 or not len(self._model.index):
            return ()
        bars = self._bars = self._filled(self._model.bars(width))
        heights = stacked(_spread(bars.counts, width), BARS * _EIGHTHS, plain=self._plain)
        return [*rows_of(heights), self._shown(bars, width), _times(bars, width, self._model.zone)]

    @property
    def whole(self) -> bool:
        """Whether nothing is left to count of what it shows."""
        return not self.display or self._bars is None or self._bars.complete

    def on_click(self, event: events.Click) -> None:
        """Go there."""
        if self._bars is not None:
            bucket = event.x * len(self._bars.counts) // self.size.width
            self.post_message(self.Picked(self._bars.time(bucket)))

    def _filled(self, bars: Bars) -> Bars:
        """Return the buckets of the range alone: as their width is a round one, there are more of them."""
        _, end = self._model.range
        return bars._replace(counts=bars.counts[: bars.bucket(end - 1) + 1])

    def _shown(self, bars: Bars, width: int) -> Spans:
        """Return the row that says which part of the time is on the screen."""
        shown = self._model.shown_range()
        if shown is None:
            return [("─" * width, "dim")]
        scale = width / len(bars.counts)
        begin = min(max(int(bars.bucket(min(shown)) * scale), 0), width - 1)
        end = min(max(int((bars.bucket(max(shown)) + 1) * scale), begin + 1), width)
        return [("─" * begin, "dim"), ("━" * (end - begin), "range"), ("─" * (width - end), "dim")]


def stacked(counts: Int64, height: int, *, plain: bool) -> Heights:
    """Return how high each kind of record reaches in each column.

    What is there at all is seen, however rare it is beside the rest: it gets an eighth of a row at least.

    Args:
        counts: a row for each column of the screen, as in ``Bars``.
        height: of the highest one, in eighths of a row.
        plain: all kinds are one.
    """
    kinds = (("bar-info", tuple(range(counts.shape[1]))),) if plain else _KINDS
    parts = np.stack([counts[:, columns].sum(axis=1) for _, columns in kinds], axis=1)
    scale = height / max(int(parts.sum(axis=1).max()), 1)
    tops = np.zeros_like(parts)
    top = np.zeros(len(parts), np.int64)
    reached = (np.cumsum(parts, axis=1) * scale).round().astype(np.int64)
    for kind in range(len(kinds)):
        least = top + (parts[:, kind] > 0)
        top = np.minimum(np.maximum(np.where(parts[:, kind] > 0, reached[:, kind], top), least), height)
        tops[:, kind] = top
    return Heights(tops, [style for style, _ in kinds])


def rows_of(heights: Heights) -> list[Spans]:
    """Return the bars as rows of the screen, from the top."""
    return [_row(heights, floor) for floor in reversed(range(BARS))]


def _spread(counts: Int64, width: int) -> Int64:
    """Return the counts of the bucket that each column of the screen stands for."""
    taken: Int64 = counts[np.arange(width) * len(counts) // width]
    return taken


def _row(heights: Heights, floor: int) -> Spans:
    """Return one row of the bars; floor 0 is the lowest."""
    cells = [_cell(_parts(tops, heights.styles, floor)) for tops in heights.tops.tolist()]
    return [("".join(text for text, _ in run), style) for style, run in groupby(cells, key=lambda cell: cell[1])]


def _parts(tops: Sequence[int], styles: Sequence[str], floor: int) -> list[_Part]:
    low, high = floor * _EIGHTHS, (floor + 1) * _EIGHTHS
    ends = [min(max(top, low), high) for top in tops]
    heights = [end - begin for begin, end in zip([low, *ends], ends, strict=False)]
    return [_Part(style, height) for style, height in zip(styles, heights, strict=True) if height]


def _cell(parts: Sequence[_Part]) -> Span:
    """Return one cell. It has room for two colours: those of the two gravest kinds.

    With nothing above them, two colours would be three: the cell is filled up, or only the gravest is left of it.
    """
    if not parts:
        return " ", ""
    filled = sum(part.height for part in parts)
    foot, *others = parts
    if not others or filled < _EIGHTHS // 2:
        return _BLOCKS[foot.height], foot.style
    above = others[0]
    return _BLOCKS[foot.height], f"{foot.style} on-{above.style}"


def _times(bars: Bars, width: int, zone: tzinfo) -> Spans:
    """Return when it begins and ends, and how long a bucket is; where that is too much, less of it."""
    begin = moment_text(bars.start, zone, bars.width)
    end = moment_text(bars.end, zone, bars.width, day=begin[:10] != moment_text(bars.end, zone, bars.width)[:10])
    middle = f"each {width_text(bars.width)}"
    room = width - len(begin) - len(end)
    if room < 1:
        return [(begin[:width], "dim")]
    if room < len(middle) + 2:
        middle = ""
    return [(begin, "dim"), (middle.center(room), "dim"), (end, "dim")]
