"""A widget that is painted in rows of styled text: only those rows go to the terminal that are not there already.

The text is inert: it is never read as markup. Who inherits says what the rows are, and nothing about colours.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.app import RenderResult
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from logbraid.view.dress import Span
from logbraid.view.widgets.theme import DARK, LIGHT, PLAIN, Theme

__all__ = ["Painted", "Spans", "Turned"]

Spans = Sequence[Span]
"""One row of the screen."""


class Turned(Message):
    """What is shown, or which record is current, was changed by a click or a turn of the wheel."""


class Painted(Widget):
    """Its rows, as they were painted last.

    Attributes:
        drawn: from the top; where there are fewer than rows, the rest is empty.
    """

    ALLOW_SELECT = False

    drawn: Sequence[Spans] = ()

    def content(self) -> Sequence[Spans]:
        """Return what should stand there now."""
        raise NotImplementedError

    def paint(self) -> None:
        """Have the rows drawn again that are others than before."""
        before, self.drawn = self.drawn, self.content()
        width = self.size.width
        changed = [y for y in range(max(len(before), len(self.drawn))) if _at(before, y) != _at(self.drawn, y)]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def on_resize(self) -> None:
        """Fill the new size."""
        self.paint()

    def render(self) -> RenderResult:
        """Nothing: the rows are drawn one by one."""
        return ""

    def render_line(self, y: int) -> Strip:
        """Return a row with its colours. The ground of its last span goes on to the edge."""
        ground, theme, width = self.rich_style, self._theme, self.size.width
        row = _at(self.drawn, y)
        segments = [Segment(text, ground + theme.style(names)) for text, names in row]
        rest = ground + theme.ground(row[-1][1]) if row else ground
        return Strip(segments).adjust_cell_length(width, rest)

    @property
    def _theme(self) -> Theme:
        if self.app.no_color:
            return PLAIN
        return DARK if self.app.current_theme.dark else LIGHT


def _at(lines: Sequence[Spans], y: int) -> Spans:
    return lines[y] if y < len(lines) else ()
