"""Reads the times of a whole chunk of lines by array operations, one format per source.

The tail of a timestamp (seconds, fraction) is read from tables that turn two bytes at a time into nanoseconds; its head
(all the rest) changes once a minute and is interpreted once, by the format's own plain Python. Nothing here knows any
format, and no statement runs per line, except for the first line of each shape.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import numpy as np

from logbraid.core.lines import run_lengths, windows
from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import Lock
from logbraid.core.timestamps.format import HEXADECIMAL, Format, Head, Moment
from logbraid.core.types import NO_TIME, PADDING, SECOND, Bytes8, Int64, Nanos, UInt64

__all__ = ["TimestampReader"]

LONGEST: Final = 80
"""A timestamp with everything around it that its pattern may look at is at most this many bytes."""

MOST_SHAPES: Final = 48
"""Layouts remembered for one source; a file that has more of them is read right, but slowly."""

MOST_HEADS: Final = 512
"""Heads remembered from chunk to chunk: old ones rarely come back, and each costs a little in every chunk."""

# A pair of bytes that is not two digits. Far below zero, yet eight of them added up do not overflow.
_POISON: Final = -(2**56)
_NOT_A_DIGIT: Final = -1
_NO_HEAD: Final = -1


@cache
def _digit_values(base: int) -> Int64:
    """Return the value of each byte as a digit, or _NOT_A_DIGIT."""
    values = np.full(256, _NOT_A_DIGIT, np.int64)
    for value, pair in enumerate(zip(b"0123456789abcdef"[:base], b"0123456789ABCDEF"[:base], strict=True)):
        values[list(pair)] = value
    return values


@cache
def _pair_table(low_weight: int, high_weight: int, base: int, most: int) -> Int64:
    """Return, for each two bytes read as a little-endian word, their worth in ns; a weight of 0 means "any byte"."""
    digits = _digit_values(base)
    low = np.where(digits < 0, _POISON, digits * low_weight) if low_weight else np.zeros(256, np.int64)
    high = np.where(digits < 0, _POISON, digits * high_weight) if high_weight else np.zeros(256, np.int64)
    table = (high[:, None] + low[None, :]).ravel()
    table[table > most] = _POISON
    table[table < 0] = _POISON
    return table


class Layout:
    """One shape of a format: which columns are tail digits and what each is worth. Lines of one shape are read at once.

    Args:
        tail: column of the first tail digit, from the start of the timestamp.
        weights: worth in ns of each column from ``tail`` on; 0 where it is no tail digit.
        stop: length of the timestamp.
        base: of the digits.
        most: largest worth of a pair of seconds digits.

    Attributes:
        shape: what makes two layouts the same.
        width: bytes of a window: the timestamp and the one byte after it that its pattern may look at, in whole words.
        mask: the words that keep the head's bytes of a window and clear the tail's digits and what lies beyond.
        heads: the number of each head seen so far.
    """

    __slots__ = ("_tables", "_tail", "heads", "mask", "shape", "stop", "width")

    def __init__(self, tail: int, weights: tuple[int, ...], stop: int, base: int, most: int) -> None:
        self.shape = (tail, weights, stop, base, most)
        self.stop = stop
        self.width = (stop + 1 + 7) // 8 * 8
        self.mask = self._mask(tail, weights)
        self.heads: dict[bytes, int] = {}
        self._tail = tail
        self._tables = [
            _pair_table(weights[first], weights[first + 1], base, most if first == 0 else 100 * SECOND)
            for first in range(0, len(weights), 2)
        ]

    @classmethod
    def of(cls, match: re.Match[bytes], form: Format, head: Head | None) -> Layout:
        """Return the layout of a line that matched."""
        weights: dict[int, int] = {}
        most = 60 * SECOND if isinstance(head, Moment) else 99 * SECOND
        if form.base == HEXADECIMAL:
            first, last = match.span("fraction")
            weights = {column: 16 ** (last - 1 - column) for column in range(first, last)}
            most = SECOND
        else:
            first, last = match.span("second")
            weights = {first: 10 * SECOND, first + 1: SECOND}
            if "fraction" in match.re.groupindex and match["fraction"]:
                begin, last = match.span("fraction")
                weights |= {column: SECOND // 10 ** (column - begin + 1) for column in range(begin, last)}
        columns = range(first, last + (last - first) % 2)
        return cls(first, tuple(weights.get(column, 0) for column in columns), match.end(), form.base, most)

    def tails(self, buffer: Bytes8, positions: Int64) -> Int64:
        """Return seconds and fraction in ns, or something below zero where there are other bytes than digits."""
        pairs = windows(buffer, positions + self._tail, 2 * len(self._tables)).view("<u2")
        total = self._tables[0].take(pairs[:, 0])
        for index, table in enumerate(self._tables[1:], 1):
            total += table.take(pairs[:, index])
        return total

    def _mask(self, tail: int, weights: tuple[int, ...]) -> UInt64:
        keep = np.zeros(self.width, np.uint8)
        keep[: self.stop + 1] = 0xFF
        for index, weight in enumerate(weights):
            if weight:
                keep[tail + index] = 0
        return keep.view(np.uint64)


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
        self._bases: list[Nanos] = []  # where a head can be placed without the line before; NO_TIME where it cannot
        self._first = np.zeros(256, np.bool_)
        self._first[list(lock.format.first)] = True

    def read(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Int64:
        """Return the time of each line ``buffer[start:end]`` in ns UTC, NO_TIME where it has none."""
        if len(self._heads) > MOST_HEADS:
            self._forget()
        return self._place(*self._read(buffer, starts, ends))

    def heads(self, buffer: Bytes8, starts: Int64, ends: Int64) -> list[Head]:
        """Return what the heads of the lines say, in their order, equal neighbours once."""
        numbers, _ = self._read(buffer, starts, ends)
        numbers = numbers[numbers != _NO_HEAD]
        changed = np.ones(len(numbers), np.bool_)
        np.not_equal(numbers[1:], numbers[:-1], out=changed[1:])
        return [self._heads[number] for number in numbers[changed].tolist()]

    def _read(self, buffer: Bytes8, starts: Int64, ends: Int64) -> tuple[Int64, Int64]:
        """Return the number of each line's head, and what its tail is worth."""
        positions = self.lock.locator.positions(buffer, starts, ends)
        if self._layouts:
            heads, tails = self._apply(self._layouts[0], buffer, positions)
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
        while len(rows):
            row = int(rows[0])
            new = self._layout_of(buffer, int(positions[row]), int(ends[row]))
            if new is None or any(new.shape == known.shape for known in self._layouts):
                rows = rows[1:]
                continue
            self._layouts = [new, *self._layouts[: MOST_SHAPES - 1]]
            left = self._fill(new, buffer, positions, rows, heads, tails)
            rows = left[left != row]

    def _layout_of(self, buffer: Bytes8, position: int, end: int) -> Layout | None:
        match = self.lock.format.pattern.match(buffer[position : min(position + LONGEST, end)].tobytes())
        head = None if match is None else _meaning(self.lock.format, match)
        return None if match is None or head is None else Layout.of(match, self.lock.format, head)

    def _fill(self, layout: Layout, buffer: Bytes8, positions: Int64, rows: Int64, heads: Int64, tails: Int64) -> Int64:
        """Read those of ``rows`` that have this layout into ``heads`` and ``tails``; return the others."""
        found, worth = self._apply(layout, buffer, positions[rows])
        heads[rows], tails[rows] = found, worth
        return np.asarray(rows[found == _NO_HEAD])

    def _apply(self, layout: Layout, buffer: Bytes8, positions: Int64) -> tuple[Int64, Int64]:
        """Return the number of each head, _NO_HEAD where the layout does not fit, and the worth of each tail in ns."""
        tails = layout.tails(buffer, positions)
        if not len(tails) or tails.min() >= 0:
            return self._identify(layout, windows(buffer, positions, layout.width)), tails
        fit = (tails >= 0).nonzero()[0]
        heads = np.full(len(positions), _NO_HEAD)
        heads[fit] = self._identify(layout, windows(buffer, positions[fit], layout.width))
        return heads, tails

    def _identify(self, layout: Layout, window: Bytes8) -> Int64:
        """Return the number of the head of each window, or _NO_HEAD. Equal neighbours are looked at once."""
        words = window.view(np.uint64)
        changed = np.zeros(len(words), np.bool_)
        changed[:1] = True
        for column, mask in enumerate(layout.mask.tolist()):
            if mask:
                kept = words[:, column] & np.uint64(mask)
                changed[1:] |= kept[1:] != kept[:-1]
        first = changed.nonzero()[0]
        masked = words[first] & layout.mask
        ids = [self._head_id(layout, masked[i].tobytes(), window[row]) for i, row in enumerate(first.tolist())]
        return np.repeat(np.array(ids, np.int64), run_lengths(first, len(words)))

    def _head_id(self, layout: Layout, key: bytes, window: Bytes8) -> int:
        known = layout.heads.get(key)
        if known is None:
            known = layout.heads[key] = self._new_head(layout, window.tobytes()[: layout.stop + 1])
        return known

    def _new_head(self, layout: Layout, text: bytes) -> int:
        match = self.lock.format.pattern.match(text)
        head = None if match is None else _meaning(self.lock.format, match)
        if match is None or head is None or Layout.of(match, self.lock.format, head).shape != layout.shape:
            return _NO_HEAD
        self._heads.append(head)
        placed = None if self._calendar.depends(head) else self._calendar.place(head, NO_TIME)
        self._bases.append(NO_TIME if placed is None else placed)
        return len(self._heads) - 1

    def _forget(self) -> None:
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


def _meaning(form: Format, match: re.Match[bytes]) -> Head | None:
    try:
        return form.read(match)
    except (ValueError, OverflowError):
        return None


assert LONGEST + 8 <= PADDING
