"""Every key that works anywhere, and all that it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pytest
from textual.pilot import Pilot

from logbraid.core.types import SECOND
from logbraid.view.app import ViewApp
from logbraid.view.keys import ANYWHERE, keys_of

from .window import FATAL, ORDER, TRACED, WIDE, drive, shop, state


class Case(NamedTuple):
    """What a key changes: nothing but this.

    Attributes:
        changes: what each is then.
        before: done first.
    """

    changes: dict[str, Any]
    before: Callable[[ViewApp], object] = lambda app: app.model.pane.goto(30)


def at(record: int) -> Callable[[ViewApp], object]:
    return lambda app: app.model.pane.goto(record)


def find_user(app: ViewApp) -> None:
    at(30)(app)
    app.model.find("user [23]")
    while app.model.work():
        pass
    app.model.settle()
    at(30)(app)


def bookmarked(app: ViewApp) -> None:
    for record in (20, 40):
        at(record)(app)
        app.model.bookmark()
    at(30)(app)


def shifted(app: ViewApp) -> None:
    at(WIDE)(app)
    app.model.pane.shift_by(16)


def graver(app: ViewApp) -> None:
    at(30)(app)
    app.model.graver(1)


def zoomed(app: ViewApp) -> None:
    at(30)(app)
    app.model.zoom(0.5)


def rule(app: ViewApp) -> None:
    at(30)(app)
    app.model.show("INFO|user|query|traceback|memory|GET")
    while app.model.work():
        pass
    app.look()


def quest(app: ViewApp) -> None:
    at(30)(app)
    app.model.work = lambda: False  # type: ignore[method-assign]
    app.model.find("nowhere")


CASES: Final[dict[str, Case]] = {
    "move(1)": Case({"current": 31}),
    "move(-1)": Case({"current": 29}),
    "scroll(1)": Case({"top": 22}),
    "scroll(-1)": Case({"top": 20}),
    "page(1, False)": Case({"current": 47, "top": 38}),
    "page(-1, False)": Case({"current": 13, "top": 4}),
    "page(1, True)": Case({"current": 39, "top": 30}),
    "page(-1, True)": Case({"current": 21, "top": 12}),
    "first": Case({"current": 0, "top": 0}),
    "shift(-1)": Case({"shift": 8}, shifted),
    "shift(1)": Case({"shift": 8}, at(WIDE)),
    "shift(0)": Case({"shift": 0}, shifted),
    "follow": Case({"following": True, "current": 59, "top": 42}),
    "ask('find')": Case({"asked": "find", "focus": "Field"}),
    "again(1)": Case({"current": 32}, find_user),
    "again(-1)": Case({"current": 28}, find_user),
    "grave(1)": Case({"current": FATAL, "top": 32}),
    "grave(-1)": Case({"current": TRACED, "top": 8}),
    "ask('time')": Case({"asked": "time", "focus": "Field"}),
    "bookmark": Case({"bookmarks": [30]}),
    "to_bookmark(1)": Case({"current": 40, "top": 31}, bookmarked),
    "to_bookmark(-1)": Case({"current": 20, "top": 11}, bookmarked),
    "leave": Case({"seeking": False}, quest),
    "ask('show')": Case({"asked": "show", "focus": "Field"}),
    "ask('hide')": Case({"asked": "hide", "focus": "Field"}),
    "drop": Case({"rules": []}, rule),
    "show_all": Case({"rules": []}, rule),
    "graver(1)": Case({"least": 2, "top": 19}),
    "graver(-1)": Case({"least": None, "top": 21}, graver),
    "sources": Case({"sources": True, "focus": "Sources"}),
    "to_sources": Case({"sources": True, "focus": "Sources"}),
    "unfold": Case({"rows": 4}, at(TRACED)),
    "pretty": Case({"rows": 10, "top": 15}, at(ORDER)),
    "wrap": Case({"wrap": True, "rows": 5, "top": 21}, at(WIDE)),
    "times": Case({"times": True}),
    "copy": Case({"copied": shop()[TRACED].text}, at(TRACED)),
    "ask('save')": Case({"asked": "save", "focus": "Field"}),
    "bar(1)": Case({"current": 33}),
    "bar(-1)": Case({"current": 20, "top": 11}),
    "zoom(0.5)": Case({"span": 410 * SECOND}),
    "zoom(2.0)": Case({"span": 820 * SECOND + 1}, zoomed),
    "light": Case({"dark": False}),
    "notices": Case({"screen": "NoticeList"}),
    "help": Case({"screen": "Help"}),
    "quit": Case({"running": False}),
}
"""What each action changes, in a window of 80 columns with 18 rows for records."""

IN_A_TERMINAL: Final = {"suspend_process"}
"""What only a shell can show, see ``test_view_process``."""

PRESSED: Final = [
    (name, key.action) for key in keys_of(*ANYWHERE) for name in key.keys if key.action not in IN_A_TERMINAL
]


def test_every_action_is_tried() -> None:
    assert {action for _, action in PRESSED} == CASES.keys()


@pytest.mark.parametrize(("name", "action"), PRESSED, ids=[name for name, _ in PRESSED])
def test_a_key_does_what_it_should_and_nothing_else(name: str, action: str) -> None:
    case = CASES[action]

    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        case.before(app)
        before = state(app)
        await pilot.press(name)
        assert state(app) == before | case.changes
        assert before != before | case.changes

    drive(scenario)
