"""The rows that a record takes: its lines folded, wrapped or cut to the width of the screen.

How each record is folded is remembered here. Which records are on the screen, and where, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from sys import getsizeof
from typing import Final, NamedTuple

from logbraid.view.cells import cut, width, wrapped
from logbraid.view.folding import Fold, Place, Shown, has_json, is_abridged, place, shown
from logbraid.view.nearby import Facts, Nearby, Recent
from logbraid.view.scan import Scan

__all__ = ["LEAST_WIDTH", "Layout", "Row"]

LEAST_WIDTH: Final = 12
"""Cells of a row; a narrower screen shows the beginning of its rows."""

MOST_BYTES: Final = 16 << 20
"""Bytes of what is kept of records, laid out or not, or of a single record."""

BESIDE: Final = 8
"""Cells that are seen beside a match, where it must be gone to the side for it."""

ROW: Final = 256
"""Bytes that a row takes besides its line, about."""


class Row(NamedTuple):
    """One row of the screen.

    Attributes:
        record: whose it is.
        facts: of the record.
        line: which of the lines that are shown of the record.
        whole: that line.
        start: from which of its characters on the row shows it.
        end: and up to which.
        first: it is the first row of its record.
        hidden: lines of the record that are folded away.
        tail: how that is said, in the last row of a folded record; "" in all others.
    """

    record: int
    facts: Facts
    line: int
    whole: str
    start: int
    end: int
    first: bool
    hidden: int
    tail: str

    @property
    def text(self) -> str:
        """The part of the line that the row shows."""
        return self.whole[self.start : self.end]


class _Slice(NamedTuple):
    """A row's part of a line."""

    line: int
    start: int
    end: int


class _Text(NamedTuple):
    """What is shown of a record, which does not depend on the screen."""

    facts: Facts
    shown: Shown

    @property
    def size(self) -> int:
        """Bytes of it."""
        return sum(map(getsizeof, self.shown.lines))


class Layout:
    """Lays records out.

    A folded record shows its first line in one row, or in as many as it takes where lines are wrapped; any other shows
    all of itself, wrapped in any case. Each call may name the records that will be wanted next, which are read along.

    Attributes:
        width: cells of a row.
        wrap: whether lines of folded records are wrapped.
        shift: columns that are left out at the left of those that are not.
    """

    def __init__(self, nearby: Nearby) -> None:
        self.width = 80
        self.wrap = False
        self.shift = 0
        self._nearby = nearby
        self._folds: dict[int, Fold] = {}
        self._focuses: dict[int, int] = {}
        self._before_pretty: dict[int, Fold] = {}
        self._texts: Recent[_Text] = Recent(MOST_BYTES)
        self._rows: Recent[list[Row]] = Recent(MOST_BYTES)

    def change(self, *, width: int | None = None, wrap: bool | None = None, shift: int | None = None) -> None:
        """Lay out in another way from now on."""
        self.width = self.width if width is None else width
        self.wrap = self.wrap if wrap is None else wrap
        self.shift = self.shift if shift is None else shift
        self._rows = Recent(MOST_BYTES)

    def unfold(self, record: int) -> None:
        """Show all lines of a record, or only the first one again; of what is too long, the beginning."""
        self._focuses.pop(record, None)
        self._refold(record, Fold.UNFOLDED if self._fold(record) is Fold.FOLDED else Fold.FOLDED)

    def pretty_print(self, record: int) -> bool:
        """Show the JSON of a record indented, or the record as it was before; return whether there is any."""
        fold = self._fold(record)
        if fold is Fold.PRETTY:
            self._refold(record, self._before_pretty[record])
        elif has_json(self._nearby.read(record, ()).data):
            self._before_pretty[record] = fold
            self._refold(record, Fold.PRETTY)
        else:
            return False
        return True

    def disclose(self, record: int, search: Scan) -> int:
        """Have a record show its first match, unfolded or farther to the side if need be; return in which row it is."""
        found = self._found(record, search)
        if found is None:
            return 0
        rows = self.rows(record)
        if not self._is_cut(record):
            at_or_behind = (y for y, row in enumerate(rows) if row.line == found.line and found.character < row.end)
            return next(at_or_behind, 0)
        whole, begin = rows[0].whole, found.character
        end = next((end for start, end in search.spans(whole, begin) if start <= begin < end), begin)
        left, right = width(whole[:begin]), width(whole[:end])
        shift = _shifted(self.shift, left, right, self.width - len(rows[0].tail))
        if shift != self.shift:
            self.change(shift=shift)
        return 0

    def height(self, record: int, neighbours: Iterable[int] = ()) -> int:
        """Return how many rows a record takes, without a look at its text where that is possible."""
        return 1 if self._is_cut(record) else len(self.rows(record, neighbours))

    def rows(self, record: int, neighbours: Iterable[int] = ()) -> list[Row]:
        """Return the rows of a record, at least one."""
        rows = self._rows.get(record)
        if rows is None:
            text = self._text(record, neighbours)
            rows = self._lay_out(record, text)
            if record in self._texts:
                self._rows.keep(record, rows, text.size + ROW * len(rows))
        return rows

    def _text(self, record: int, neighbours: Iterable[int]) -> _Text:
        """Return what is shown of a record; what may change is not kept."""
        text = self._texts.get(record)
        if text is None:
            reading = self._nearby.read(record, neighbours)
            text = _Text(reading.facts, shown(reading.data, self._fold(record), self._focuses.get(record, 0)))
            if not reading.may_change:
                self._texts.keep(record, text, text.size)
        return text

    def _found(self, record: int, search: Scan) -> Place | None:
        """Return where the first match in a record is shown, from now on at least; None: it is not."""
        data = self._nearby.read(record, ()).data
        if self._fold(record) is Fold.PRETTY:
            data = "\n".join(self._text(record, ()).shown.lines).encode("utf-8", "replace")
            at = search.find(data)
            return None if at is None else place(data, at)
        at = search.find(data)
        if at is None:
            return None
        if is_abridged(data):
            self._focuses[record] = at
        self._refold(record, Fold.UNFOLDED if b"\n" in data[:at] else self._fold(record))
        return place(data, at)

    def _is_cut(self, record: int) -> bool:
        """Whether a record takes one row, however long it is."""
        return not self.wrap and self._fold(record) is Fold.FOLDED

    def _fold(self, record: int) -> Fold:
        return self._folds.get(record, Fold.FOLDED)

    def _refold(self, record: int, fold: Fold) -> None:
        self._folds[record] = fold
        self._texts.drop(record)
        self._rows.drop(record)

    def _lay_out(self, record: int, text: _Text) -> list[Row]:
        facts, (lines, hidden) = text
        tail = f" +{hidden}" if hidden else ""
        if self._is_cut(record):
            slices = [self._cut(lines[0], len(tail))]
        else:
            slices = [each for number, line in enumerate(lines) for each in self._wrapped(number, line, len(tail))]
        last = len(slices) - 1
        return [
            Row(record, facts, line, lines[line], start, end, at == 0, hidden, tail if at == last else "")
            for at, (line, start, end) in enumerate(slices)
        ]

    def _cut(self, line: str, tail: int) -> _Slice:
        """Return the part of a line that stands in one row, before a tail."""
        start = cut(line, 0, self.shift)
        return _Slice(0, start, cut(line, start, self.width - tail))

    def _wrapped(self, number: int, line: str, tail: int) -> list[_Slice]:
        """Return the parts of a line; the tail behind the last one gets a row of its own where there is no room."""
        edges = [*wrapped(line, self.width), len(line)]
        if width(line[edges[-2] :]) + tail > self.width:
            edges.append(len(line))
        return [_Slice(number, start, end) for start, end in pairwise(edges)]


def _shifted(shift: int, left: int, right: int, room: int) -> int:
    """Return how far to go to the side, that the cells from ``left`` on and up to ``right`` are seen, or the first.

    No farther than from the shift before; but where the beginning of the line can be seen too, there.
    """
    if shift <= left and right <= shift + room:
        return shift
    if right <= room:
        return 0
    nearest = left - BESIDE if left < shift else right + BESIDE - room
    return min(max(nearest, right - room), left)
