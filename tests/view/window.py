"""The application in a window without a terminal: over records written by hand, at a time that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC
from typing import Any, Final, TypeAlias

from textual.pilot import Pilot

from logbraid.core.account import Account
from logbraid.core.types import SECOND, Nanos
from logbraid.view.app import ViewApp
from logbraid.view.index import Index
from logbraid.view.intake import Intake
from logbraid.view.model import Model
from logbraid.view.widgets.painted import Painted

from .build import Remembered, Written, append, batch_of, source, sources_of

START: Final = 1_772_352_000 * SECOND  # 2026-03-01T08:00:00Z
NOW: Final = START + 3600 * SECOND

Scenario: TypeAlias = "Callable[[ViewApp, Pilot[None]], Awaitable[None]]"

TRACEBACK: Final = 'ERROR payment 7 failed\nTraceback (most recent call last):\n  File "shop.py"\nValueError: no card'
JSON: Final = 'INFO order {"id": 17, "lines": [{"sku": "A-1", "count": 2}], "paid": true}'
TEXTS: Final = ("INFO user {} logged in", "DEBUG cache hit for user {}", "INFO GET /cart/{} 200", "WARN slow query {}")
LEVELS: Final = (2, 1, 2, 3)
LONG: Final = "INFO " + " ".join(f"word-{number}" for number in range(40))


TRACED, ORDER, WIDE, FATAL = 17, 23, 29, 41
"""Records of the shop that are not like the others."""


def shop(count: int = 60) -> list[Written]:
    """Records of all levels, in a crowd and apart; one has a traceback, one JSON, one is long."""
    special = {TRACED: Written(0, 1, 4, TRACEBACK), ORDER: Written(0, 2, 2, JSON), WIDE: Written(0, 0, 2, LONG)}
    special[FATAL] = Written(0, 1, 5, "FATAL out of memory")
    records = []
    seconds = 0
    for number in range(count):
        usual = Written(0, number % 3, LEVELS[number % 4], TEXTS[number % 4].format(number))
        record = special.get(number, usual)
        clock = f"08:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        records.append(record._replace(time=START + seconds * SECOND, text=f"2026-03-01T{clock}Z {record.text}"))
        seconds += 2 if 12 <= number < 32 else 20
    return records


class Coming(Intake):
    """Brings what a test brings, and whatever else it says."""

    def __init__(self, model: Model, records: list[Written]) -> None:
        super().__init__(lambda *_, **__: Account(), model.index, model.shelf)
        self.records = records
        self.is_running = True
        self.part = 1.0
        if records:
            self.come([])

    @property
    def running(self) -> bool:
        return self.is_running

    @property
    def share(self) -> float:
        return self.part

    def come(self, records: Sequence[Written]) -> None:
        """Bring some more."""
        begin = len(self._index)
        self.records += records
        append(self._index, self.records)
        self.sources = [*map(source, sources_of(self.records))]
        self.rates.add(batch_of(self.records, range(begin, len(self.records))))


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> Nanos:
        return self.time


def view_of(records: list[Written]) -> ViewApp:
    """A view of these records."""
    model = Model(Index(), Remembered(records), UTC)
    return ViewApp(model, Coming(model, records), Clock())


def drive(scenario: Scenario, records: list[Written] | None = None, size: tuple[int, int] = (80, 24)) -> ViewApp:
    """Run the application in a window of this size, and the scenario with it."""

    async def run() -> ViewApp:
        app = view_of(shop() if records is None else records)
        async with app.run_test(size=size) as pilot:
            await scenario(app, pilot)
        return app

    return asyncio.run(run())


async def caught_up(app: ViewApp, pilot: Pilot[None]) -> None:
    """Let what goes on in the background come to its end, without waiting for its thread."""
    while app.model.work():
        pass
    app.look()
    await pilot.pause()


async def type_in(pilot: Pilot[None], text: str) -> None:
    """Type a line, and end it."""
    await pilot.press(*text, "enter")
    await caught_up(app_of(pilot), pilot)


def app_of(pilot: Pilot[None]) -> ViewApp:
    assert isinstance(pilot.app, ViewApp)
    return pilot.app


def text_of(part: Painted) -> list[str]:
    """The rows of a part, without their styles."""
    return ["".join(text for text, _ in line) for line in part.drawn]


def state(app: ViewApp) -> dict[str, Any]:
    """All that a key may change."""
    model, pane = app.model, app.model.pane
    rows = pane.rows()
    return {
        "current": pane.current,
        "top": rows[0].record if rows else None,
        "rows": sum(row.record == pane.current for row in rows),
        "following": pane.following,
        "wrap": pane.wrap,
        "shift": pane.shift,
        "times": app.braid.times,
        "bookmarks": list(model.bookmarks),
        "rules": [rule.scan.pattern for rule in model.rules],
        "least": model.selection.least,
        "hidden": set(model.selection.hidden),
        "seeking": model.seeking,
        "asked": app.prompt.about,
        "sources": app.sources.display,
        "focus": type(app.focused).__name__,
        "span": model.range[1] - model.range[0],
        "dark": app.current_theme.dark,
        "screen": type(app.screen).__name__,
        "copied": app.clipboard,
        "running": app.is_running and not app._exit,
    }
