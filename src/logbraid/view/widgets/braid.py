"""The list of records, and beside it the bar that says where in the whole one is.

Both draw what the pane says, and pass on what is clicked and turned. No widget per row, and no row that is not on the
screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual import events

from logbraid.view.dress import Labels, Look, dress
from logbraid.view.intake import Intake
from logbraid.view.model import Model
from logbraid.view.widgets.painted import Painted, Spans, Turned

__all__ = ["Braid", "Slider"]

WHEEL: Final = 3
"""Rows that one turn of the wheel scrolls."""


class Braid(Painted, can_focus=True):
    """Draws the records of a model.

    Args:
        model: whose.
        intake: knows the sources, and whether more may come.
        labels: of the sources.

    Attributes:
        times: whether each record's time stands before it.
    """

    def __init__(self, model: Model, intake: Intake, labels: Labels) -> None:
        super().__init__()
        self._model = model
        self._intake = intake
        self._labels = labels
        self.times = False

    def content(self) -> Sequence[Spans]:
        """Return the rows of the pane, in their dress; where there are none, why."""
        model, pane = self._model, self._model.pane
        self._labels.take(self._intake.sources)
        zone = model.zone if self.times else None
        look = Look(self._labels, zone, model.search, pane.current, model.bookmarks)
        pane.resize(self.size.width - look.margin, self.size.height)
        rows = pane.rows()
        self._labels.take(self._intake.sources)  # a record may have come meanwhile, and its source with it
        return [dress(row, look) for row in rows] if rows else [[(self._why(), "dim")]]

    def _why(self) -> str:
        """Return why no row is there."""
        if not len(self._model.index):
            return "  waiting for the first record" if self._intake.running else "  no records"
        if not self._model.sifted:
            return "  looking for records to show"
        return "  none of the records is shown (X: show all)"

    def on_click(self, event: events.Click) -> None:
        """Make a record current; unfold it, or fold it again, with the second click."""
        pane = self._model.pane
        record = pane.row_at(event.y)
        if record is not None:
            pane.goto(record)
            if event.chain == 2:
                pane.unfold()
            self.post_message(Turned())

    def on_mouse_scroll_down(self, event: events.MouseEvent) -> None:
        """Go some rows on."""
        event.stop()
        self._scroll(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseEvent) -> None:
        """Go some rows back."""
        event.stop()
        self._scroll(-WHEEL)

    def on_mouse_scroll_right(self, event: events.MouseEvent) -> None:
        """Go to the right in long lines."""
        event.stop()
        self._model.pane.shift_by(WHEEL)
        self.post_message(Turned())

    def on_mouse_scroll_left(self, event: events.MouseEvent) -> None:
        """Go to the left in long lines."""
        event.stop()
        self._model.pane.shift_by(-WHEEL)
        self.post_message(Turned())

    def _scroll(self, rows: int) -> None:
        self._model.pane.scroll(rows)
        self.post_message(Turned())


class Slider(Painted):
    """A bar as high as the list: where in the whole the screen stands."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self._model = model

    def content(self) -> Sequence[Spans]:
        """Return the bar, with one cell of it filled, or as many as the screen is of the whole."""
        height, count = self.size.height, len(self._model.index)
        rows = len(self._model.pane.rows())
        filled = max(height * rows // count, 1) if count else height
        top = round(self._model.pane.share * (height - filled))
        return [[("█", "slider") if top <= y < top + filled else ("│", "dim")] for y in range(height)]

    def on_click(self, event: events.Click) -> None:
        """Go there: the ends of the bar are the ends of the whole."""
        count = len(self._model.index)
        if count:
            self._model.pane.goto(event.y * (count - 1) // max(self.size.height - 1, 1))
            self.post_message(Turned())
