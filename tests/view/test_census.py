"""What is counted of a selection, held against plain lists of records."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.levels import LEVELS
from logbraid.core.types import SourceId
from logbraid.view.census import Census
from logbraid.view.scan import Scan
from logbraid.view.selection import Selection

from .build import RECORDS, Remembered, Written, append, batch_of, blocks_of, index_of, index_of_unended


@given(RECORDS, st.sampled_from([frozenset(), frozenset({SourceId(1)})]), st.none() | st.integers(0, 5))
@settings(max_examples=50)
def test_a_record_has_the_place_that_it_has_in_a_list_also_while_more_come(
    records: list[Written], hidden: frozenset[SourceId], least: int | None
) -> None:
    with blocks_of(4):
        index = index_of(records[: len(records) // 2])
        census = Census(Selection(index, least, hidden))
        for each in (records[: len(records) // 2], records):
            append(index, each)
            chosen = [row for row, record in enumerate(each) if is_chosen(record, hidden, least)]
            ranks = {row: census.rank(row) for row in range(len(each))}
            assert ranks == {row: chosen.index(row) + 1 if row in chosen else None for row in range(len(each))}
            levels = {each[row].level for row in chosen}
            assert census.levels() == [level for level in range(len(LEVELS)) if level in levels]


def is_chosen(record: Written, hidden: frozenset[SourceId], least: int | None) -> bool:
    return record.source not in hidden and (least is None or record.level < 0 or record.level >= least)


def test_behind_what_is_not_scanned_nothing_is_known_of_a_place_and_every_level_may_be_there() -> None:
    records = [Written(number, level=number % 3, text="abc"[number % 3]) for number in range(12)]
    with blocks_of(4):
        index = index_of(records)
        scan = Scan("b", index, Remembered(records))
        census = Census(Selection(index, shown=(scan,)))
        scan.scan(index.blocks[1])
        assert [census.rank(row) for row in (1, 4, 7)] == [None, None, None]
        assert census.levels() == [0, 1, 2]
        scan.scan(index.blocks[0])
        assert [census.rank(row) for row in (1, 3, 4, 7, 10)] == [1, None, 2, 3, None]
        scan.scan(index.blocks[2])
        assert (census.rank(10), census.levels()) == (4, [1])


def test_a_record_that_has_ended_counts_as_what_it_has_become() -> None:
    records = [Written(time, source=time == 3, level=1) for time in range(12)]
    with blocks_of(4):
        index = index_of_unended(records, 3)
        census = Census(Selection(index, 1))
        assert census.rank(11) == 12
        index.append(batch_of([*records[:3], Written(3, source=1, level=0)], [3]))
        assert (census.rank(11), census.levels()) == (11, [1])
