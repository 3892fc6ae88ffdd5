"""The list of the last notices, so that what has passed by in the status line can be read once more.

What is kept is bounded, in number and in length. What is worth a notice is decided elsewhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from itertools import pairwise
from typing import Final, NamedTuple

from logbraid.core.types import Nanos
from logbraid.sinks.visible import visible_name
from logbraid.view.cells import wrapped
from logbraid.view.widgets.overlay import Overlay
from logbraid.view.widgets.painted import Spans
from logbraid.view.words import moment_text

__all__ = ["Notice", "NoticeList", "Notices"]

MOST_KEPT: Final = 500
"""Notices that can be read once more."""

LONGEST: Final = 4096
"""Characters of one."""

_MARGIN: Final = 2
_LEAST: Final = 20
"""Columns of text, however narrow the window is."""


class Notice(NamedTuple):
    """What was said.

    Attributes:
        time: when, ns UTC.
        text: in words; inert.
        style: of the words.
    """

    time: Nanos
    text: str
    style: str


class Notices:
    """The last notices."""

    def __init__(self) -> None:
        self._kept: deque[Notice] = deque(maxlen=MOST_KEPT)

    def add(self, time: Nanos, text: str, *, error: bool) -> None:
        """Keep one."""
        self._kept.append(Notice(time, visible_name(text[:LONGEST]), "notice-error" if error else ""))

    def newest_first(self) -> Sequence[Notice]:
        """Return what is kept."""
        return [*reversed(self._kept)]


class NoticeList(Overlay):
    """Shows the notices that there were when it was opened.

    Args:
        notices: the notices.
        zone: of their times.
    """

    def __init__(self, notices: Notices, zone: tzinfo) -> None:
        kept = notices.newest_first()
        super().__init__(lambda width: [*_rows(kept, zone, width)])


def _rows(notices: Sequence[Notice], zone: tzinfo, width: int) -> Iterator[Spans]:
    yield [("  The last notices", "title"), (" (Esc: back to the records)", "dim")]
    yield []
    if not notices:
        yield [("  there were none", "dim")]
    for notice in notices:
        time = f"{' ' * _MARGIN}{moment_text(notice.time, zone)}  "
        edges = [*wrapped(notice.text, max(width - len(time), _LEAST)), len(notice.text)]
        for begin, end in pairwise(edges):
            yield [(" " * len(time) if begin else time, "time"), (notice.text[begin:end], notice.style)]
