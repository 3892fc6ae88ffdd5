"""What stands on the screen: which record at the top, which one is current, and the rows from there down.

The screen is anchored at a record and filled from there, so that nothing costs more than what is on it, however many
records there are. Nothing here draws, and what a record looks like is decided in ``layout.py``.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from logbraid.view.cells import width
from logbraid.view.index import Index
from logbraid.view.layout import LEAST_WIDTH, Layout, Row
from logbraid.view.nearby import Nearby
from logbraid.view.scan import Scan
from logbraid.view.selection import Selection
from logbraid.view.shelf import Shelf

__all__ = ["Pane", "Row"]


class _Place(NamedTuple):
    """A row of a record."""

    record: int
    row: int


@dataclass(frozen=True, slots=True)
class _Aim:
    """Where the screen is to go as soon as it is known what is shown there.

    Attributes:
        record: that one, or else the nearest one.
        step: after it (1) or before it (-1); if there is none, on its other side.
        y: the row of the screen where it is to stand; None: its last row at the bottom.
    """

    record: int
    step: int
    y: int | None


class Pane:
    """Shows the records of a selection.

    Who follows is let go by moving up or elsewhere, and follows again by moving down, or scrolling, where nothing is
    below; going to the end alone does not follow.

    Args:
        index: of all records; grows.
        shelf: their text.
        selection: which of them are shown.

    Attributes:
        height: rows of the screen.
        selection: which records are shown.
        current: the record that is pointed out; one that is not shown, where none is yet.
        following: the last record is shown, whatever comes.
    """

    def __init__(self, index: Index, shelf: Shelf, selection: Selection) -> None:
        self.height = 24
        self.selection = selection
        self.current = 0
        self.following = False
        self._index = index
        self._layout = Layout(Nearby(index, shelf))
        self._top = _Place(0, 0)
        self._aim: _Aim | None = _Aim(0, 1, 0)

    # What is on the screen

    def rows(self) -> list[Row]:
        """Return the rows from the top; fewer than the height where there are no more, or none that are scanned."""
        rows: list[Row] = []
        for record in self.selection.walk(self._top.record, 1):
            above = self._top.row if record == self._top.record else 0
            rows += self._layout.rows(record, self.selection.walk(record, 1))[above : above + self.height - len(rows)]
            if len(rows) >= self.height:
                break
        return rows

    def row_at(self, y: int) -> int | None:
        """Return the record that has a row of the screen; None: none has."""
        rows = self.rows()
        return rows[y].record if 0 <= y < len(rows) else None

    @property
    def share(self) -> float:
        """Where in the whole the screen stands: 0 at its beginning, 1 at its end."""
        rows = self.rows()
        if not rows:
            return 0.0
        above, below = rows[0].record, len(self._index) - 1 - rows[-1].record
        return above / (above + below) if above + below else 0.0

    # How it is shown

    @property
    def width(self) -> int:
        """Cells of a row of text."""
        return self._layout.width

    @property
    def wrap(self) -> bool:
        """Whether long lines are wrapped."""
        return self._layout.wrap

    @property
    def shift(self) -> int:
        """Columns that are left out at the left of lines that are not wrapped."""
        return self._layout.shift

    def resize(self, width: int, height: int) -> None:
        """Take another size, in cells of text and in rows."""
        width, height = max(width, LEAST_WIDTH), max(height, 1)
        if (width, height) != (self.width, self.height):
            y = self._y(self.current)
            self.height = height
            self._layout.change(width=width)
            self._show_again(y)

    def toggle_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        y = self._y(self.current)
        self._layout.change(wrap=not self.wrap)
        self._show_again(y)

    def shift_by(self, columns: int) -> None:
        """Go to the right in lines that are cut, or to the left below 0; never beyond what is on the screen."""
        longest = max((width(row.whole) for row in self.rows()), default=0)
        self._layout.change(shift=max(min(self.shift + columns, longest - 1), 0))

    def unfold(self) -> None:
        """Show all lines of the current record, or only the first one again."""
        if self._is_shown(self.current):
            self._layout.unfold(self.current)
            self._refolded()

    def pretty_print(self) -> bool:
        """Show the JSON of the current record indented, or the record as it was before; return whether there is any."""
        if not self._is_shown(self.current) or not self._layout.pretty_print(self.current):
            return False
        self._refolded()
        return True

    # Where it stands

    def select(self, selection: Selection) -> None:
        """Show other records: the current one stays current where it is among them, else the next one becomes it."""
        y = self._y(self.current)
        self.selection = selection
        self._aim_at(_Aim(self.current, 1, 0 if y is None else max(y, 0)))
        self.refresh()

    def refresh(self) -> None:
        """Take notice of new records, or of newly scanned ones: go to the end if following, else stay."""
        if self.following:
            self._to_end()
        else:
            self._settle()

    def follow(self) -> None:
        """Go to the end, and stay there whatever comes."""
        self.following = True
        self._to_end()

    def home(self) -> None:
        """Go to the first record."""
        self.following = False
        self._aim_at(_Aim(0, 1, 0))

    def end(self) -> None:
        """Go to the last record there is now."""
        self._aim_at(_Aim(max(len(self._index) - 1, 0), -1, None))

    def goto(self, record: int) -> None:
        """Make a record current, or the next one that is shown; what was not on the screen comes to its middle."""
        self.following = False
        record = max(min(record, len(self._index) - 1), 0)
        y = self._y(record)
        self._aim_at(_Aim(record, 1, self.height // 2 if y is None else max(y, 0)))

    def goto_match(self, record: int, search: Scan) -> None:
        """Make a record current and see its first match: where it is folded away, or beyond the edge, or below."""
        row = self._layout.disclose(record, search)
        self.goto(record)
        y = self._y(self.current)
        if y is not None and y + row >= self.height:
            top = self._up(_Place(record, row), self.height // 2)
            self._top = self._filled(top, at_least=_Place(0, 0))

    def move(self, records: int) -> None:
        """Make the record current that is so many below, or above; the screen goes along."""
        step = 1 if records > 0 else -1
        self.following = self.following and step > 0
        target = deque(islice(self.selection.walk(self.current + step, step), abs(records)), maxlen=1)
        if target:
            self._aim = None
            self.current = target[0]
            self._reveal()
        elif step > 0:
            self._follow_at_end()

    def scroll(self, rows: int) -> None:
        """Move the screen so many rows down, or up; the current record stays the same while it is on the screen."""
        self.following = self.following and rows > 0
        if self._roll(rows):
            if self._y(self.current) is None:
                self._take_current(0 if rows > 0 else -1)
        elif rows > 0:
            self._follow_at_end()

    def page(self, step: int, *, half: bool = False) -> None:
        """Move the screen down (1) or up (-1) by a page but one row, or by half; at an end, go to the very record."""
        self.following = self.following and step > 0
        y = max(self._y(self.current) or 0, 0)
        if self._roll(step * max(self.height // 2 if half else self.height - 1, 1)):
            self._take_current(y)
        elif step < 0:
            self.home()
        elif self.selection.seek(self.current, 1).record is not None:
            self.end()
        else:
            self._follow_at_end()

    # Going there

    def _aim_at(self, aim: _Aim) -> None:
        self._aim = aim
        self._settle()

    def _settle(self) -> None:
        """Go where the aim is, as far as it is known; the aim stays until a record is found."""
        aim = self._aim
        if aim is None:
            return
        found = self._nearest(aim)
        if found is None:
            self.current = aim.record
            self._top = self._filled(_Place(aim.record, 0), at_least=_Place(0, 0))
        else:
            self._aim = None
            self.current = found
            self._show(aim.y)

    def _nearest(self, aim: _Aim) -> int | None:
        ahead = self.selection.seek(aim.record - aim.step, aim.step)
        if ahead.record is not None or ahead.pending:
            return ahead.record
        return self.selection.seek(aim.record, -aim.step).record

    def _follow_at_end(self) -> None:
        """Follow, if it is known that nothing is below the screen."""
        rows = self.rows()
        below = self.selection.seek(rows[-1].record if rows else self.current, 1)
        if below.record is None and not below.pending:
            self.follow()

    def _to_end(self) -> None:
        """Go to the last record that is known to be shown."""
        last = self._last()
        if last is not None:
            self._aim = None
            self.current = last
            self._top = self._bottom(last)

    def _last(self) -> int | None:
        """Return the last record that is known to be shown; what comes after it may not be scanned."""
        for block in reversed(self._index.blocks):
            mask = self.selection.mask(block)
            if mask is not None and mask.any():
                return block.first + len(mask) - 1 - int(mask[::-1].argmax())
        return None

    def _take_current(self, y: int) -> None:
        """Make the record current that has a row of the screen, or the last one."""
        rows = self.rows()
        if rows:
            self.current = rows[min(y, len(rows) - 1)].record

    def _roll(self, rows: int) -> bool:
        """Move the top by so many rows, but leave no row empty that need not be; return whether it has moved."""
        before = self._top
        if rows < 0:
            self._top = self._up(before, -rows)
        else:
            self._top = self._filled(self._down(before, rows), at_least=before)
        if self._top != before:
            self._aim = None
        return self._top != before

    def _reveal(self) -> None:
        """Bring the whole of the current record onto the screen, or as much as fits."""
        y, height = self._y(self.current), min(self._height(self.current), self.height)
        if y is None or y < 0 or y + height > self.height:
            begin, end = _Place(self.current, 0), _Place(self.current, height - 1)
            self._top = begin if begin < self._top else self._up(end, self.height - 1)

    def _show_again(self, y: int | None) -> None:
        """Have the current record stand where it did, though everything has another height."""
        if self._aim is None:
            self._show(0 if y is None else min(max(y, 0), self.height - 1))
        self.refresh()

    def _refolded(self) -> None:
        """See as much as possible of the current record, which has another height."""
        if self._top.record == self.current:
            self._top = _Place(self.current, 0)
        self._top = self._filled(self._top, at_least=_Place(0, 0))
        self._reveal()

    def _show(self, y: int | None) -> None:
        """Have the current record begin in a row of the screen, and see as much of it as fits; None: see its end."""
        if y is None:
            self._top = self._bottom(self.current)
        else:
            self._top = self._filled(self._up(_Place(self.current, 0), y), at_least=_Place(0, 0))
            self._reveal()

    # Geometry: rows up and down from a place

    def _up(self, place: _Place, rows: int) -> _Place:
        """Return the place so many rows above another, or the first one."""
        rows -= place.row
        for record in self.selection.walk(place.record - 1, -1):
            if rows <= 0:
                break
            rows -= self._height(record, -1)
            place = _Place(record, 0)
        return place._replace(row=max(-rows, 0))

    def _down(self, place: _Place, rows: int) -> _Place:
        """Return the place so many rows below another, or the last one."""
        rows += place.row
        for record in self.selection.walk(place.record, 1):
            height = self._height(record)
            if rows < height:
                return _Place(record, rows)
            rows -= height
            place = _Place(record, height - 1)
        return place

    def _bottom(self, record: int) -> _Place:
        """Return the top at which a record ends at the bottom of the screen."""
        return self._up(_Place(record, self._height(record) - 1), self.height - 1)

    def _filled(self, top: _Place, at_least: _Place) -> _Place:
        """Return a top, or one above it where rows would be empty at the bottom though there are records above."""
        rows = -top.row
        for record in self.selection.walk(top.record, 1):
            rows += self._height(record)
            if rows >= self.height:
                return top
        last = self._last()
        return top if last is None else max(min(top, self._bottom(last)), at_least)

    def _y(self, record: int) -> int | None:
        """Return the row of the screen where a record begins, below 0 where that is above it; None: not on it."""
        y = -self._top.row
        for each in self.selection.walk(self._top.record, 1):
            if each >= record:
                return y if each == record else None
            y += self._height(each)
            if y >= self.height:
                break
        return None

    def _is_shown(self, record: int) -> bool:
        return next(self.selection.walk(record, 1), None) == record

    def _height(self, record: int, step: int = 1) -> int:
        """Return how many rows a record takes; the records on its side of the step will be wanted next."""
        return self._layout.height(record, self.selection.walk(record, step))
