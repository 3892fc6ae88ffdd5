"""The records around the screen: read a stretch at a time, and kept until others are wanted more.

A record's text never changes, so nothing here ever grows old, but for text that is gone, which may come back, and for
lines that have not ended. Nothing here knows what of a text is shown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, Generic, NamedTuple, TypeVar

from logbraid.core.types import Nanos, SourceId
from logbraid.view.index import Index
from logbraid.view.shelf import GONE, Shelf

__all__ = ["Facts", "Nearby", "Reading", "Recent"]

AT_ONCE: Final = 128
"""Records that are read at once, at most."""

STRETCH: Final = 1 << 20
"""Bytes that are read at once, or a single record."""

MOST_BYTES: Final = 16 << 20
"""Bytes of records that are kept, or a single record."""

APIECE: Final = 512
"""Bytes that a record takes besides its text, about."""

Kept = TypeVar("Kept")


class Facts(NamedTuple):
    """What is known of a record besides its text; small, whatever the record is.

    Attributes:
        time: ns UTC.
        source: whose it is.
        level: its code, -1 where it has none.
        late: whether it came too late for its place.
    """

    time: Nanos
    source: SourceId
    level: int
    late: bool


class Reading(NamedTuple):
    """A record as it was read.

    Attributes:
        facts: about it.
        data: its text.
        unended: it had not ended then.
    """

    facts: Facts
    data: bytes
    unended: bool = False

    @property
    def may_change(self) -> bool:
        """Whether it is to be read again each time."""
        return self.unended or self.is_gone

    @property
    def is_gone(self) -> bool:
        """Whether it could not be read; a single byte is the same either way."""
        return len(self.data) > 1 and self.data == GONE[: len(self.data) - 1] + b"\n"


class Recent(Generic[Kept]):
    """What is kept of the records that were wanted last, up to so many bytes in all, or of a single record."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[int, tuple[Kept, int]] = OrderedDict()
        self._size = 0

    def __contains__(self, record: int) -> bool:
        """Whether something is kept of a record."""
        return record in self._kept

    @property
    def size(self) -> int:
        """Bytes that are kept, about."""
        return self._size

    def get(self, record: int) -> Kept | None:
        """Return what is kept of a record, which is wanted now; None: nothing is."""
        if record not in self._kept:
            return None
        self._kept.move_to_end(record)
        return self._kept[record][0]

    def keep(self, record: int, what: Kept, size: int) -> None:
        """Keep something of so many bytes, and let go what nobody has wanted for the longest time."""
        self.drop(record)
        self._kept[record] = what, size + APIECE
        self._size += size + APIECE
        while self._size > self._most and len(self._kept) > 1:
            self.drop(next(iter(self._kept)))

    def drop(self, record: int) -> None:
        """Let go what is kept of a record, if anything is."""
        if record in self._kept:
            self._size -= self._kept.pop(record)[1]


class Nearby:
    """Reads records, and those that will be wanted next.

    For one thread.
    """

    def __init__(self, index: Index, shelf: Shelf) -> None:
        self._index = index
        self._shelf = shelf
        self._kept: Recent[Reading] = Recent(MOST_BYTES)

    def read(self, record: int, neighbours: Iterable[int]) -> Reading:
        """Return a record.

        Text that is gone may come back, so it is looked for again each time when that is said of a record; but only
        once for a whole screen of such records, for that can take long.

        Args:
            record: its number.
            neighbours: what will be wanted next, in this order; read too, where something must be read.
        """
        reading = self._kept.get(record)
        if reading is None or reading.unended:
            reading = self._read(record, self._stretch(record, neighbours))
        if reading.is_gone:
            self._kept.drop(record)
        return reading

    def _stretch(self, record: int, neighbours: Iterable[int]) -> Iterator[int]:
        """Yield the neighbours that are read along with a record."""
        size = self._length(record)
        for neighbour in islice(neighbours, AT_ONCE):
            size += self._length(neighbour)
            if size > STRETCH:
                return
            if neighbour not in self._kept:
                yield neighbour

    def _length(self, record: int) -> int:
        block, row = self._index.at(record)
        return int(block.length[row])

    def _read(self, record: int, neighbours: Iterable[int]) -> Reading:
        wanted = sorted({record, *neighbours})
        unended = self._index.unended
        batch = self._shelf.batch(self._index, wanted)
        late = [False] * len(wanted) if batch.late is None else batch.late.tolist()
        texts = [data or b"" for data in batch.payload.to_pylist()]
        numbers = (column.tolist() for column in (batch.time, batch.source, batch.level))
        readings = {}
        for each, time, source, level, is_late, data in zip(wanted, *numbers, late, texts, strict=True):
            facts = Facts(time, SourceId(source), level, is_late)
            readings[each] = Reading(facts, data, each in unended)
            self._kept.keep(each, readings[each], len(data))
        return readings[record]
