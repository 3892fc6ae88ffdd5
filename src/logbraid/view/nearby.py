"""The records around the screen: read a stretch at a time, and kept until others are wanted more.

A record's text never changes, so nothing here ever grows old. Nothing here knows what of a text is shown.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from logbraid.core.types import Nanos, SourceId
from logbraid.view.index import Index
from logbraid.view.shelf import Shelf

__all__ = ["Facts", "Nearby"]

AT_ONCE: Final = 128
"""Records that are read at once, at most."""

STRETCH: Final = 1 << 20
"""Bytes that are read at once, or a single record."""

MOST: Final = 2048
"""Records that are kept."""

MOST_BYTES: Final = 16 << 20
"""Bytes of records that are kept, or a single record."""


class Facts(NamedTuple):
    """A record.

    Attributes:
        time: ns UTC.
        source: whose it is.
        level: its code, -1 where it has none.
        late: whether it came too late for its place.
        data: its bytes.
    """

    time: Nanos
    source: SourceId
    level: int
    late: bool
    data: bytes


class Nearby:
    """Reads records, and those that will be wanted next.

    For one thread.
    """

    def __init__(self, index: Index, shelf: Shelf) -> None:
        self._index = index
        self._shelf = shelf
        self._kept: OrderedDict[int, Facts] = OrderedDict()
        self._size = 0

    def read(self, record: int, neighbours: Iterable[int]) -> Facts:
        """Return a record.

        Args:
            record: its number.
            neighbours: what will be wanted next, in this order; read too, where something must be read.
        """
        if record not in self._kept:
            self._read({record, *self._stretch(record, neighbours)})
        self._kept.move_to_end(record)
        return self._kept[record]

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

    def _read(self, records: set[int]) -> None:
        wanted = sorted(records)
        batch = self._shelf.batch(self._index, wanted)
        late = [False] * len(wanted) if batch.late is None else batch.late.tolist()
        texts = [data or b"" for data in batch.payload.to_pylist()]
        columns = zip(wanted, batch.time.tolist(), batch.source.tolist(), late, texts, strict=True)
        for record, time, source, is_late, data in columns:
            block, row = self._index.at(record)
            self._kept[record] = Facts(time, SourceId(source), int(block.level[row]), is_late, data)
            self._size += len(data)
        self._forget(records)

    def _forget(self, wanted: set[int]) -> None:
        """Let those go that nobody has asked for the longest time, but none that was read just now."""
        while len(self._kept) > MOST or self._size > MOST_BYTES:
            oldest = next(iter(self._kept))
            if oldest in wanted:
                return
            self._size -= len(self._kept.pop(oldest).data)
