"""Numbers of every record, in the order in which records came: when, from where, how long, how grave. Never their text.

Records are numbered from 0 on and stand in blocks of a fixed size, so that a number says at once where its row is. One
thread appends; any other may read what is below ``len``, which never changes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import FOREVER, NO_TIME, Bool, Int8, Int32, Int64, Nanos, Source

__all__ = ["SIZE", "Block", "Index", "Origin", "Rows"]

SIZE: Final = 1 << 16
"""Records of a block."""

_FARTHEST: Final = 1 << 32
"""Offsets within a block count from a base, in 32 bits."""

UInt16 = npt.NDArray[np.uint16]
UInt32 = npt.NDArray[np.uint32]


class Origin(NamedTuple):
    """One generation of a source: the bytes between two rotations."""

    source: Source
    generation: int


class Rows(NamedTuple):
    """The numbers of some records.

    Attributes:
        time: of each, ns UTC.
        origin: place of its origin in ``Index.origins``.
        offset: of its first byte in its origin.
        length: bytes of it.
        level: its code, -1 where it has none.
        late: whether it came too late for its place.
    """

    time: Int64
    origin: Int32
    offset: Int64
    length: Int64
    level: Int8
    late: Bool

    def take(self, which: slice | Int64) -> Rows:
        """Return some of them."""
        time, origin, offset, length, level, late = self
        return Rows(time[which], origin[which], offset[which], length[which], level[which], late[which])


class Block:
    """The numbers of up to ``SIZE`` records that follow each other.

    Attributes:
        number: of the block; its first record is ``number * SIZE``.
        count: of the records; what is behind it in the columns is not filled yet.
        top: the latest time in this block or in any before it, ns.
    """

    def __init__(self, number: int, before: Nanos) -> None:
        self.number = number
        self.count = 0
        self.top = self._before = before
        self._bases = _Bases()
        self._time: Int64 = np.empty(SIZE, np.int64)
        self._base: UInt16 = np.empty(SIZE, np.uint16)
        self._offset: UInt32 = np.empty(SIZE, np.uint32)
        self._length: UInt32 = np.empty(SIZE, np.uint32)
        self._level: Int8 = np.empty(SIZE, np.int8)
        self._late: list[int] = []

    def __len__(self) -> int:
        return self.count

    @property
    def first(self) -> int:
        """Number of its first record."""
        return self.number * SIZE

    @property
    def time(self) -> Int64:
        """Time of each record, ns UTC, int64."""
        return self._time[: self.count]

    @property
    def level(self) -> Int8:
        """Level code of each record, int8, -1 where it has none."""
        return self._level[: self.count]

    @property
    def length(self) -> UInt32:
        """Bytes of each record in its source, uint32."""
        return self._length[: self.count]

    @property
    def offset(self) -> Int64:
        """Offset of each record in its origin, int64."""
        count = self.count
        return self._bases.offset[self._base[:count]] + self._offset[:count]

    @property
    def source(self) -> Int32:
        """Number of each record's source, int32."""
        base = self._base[: self.count]
        return self._bases.source[base]

    @property
    def late(self) -> Sequence[int]:
        """Rows of the records that came too late for their place, ascending."""
        return self._late

    @property
    def reached(self) -> Int64:
        """The latest time up to each record, ns, int64: never goes down, so that it can be searched."""
        return np.maximum(np.maximum.accumulate(self.time), self._before)

    def take(self, rows: Int64) -> Rows:
        """Return the numbers of some records."""
        base = self._base[rows]
        offset = self._bases.offset[base] + self._offset[rows]
        length = self._length[rows].astype(np.int64)
        late = np.isin(rows, self._late) if self._late else np.zeros(len(rows), np.bool_)
        return Rows(self._time[rows], self._bases.origin[base], offset, length, self._level[rows], late)

    def fill(self, columns: _Columns, rows: slice) -> None:
        """Take some rows of a batch behind the records that are there; they must fit."""
        begin, end = self.count, self.count + (rows.stop - rows.start)
        self._time[begin:end] = columns.time[rows]
        self._level[begin:end] = columns.level[rows]
        self._length[begin:end] = columns.length[rows]
        self._place(columns, rows, slice(begin, end))
        if columns.late is not None:
            self._late += (np.flatnonzero(columns.late[rows]) + begin).tolist()
        self.top = max(self.top, int(columns.time[rows].max()))
        self.count = end  # last: who reads it may read the rows
        if end == SIZE:
            self._bases.freeze()

    def _place(self, columns: _Columns, rows: slice, target: slice) -> None:
        """Note where the records are: of which origin, and how far behind a base of it."""
        part = columns.part[rows]
        present = np.flatnonzero(np.bincount(part)).tolist()
        codes = np.zeros(len(columns.parts), np.uint16)
        codes[present] = self._bases.codes([columns.parts[number] for number in present])
        base = codes[part]
        self._base[target] = base
        self._offset[target] = columns.offset[rows] - self._bases.offset[base]


class _Part(NamedTuple):
    """Records of one origin.

    Attributes:
        origin: its place in ``Index.origins``.
        source: its source's number.
        low: offset of the first one.
        high: offset of the last one.
    """

    origin: int
    source: int
    low: int
    high: int


class _Bases:
    """From where the offsets of a block's records count, and in which origin.

    There are never more of them than records. The arrays are replaced, never changed, before there are records that
    need them: another thread finds in them whatever it looks up.

    Attributes:
        origin: place of each base's origin in ``Index.origins``.
        source: number of its source.
        offset: of the first byte that counts.
    """

    __slots__ = ("_newest", "offset", "origin", "source")

    def __init__(self) -> None:
        self.origin: Int32 = np.empty(0, np.int32)
        self.source: Int32 = np.empty(0, np.int32)
        self.offset: Int64 = np.empty(0, np.int64)
        self._newest: dict[int, tuple[int, int]] = {}  # of each origin: which base, and its offset

    def codes(self, parts: Sequence[_Part]) -> list[int]:
        """Return the base of each part; made, where there is none that is near enough."""
        codes: list[int] = []
        new: list[_Part] = []
        for part in parts:
            code, offset = self._newest.get(part.origin, (0, FOREVER))
            if not offset <= part.low <= part.high < offset + _FARTHEST:
                code = len(self.offset) + len(new)
                self._newest[part.origin] = code, part.low
                new.append(part)
            codes.append(code)
        if new:
            self._add(new)
        return codes

    def freeze(self) -> None:
        """Forget what is only needed to find more."""
        self._newest = {}

    def _add(self, new: Sequence[_Part]) -> None:
        self.origin = np.append(self.origin, np.array([part.origin for part in new], np.int32))
        self.source = np.append(self.source, np.array([part.source for part in new], np.int32))
        self.offset = np.append(self.offset, np.array([part.low for part in new], np.int64))


class _Columns(NamedTuple):
    """A batch as the blocks take it.

    Attributes:
        parts: that it consists of.
        part: for each record the number of its part.
        time: see ``Block``, like those that follow.
        offset: in its origin.
        length: in bytes.
        level: its code.
        late: whether it is; None: none is.
    """

    parts: Sequence[_Part]
    part: Int32
    time: Int64
    offset: Int64
    length: Int64
    level: Int8
    late: Bool | None


class Index:
    """The blocks, and which record has come when.

    Attributes:
        blocks: all but the last are full.
        origins: of all records, in the order in which they came up.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.origins: list[Origin] = []
        self._numbers: dict[tuple[int, int], int] = {}  # of the origins, by source and generation
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, batch: RecordBatch) -> None:
        """Take the records of a batch behind those that are there."""
        columns = self._columns(batch)
        done = 0
        while done < len(batch):
            if not self.blocks or len(self.blocks[-1]) == SIZE:
                self.blocks.append(Block(len(self.blocks), self.blocks[-1].top if self.blocks else NO_TIME))
            block = self.blocks[-1]
            end = min(done + SIZE - len(block), len(batch))
            block.fill(columns, slice(done, end))
            self._count += end - done
            done = end

    def at(self, record: int) -> tuple[Block, int]:
        """Return the block of a record and its row there."""
        return self.blocks[record // SIZE], record % SIZE

    def time(self, record: int) -> Nanos:
        """Time of a record, ns UTC."""
        block, row = self.at(record)
        return int(block.time[row])

    def take(self, records: Int64) -> Rows:
        """Return the numbers of some records, of which there is at least one; ascending."""
        numbers, rows = np.divmod(records, SIZE)
        edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(records)]
        taken = [self.blocks[int(numbers[begin])].take(rows[begin:end]) for begin, end in pairwise(edges)]
        return taken[0] if len(taken) == 1 else Rows(*map(np.concatenate, zip(*taken, strict=True)))

    def reached(self, record: int) -> Nanos:
        """Return the latest time up to a record, ns UTC."""
        block, row = self.at(record)
        return int(block.reached[row])

    def find(self, time: Nanos) -> int:
        """Return the first record from which on the time was reached; ``len``: it was not yet."""
        low, high = 0, len(self.blocks)
        while low < high:
            middle = (low + high) // 2
            if self.blocks[middle].top < time:
                low = middle + 1
            else:
                high = middle
        if low == len(self.blocks):
            return len(self)
        block = self.blocks[low]
        return block.first + int(np.searchsorted(block.reached, time))

    def _columns(self, batch: RecordBatch) -> _Columns:
        sizes = [len(part) for part in batch.parts]
        part = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes).take(batch.order)
        lengths = np.concatenate([_lengths(each) for each in batch.parts]).take(batch.order)
        parts = [self._part(each) for each in batch.parts]
        return _Columns(parts, part, batch.time, batch.offset, lengths, batch.level, batch.late)

    def _part(self, part: SourceBatch) -> _Part:
        number = self._numbers.setdefault((part.source.id, part.generation), len(self.origins))
        if number == len(self.origins):
            self.origins.append(Origin(part.source, part.generation))
        return _Part(number, part.source.id, int(part.starts[0]) + part.base, int(part.starts[-1]) + part.base)


def _lengths(part: SourceBatch) -> Int64:
    return part.end_offsets - part.starts - part.base
