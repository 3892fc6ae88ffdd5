"""Renders records for a terminal: labels in a colour per source, lines in the colour of their level, late ones marked.

It adds to plain_console.py what needs the columns of a record. What is not for a terminal is rendered elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from logbraid.core.gather import constants, gather, views
from logbraid.core.levels import LEVELS
from logbraid.core.lines import NEWLINE, find_byte
from logbraid.core.records import RecordBatch
from logbraid.core.types import PADDING, Bytes8, Int64, Source
from logbraid.sinks.arrow import characters, columns, edges
from logbraid.sinks.base import Batch
from logbraid.sinks.plain_console import ConsolePrefixes, PlainConsole
from logbraid.sinks.visible import RESET, visible_text

__all__ = ["Console"]

CARRIAGE_RETURN: Final = 0x0D

_DIM, _YELLOW, _RED, _BOLD_RED = "\x1b[2m", "\x1b[33m", "\x1b[31m", "\x1b[1;31m"
_LEVEL_COLOURS: Final = {"trace": _DIM, "debug": _DIM, "warn": _YELLOW, "error": _RED, "fatal": _BOLD_RED}
_OPENINGS: Final = ("", *(_LEVEL_COLOURS.get(level, "") for level in LEVELS))
"""What opens a line without a level, and of each level code."""
_LATE: Final = "[late] "
_LATE_COLOUR: Final = "\x1b[1;33m"


class Console:
    """How records look on a terminal.

    Args:
        sources: every source of the run so far, a list that may grow; None: lines bear no labels.
        colour: labels and levels are told by colours.
        raw: log text is passed on as it is, with whatever it does to the terminal.
    """

    takes_lines = False

    def __init__(self, sources: Sequence[Source] | None, *, colour: bool, raw: bool = False) -> None:
        self._colour = colour
        self._raw = raw
        self._plain = PlainConsole(sources, colour=colour, raw=raw)
        self._prefixes = None if sources is None else ConsolePrefixes(sources, colour=colour)
        self._late = f"{_LATE_COLOUR}{_LATE}{RESET}" if colour else _LATE

    def __call__(self, batch: Batch, /) -> memoryview:
        """Return the bytes to write."""
        records = columns(batch)
        torn = records.open_before is not None or any(part.torn for part in records.parts)
        if torn or not (self._colour or records.late is not None):
            # A line that was cut belongs to two batches, so it bears no colour of its own.
            return self._plain(records)
        return self._decorated(records)

    def _decorated(self, batch: RecordBatch) -> memoryview:
        """Put each physical line between what goes before it and what ends its colour."""
        data = batch.data if self._raw else visible_text(batch.data)
        text = np.frombuffer(bytes(data) + bytes(PADDING), np.uint8)
        starts, ends, next_starts = _lines(text, len(text) - PADDING)
        record = _record_of_each_line(batch)
        styles, style = np.unique(self._styles(batch)[record] * 2 + _is_late(batch, record), return_inverse=True)
        before, after = zip(*[self._around(int(number), batch) for number in styles], strict=True)
        decoration, at, length = constants([*before, *after])
        around = views(1, decoration, at, length)
        pieces = [
            around[style],
            views(0, text, starts, ends - starts),
            around[style + len(styles)],
            views(0, text, ends, next_starts - ends),
        ]
        return characters(gather([text, decoration], np.stack(pieces, axis=1).ravel()))

    def _styles(self, batch: RecordBatch) -> Int64:
        """Return a number for each record that tells its source and level."""
        level = batch.level.astype(np.int64) + 1 if self._colour else np.zeros(len(batch), np.int64)
        return batch.source.astype(np.int64) * len(_OPENINGS) + level

    def _around(self, number: int, batch: RecordBatch) -> tuple[bytes, bytes]:
        """Return what goes before and after a line whose style has this number."""
        rest, late = divmod(number, 2)
        source, level = divmod(rest, len(_OPENINGS))
        prefix = b"" if self._prefixes is None else self._prefixes.current()[source]
        opening = _OPENINGS[level]
        before = prefix + (self._late if late else "").encode() + opening.encode()
        return before, (RESET if opening else "").encode()


def _lines(text: Bytes8, size: int) -> tuple[Int64, Int64, Int64]:
    """Return where each line starts, where its line end (LF or CRLF) starts, and where that ends."""
    newlines = find_byte(text, 0, size, NEWLINE)
    starts = np.concatenate([[0], newlines[:-1] + 1])
    with_return = (text[newlines - 1] == CARRIAGE_RETURN) & (newlines > starts)
    return starts, newlines - with_return, newlines + 1


def _record_of_each_line(batch: RecordBatch) -> Int64:
    """Return the row of the record that each physical line belongs to."""
    newlines = find_byte(np.frombuffer(batch.data, np.uint8), 0, len(batch.data), NEWLINE)
    return np.searchsorted(edges(batch.payload)[1:], newlines, side="right")


def _is_late(batch: RecordBatch, record: Int64) -> Int64:
    """Return 1 for each line that opens a late record, 0 for the others."""
    if batch.late is None:
        return np.zeros(len(record), np.int64)
    opens = np.diff(record, prepend=-1) > 0
    return (batch.late[record] & opens).astype(np.int64)
