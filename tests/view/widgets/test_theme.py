"""The colours: readable on either ground; and names that nobody knows look like plain text."""

from __future__ import annotations

import re

import pytest
from rich.color import Color
from rich.style import Style
from textual.theme import BUILTIN_THEMES

from logbraid.view.widgets.theme import DARK, LIGHT, PLAIN, Theme

LEAST = 4.5
"""Contrast of text, as the Web Content Accessibility Guidelines (AA) ask for."""

LEVELS = ("trace", "debug", "warn", "error", "fatal")
SIGNS = ("dim", "time", "late", "fold", "bookmark", "title", "key", "prompt", "notice", "notice-error", "following")
TEXT = (*LEVELS, *SIGNS)
LABELS = [f"label-{number}" for number in range(10)]


def luminance(color: Color | None) -> float:
    assert color is not None
    parts = (part / 255 for part in color.get_truecolor())
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(style: Style) -> float:
    high, low = sorted((luminance(style.color), luminance(style.bgcolor)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("theme", "name"), [(DARK, "textual-dark"), (LIGHT, "textual-light")], ids=["dark", "light"])
@pytest.mark.parametrize("ground", ["", "current", "status"])
def test_everything_can_be_read(theme: Theme, name: str, ground: str) -> None:
    colours = BUILTIN_THEMES[name].to_color_system().generate()
    usual = Style.parse(f"{colours['foreground'][:7]} on {colours['background'][:7]}")
    pale = {
        names: round(contrast(usual + theme.style(f"{names} {ground}")), 1)
        for names in ["", *TEXT, *LABELS, "match", "error match"]
        if contrast(usual + theme.style(f"{names} {ground}")) < LEAST
    }
    assert pale == {}


def test_without_colours_there_are_none() -> None:
    for name in [*TEXT, *LABELS, "current", "match", "status", "bar-error"]:
        assert not re.search("#|color", str(PLAIN.style(name)))
    assert PLAIN.style("error current").bold
    assert PLAIN.style("error current").reverse


def test_names_add_up_and_unknown_ones_say_nothing() -> None:
    assert DARK.style("nobody knows") == Style.null()
    assert DARK.style("error current") == DARK.style("error") + DARK.style("current")
    assert DARK.ground("error current") == DARK.style("current")
