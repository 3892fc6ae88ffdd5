"""The one place where sources meet: what may leave, in which order, and what waits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.merge import ArrivalMerger, LiveArrivalMerger, LiveMerger, Merger
from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import NO_TIME, Source
from logbraid.core.watermark import EVERY_SOURCE

from .build import padded, sources

KEYS = st.lists(st.lists(st.integers(0, 6), max_size=12).map(sorted), min_size=1, max_size=4)


def batch(source: Source, keys: list[int], first: int = 0) -> SourceBatch:
    """Records of two bytes each, the ``first`` and those after it."""
    starts = 2 * np.arange(len(keys))
    column = np.array(keys, np.int64)
    upto, limit = (keys[-1] if keys else NO_TIME), 2 * (first + len(keys))
    return SourceBatch(
        source, 0, padded(b"x\n" * len(keys)), 2 * first, starts, starts + 2, column, column, upto, limit
    )


def rows(released: list[RecordBatch | None]) -> list[tuple[int, int, int]]:
    """Key, source and offset of what left."""
    return [
        row
        for one in released
        if one is not None
        for row in zip(one.key.tolist(), one.source.tolist(), one.offset.tolist(), strict=True)
    ]


@given(KEYS, st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)), max_size=40))
def test_whatever_comes_first_the_order_is_one(keys: list[list[int]], turns: list[tuple[int, int]]) -> None:
    origins = sources(len(keys))
    merger, given_, released = Merger(origins), [0] * len(keys), []
    for number, count in [*turns, *((number, 12) for number in range(len(keys)))]:
        if number >= len(keys):
            continue
        first = given_[number]
        given_[number] = min(first + count, len(keys[number]))
        if given_[number] > first:
            merger.add(batch(origins[number], keys[number][first : given_[number]], first))
        released.append(merger.release())
    for one in origins:
        merger.finish(one.id)
        released.append(merger.release())
    expected = [(key, n, 2 * place) for n, column in enumerate(keys) for place, key in enumerate(column)]
    assert rows(released) == sorted(expected)
    assert [merger.waiting(one.id) for one in origins] == [0] * len(keys)


def test_a_source_that_may_still_send_holds_what_is_behind_it() -> None:
    first, second = sources(2)
    merger = Merger([first, second])
    merger.add(batch(second, [1, 2, 3]))
    assert merger.release() is None
    assert merger.waiting(second.id) == 6
    merger.add(batch(first, [2]))
    assert rows([merger.release()]) == [(1, 1, 0), (2, 0, 0)], "at a tie the first source may still send"
    merger.finish(first.id)
    assert rows([merger.release()]) == [(2, 1, 2), (3, 1, 4)]


def test_a_filtered_batch_says_how_far_its_source_has_come() -> None:
    first, second = sources(2)
    merger = Merger([first, second])
    merger.add(batch(second, [1, 2, 3]))
    merger.add(batch(first, [5]).take(slice(0, 0)))
    assert len(rows([merger.release()])) == 3


def test_nothing_is_nothing() -> None:
    assert Merger([]).release() is None
    assert ArrivalMerger([]).release() is None


def test_arrival_is_the_order_of_coming() -> None:
    first, second = sources(2)
    merger = ArrivalMerger([first, second])
    merger.add(batch(second, [9]))
    merger.add(batch(first, [1]))
    assert merger.waiting(second.id) == 2
    merger.finish(first.id)
    assert rows([merger.release()]) == [(9, 1, 0), (1, 0, 0)]
    assert merger.release() is None


@pytest.mark.parametrize("batches", [1, 1000])
def test_many_small_batches_wait_in_order(batches: int) -> None:
    (only, other) = sources(2)
    merger = Merger([only, other])
    for number in range(batches):
        merger.add(batch(only, [number], number))
    merger.finish(other.id)
    assert rows([merger.release()]) == [(number, 0, 2 * number) for number in range(batches)]


# Live


@given(KEYS, st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.integers(0, 7)), max_size=40))
def test_what_is_below_what_has_left_is_late_and_leaves_first(
    keys: list[list[int]], turns: list[tuple[int, int, int]]
) -> None:
    origins = sources(len(keys))
    merger, given_, highest, seen = LiveMerger(origins), [0] * len(keys), NO_TIME, list[tuple[int, int, int]]()
    for number, count, bound in [*turns, *((number, 12, 7) for number in range(len(keys)))]:
        if number >= len(keys):
            continue
        first = given_[number]
        given_[number] = min(first + count, len(keys[number]))
        merger.add(batch(origins[number], keys[number][first : given_[number]], first))
        released = merger.release((bound, EVERY_SOURCE))
        if released is not None:
            late = np.zeros(len(released), np.bool_) if released.late is None else released.late
            assert late.tolist() == [key < highest for key in released.key.tolist()]
            assert released.key.tolist() == sorted(released.key.tolist())
            highest = max(highest, int(released.key[-1]))
            seen += rows([released])
    assert sorted(seen) == [(key, n, 2 * place) for key, n, place in sorted(_all_rows(keys))]
    assert all(own == sorted(own) for own in ([row for row in seen if row[1] == n] for n in range(len(keys))))
    assert merger.size == 0
    assert merger.first() is None


def _all_rows(keys: list[list[int]]) -> list[tuple[int, int, int]]:
    return [(key, n, place) for n, column in enumerate(keys) for place, key in enumerate(column)]


def test_at_the_bound_the_sources_up_to_the_last_leave() -> None:
    first, second = sources(2)
    merger = LiveMerger([first, second])
    merger.add(batch(first, [1, 2]))
    merger.add(batch(second, [2, 3]))
    assert merger.first() == (1, 0)
    assert (merger.size, merger.waiting(first.id)) == (8, 4)
    assert rows([merger.release((2, first.id))]) == [(1, 0, 0), (2, 0, 2)]
    assert rows([merger.release((2, second.id))]) == [(2, 1, 0)]
    assert merger.waiting(first.id) == 0


def test_keys_ahead_of_the_clock_are_lowered_and_make_nothing_late() -> None:
    first, second = sources(2)
    merger = LiveMerger([first, second])
    merger.add(batch(first, [1, 8, 9]))
    assert rows([merger.release((8, first.id))]) == [(1, 0, 0), (8, 0, 2)]
    assert merger.lower(first.id, 5) == 1
    assert merger.lower(second.id, 5) == 0
    merger.add(batch(second, [5]))
    released = merger.release((5, EVERY_SOURCE))
    assert rows([released]) == [(5, 0, 4), (5, 1, 0)]
    assert released is not None
    assert released.late is None


def test_what_is_ahead_may_leave_alone_in_its_order_and_makes_nothing_late() -> None:
    first, second, third = sources(3)
    merger = LiveMerger([first, second, third])
    merger.add(batch(first, [8, 9]))
    merger.add(batch(second, [7, 8]))
    merger.add(batch(third, [3, 9]))
    assert merger.release_ahead(5, (8, first.id)) is not None
    assert rows([merger.release_ahead(5, (9, second.id))]) == [(8, 1, 2), (9, 0, 2)]
    assert merger.release_ahead(5, (9, third.id)) is None
    merger.add(batch(first, [4]))
    released = merger.release((5, EVERY_SOURCE))
    assert rows([released]) == [(3, 2, 0), (4, 0, 0)]
    assert released is not None
    assert released.late is None
    assert merger.size == 2


def test_what_earlier_runs_have_let_go_makes_late_and_lets_nothing_go() -> None:
    first, second = sources(2)
    merger = LiveMerger([first, second])
    merger.go_on(5)
    merger.add(batch(first, [3, 5]))
    assert merger.release((2, EVERY_SOURCE)) is None, "others may still come before it"
    merger.add(batch(second, [2]))
    released = merger.release((5, EVERY_SOURCE))
    assert rows([released]) == [(2, 1, 0), (3, 0, 0), (5, 0, 2)]
    assert released is not None
    assert released.late is not None
    assert released.late.tolist() == [True, True, False]


def test_live_arrival_has_no_bound() -> None:
    first, second = sources(2)
    merger = LiveArrivalMerger([first, second])
    merger.add(batch(second, [9]))
    merger.add(batch(first, [1]))
    assert (merger.size, merger.first(), merger.lower(first.id, 0)) == (4, None, 0)
    assert rows([merger.release((0, first.id))]) == [(9, 1, 0), (1, 0, 0)]
