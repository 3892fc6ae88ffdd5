"""What each style name looks like: on a dark ground, on a light one, and without any colour.

A name may be several, apart by spaces: what the later ones say adds to the earlier ones, and to the ground of the row.
A name that nobody knows looks like plain text. Nothing else in the view names a colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.style import Style

__all__ = ["DARK", "LIGHT", "PLAIN", "Theme"]


_GROUNDS: Final = ("current", "status")
"""Names that colour a whole row."""


class Theme:
    """Styles by their names.

    Args:
        looks: of each name, as rich writes them.
    """

    def __init__(self, looks: Mapping[str, str]) -> None:
        self._styles = {name: Style.parse(look) for name, look in looks.items()}
        self._combined: dict[str, Style] = {}

    def style(self, names: str) -> Style:
        """Return what a span with these names looks like."""
        found = self._combined.get(names)
        if found is None:
            ordered = sorted(names.split(), key=lambda name: name not in _GROUNDS)  # a match has a ground of its own
            parts = (self._styles[name] for name in ordered if name in self._styles)
            found = self._combined[names] = sum(parts, Style.null())
        return found

    def ground(self, names: str) -> Style:
        """Return what the rest of a row looks like behind such a span."""
        return self.style(" ".join(name for name in names.split() if name in _GROUNDS))


_SHAPES: Final = {
    "fatal": "bold",
    "match": "bold",
    "title": "bold",
    "key": "bold",
    "prompt": "bold",
    "bookmark": "bold",
    "notice-error": "bold",
}
"""What makes a name stand out besides its colour."""


def _coloured(colours: Mapping[str, str], labels: tuple[str, ...], grounds: dict[str, str]) -> Theme:
    """Return a theme of colours: of names, of labels, and of what has the name ``on-...`` as a ground too."""
    names = {**colours, **{f"label-{number}": colour for number, colour in enumerate(labels)}}
    looks = {name: f"{_SHAPES.get(name, '')} {colour}".strip() for name, colour in names.items()}
    bars = {f"on-{name}": f"on {colour}" for name, colour in colours.items() if name.startswith("bar-")}
    return Theme(looks | bars | grounds)


DARK: Final = _coloured(
    {
        "dim": "#8f99a3",
        "time": "#9aa4ae",
        "trace": "#8f99a3",
        "debug": "#a4aeb8",
        "warn": "#f0c050",
        "error": "#ff7070",
        "fatal": "#ff7070",
        "late": "#f0c050",
        "fold": "#70a8e8",
        "bookmark": "#70d0ff",
        "title": "#e8eef4",
        "key": "#70d0ff",
        "prompt": "#70d0ff",
        "notice": "#f0c050",
        "notice-error": "#ff7070",
        "following": "#80d080",
        "range": "#70d0ff",
        "bar-error": "#ff5555",
        "bar-warn": "#f0c050",
        "slider": "#5080a8",
        "bar-info": "#5080a8",
        "bar-debug": "#38506a",
    },
    (
        "#5fd7d7",
        "#87d787",
        "#d7af5f",
        "#d787d7",
        "#87afff",
        "#5fafaf",
        "#afd75f",
        "#ffaf87",
        "#d7afff",
        "#87d7ff",
    ),
    {"current": "on #22303c", "match": "bold #101010 on #f0c050", "status": "on #1c242c"},
)

LIGHT: Final = _coloured(
    {
        "dim": "#4a525a",
        "time": "#444c54",
        "trace": "#4a525a",
        "debug": "#444c54",
        "warn": "#6a4800",
        "error": "#b00020",
        "fatal": "#b00020",
        "late": "#6a4800",
        "fold": "#0050a0",
        "bookmark": "#0050a0",
        "title": "#101418",
        "key": "#0050a0",
        "prompt": "#0050a0",
        "notice": "#6a4800",
        "notice-error": "#b00020",
        "following": "#006020",
        "range": "#0050a0",
        "bar-error": "#d02030",
        "bar-warn": "#d09000",
        "slider": "#7098b8",
        "bar-info": "#7098b8",
        "bar-debug": "#a8b8c8",
    },
    (
        "#005858",
        "#005f00",
        "#6a4800",
        "#870087",
        "#0040b0",
        "#005f87",
        "#4a5f00",
        "#8a3400",
        "#5f2fa0",
        "#00507f",
    ),
    {"current": "on #c4d4e4", "match": "bold #101010 on #f0c050", "status": "on #d0d4d8"},
)

PLAIN: Final = Theme(
    _SHAPES
    | {
        "error": "bold",
        "late": "bold",
        "range": "bold",
        "following": "bold",
        "current": "reverse",
        "match": "bold underline",
        "status": "reverse",
        "bar-error": "bold",
    }
)
