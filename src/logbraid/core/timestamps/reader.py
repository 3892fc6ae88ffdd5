"""Reads the times of a whole chunk of lines by array operations, one format per source.

The tail of a timestamp (seconds, fraction) is read from tables that turn two bytes at a time into nanoseconds; its head
(all the rest) changes once a minute and is interpreted once, by the format's own plain Python. Nothing here knows any
format, and no statement runs per line, except for the first line of each shape.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np

from logbraid.core.lines import NEWLINE, run_lengths, windows
from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import Lock
from logbraid.core.timestamps.format import HEXADECIMAL, Format, Head, Moment
from logbraid.core.types import NO_TIME, PADDING, SECOND, Bool, Bytes8, Int64, Nanos, UInt64

__all__ = ["TimestampReader"]

LONGEST: Final = 80
"""A timestamp with everything around it that its pattern may look at is at most this many bytes."""

MOST_SHAPES: Final = 48
"""Layouts remembered for one source; a file that has more of them is read right, but slowly."""

MOST_HEADS: Final = 512
"""Heads remembered from chunk to chunk: old ones rarely come back, and each costs a little in every chunk."""

MANY_LINES: Final = 64
"""Lines without a time that are worth a copy, so as not to be read again."""

# A pair of bytes that is not two digits. Far below zero, yet eight of them added up do not overflow.
_POISON: Final = -(2**56)
_NOT_A_DIGIT: Final = -1
_NO_HEAD: Final = -1
_ZERO: Final = ord("0")
_NOTHING: Final = np.empty(0, np.uint8)


@cache
def _digit_values(base: int) -> Int64:
    """Return the value of each byte as a digit, or _NOT_A_DIGIT."""
    values = np.full(256, _NOT_A_DIGIT, np.int64)
    for value, pair in enumerate(zip(b"0123456789abcdef"[:base], b"0123456789ABCDEF"[:base], strict=True)):
        values[list(pair)] = value
    return values


@cache
def _pair_table(low_worth: int, high_worth: int, base: int) -> Int64:
    """Return, for each two bytes read as a little-endian word, their worth in ns; a worth of 0 means "any byte"."""
    digits = _digit_values(base)
    low, high = (
        np.where(digits < 0, _POISON, digits * worth) if worth else np.zeros(256, np.int64)
        for worth in (low_worth, high_worth)
    )
    return (high[:, None] + low[None, :]).ravel()


class Shape(NamedTuple):
    """Where the tail's digits stand in a timestamp, and what they are.

    Attributes:
        second: column of the first of the two digits of the seconds, counted from the start of the timestamp.
        begin: column of the first digit of the fraction.
        end: column behind the last one; ``begin`` where there is no fraction.
        stop: length of the timestamp.
        base: of the digits. Hexadecimal ones have no seconds, and their fraction counts ns.
        limit: what all digits together stay below, in ns.
    """

    second: int
    begin: int
    end: int
    stop: int
    base: int
    limit: Nanos

    @classmethod
    def of(cls, match: re.Match[bytes], form: Format, head: Head) -> Shape:
        """Return the shape of a line that matched."""
        begin, end = match.span("fraction") if "fraction" in match.re.groupindex else (0, 0)
        # A minute may have a leap second; what is no minute (epoch seconds) goes up to 99.
        seconds = 1 if form.base == HEXADECIMAL else 61 if isinstance(head, Moment) else 100
        return cls(match.start("second"), begin, end, match.end(), form.base, seconds * SECOND)

    def worths(self) -> dict[int, Nanos]:
        """Return what each column that is a digit of the tail is worth, in ns."""
        columns = range(self.begin, self.end)
        if self.base == HEXADECIMAL:
            return {column: 16 ** (self.end - 1 - column) for column in columns}
        fraction = {column: SECOND // 10 ** (column - self.begin + 1) for column in columns}
        return {self.second: 10 * SECOND, self.second + 1: SECOND} | fraction


class Layout:
    """How to read lines of one shape all at once.

    Attributes:
        shape: of the lines.
        width: bytes of a window: the timestamp and the one byte after it that its pattern may look at, in whole words.
        heads: the number of each head seen so far.
    """

    __slots__ = ("_digits", "_mask", "_tables", "heads", "shape", "width")

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.width = (shape.stop + 1 + 7) // 8 * 8
        self.heads: dict[bytes, int] = {}
        worths = shape.worths()
        self._digits = [*worths]
        keep = np.full(self.width, 0xFF, np.uint8)
        keep[[*worths, *range(shape.stop + 1, self.width)]] = 0
        self._mask: UInt64 = keep.view(np.uint64)
        self._tables = [
            (pair, _pair_table(worths.get(2 * pair, 0), worths.get(2 * pair + 1, 0), shape.base))
            for pair in sorted({column // 2 for column in worths})
        ]

    def masked(self, window: Bytes8) -> UInt64:
        """Return the words of the windows, end to end, with the tails' digits and what lies beyond cleared."""
        words = window.view(np.uint64).ravel()
        if len(self._mask) < len(words):
            # One mask after the other: array operations are quick on long rows, and slow on many short ones.
            self._mask = np.tile(self._mask[: self.width // 8], len(window))
        return words & self._mask[: len(words)]

    def typical(self, window: Bytes8) -> bytes:
        """Return the timestamp and the byte after it with a 0 for each digit of the tail: one text for equal heads."""
        text = window[: self.shape.stop + 1].copy()
        text[self._digits] = _ZERO
        return text.tobytes()

    def tails(self, window: Bytes8) -> Int64:
        """Return seconds and fraction in ns, or something below zero where other bytes than digits stand."""
        pairs = window.view("<u2")
        (column, table), *others = self._tables
        total = table.take(pairs[:, column])
        for column, table in others:
            total += table.take(pairs[:, column])
        if len(total) and total.max() >= self.shape.limit:
            total[total >= self.shape.limit] = _POISON
        return total


class Barren:
    """The lines without a time that were read last.

    A record that is still open comes again with each chunk, only longer. What bore no time bears none when it comes
    again, so however small the chunks are, a line that begins like a time is looked at once.
    """

    def __init__(self) -> None:
        self._text = _NOTHING

    def remember(self, buffer: Bytes8, starts: Int64, ends: Int64, heads: Int64) -> None:
        """Remember the lines behind the last one with a head, if they are many."""
        timed = (heads != _NO_HEAD).nonzero()[0]
        first = int(timed[-1]) + 1 if len(timed) else 1
        last = len(ends) - (1 if len(ends) and buffer[ends[-1] - 1] == NEWLINE else 2)  # a line that may go on is none
        many = last - first >= MANY_LINES
        self._text = buffer[starts[first] : ends[last]].copy() if many else _NOTHING

    def again(self, buffer: Bytes8, starts: Int64, ends: Int64) -> int:
        """Return how many lines behind the first are those that were remembered."""
        size = len(self._text)
        if not size or len(starts) < 2 or ends[-1] - starts[1] < size:
            return 0
        same = np.array_equal(buffer[starts[1] : starts[1] + size], self._text)
        return int(np.searchsorted(ends, starts[1] + size, side="right")) - 1 if same else 0


class TimestampReader:
    """Reads the times of one source, whose format and place in the line are known.

    Attributes:
        previous: time of the last line read, from which a missing year or date is inferred; NO_TIME at the start.
    """

    def __init__(self, lock: Lock, calendar: Calendar, previous: Nanos = NO_TIME) -> None:
        self.lock = lock
        self.previous = previous
        self._calendar = calendar
        self._layouts: list[Layout] = []
        self._heads: list[Head] = []
        self._barren = Barren()
        self._bases: list[Nanos] = []  # where a head can be placed without the line before; NO_TIME where it cannot
        self._first = np.zeros(256, np.bool_)
        self._first[list(lock.format.first)] = True

    def read(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Int64:
        """Return the time of each line ``buffer[start:end]`` in ns UTC, NO_TIME where it has none."""
        self._forget_many()
        again = self._barren.again(buffer, starts, ends)
        heads, tails = self._read_but(again, buffer, starts, ends) if again else self._read(buffer, starts, ends)
        self._barren.remember(buffer, starts, ends, heads)
        return self._place(heads, tails)

    def timed(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Bool:
        """Return which of the lines seem to bear a time, whatever it is; nothing is remembered of them."""
        self._forget_many()
        heads, _ = self._read(buffer, starts, ends)
        return np.asarray(heads != _NO_HEAD)

    def heads(self, buffer: Bytes8, starts: Int64, ends: Int64) -> list[Head]:
        """Return what the heads of the lines say, in their order, equal neighbours once."""
        numbers, _ = self._read(buffer, starts, ends)
        numbers = numbers[numbers != _NO_HEAD]
        changed = np.ones(len(numbers), np.bool_)
        np.not_equal(numbers[1:], numbers[:-1], out=changed[1:])
        return [self._heads[number] for number in numbers[changed].tolist()]

    def _read_but(self, again: int, buffer: Bytes8, starts: Int64, ends: Int64) -> tuple[Int64, Int64]:
        """Read the first line, and those behind the ``again`` that follow it and are known to bear no time."""
        heads, tails = np.full(len(starts), _NO_HEAD), np.zeros(len(starts), np.int64)
        for rows in (slice(1), slice(1 + again, None)):
            heads[rows], tails[rows] = self._read(buffer, starts[rows], ends[rows])
        return heads, tails

    def _read(self, buffer: Bytes8, starts: Int64, ends: Int64) -> tuple[Int64, Int64]:
        """Return the number of each line's head, and what its tail is worth."""
        positions = self.lock.locator.positions(buffer, starts, ends)
        if self._layouts:
            heads, tails = self._apply(self._layouts[0], buffer, positions)
            if positions.min(initial=0) < 0:
                heads[positions < 0] = _NO_HEAD  # what was looked at there is no line's own
        else:
            heads, tails = np.full(len(starts), _NO_HEAD), np.zeros(len(starts), np.int64)
        if len(heads) and heads.min() == _NO_HEAD:
            self._read_others(buffer, positions, ends, heads, tails)
        return heads, tails

    def _read_others(self, buffer: Bytes8, positions: Int64, ends: Int64, heads: Int64, tails: Int64) -> None:
        """Read the lines that the latest layout does not fit: those of other layouts, then those of new ones."""
        plausible = (heads == _NO_HEAD) & (positions >= 0) & self._first[buffer[positions]]
        rows = plausible.nonzero()[0]
        for layout in self._layouts[1:]:
            if len(rows):
                rows = self._fill(layout, buffer, positions, rows, heads, tails)
        while (found := self._first_new(buffer, positions, ends, rows)) is not None:
            number, shape = found
            self._layouts = [Layout(shape), *self._layouts[: MOST_SHAPES - 1]]
            left = self._fill(self._layouts[0], buffer, positions, rows[number:], heads, tails)
            rows = left[left != rows[number]]

    def _first_new(self, buffer: Bytes8, positions: Int64, ends: Int64, rows: Int64) -> tuple[int, Shape] | None:
        """Return which of ``rows`` is the first with a shape that no layout has, and that shape.

        Whoever writes lines that only begin like a time has a statement run for each: it does next to nothing.
        """
        match, data, known = self.lock.format.pattern.match, buffer.data, {layout.shape for layout in self._layouts}
        places = positions[rows]
        stops = np.minimum(places + LONGEST, ends[rows])
        for number, (place, stop) in enumerate(zip(places.tolist(), stops.tolist(), strict=True)):
            if match(data, place, stop) is None:
                continue
            shape = self._shape_of(buffer, place, stop)
            if shape is not None and shape not in known:
                return number, shape
        return None

    def _shape_of(self, buffer: Bytes8, position: int, stop: int) -> Shape | None:
        match = self.lock.format.pattern.match(buffer[position:stop].tobytes())
        head = None if match is None else _meaning(self.lock.format, match)
        return None if match is None or head is None else Shape.of(match, self.lock.format, head)

    def _fill(self, layout: Layout, buffer: Bytes8, positions: Int64, rows: Int64, heads: Int64, tails: Int64) -> Int64:
        """Read those of ``rows`` that have this layout into ``heads`` and ``tails``; return the others."""
        found, worth = self._apply(layout, buffer, positions[rows])
        heads[rows], tails[rows] = found, worth
        return np.asarray(rows[found == _NO_HEAD])

    def _apply(self, layout: Layout, buffer: Bytes8, positions: Int64) -> tuple[Int64, Int64]:
        """Return the number of each head, _NO_HEAD where the layout does not fit, and the worth of each tail in ns."""
        window = windows(buffer, positions, layout.width)
        tails = layout.tails(window)
        if not len(tails):
            return np.zeros(0, np.int64), tails
        if tails.min() >= 0:
            return self._identify(layout, window), tails
        fit = (tails >= 0).nonzero()[0]
        heads = np.full(len(positions), _NO_HEAD)
        if len(fit):
            heads[fit] = self._identify(layout, window[fit])
        return heads, tails

    def _identify(self, layout: Layout, window: Bytes8) -> Int64:
        """Return the number of the head of each window, or _NO_HEAD. Equal neighbours are looked at once."""
        words = layout.masked(window)
        each = layout.width // 8
        differs = (words[each:] != words[:-each]).nonzero()[0]
        first = np.unique(np.concatenate([[0], differs // each + 1])) if len(differs) else np.zeros(1, np.int64)
        ids = [
            self._head_id(layout, words[row * each : (row + 1) * each].tobytes(), window[row]) for row in first.tolist()
        ]
        return np.repeat(np.array(ids, np.int64), run_lengths(first, len(window)))

    def _head_id(self, layout: Layout, key: bytes, window: Bytes8) -> int:
        known = layout.heads.get(key)
        if known is None:
            known = layout.heads[key] = self._new_head(layout, window)
        return known

    def _new_head(self, layout: Layout, window: Bytes8) -> int:
        head = _read_head(self.lock.format, layout.shape, layout.typical(window))
        if head is None:
            return _NO_HEAD
        self._heads.append(head)
        placed = None if self._calendar.depends(head) else self._calendar.place(head, NO_TIME)
        self._bases.append(NO_TIME if placed is None else placed)
        return len(self._heads) - 1

    def _forget_many(self) -> None:
        if len(self._heads) <= MOST_HEADS and all(len(layout.heads) <= MOST_HEADS for layout in self._layouts):
            return
        self._heads.clear()
        self._bases.clear()
        for layout in self._layouts:
            layout.heads.clear()

    def _place(self, heads: Int64, tails: Int64) -> Int64:
        """Turn heads and tails into times."""
        if len(heads) and heads.min() != _NO_HEAD:
            return self._times(heads, tails)
        times = np.full(len(heads), NO_TIME, np.int64)
        timed = (heads != _NO_HEAD).nonzero()[0]
        if len(timed):
            times[timed] = self._times(heads[timed], tails[timed])
        return times

    def _times(self, heads: Int64, tails: Int64) -> Int64:
        bases = np.array(self._bases, np.int64).take(heads)
        if bases.min() == NO_TIME:
            bases = self._place_in_sequence(heads, tails, bases)
            tails = np.where(bases == NO_TIME, 0, tails)
        times = bases + tails
        if bases[-1] != NO_TIME:
            self.previous = int(times[-1])
        return times

    def _place_in_sequence(self, heads: Int64, tails: Int64, placed: Int64) -> Int64:
        """Place heads that need the time of the line before them: no year, no date, an hour that comes twice."""
        first = np.concatenate([[True], heads[1:] != heads[:-1]]).nonzero()[0]
        stops = np.append(first[1:], len(heads))
        for start, stop in zip(first.tolist(), stops.tolist(), strict=True):
            base = self._calendar.place(self._heads[heads[start]], self.previous)
            placed[start:stop] = NO_TIME if base is None else base
            if base is not None:
                self.previous = int(base + tails[stop - 1])
        return placed


@lru_cache(maxsize=4096)
def _read_head(form: Format, shape: Shape, text: bytes) -> Head | None:
    """Return what the head of a text of this shape means. Cached: sources that were written together share minutes."""
    match = form.pattern.match(text)
    head = None if match is None else _meaning(form, match)
    return head if match is not None and head is not None and Shape.of(match, form, head) == shape else None


def _meaning(form: Format, match: re.Match[bytes]) -> Head | None:
    try:
        return form.read(match)
    except (ValueError, OverflowError):
        return None


assert LONGEST + 8 <= PADDING
