"""Builds records, batches and an index of them from plain tuples, and a shelf that knows their text by heart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from unittest import mock

import numpy as np
from hypothesis import strategies as st

from logbraid.core.levels import NO_LEVEL
from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import PADDING, Int8, Int64, Nanos, Source, SourceId
from logbraid.view import index as index_module
from logbraid.view import masks as masks_module
from logbraid.view import selection as selection_module
from logbraid.view import timeline as timeline_module
from logbraid.view.index import Index
from logbraid.view.shelf import Shelf


class Written(NamedTuple):
    """A record as a test writes it: its text without the final newline, its level as a code."""

    time: Nanos
    source: int = 0
    level: int = NO_LEVEL
    text: str = ""

    @property
    def data(self) -> bytes:
        return self.text.encode() + b"\n"


@dataclass(frozen=True, eq=False)
class Levelled(SourceBatch):
    """Records whose levels are given, whatever their text says."""

    codes: Int8 | None = None

    @property
    def level(self) -> Int8:
        assert self.codes is not None
        return self.codes


class Remembered(Shelf):
    """The text of records that are in no file; counts what is asked of it."""

    def __init__(self, records: Sequence[Written]) -> None:
        super().__init__()
        self.records = records
        self.asked = 0

    def batch(self, index: Index, records: Sequence[int] | Int64) -> RecordBatch:
        self.asked += len(records)
        return batch_of(self.records, [int(record) for record in records])


def index_of(records: Sequence[Written]) -> Index:
    """An index of these records, in this order."""
    index = Index()
    append(index, records)
    return index


def append(index: Index, records: Sequence[Written]) -> None:
    """Bring the index to the end of these records, the first of which it has."""
    if len(records) > len(index):
        index.append(batch_of(records, range(len(index), len(records))))


def index_of_unended(records: Sequence[Written], unended: int) -> Index:
    """An index of these records, one of which, the only one of its source, has not ended yet."""
    index = index_of(records[:unended])
    index.append_unended(batch_of(records, [unended]))
    append(index, records)
    return index


def batch_of(records: Sequence[Written], rows: Sequence[int]) -> RecordBatch:
    """Some of these records, at least one; each stands in its source behind all of its source before it."""
    wanted = {number: [row for row in rows if records[row].source == number] for number in sources_of(records)}
    parts = tuple(part_of(records, own) for own in wanted.values() if own)
    place = {row: at for at, row in enumerate(row for own in wanted.values() for row in own)}
    return RecordBatch(parts, np.array([place[row] for row in rows], np.int64), [*map(source, sources_of(records))])


def part_of(records: Sequence[Written], rows: Sequence[int]) -> SourceBatch:
    """Some records of one source."""
    number = records[rows[0]].source
    all_own = [row for row, record in enumerate(records) if record.source == number]
    ends = dict(zip(all_own, np.cumsum([len(records[row].data) for row in all_own]).tolist(), strict=True))
    text = b"".join(records[row].data for row in all_own)
    stops = np.array([ends[row] for row in rows], np.int64)
    times = np.array([records[row].time for row in rows], np.int64)
    return Levelled(
        source(number),
        generation=0,
        buffer=np.frombuffer(text + bytes(PADDING), np.uint8),
        base=0,
        starts=stops - np.array([len(records[row].data) for row in rows], np.int64),
        ends=stops,
        time=times,
        key=np.maximum.accumulate(times),
        upto=int(times.max()),
        limit=len(text),
        codes=np.array([records[row].level for row in rows], np.int8),
    )


def sources_of(records: Sequence[Written]) -> range:
    return range(1 + max(record.source for record in records))


def source(number: int) -> Source:
    return Source(SourceId(number), f"{number}.log", f"{number}.log", 0)


@contextmanager
def blocks_of(size: int) -> Iterator[None]:
    """Make blocks so small that a few records fill several."""
    with (
        mock.patch.object(index_module, "SIZE", size),
        mock.patch.object(masks_module, "SIZE", size),
        mock.patch.object(selection_module, "SIZE", size),
        mock.patch.object(timeline_module, "SIZE", size),
    ):
        yield


RECORDS = st.lists(
    st.builds(
        Written,
        time=st.integers(0, 200),
        source=st.integers(0, 2),
        level=st.integers(-1, 5),
        text=st.text("abé\n", max_size=4),
    ),
    min_size=1,
    max_size=30,
)
"""Few records, of times, sources, levels and texts that often agree; some come late."""
