"""The list of sources: which are shown, how fast they come, and when their last record was.

Only the rows on the screen are asked for, however many sources there are. Which source is hidden, the model knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import set_cell_size
from textual import events

from logbraid.core.types import Source, SourceId
from logbraid.view.dress import Labels
from logbraid.view.intake import Intake
from logbraid.view.model import Model
from logbraid.view.widgets.painted import Painted, Spans, Turned
from logbraid.view.words import count_text, moment_text

__all__ = ["Sources"]

_NUMBERS: Final = 17
"""Cells of a rate and a time."""


class Sources(Painted, can_focus=True):
    """Draws the sources that an intake knows.

    Attributes:
        current: place of the highlighted one in their list.
    """

    def __init__(self, model: Model, intake: Intake, labels: Labels) -> None:
        super().__init__()
        self._model = model
        self._intake = intake
        self._labels = labels
        self.current = 0
        self._top = 0

    @property
    def room(self) -> int:
        """Cells that it takes."""
        return self._labels.width + _NUMBERS + 3

    def content(self) -> Sequence[Spans]:
        """Return a title, and a row for each source that has room."""
        sources = [*self._intake.sources]  # there may be more by the next line
        self._labels.take(sources)
        room = max(self.size.height - 1, 1)
        self._top = max(min(self._top, self.current), self.current - room + 1)
        hidden = len(self._model.selection.hidden)
        title = f"{len(sources):,} sources" + (f", {hidden:,} hidden" if hidden else "")
        rows = sources[self._top : self._top + room]
        return [
            [(" ", ""), (title, "title")],
            *(self._row(place, one) for place, one in enumerate(rows, self._top)),
        ]

    def action_step(self, step: int) -> None:
        """Highlight the next source, or the one before."""
        self.current = min(max(self.current + step, 0), max(len(self._intake.sources) - 1, 0))
        self.paint()

    def action_switch(self) -> None:
        """Hide the highlighted source, or show it."""
        if self.current < len(self._intake.sources):
            self._model.toggle(self._intake.sources[self.current].id)
            self.post_message(Turned())

    def action_only(self) -> None:
        """Show only the highlighted source, or all."""
        if self.current < len(self._intake.sources):
            self._model.only(self._intake.sources[self.current].id, self._intake.sources)
            self.post_message(Turned())

    def action_leave(self) -> None:
        """Give the keys back."""
        self.screen.set_focus(None)

    def on_click(self, event: events.Click) -> None:
        """Hide what was clicked, or show it."""
        place = self._top + event.y - 1
        if event.y > 0 and place < len(self._intake.sources):
            self.current = place
            self.action_switch()

    def on_mouse_scroll_down(self, event: events.MouseEvent) -> None:
        """Highlight the next source."""
        event.stop()
        self.action_step(1)

    def on_mouse_scroll_up(self, event: events.MouseEvent) -> None:
        """Highlight the one before."""
        event.stop()
        self.action_step(-1)

    def _row(self, place: int, source: Source) -> Spans:
        hidden = source.id in self._model.selection.hidden
        ground = " current" if place == self.current and self.has_focus else ""
        style = ("dim" if hidden else self._labels.style(source.id)) + ground
        return [
            (" ", ""),
            ("○ " if hidden else "● ", style),
            (set_cell_size(self._labels.padded(source.id), self.size.width - _NUMBERS - 3), style),
            (self._numbers(source.id).rjust(_NUMBERS), "dim" + ground),
        ]

    def _numbers(self, source: SourceId) -> str:
        rates = self._intake.rates
        last = rates.last(source)
        if last is None and self._intake.sources[source].path in self._intake.awaited:
            return "not there yet"
        when = "" if last is None else moment_text(last, self._model.zone, day=False)
        return f"{count_text(rates.per_second(source))}/s {when:>8}"
