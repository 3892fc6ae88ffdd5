"""A page: some thousand records set once, then printed again and again with new times, requests and numbers.

This is what makes a gigabyte a matter of seconds: setting is plain Python, printing is array operations that fill
the page's blanks. No choice of what to say is made here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from logbraid.core.types import SECOND as NANOS_PER_SECOND
from logbraid.core.types import Bytes8, Int64
from logbraid.simulate.styles import FRACTION, REQUEST, SECOND, SEQUENCE, SEQUENCE_WIDTH, Style

__all__ = ["Blanks", "Page", "Printing"]

FOUR_DIGITS: Final = np.frombuffer("".join(f"{n:04d}" for n in range(10_000)).encode(), np.uint8).reshape(-1, 4)
TWO_HEX: Final = np.frombuffer("".join(f"{n:02x}" for n in range(256)).encode(), np.uint8).reshape(-1, 2)
REQUEST_SPAN: Final = 20_000_000
"""Records this close in time (ns) bear the same request, whichever service writes them."""


@dataclass(frozen=True, slots=True)
class Blanks:
    """All blanks of one kind on a page, in order.

    Attributes:
        offsets: where each blank starts.
        record: the record that each belongs to.
        width: the same for all.
    """

    offsets: Int64
    record: Int64
    width: int

    @classmethod
    def find(cls, page: Bytes8, byte: str, ends: Int64) -> Blanks:
        """Find the blanks made of ``byte``; ``ends`` are the ends of the records."""
        blank = page == ord(byte)
        starts = np.flatnonzero(blank & ~np.concatenate(([False], blank[:-1])))
        width = int(blank.sum()) // max(1, len(starts))
        return cls(starts, np.searchsorted(ends, starts, side="right"), width)

    def between(self, first: int, stop: int) -> Blanks:
        """The blanks of the records from ``first`` up to ``stop``, which is not among them."""
        low, high = np.searchsorted(self.record, [first, stop])
        return Blanks(self.offsets[low:high], self.record[low:high], self.width)

    def fill(self, page: Bytes8, texts: Bytes8) -> None:
        """Print one row of ``texts`` into each blank."""
        page[self.offsets[:, None] + np.arange(self.width)] = texts


@dataclass(frozen=True, slots=True)
class Printing:
    """Some records of a page as printed."""

    data: memoryview
    records: int
    lines: int


class Page:
    """Set records, and their printing.

    Args:
        records: each with its lines, blanks included.
        style: how their times are printed.
        salt: tells the requests of one simulation from those of another.
    """

    def __init__(self, records: list[str], style: Style, salt: int) -> None:
        encoded = [record.encode() for record in records]
        self._set: Bytes8 = np.frombuffer(b"".join(encoded), np.uint8)
        self._ends: Int64 = np.cumsum([len(record) for record in encoded], dtype=np.int64)
        self._style = style
        self._salt = np.uint64(salt % 2**64)
        self._seconds, self._fractions, self._requests, self._sequences = (
            Blanks.find(self._set, byte, self._ends) for byte in (SECOND, FRACTION, REQUEST, SEQUENCE)
        )

    def __len__(self) -> int:
        return len(self._ends)

    def fitting(self, first: int, count: int, room: int) -> int:
        """How many of ``count`` records from ``first`` fit into ``room`` bytes."""
        stop = int(np.searchsorted(self._ends, self._start(first) + room, side="right"))
        return max(0, min(stop - first, count))

    def print(self, first: int, times: Int64, sequence: int) -> Printing:
        """Print as many records from ``first`` as there are ``times`` (ns), their lines numbered from ``sequence``."""
        stop = first + len(times)
        start, end = self._start(first), self._start(stop)
        page = self._set[start:end].copy()
        lines = self._sequences.between(first, stop)
        numbers = np.arange(sequence, sequence + len(lines.offsets))
        self._fill(page, self._seconds, first, times, self._second_texts)
        self._fill(page, self._fractions, first, times, self._fraction_texts)
        self._fill(page, self._requests, first, times, self._request_texts)
        Blanks(lines.offsets - start, lines.record, lines.width).fill(page, _digits(numbers, SEQUENCE_WIDTH))
        return Printing(page.data, len(times), len(numbers))

    def _start(self, record: int) -> int:
        return int(self._ends[record - 1]) if record else 0

    def _fill(self, page: Bytes8, blanks: Blanks, first: int, times: Int64, texts: Callable[[Int64], Bytes8]) -> None:
        """Fill the blanks of the printed records with what ``texts`` makes of their times."""
        printed = blanks.between(first, first + len(times))
        if printed.width:
            here = Blanks(printed.offsets - self._start(first), printed.record, printed.width)
            here.fill(page, texts(times[printed.record - first]))

    def _second_texts(self, times: Int64) -> Bytes8:
        seconds, place = np.unique(times // NANOS_PER_SECOND, return_inverse=True)
        texts = [self._style.second(datetime.fromtimestamp(second, UTC)) for second in seconds.tolist()]
        return np.frombuffer("".join(texts).encode(), np.uint8).reshape(len(texts), -1)[place]

    def _fraction_texts(self, times: Int64) -> Bytes8:
        digits = self._style.digits
        return _digits(times % NANOS_PER_SECOND // 10 ** (9 - digits), digits)

    def _request_texts(self, times: Int64) -> Bytes8:
        """Eight hex digits mixed from the time's span (the multiplier and shifts are those of splitmix64)."""
        mixed = (times // REQUEST_SPAN).astype(np.uint64) + self._salt
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        mixed ^= mixed >> np.uint64(31)
        mixed *= np.uint64(0x94D049BB133111EB)
        low = (mixed >> np.uint64(32)).astype("<u4").view(np.uint8)
        return TWO_HEX[low].reshape(len(times), -1)


def _digits(numbers: Int64, width: int) -> Bytes8:
    """The last ``width`` decimal digits of each number, one row a number."""
    groups = []
    for _ in range(0, width, 4):
        groups.append(FOUR_DIGITS[numbers % 10_000])
        numbers = numbers // 10_000
    texts: Bytes8 = np.concatenate(groups[::-1], axis=1)
    return texts[:, texts.shape[1] - width :]
