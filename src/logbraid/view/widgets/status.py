"""The status line: where one is, what is shown and looked for, and for some seconds what was noticed.

What is said, and for how long, is decided here; whether it is true, the model and the intake know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size

from logbraid.core.levels import LEVELS
from logbraid.core.types import SECOND, Nanos
from logbraid.sinks.visible import visible_name
from logbraid.view.dress import Span
from logbraid.view.intake import Intake
from logbraid.view.model import Model
from logbraid.view.widgets.painted import Painted, Spans
from logbraid.view.words import count_text, elapsed_text

__all__ = ["Status"]

LASTING: Final = 5 * SECOND
"""How long a notice stands."""

_APART: Final = " · "


class Status(Painted):
    """Says how things stand.

    Args:
        model: what is shown.
        intake: what comes in.
        clock: ns; a notice goes by it.
    """

    def __init__(self, model: Model, intake: Intake, clock: Callable[[], Nanos]) -> None:
        super().__init__()
        self._model = model
        self._intake = intake
        self._clock = clock
        self._notice: Span | None = None
        self._until = 0

    def say(self, text: str, *, error: bool = False) -> None:
        """Say something in place of what else stands there, for some seconds."""
        self._notice = (visible_name(text), "notice-error" if error else "notice")
        self._until = self._clock() + LASTING
        self.paint()

    def hush(self) -> None:
        """What was said has been read."""
        self._notice = None

    def content(self) -> Sequence[Spans]:
        """Return the one row: what is said, or how things stand; and at its right end the place."""
        if not self._until - LASTING <= self._clock() < self._until:  # or the clock was set back
            self._notice = None
        place = self._where()
        room = self.size.width - cell_len(place) - 3
        if room < 1:
            return [[(set_cell_size(place, self.size.width), "status")]]
        parts = [self._notice] if self._notice else list(self._parts())
        left = _fitting(parts, room)
        gap = self.size.width - sum(cell_len(text) for text, _ in left) - cell_len(place) - 2
        return [[(" ", "status"), *left, (" " * gap + place + " ", "status")]]

    def _parts(self) -> Iterator[Span]:
        """Yield what there is to say, the most important first."""
        if self._intake.failure is not None:
            yield visible_name(str(self._intake.failure)), "notice-error"
        if self._model.shelf.failure is not None:
            yield f"texts are missing: {visible_name(str(self._model.shelf.failure))}", "notice-error"
        if self._intake.share < 1 and self._intake.running:
            yield f"reading {self._intake.share:.0%}", "notice"
        if self._model.pane.following:
            yield ("following" if self._intake.running else "at the end"), "following"
        yield from self._looked_for()
        yield from self._chosen()
        if self._model.between is not None:
            yield f"{elapsed_text(self._model.between)} between bookmarks", "bookmark"
        if self._intake.held and self._intake.share == 1:
            yield f"{self._intake.held:,} bytes at the ends of files lack their newline", "dim"
        yield "? keys", "dim"

    def _looked_for(self) -> Iterator[Span]:
        """Yield what is searched for, and how far."""
        search = self._model.search
        if search is not None:
            more = "" if self._model.searched else " so far"
            yield f"/{visible_name(search.pattern)}: {search.count:,}{more}", "prompt"
        if self._model.seeking:
            yield "looking (Esc: stop)", "notice"

    def _chosen(self) -> Iterator[Span]:
        """Yield what is shown, where that is not all."""
        selection = self._model.selection
        for rule in self._model.rules:
            yield f"{'&' if rule.wanted else '!'}{visible_name(rule.scan.pattern)}", "key"
        if selection.least is not None:
            yield f"below {LEVELS[selection.least]} hidden", "key"
        if selection.hidden:
            yield f"{len(selection.hidden):,} source{'s' if len(selection.hidden) > 1 else ''} hidden", "key"

    def _where(self) -> str:
        """Return where the current record is: among all, or among those that are shown, and of how many these are."""
        model = self._model
        count = len(model.index)
        if not count:
            return "no records"
        if model.selection.is_everything:
            record = min(model.pane.current + 1, count)
            return f"{record:,} of {count:,} ({record * 100 // count} %)"
        rank = model.rank  # first: there may be more by the next line
        at_least = "" if model.sifted else "+"
        place = "" if rank is None else f"{rank:,} of "
        return f"{place}{model.selection.count:,}{at_least} shown, of {count_text(count)}"


def _fitting(parts: Sequence[Span], room: int) -> list[Span]:
    """Return the parts that fit, with what sets them apart; of the first one as much as fits."""
    line: list[Span] = []
    for text, style in parts:
        apart = _APART if line else ""
        needed = cell_len(apart + text)
        if needed > room:
            break
        line += [(apart, "dim status"), (text, f"{style} status")] if apart else [(text, f"{style} status")]
        room -= needed
    if parts and not line:
        text, style = parts[0]
        line = [(set_cell_size(text, room), f"{style} status")]
    return line
