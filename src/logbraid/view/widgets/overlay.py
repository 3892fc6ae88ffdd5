"""A list over everything else, which scrolls: that of the keys, or of the notices. What is in it, it does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from logbraid.view.widgets.painted import Painted, Spans

__all__ = ["Listing", "Overlay", "Rows"]

Rows: TypeAlias = "Callable[[int], Sequence[Spans]]"
"""Says what the rows are, in so many columns."""


class Overlay(ModalScreen[None]):
    """Shows rows until it is left.

    Args:
        rows: of the list.
    """

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self._listing = Listing(rows)

    def compose(self) -> ComposeResult:
        """The list."""
        yield self._listing

    def action_scroll(self, rows: int) -> None:
        """Go some rows down, or up."""
        self._listing.scroll_by(rows)

    def action_page(self, pages: int) -> None:
        """Go some pages down, or up."""
        self._listing.scroll_by(pages * self._listing.size.height)

    def action_leave(self) -> None:
        """Go back."""
        self.dismiss()


class Listing(Painted):
    """The rows that have room."""

    def __init__(self, rows: Rows) -> None:
        super().__init__()
        self._rows = rows
        self._top = 0

    def content(self) -> Sequence[Spans]:
        """Return the rows from the one on to which it was scrolled."""
        rows = self._rows(self.size.width)
        self._top = min(max(self._top, 0), max(len(rows) - self.size.height, 0))
        return rows[self._top : self._top + self.size.height]

    def scroll_by(self, rows: int) -> None:
        """Go some rows down, or up."""
        self._top += rows
        self.paint()

    def on_mouse_scroll_down(self, event: events.MouseEvent) -> None:
        """Go down."""
        event.stop()
        self.scroll_by(3)

    def on_mouse_scroll_up(self, event: events.MouseEvent) -> None:
        """Go up."""
        event.stop()
        self.scroll_by(-3)
