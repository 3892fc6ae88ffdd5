"""How lines look on a terminal when nothing is known of them but their source: labels in a colour per source.

Log text is made safe first, so that the only controls that reach a terminal are line ends, tabs and colours. Nothing
here imports Arrow, so that a terminal shows its first line at once; what needs a record's level is in console.py.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from logbraid.core.linewise import LineBatch
from logbraid.core.types import Source
from logbraid.sinks.base import Batch
from logbraid.sinks.visible import RESET, visible_name, visible_text

__all__ = ["ConsolePrefixes", "PlainConsole", "label_colour", "wants_colour"]

_LABEL_COLOURS: Final = tuple(f"\x1b[{code}m" for code in (36, 32, 33, 35, 34, 96, 92, 93, 95, 94))


def wants_colour(choice: str, *, terminal: bool, environment: Mapping[str, str]) -> bool:
    """Return whether to use colours: ``always``, ``never`` or, on a terminal that can and may show them, ``auto``."""
    if choice != "auto":
        return choice == "always"
    return terminal and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def label_colour(label: str, taken: Sequence[int]) -> int:
    """Return the number of the colour for a label: the same in every run, but for one that others have already.

    Args:
        label: of a source.
        taken: numbers of the colours of all sources before it; where there are too few colours, they are shared.
    """
    count = len(_LABEL_COLOURS)
    first = zlib.crc32(os.fsencode(label)) % count
    if len(taken) >= count:
        return first
    return next(number % count for number in range(first, first + count) if number % count not in taken)


class PlainConsole:
    """Renders lines for a terminal, with labels and without regard to levels.

    Args:
        sources: every source of the run so far, a list that may grow; None: lines bear no labels.
        colour: labels are told by colours.
        raw: log text is passed on as it is, with whatever it does to the terminal.
    """

    takes_lines = True

    def __init__(self, sources: Sequence[Source] | None, *, colour: bool, raw: bool = False) -> None:
        self._prefixes = None if sources is None else ConsolePrefixes(sources, colour=colour)
        self._raw = raw

    def __call__(self, batch: Batch, /) -> memoryview:
        """Return the bytes to write."""
        prefixes = None if self._prefixes is None else self._prefixes.current()
        if self._raw:
            return batch.text(prefixes)
        if isinstance(batch, LineBatch):
            return _visible(batch).text(prefixes)
        return memoryview(visible_text(batch.text(prefixes)))


def _visible(batch: LineBatch) -> LineBatch:
    """Make the text safe part by part, before the labels with their colours go in between.

    A sequence or a character that a torn line cuts in two is shown as two, and obeyed by nobody.
    """
    parts = (replace(part, data=memoryview(visible_text(part.data))) for part in batch.parts)
    return replace(batch, parts=tuple(parts))


class ConsolePrefixes:
    """What goes before the lines of each source: its label in a column, in a colour that it keeps.

    Args:
        sources: every source of the run so far; when it has grown, the column may become wider.
        colour: each label has a colour, the same in every run, and different ones as long as there are enough.
    """

    def __init__(self, sources: Sequence[Source], *, colour: bool) -> None:
        self._sources = sources
        self._colour = colour
        self._names: list[str] = []
        self._colours: list[int] = []
        self._width = 0
        self._prefixes: list[bytes] = []

    def current(self) -> Sequence[bytes]:
        """Return the prefixes by the sources' numbers."""
        new = self._sources[len(self._names) :]
        if new:
            self._add(new)
        return self._prefixes

    def _add(self, new: Sequence[Source]) -> None:
        names = [visible_name(source.label) for source in new]
        self._names += names
        for source in new:
            self._colours.append(label_colour(source.label, self._colours))
        width = max(map(len, names))
        if width > self._width:
            self._width = width
            self._prefixes.clear()
        done = len(self._prefixes)
        self._prefixes += map(self._prefix, self._names[done:], self._colours[done:])

    def _prefix(self, name: str, number: int) -> bytes:
        column = name.ljust(self._width)
        return f"{_LABEL_COLOURS[number]}{column}{RESET} | ".encode() if self._colour else f"{column} | ".encode()
