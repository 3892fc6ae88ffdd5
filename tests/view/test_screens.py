"""What the main states look like: each as rows of text with the names of their styles, in ``screens/``.

``LOGBRAID_SCREENS=write`` writes them anew; what has changed is then to be read, not believed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from logbraid.view.app import ViewApp
from logbraid.view.widgets.painted import Painted

from .build import Written
from .window import START, Scenario, caught_up, drive, shop, text_of, type_in

pytestmark = pytest.mark.once

SCREENS: Final = Path(__file__).parent / "screens"

HOSTILE: Final = [
    Written(START, 0, 2, "INFO \x1b[31mred\x1b[0m \x1b[2J\x1b]0;title\x07 bell\x07 back\rover \x9b31m"),
    Written(START + 1, 0, -1, "[bold]no markup[/bold] [link=x]y[/link] {{}} \\[ [/"),
    Written(START + 2, 1, 4, "tab\tstop\tand 表は広い and e\u0301 and \u202eright to left\u202c and \u200bnothing"),
    Written(START + 3, 1, 2, ""),
    Written(START + 4, 1, 2, "nul \x00 del \x7f"),
]


async def as_it_comes(app: ViewApp, pilot: Pilot[None]) -> None:
    pass


async def unfolded(app: ViewApp, pilot: Pilot[None]) -> None:
    app.model.pane.goto(17)
    await pilot.press("enter", "e")
    app.model.pane.goto(23)
    await pilot.press("p", "m")


async def wrapped(app: ViewApp, pilot: Pilot[None]) -> None:
    app.model.pane.goto(29)
    await pilot.press("w", "t")


async def filtered(app: ViewApp, pilot: Pilot[None]) -> None:
    await pilot.press("&")
    await type_in(pilot, "user|query")
    await pilot.press("!")
    await type_in(pilot, "CACHE")
    await pilot.press("+", "escape")


async def searched(app: ViewApp, pilot: Pilot[None]) -> None:
    await pilot.press("<", "/")
    await type_in(pilot, "user [0-9]+")
    await pilot.press("n")
    await caught_up(app, pilot)


async def sources(app: ViewApp, pilot: Pilot[None]) -> None:
    await pilot.press("S", "j", "space", "j")


async def asked(app: ViewApp, pilot: Pilot[None]) -> None:
    await pilot.press("g", *"14:30")


async def keys(app: ViewApp, pilot: Pilot[None]) -> None:
    await pilot.press("?")


SHOWN: Final[dict[str, tuple[Scenario, list[Written], tuple[int, int]]]] = {
    "first": (as_it_comes, shop(), (80, 24)),
    "unfolded": (unfolded, shop(), (80, 40)),
    "wrapped": (wrapped, shop(), (80, 24)),
    "filtered": (filtered, shop(), (80, 24)),
    "searched": (searched, shop(), (80, 24)),
    "sources": (sources, shop(), (100, 24)),
    "asked": (asked, shop(), (80, 24)),
    "keys": (keys, shop(), (80, 24)),
    "small": (as_it_comes, shop(), (40, 10)),
    "hostile": (as_it_comes, HOSTILE, (80, 24)),
    "nothing": (as_it_comes, [], (80, 24)),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_screen_looks_as_it_did(name: str) -> None:
    scenario, records, size = SHOWN[name]
    seen: list[str] = []

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await scenario(app, pilot)
        await caught_up(app, pilot)
        seen.extend(painting(app))

    drive(look, records, size)
    path = SCREENS / f"{name}.txt"
    if os.environ.get("LOGBRAID_SCREENS") == "write":
        path.write_text("\n".join(seen) + "\n")
    assert path.read_text().splitlines() == seen


def painting(app: ViewApp) -> Iterator[str]:
    """The parts of the window: their rows, and below each where its styles begin."""
    for part in app.screen.query("*"):
        if not part.display or not part.size:
            continue
        if isinstance(part, Painted):
            yield f"[{type(part).__name__} {part.size.width} x {part.size.height}]"
            yield from painted(part)
        elif isinstance(part, Input):
            yield f"[Prompt] {app.screen.query_one(Static).content}{part.value}"


def painted(part: Painted) -> Iterator[str]:
    """The rows of a part, and below each its styles; a part that is one column wide lies on its side."""
    if part.size.width == 1:
        yield "|" + "".join(text_of(part))
        return
    for row, line in zip(text_of(part), part.drawn, strict=True):
        yield "|" + row
        yield " " + "; ".join(f"{len(text)} {style or '-'}" for text, style in line if text)
