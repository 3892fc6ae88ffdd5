"""The numbers of records: what was appended comes back as it was, wherever a block ends and however far offsets go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.records import RecordBatch
from logbraid.core.types import PADDING, Int64
from logbraid.view import index as index_module
from logbraid.view.index import Index, Origin

from .build import Levelled, source

SMALL = 8
FOUR_GIB = 1 << 32


class Stretch(NamedTuple):
    """Records of one origin that follow each other, as a test writes them: so many bytes behind the one before."""

    source: int
    generation: int
    gap: int
    lengths: list[int]


class Row(NamedTuple):
    """What is known of one record."""

    time: int
    source: int
    offset: int
    length: int
    level: int
    late: bool


STRETCHES = st.lists(
    st.builds(
        Stretch,
        source=st.integers(0, 2),
        generation=st.integers(0, 1),
        gap=st.sampled_from([0, 0, 1, 70_000, FOUR_GIB - 1, FOUR_GIB, 5 * FOUR_GIB]),
        lengths=st.lists(st.integers(1, 300), min_size=1, max_size=2 * SMALL),
    ),
    min_size=1,
    max_size=4,
)


def part(number: int, generation: int, base: int, lengths: Sequence[int], times: Int64) -> Levelled:
    """Records of one origin, end to end from an offset on."""
    ends = np.cumsum(lengths, dtype=np.int64)
    return Levelled(
        source(number),
        generation,
        buffer=np.zeros(int(ends[-1]) + PADDING, np.uint8),
        base=base,
        starts=ends - np.array(lengths),
        ends=ends,
        time=times,
        key=times,
        upto=int(times.max()),
        limit=base + int(ends[-1]),
        codes=(times % 7 - 1).astype(np.int8),
    )


def written(stretches: Sequence[Stretch], random: np.random.Generator, ends: dict[tuple[int, int], int]) -> RecordBatch:
    """A batch of these stretches, a part each, mixed; ``ends`` says how far each origin has come."""
    parts = []
    for number, generation, gap, lengths in stretches:
        base = ends.get((number, generation), 0) + gap
        ends[number, generation] = base + sum(lengths)
        parts.append(part(number, generation, base, lengths, random.integers(0, 100, len(lengths))))
    whose = random.permutation(np.repeat(np.arange(len(parts)), [len(one) for one in parts]))
    order = np.argsort(np.argsort(whose, kind="stable"))  # each part's own records stay as they are
    return RecordBatch(tuple(parts), order, [source(number) for number in range(3)], random.random(len(order)) < 0.2)


def rows(batch: RecordBatch) -> list[Row]:
    assert batch.late is not None
    lengths = batch.end_offset - batch.offset
    columns = (batch.time, batch.source, batch.offset, lengths, batch.level, batch.late)
    return [Row(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


@settings(max_examples=50, deadline=None)
@given(st.lists(STRETCHES, min_size=1, max_size=5), st.integers(0, 1 << 20))
def test_what_was_appended_comes_back(batches: list[list[Stretch]], seed: int) -> None:
    random = np.random.default_rng(seed)
    ends: dict[tuple[int, int], int] = {}
    expected: list[Row] = []
    with mock.patch.object(index_module, "SIZE", SMALL):
        index = Index()
        for stretches in batches:
            batch = written(stretches, random, ends)
            index.append(batch)
            expected += rows(batch)
        assert len(index) == len(expected) == sum(len(block) for block in index.blocks)
        assert [row for block in index.blocks for row in rows_of(block)] == expected
        some = np.flatnonzero(random.integers(0, 2, len(index)))
        assert not len(some) or taken(index, some) == [expected[record] for record in some]
        assert [index.time(record) for record in range(len(index))] == [row.time for row in expected]
        for time in range(-1, 102, 10):
            reached = (number for number, row in enumerate(expected) if row.time >= time)
            assert index.find(time) == next(reached, len(expected))


def rows_of(block: index_module.Block) -> list[Row]:
    """What a block says in its columns."""
    late = [row in block.late for row in range(len(block))]
    columns = (block.time, block.source, block.offset, block.length, block.level)
    return [Row(*row) for row in zip(*(column.tolist() for column in columns), late, strict=True)]


def taken(index: Index, records: Int64) -> list[Row]:
    """What the index says of some records."""
    some = index.take(records)
    sources = [index.origins[number].source.id for number in some.origin.tolist()]
    columns = (some.offset, some.length, some.level, some.late)
    return [
        Row(*row) for row in zip(some.time.tolist(), sources, *(column.tolist() for column in columns), strict=True)
    ]


def lines(count: int, offset: int = 0, number: int = 0, generation: int = 0) -> RecordBatch:
    """So many records of ten bytes, a nanosecond apart."""
    times = np.arange(count)
    return RecordBatch((part(number, generation, offset, [10] * count, times),), times, [source(number)])


def test_a_batch_may_fill_several_blocks() -> None:
    index = Index()
    index.append(lines(5))
    index.append(lines(2 * index_module.SIZE, offset=50))
    assert [len(block) for block in index.blocks] == [index_module.SIZE, index_module.SIZE, 5]
    block, row = index.at(2 * index_module.SIZE + 4)
    assert (block.number, block.first, row) == (2, 2 * index_module.SIZE, 4)
    assert block.offset.tolist() == [10 * (block.first + row) for row in range(5)]


def test_an_empty_index_has_no_time() -> None:
    assert len(Index()) == 0
    assert Index().find(0) == 0


def test_each_generation_of_a_source_is_an_origin() -> None:
    index = Index()
    for number, generation in [(0, 0), (1, 0), (0, 0), (0, 1)]:
        index.append(lines(1, number=number, generation=generation))
    assert index.origins == [Origin(source(0), 0), Origin(source(1), 0), Origin(source(0), 1)]
    assert index.take(np.arange(4)).origin.tolist() == [0, 1, 0, 2]


def test_an_offset_may_go_back() -> None:
    index = Index()
    for offset in (FOUR_GIB, 0, 2 * FOUR_GIB):
        index.append(lines(1, offset=offset))
    assert index.blocks[0].offset.tolist() == [FOUR_GIB, 0, 2 * FOUR_GIB]


def test_columns_that_were_taken_do_not_grow() -> None:
    index = Index()
    index.append(lines(3))
    block = index.blocks[0]
    before = block.time, block.offset, block.source
    index.append(lines(2, number=1))
    assert [len(column) for column in before] == [3, 3, 3]
    assert block.time.tolist() == [0, 1, 2, 0, 1]
    assert block.source.tolist() == [0, 0, 0, 1, 1]
