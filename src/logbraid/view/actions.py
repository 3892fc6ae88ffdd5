"""What each key and each line that is typed does: a method for each action of the table of keys.

The methods ask the model, and say what came of it. Nothing here draws, and what takes long goes on in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from textual.app import App
from textual.worker import get_current_worker

from logbraid.core.types import Nanos
from logbraid.errors import LogbraidError
from logbraid.view.intake import Intake
from logbraid.view.model import Model
from logbraid.view.widgets.help import Help
from logbraid.view.widgets.notices import NoticeList, Notices
from logbraid.view.widgets.prompt import Prompt
from logbraid.view.widgets.status import Status

__all__ = ["Actions"]

SHIFT: Final = 8
"""Columns that one key goes to the side."""

MOST_COPIED: Final = 100_000
"""Characters; many a terminal takes no more."""

SIGNS: Final[Mapping[str, str]] = {
    "find": "/",
    "show": "show only what matches: ",
    "hide": "hide what matches: ",
    "time": "go to time: ",
    "save": "save as: ",
}
"""What can be asked for, and what stands before the line."""


class Actions(App[None], inherit_bindings=False):
    """The keys of an application; the application itself says where things stand, and when they are drawn.

    Args:
        model: what is shown.
        intake: what comes in.
        clock: the time, ns UTC.
    """

    def __init__(self, model: Model, intake: Intake, clock: Callable[[], Nanos]) -> None:
        super().__init__()
        self.model = model
        self.intake = intake
        self.clock = clock
        self.status = Status(model, intake, clock)
        self.notices = Notices()
        self.prompt = Prompt(self.answer)

    def paint(self) -> None:
        """Draw what has changed."""
        raise NotImplementedError

    # Moving

    def action_move(self, step: int) -> None:
        """Go some records on, or back."""
        self.model.pane.move(step)
        self.paint()

    def action_scroll(self, rows: int) -> None:
        """Go some rows on, or back."""
        self.model.pane.scroll(rows)
        self.paint()

    def action_page(self, step: int, half: bool) -> None:
        """Go a page on, or back."""
        self.model.pane.page(step, half=half)
        self.paint()

    def action_first(self) -> None:
        """Go to the first record."""
        self.model.pane.home()
        self.paint()

    def action_shift(self, step: int) -> None:
        """Go to the side; 0: back to the beginning of lines."""
        self.model.pane.shift_by(step * SHIFT if step else -self.model.pane.shift)
        self.paint()

    def action_follow(self) -> None:
        """Stick to the end."""
        self.model.pane.follow()
        self.paint()

    # Looking for records

    def action_again(self, step: int) -> None:
        """Go to the next match, or the one before."""
        if self.model.search is None:
            self.say("nothing is searched for: type /")
        else:
            self.sought(self.model.again(step))

    def action_grave(self, step: int) -> None:
        """Go to the next error, or the one before."""
        self.sought(self.model.grave(step))

    def action_bookmark(self) -> None:
        """Mark the record, or do so no more."""
        self.model.bookmark()
        self.paint()

    def action_to_bookmark(self, step: int) -> None:
        """Go to the next bookmark, or the one before."""
        self.model.next_bookmark(step)
        self.paint()

    def action_leave(self) -> None:
        """Stop looking; what was said has been read."""
        self.model.forget_quest()
        self.status.hush()
        self.paint()

    def sought(self, found: bool | None) -> None:
        """Say so if there was none when it was asked for; None: that is not known yet."""
        if found is False:
            so_far = " so far" if self.intake.running else ""
            self.say(f"there is none{so_far}" if self.model.went_round else f"none{so_far} in this direction")
        elif found and self.model.went_round:
            self.say("found from the other end on")
        self.paint()

    # Choosing what is shown

    def action_drop(self) -> None:
        """Forget the last pattern."""
        self.model.drop()
        self.paint()

    def action_show_all(self) -> None:
        """Forget everything that hides records."""
        self.model.show_all()
        self.paint()

    def action_graver(self, step: int) -> None:
        """Show one level less, or one more, and say which are hidden."""
        before = self.model.selection.least
        hidden = self.model.graver(step)
        if step > 0 and self.model.selection.least == before:
            self.say("nothing that is graver is there")
        else:
            self.say(f"hidden: {', '.join(hidden)}" if hidden else "all levels are shown")
        self.paint()

    # Records

    def action_unfold(self) -> None:
        """Show all lines of the record, or the first one."""
        self.model.pane.unfold()
        self.paint()

    def action_pretty(self) -> None:
        """Show the record's JSON indented, or as it is."""
        if not self.model.pane.pretty_print():
            self.say("no JSON in this record")
        self.paint()

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self.model.pane.toggle_wrap()
        self.paint()

    def action_copy(self) -> None:
        """Hand the record to the clipboard of the terminal."""
        record = self.model.record()
        if record is None:
            self.say("no record is shown")
            return
        self.copy_to_clipboard(record.text[:MOST_COPIED])
        self.say("copied" if len(record.text) <= MOST_COPIED else f"copied the first {MOST_COPIED:,} characters")

    # The window

    def action_zoom(self, factor: float) -> None:
        """Let the timeline show a shorter time, or a longer one."""
        self.model.zoom(factor)
        self.paint()

    def action_light(self) -> None:
        """Change to dark on light, or back."""
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"

    def action_notices(self) -> None:
        """List what was noticed."""
        self.push_screen(NoticeList(self.notices, self.model.zone))

    def action_help(self) -> None:
        """List the keys."""
        self.push_screen(Help())

    # What is typed

    def action_ask(self, about: str) -> None:
        """Ask for a line."""
        self.status.display = False
        self.prompt.ask(about, SIGNS[about])

    def answer(self, about: str, text: str | None) -> None:
        """Do what was typed, and say what was wrong with it."""
        self.status.display = True
        self.status.hush()
        answers = {
            "find": self._find,
            "show": self.model.show,
            "hide": self.model.hide,
            "time": self._goto,
            "save": self._save,
        }
        try:
            if text:
                answers[about](text)
            elif text is not None:
                self._take_back(about)
        except LogbraidError as error:
            self.say(str(error), error=True)
        self.paint()

    def _take_back(self, about: str) -> None:
        """An empty line takes back what such a line does."""
        if about == "find":
            self.model.search = None
        elif about in ("show", "hide"):
            self.model.drop()

    def _find(self, pattern: str) -> None:
        # At the end of a log, what was just written is looked for: nothing is ahead.
        self.sought(self.model.find(pattern, -1 if self.model.pane.following else 1))

    def _goto(self, text: str) -> None:
        self.model.goto_time(text, self.clock())

    def _save(self, text: str) -> None:
        path = os.path.expanduser(text)
        self.say(f"saving to {path}")
        self.run_worker(partial(self._write, path), thread=True, group="save")

    def _write(self, path: str) -> None:
        """Write the file: in a thread of its own."""
        thread = get_current_worker()
        try:
            self.intake.exclude(path)
            count = self.model.save(path, self.intake.sources, lambda: thread.is_cancelled)
        except LogbraidError as error:
            self.call_from_thread(self.say, str(error), error=True)
        else:
            self.call_from_thread(self.say, f"{count:,} records saved to {path}", kept=True)

    def say(self, text: str, *, error: bool = False, kept: bool = False) -> None:
        """Say it in the status line; errors, and what is to be kept, can be read once more."""
        if error or kept:
            self.notices.add(self.clock(), text, error=error)
        self.status.say(text, error=error)
