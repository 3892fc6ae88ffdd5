"""The screen that lists the keys, from their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from logbraid.view.keys import KEYS, Group, keys_of, written
from logbraid.view.widgets.painted import Painted, Spans

__all__ = ["Help"]

_LEAST: Final = 2
"""Cells between two columns."""


class Help(ModalScreen[None]):
    """Shows the keys, over everything else."""

    def __init__(self) -> None:
        super().__init__()
        self._listing = Listing()

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
    """The keys, group by group."""

    def __init__(self) -> None:
        super().__init__()
        self._top = 0

    def content(self) -> Sequence[Spans]:
        """Return the rows from the one on to which it was scrolled."""
        rows = _rows()
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


def _rows() -> list[Spans]:
    width = max(len(_names(key.keys)) for key in KEYS) + _LEAST
    rows: list[Spans] = [[("  The keys", "title"), (" (Esc: back to the records)", "dim")]]
    for group in Group:
        rows += [[], [(f"  {group.value}", "title")]]
        rows += [[("  " + _names(key.keys).ljust(width), "key"), (key.words, "")] for key in keys_of(group)]
    return rows


def _names(keys: Sequence[str]) -> str:
    return "  ".join(map(written, keys))
