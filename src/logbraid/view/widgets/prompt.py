"""The line in which something is typed: what is asked for, and what was typed before. It judges nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

__all__ = ["Prompt"]


class Field(Input):
    """What is typed, or pasted: of that, only what a terminal shows and does not obey."""

    def validate_value(self, value: str) -> str:
        """Return the value without the rest."""
        return "".join(filter(str.isprintable, value))


class Prompt(Horizontal):
    """Asks for a line, where the status stands otherwise.

    Args:
        answer: called with what it was about and the line, or None where it was left without one.

    Attributes:
        about: what is asked for; empty: nothing is.
    """

    def __init__(self, answer: Callable[[str, str | None], None]) -> None:
        super().__init__()
        self._answer = answer
        self._field = Field(compact=True, select_on_focus=False)
        self.about = ""
        self._typed: defaultdict[str, list[str]] = defaultdict(list)
        self._place = 0
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        """A sign, and the line."""
        yield Static(markup=False)
        yield self._field

    def ask(self, about: str, sign: str) -> None:
        """Begin: what it is about, and what stands before the line."""
        self.about = about
        self._place = len(self._typed[about])
        self._before = self.screen.focused
        self.query_one(Static).update(sign)
        self.display = True
        self._field.value = ""
        self.screen.set_focus(self._field)

    def take(self, character: str) -> None:
        """Add what was typed."""
        self._field.insert_text_at_cursor(character)

    def action_leave(self) -> None:
        """End without a line."""
        self._end(None)

    def on_descendant_blur(self) -> None:
        """End where a click took the keys elsewhere; not where the whole window has none for a while."""
        if self.about and self.app.app_focus:
            self._end(None)

    def action_submit(self) -> None:
        """End with the line."""
        self._end(self._field.value)

    def action_earlier(self, step: int) -> None:
        """Take what was typed before, or after that; behind the last one stands nothing."""
        typed = self._typed[self.about]
        self._place = min(max(self._place + step, 0), len(typed))
        self._field.value = typed[self._place] if self._place < len(typed) else ""
        self._field.action_end()

    def _end(self, text: str | None) -> None:
        about, self.about = self.about, ""
        self.screen.set_focus(self._before)
        self.display = False
        typed = self._typed[about]
        if text and typed[-1:] != [text]:
            typed.append(text)
        self._answer(about, text)
