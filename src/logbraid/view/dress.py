"""A row as styled text: its signs, its label, its time, and the line in the colour of its level with matches on top.

Styles are names, which the application gives colours; the text is inert. Nothing here decides what stands on the
screen, or how wide it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final
from weakref import WeakKeyDictionary

from logbraid.core.levels import LEVELS
from logbraid.core.types import Source
from logbraid.sinks.plain_console import label_colour
from logbraid.sinks.visible import visible_name
from logbraid.view.cells import cut, width
from logbraid.view.layout import Row
from logbraid.view.scan import SECTION, Scan
from logbraid.view.words import moment_text

__all__ = ["Labels", "Look", "Span", "dress"]

Span = tuple[str, str]
"""Text, and the names of its styles, apart by spaces; the later ones add to the earlier ones."""

CURRENT, BOOKMARK, LATE = ">", "*", "~"
"""Signs before a record: where one is; bookmarked; out of its place, since it came too late for that."""

MOST_LABEL: Final = 32
"""Cells of a label; of a longer one its end is shown, which tells it apart."""

MOST_SECTIONS: Final = 256
"""Sections of lines of which is kept where they match."""

MILLISECOND: Final = 10**6
CLOCK: Final = len("00:00:00.000")

_MATCHES: Final[WeakKeyDictionary[Scan, dict[tuple[str, int], Sequence[tuple[int, int]]]]] = WeakKeyDictionary()
"""Where lines match, by the section looked at; forgotten with the search, which nothing here keeps alive."""


class Labels:
    """The labels of all sources in a column, and in the colours that they have everywhere."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._colours: list[int] = []
        self.width = 0

    def take(self, sources: Sequence[Source]) -> None:
        """Take notice of sources that are new in a list that has grown; the column may become wider."""
        for source in sources[len(self._names) :]:
            self._colours.append(label_colour(source.label, self._colours))
            self._names.append(_fitting(visible_name(source.label), MOST_LABEL))
            self.width = max(self.width, width(self._names[-1]))

    def style(self, source: int) -> str:
        """Return the name of the colour of a source."""
        return f"label-{self._colours[source]}"

    def padded(self, source: int) -> str:
        """Return the label of a source, as wide as the column."""
        name = self._names[source]
        return name + " " * (self.width - width(name))


@dataclass(frozen=True, slots=True)
class Look:
    """What rows are dressed with.

    Attributes:
        labels: of the sources; None: they are not shown.
        zone: of the times; None: they are not shown.
        search: what is searched for; its matches stand out.
        current: the record that is pointed out.
        bookmarks: records that bear a sign.
    """

    labels: Labels | None = None
    zone: tzinfo | None = None
    search: Scan | None = None
    current: int | None = None
    bookmarks: Collection[int] = ()

    @property
    def margin(self) -> int:
        """Cells before the text of a row: what is left of the window is for the pane."""
        label = 0 if self.labels is None else self.labels.width + 1
        return 3 + label + (0 if self.zone is None else CLOCK + 1)


def dress(row: Row, look: Look) -> list[Span]:
    """Return a row as spans of text, in all as wide as the margin and the pane, or less."""
    level = "" if row.facts.level < 0 else LEVELS[row.facts.level]
    spans = [*_margin(row, look), *_text(row, level, look.search)]
    if row.tail:
        spans.append((row.tail, "fold"))
    if row.record == look.current:
        return [(text, f"{style} current".lstrip()) for text, style in spans]
    return spans


def _margin(row: Row, look: Look) -> Iterator[Span]:
    """Yield what stands before the text: in rows but the first of a record, nothing but room."""
    if not row.first:
        yield " " * look.margin, ""
        return
    yield (CURRENT if row.record == look.current else " "), ""
    yield _sign(row, look)
    yield " ", ""
    if look.labels is not None:
        yield look.labels.padded(row.facts.source), look.labels.style(row.facts.source)
        yield " ", ""
    if look.zone is not None:
        yield moment_text(row.facts.time, look.zone, MILLISECOND, day=False), "time"
        yield " ", ""


def _sign(row: Row, look: Look) -> Span:
    if row.record in look.bookmarks:
        return BOOKMARK, "bookmark"
    return (LATE, "late") if row.facts.late else (" ", "")


def _text(row: Row, style: str, search: Scan | None) -> Iterator[Span]:
    """Yield the text between matches, and the matches; a row that a match goes beyond shows its part of it."""
    at = row.start
    for start, end in () if search is None else _matches(search, row):
        start, end = max(start, at), min(end, row.end)
        if start < end:
            yield row.whole[at:start], style
            yield row.whole[start:end], f"{style} match".lstrip()
            at = end
    yield row.whole[at : row.end], style


def _matches(search: Scan, row: Row) -> Sequence[tuple[int, int]]:
    """Return where a row's line matches, around the row; the same rows are asked for again with each redraw."""
    known = _MATCHES.setdefault(search, {})
    section = row.whole, row.start // SECTION
    if section not in known:
        if len(known) >= MOST_SECTIONS:
            known.clear()
        known[section] = search.spans(row.whole, row.start)
    return known[section]


def _fitting(name: str, cells: int) -> str:
    """Return a name, or its end where it is too wide."""
    if width(name) <= cells:
        return name
    return "…" + name[len(name) - cut(name[::-1], 0, cells - 1) :]
