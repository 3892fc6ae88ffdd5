"""The list of the keys, from their table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from logbraid.view.keys import KEYS, Group, keys_of, written
from logbraid.view.widgets.overlay import Overlay
from logbraid.view.widgets.painted import Spans

__all__ = ["Help"]

_LEAST: Final = 2
"""Cells between two columns."""


class Help(Overlay):
    """Shows the keys, over everything else."""

    def __init__(self) -> None:
        super().__init__(_rows)


def _rows(_: int) -> list[Spans]:
    width = max(len(_names(key.keys)) for key in KEYS) + _LEAST
    rows: list[Spans] = [[("  The keys", "title"), (" (Esc: back to the records)", "dim")]]
    for group in Group:
        rows += [[], [(f"  {group.value}", "title")]]
        rows += [[("  " + _names(key.keys).ljust(width), "key"), (key.words, "")] for key in keys_of(group)]
    return rows


def _names(keys: Sequence[str]) -> str:
    return "  ".join(map(written, keys))
