"""Records as columns: one source's in ``SourceBatch``, many sources' merged in ``RecordBatch``, and one in ``Record``.

Columns are numbers that point into the chunks as they were read; the text is copied once, when somebody wants it, in
the order in which it leaves. Nothing here parses, orders or decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from logbraid.core.gather import Views, constants, gather, gathered, views
from logbraid.core.grading import grade
from logbraid.core.levels import LEVELS
from logbraid.core.lines import NEWLINE, find_byte
from logbraid.core.passage import guard_behind
from logbraid.core.positions import Position
from logbraid.core.types import Bool, Bytes8, Int8, Int32, Int64, Nanos, Source, SourceId

__all__ = ["SCHEMA", "Record", "RecordBatch", "SourceBatch"]

SCHEMA: Final = pa.schema(
    [
        pa.field("time", pa.timestamp("ns", tz="UTC")),
        pa.field("source", pa.dictionary(pa.int32(), pa.string())),
        pa.field("offset", pa.int64()),
        pa.field("end_offset", pa.int64()),
        pa.field("level", pa.dictionary(pa.int8(), pa.string())),
        pa.field("data", pa.large_binary()),
        pa.field("late", pa.bool_()),
    ]
)
"""The columns of ``RecordBatch.table``."""

_LINE: Final = re.compile(rb"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, eq=False)
class SourceBatch:
    """Whole records of one source, in the source's own order.

    Attributes:
        source: whose they are.
        generation: of the source's file; rises with each rotation or truncation.
        buffer: the chunk that holds them.
        base: offset in the source of ``buffer[0]`` (below zero where the buffer begins with headroom).
        starts: where each record begins in the buffer, int64.
        ends: where each record ends, behind its newline, int64.
        time: the record's time, ns UTC, int64.
        key: what it is ordered by: the running maximum of the source's times, int64.
        upto: no later record of this source has a smaller key; counts records that a filter took out, too.
        format_name: of the source's timestamps, "" where it has none.
        limit: offset behind the last byte read; a newline that the source lacks at its end was added beyond it.
        torn: some record was cut in the middle of a line and ends without a newline.
        first: where in the buffer the bytes of the source begin.
        before: the up to 64 bytes of the source before them.
    """

    source: Source
    generation: int
    buffer: Bytes8
    base: int
    starts: Int64
    ends: Int64
    time: Int64
    key: Int64
    upto: Nanos
    limit: int
    format_name: str = ""
    torn: bool = False
    first: int = 0
    before: bytes = b""

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def size(self) -> int:
        """Bytes of all records together, as they stand in the source."""
        added = max(int(self.ends[-1]) + self.base - self.limit, 0) if len(self) else 0
        return int(self.ends.sum()) - int(self.starts.sum()) - added

    @property
    def end_offsets(self) -> Int64:
        """Offset behind each record's last byte in the source."""
        return np.minimum(self.ends + self.base, self.limit)

    def take(self, rows: slice | Bool) -> SourceBatch:
        """Return some of the records, in the same order; no text is copied."""
        return SourceBatch(
            self.source,
            self.generation,
            self.buffer,
            self.base,
            self.starts[rows],
            self.ends[rows],
            self.time[rows],
            self.key[rows],
            self.upto,
            self.limit,
            self.format_name,
            self.torn,
            self.first,
            self.before,
        )

    def guard(self, row: int) -> bytes:
        """Return the up to 64 bytes of the source before a record."""
        return guard_behind(self.before, self.buffer, self.first, int(self.starts[row]))

    def data(self) -> pa.LargeBinaryArray:
        """Return each record's bytes as an Arrow array."""
        return gather([self.buffer], views(0, self.buffer, self.starts, self.ends - self.starts))

    @property
    def level(self) -> Int8:
        """Level code of each record, -1 where it has none."""
        return grade(self.buffer, self.starts, self.ends, self.format_name)

    def physical_lines(self) -> tuple[Int64, Int64, Int64]:
        """Return where each physical line starts and ends, and how many each record has."""
        first, last = int(self.starts[0]), int(self.ends[-1])
        after_newline = find_byte(self.buffer, first, last, NEWLINE) + 1
        starts = np.union1d(self.starts, after_newline[after_newline < last])
        record = np.searchsorted(self.starts, starts, side="right") - 1
        inside = starts < self.ends[record]  # what a filter took out lies between two records
        starts, record = starts[inside], record[inside]
        ends = np.minimum(np.append(starts[1:], last), self.ends[record])
        return starts, ends, np.bincount(record, minlength=len(self))


@dataclass(frozen=True, slots=True)
class Record:
    """One log record: its first line and the lines that belong to it.

    Attributes:
        time: ns UTC.
        source: label of the source.
        offset: of its first byte in the source.
        level: ``trace debug info warn error fatal`` or None.
        data: its bytes, with the final newline.
        late: it came after a record with a later time had been released.
    """

    time: Nanos
    source: str
    offset: int
    level: str | None
    data: bytes
    late: bool = False

    @property
    def text(self) -> str:
        """The record as text without its final newline; bytes that are not UTF-8 become U+FFFD."""
        return self.data.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")


@dataclass(frozen=True, eq=False)
class RecordBatch:
    """Records of many sources, in the order in which they leave.

    Attributes:
        parts: what they were taken from, ascending by source; none is empty.
        order: for each record its row in the parts laid end to end, int64.
        sources: every source of the run; a record's source is an index into it.
        late: which records came too late for their place, bool; None where none did.
        open_before: source and end offset of a line that the batch before left without its newline, if it did.
        positions: where the sources go on whose position has changed since the last batch, where that is wanted.
        serial: the number of the batch in its run, from 1 on, where positions are wanted.
        due: all positions up to here should be saved now.
    """

    parts: tuple[SourceBatch, ...]
    order: Int64
    sources: Sequence[Source]
    late: Bool | None = None
    open_before: tuple[int, int] | None = None
    positions: tuple[Position, ...] = ()
    serial: int = 0
    due: bool = False

    def __len__(self) -> int:
        return len(self.order)

    @property
    def size(self) -> int:
        """Bytes of the sources."""
        return sum(part.size for part in self.parts)

    @property
    def origins(self) -> set[SourceId]:
        """Whose records these are."""
        return {part.source.id for part in self.parts}

    def without(self, sources: Set[SourceId]) -> RecordBatch:
        """Return the batch without the records of some sources."""
        if self.origins.isdisjoint(sources):
            return self
        kept = np.repeat([part.source.id not in sources for part in self.parts], [len(part) for part in self.parts])
        stays = kept[self.order]
        order = (np.cumsum(kept) - 1)[self.order[stays]]
        parts = tuple(part for part in self.parts if part.source.id not in sources)
        late = None if self.late is None else self.late[stays]
        return replace(self, parts=parts, order=order, late=late)

    @cached_property
    def data(self) -> memoryview:
        """The bytes to write: every record behind the other, each line with its newline."""
        return self.text()

    @cached_property
    def time(self) -> Int64:
        """Time of each record, ns UTC, int64."""
        return self._column([part.time for part in self.parts])

    @cached_property
    def key(self) -> Int64:
        """What each record was ordered by, ns UTC, int64; goes down only at late records."""
        return self._column([part.key for part in self.parts])

    @cached_property
    def source(self) -> Int32:
        """Number of each record's source, int32."""
        numbers = np.array([part.source.id for part in self.parts], np.int32)
        return np.repeat(numbers, [len(part) for part in self.parts])[self.order]

    @cached_property
    def offset(self) -> Int64:
        """Offset of each record's first byte in its source, int64."""
        return self._column([part.starts + part.base for part in self.parts])

    @cached_property
    def end_offset(self) -> Int64:
        """Offset behind each record's last byte in its source, int64."""
        return self._column([part.end_offsets for part in self.parts])

    @cached_property
    def level(self) -> Int8:
        """Level code of each record, int8; -1 where it has none."""
        return self._column([part.level for part in self.parts])

    @cached_property
    def payload(self) -> pa.LargeBinaryArray:
        """Each record's bytes as an Arrow array."""
        return gather([part.buffer for part in self.parts], self._record_views())

    @cached_property
    def table(self) -> pa.Table:
        """All columns as an Arrow table, see SCHEMA."""
        codes = pa.array(self.level, pa.int8(), mask=self.level < 0)
        level = pa.DictionaryArray.from_arrays(codes, pa.array(LEVELS))
        # A file name may hold bytes that are not UTF-8; in a column of text they become U+FFFD.
        names = [one.label.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for one in self.sources]
        source = pa.DictionaryArray.from_arrays(pa.array(self.source, pa.int32()), pa.array(names))
        time = pa.array(self.time).cast(SCHEMA.field("time").type)
        offsets = [pa.array(self.offset), pa.array(self.end_offset)]
        return pa.Table.from_arrays(
            [time, source, *offsets, level, self.payload, pa.array(self._late())], schema=SCHEMA
        )

    def records(self) -> Iterator[Record]:
        """Yield the records one by one: convenient, and slow beside the columns."""
        levels_ = [None if code < 0 else LEVELS[code] for code in self.level.tolist()]
        labels = [self.sources[number].label for number in self.source.tolist()]
        columns = (self.time.tolist(), labels, self.offset.tolist(), levels_, self._texts(), self._late().tolist())
        for row in zip(*columns, strict=True):
            yield Record(*row)

    def text(self, prefixes: Sequence[bytes] | None = None) -> memoryview:
        """Return the bytes to write.

        Args:
            prefixes: for each source what goes before each of its physical lines; None for the bare records.
        """
        if self.open_before is not None or any(part.torn for part in self.parts):
            return self._torn_text(prefixes)
        buffers = [part.buffer for part in self.parts]
        rows = self._record_views() if prefixes is None else self._line_views(buffers, prefixes)
        return gathered(buffers, rows)

    @cached_property
    def open_after(self) -> tuple[int, int] | None:
        """Source and end offset of the last record where it ends in the middle of a line."""
        if not any(part.torn for part in self.parts) or self.payload[-1].as_py().endswith(b"\n"):
            return None
        return int(self.source[-1]), int(self.end_offset[-1])

    def _column(self, columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        return (columns[0] if len(columns) == 1 else np.concatenate(columns)).take(self.order)

    def _texts(self) -> list[bytes]:
        return [data or b"" for data in self.payload.to_pylist()]

    def _late(self) -> Bool:
        return np.zeros(len(self), np.bool_) if self.late is None else self.late

    def _record_views(self) -> Views:
        rows = [views(i, part.buffer, part.starts, part.ends - part.starts) for i, part in enumerate(self.parts)]
        return (rows[0] if len(rows) == 1 else np.concatenate(rows)).take(self.order)

    def _torn_text(self, prefixes: Sequence[bytes] | None) -> memoryview:
        """Return the bytes to write where lines were cut: pieces of a line join, nothing else glues to them."""
        text = bytearray()
        torn = self.open_before
        rows = zip(self.source.tolist(), self.offset.tolist(), self.end_offset.tolist(), self._texts(), strict=True)
        for source, offset, end, data in rows:
            goes_on = torn == (source, offset)
            if torn is not None and not goes_on:
                text += b"\n"
            prefix = b"" if prefixes is None else prefixes[source]
            for number, line in enumerate(_LINE.findall(data) if prefix else [data]):
                text += line if goes_on and number == 0 else prefix + line
            torn = None if data.endswith(b"\n") else (source, end)
        return memoryview(text)

    def _line_views(self, buffers: list[Bytes8], prefixes: Sequence[bytes]) -> Views:
        """Return views of every physical line, each behind its prefix; adds a buffer for the prefixes."""
        lines = [part.physical_lines() for part in self.parts]
        pieces = np.concatenate([views(i, buffers[i], start, end - start) for i, (start, end, _) in enumerate(lines)])
        counts = np.concatenate([count for _, _, count in lines])
        first = (np.cumsum(counts) - counts)[self.order]
        counts = counts[self.order]
        shift = np.repeat(first - (np.cumsum(counts) - counts), counts)
        rows = np.empty(2 * len(shift), pieces.dtype)
        rows[1::2] = pieces[shift + np.arange(len(shift))]
        text, start, length = constants(prefixes)
        rows[0::2] = views(len(buffers), text, start, length)[np.repeat(self.source, counts)]
        buffers.append(text)
        return rows
