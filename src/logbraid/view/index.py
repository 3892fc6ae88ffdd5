"""Numbers of every record, in the order in which records came: when, from where, how long, how grave. Never their text.

Records are numbered from 0 on and stand in blocks of a fixed size, so that a number says at once where its row is. One
thread appends; any other may read what is below ``len``, which never changes again, but for records whose last line has
not ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import NO_TIME, Bool, Int8, Int32, Int64, Nanos, Source
from logbraid.view.bases import Bases, Part

__all__ = ["SIZE", "Block", "Index", "Origin", "Rows"]

SIZE: Final = 1 << 16
"""Records of a block."""

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
        changed: rows that were given other numbers, each behind its change: who keeps something of a row heeds that.
    """

    def __init__(self, number: int, before: Nanos) -> None:
        self.number = number
        self.count = 0
        self.top = self._before = before
        self._bases = Bases()
        self._time: Int64 = np.empty(SIZE, np.int64)
        self._base: UInt16 = np.empty(SIZE, np.uint16)
        self._offset: UInt32 = np.empty(SIZE, np.uint32)
        self._length: UInt32 = np.empty(SIZE, np.uint32)
        self._level: Int8 = np.empty(SIZE, np.int8)
        self._late: list[int] = []
        self.changed: list[int] = []

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

    def change(self, row: int, columns: _Columns, which: int) -> None:
        """Give a record the numbers that one of a batch has; they begin at the same byte."""
        self._time[row] = columns.time[which]
        self._level[row] = columns.level[which]
        self._length[row] = columns.length[which]
        self.changed.append(row)

    def come_after(self, before: Nanos) -> None:
        """Take note of the latest time in the blocks before, and in this one."""
        self._before = before
        self.top = max(before, int(self.time.max()))

    def _place(self, columns: _Columns, rows: slice, target: slice) -> None:
        """Note where the records are: of which origin, and how far behind a base of it."""
        part = columns.part[rows]
        present = np.flatnonzero(np.bincount(part)).tolist()
        codes = np.zeros(len(columns.parts), np.uint16)
        codes[present] = self._bases.codes([columns.parts[number] for number in present])
        base = codes[part]
        self._base[target] = base
        self._offset[target] = columns.offset[rows] - self._bases.offset[base]


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

    parts: Sequence[Part]
    part: Int32
    time: Int64
    offset: Int64
    length: Int64
    level: Int8
    late: Bool | None

    def take(self, rows: Int64) -> _Columns:
        """Return some of the records."""
        parts, part, time, offset, length, level, late = self
        late = None if late is None else late[rows]
        return _Columns(parts, part[rows], time[rows], offset[rows], length[rows], level[rows], late)


class _Unended(NamedTuple):
    """A record whose last line has not ended.

    Attributes:
        record: its number.
        offset: of its first byte in its origin.
    """

    record: int
    offset: int


class Index:
    """The blocks, and which record has come when.

    Attributes:
        blocks: all but the last are full.
        origins: of all records, in the order in which they came up.
        unended: records that may still grow. Who keeps something of a record looks here before it reads it: a record is
            put here before it is there, and leaves only when its numbers are what they stay.
        changes: how often such a record was given other numbers.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.origins: list[Origin] = []
        self.unended: frozenset[int] = frozenset()
        self.changes = 0
        self._endings: dict[int, _Unended] = {}  # by origin
        self._numbers: dict[tuple[int, int], int] = {}  # of the origins, by source and generation
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, batch: RecordBatch) -> None:
        """Take the records of a batch behind those that are there; one that was there unended keeps its number."""
        columns = self._columns(batch)
        self._append(self._ended(columns) if self._endings else columns)

    def append_unended(self, batch: RecordBatch) -> None:
        """Take a record whose last line has not ended: as a new one, or with more bytes where it is there already."""
        columns = self._columns(batch)
        origin, offset = columns.parts[0].origin, int(columns.offset[0])
        known = self._endings.get(origin)
        if known is not None and known.offset == offset:
            self._change(known.record, columns, 0)
        else:
            self._endings[origin] = _Unended(len(self), offset)
            self._say_unended()
            self._append(columns)

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

    def _append(self, columns: _Columns) -> None:
        done, count = 0, len(columns.time)
        while done < count:
            if not self.blocks or len(self.blocks[-1]) == SIZE:
                self.blocks.append(
                    Block(
                        len(self.blocks),
                        self.blocks[-1].top if self.blocks else NO_TIME,
                    )
                )
            block = self.blocks[-1]
            end = min(done + SIZE - len(block), count)
            block.fill(columns, slice(done, end))
            self._count += end - done
            done = end

    def _ended(self, columns: _Columns) -> _Columns:
        """Give records that were there unended the numbers with which they have come; return the others."""
        is_new = np.ones(len(columns.time), np.bool_)
        for number, part in enumerate(columns.parts):
            known = self._endings.get(part.origin)
            if known is None or part.high < known.offset:
                continue
            for row in np.flatnonzero((columns.part == number) & (columns.offset == known.offset)).tolist():
                self._change(known.record, columns, row)
                is_new[row] = False
            del self._endings[part.origin]
        self._say_unended()
        return columns.take(np.flatnonzero(is_new))

    def _change(self, record: int, columns: _Columns, which: int) -> None:
        block, row = self.at(record)
        block.change(row, columns, which)
        before = self.blocks[block.number - 1].top if block.number else NO_TIME
        for each in self.blocks[block.number :]:
            each.come_after(before)
            before = each.top
        self.changes += 1

    def _say_unended(self) -> None:
        self.unended = frozenset(known.record for known in self._endings.values())

    def _columns(self, batch: RecordBatch) -> _Columns:
        sizes = [len(part) for part in batch.parts]
        part = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes).take(batch.order)
        lengths = np.concatenate([_lengths(each) for each in batch.parts]).take(batch.order)
        parts = [self._part(each) for each in batch.parts]
        return _Columns(parts, part, batch.time, batch.offset, lengths, batch.level, batch.late)

    def _part(self, part: SourceBatch) -> Part:
        number = self._numbers.setdefault((part.source.id, part.generation), len(self.origins))
        if number == len(self.origins):
            self.origins.append(Origin(part.source, part.generation))
        return Part(number, part.source.id, int(part.starts[0]) + part.base, int(part.starts[-1]) + part.base)


def _lengths(part: SourceBatch) -> Int64:
    return part.end_offsets - part.starts - part.base
