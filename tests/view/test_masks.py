"""Masks: what was added is what is known, whether it is kept as bools or as bits."""

from __future__ import annotations

from threading import Thread

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logbraid.view.index import SIZE
from logbraid.view.masks import Masks

from .build import blocks_of

BLOCK = 11  # no multiple of eight


def known(masks: Masks, number: int = 0) -> list[bool]:
    rows: list[bool] = masks.mask(number).tolist()
    return rows


@given(
    st.lists(st.booleans(), min_size=BLOCK, max_size=BLOCK),
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, BLOCK), st.integers(0, BLOCK)), max_size=12),
)
def test_what_is_known_is_what_was_added_up_to_the_first_gap(
    truth: list[bool], added: list[tuple[int, int, int]]
) -> None:
    with blocks_of(BLOCK):
        masks = Masks()
        reached = [0, 0]
        for number, begin, end in added:
            masks.add(number, begin, np.array(truth[begin:end], np.bool_))
            if begin <= reached[number]:
                reached[number] = max(reached[number], end)
            assert known(masks, number) == truth[: reached[number]]
        assert [masks.known(number) for number in (0, 1)] == reached
        assert masks.reach == sum(reached)
        assert masks.count == sum(sum(truth[:reach]) for reach in reached)


def test_nothing_is_known_before() -> None:
    masks = Masks()
    assert (known(masks), masks.known(0), masks.count, masks.reach) == ([], 0, 0, 0)


def test_a_second_finding_of_the_same_rows_is_dropped() -> None:
    masks = Masks()
    masks.add(0, 0, np.array([True, False]))
    masks.add(0, 0, np.array([True, True]))
    assert (known(masks), masks.count) == ([True, False], 1)


def test_of_two_findings_of_a_growing_block_the_longer_one_counts() -> None:
    masks = Masks()
    masks.add(0, 0, np.array([True, False]))
    masks.add(0, 0, np.array([True, False, False, True]))
    assert known(masks) == [True, False, False, True]
    assert (masks.count, masks.reach) == (2, 4)


def test_a_full_block_takes_a_bit_a_record() -> None:
    masks = Masks()
    found = np.arange(SIZE) % 3 == 0
    for number in range(3):
        masks.add(number, 0, found)
    assert [masks.mask(number).tolist() for number in (0, 2, 2, 1)] == [found.tolist()] * 4
    assert sum(bits.nbytes for bits in masks._whole.values()) == 3 * SIZE // 8
    assert not masks._growing


def test_threads_that_add_the_same_count_once() -> None:
    masks = Masks()
    found = np.array([True, False] * (SIZE // 2))

    def add() -> None:
        for begin in range(0, SIZE, SIZE // 16):
            masks.add(0, begin, found[begin : begin + SIZE // 16])

    threads = [Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (masks.count, masks.reach) == (SIZE // 2, SIZE)
    assert known(masks) == found.tolist()


@given(
    st.lists(st.booleans(), min_size=BLOCK, max_size=BLOCK),
    st.sampled_from([BLOCK - 1, BLOCK]),
    st.dictionaries(st.integers(0, BLOCK - 2), st.booleans()),
)
def test_what_has_changed_is_known_anew(before: list[bool], end: int, changes: dict[int, bool]) -> None:
    with blocks_of(BLOCK):
        masks = Masks()
        masks.add(0, 0, np.array(before[:end], np.bool_))
        assert known(masks) == before[:end]
        masks.change(0, list(changes), np.array(list(changes.values()), np.bool_))
        after = [changes.get(row, was) for row, was in enumerate(before[:end])]
        assert (known(masks), masks.count, masks.reach) == (after, sum(after), end)
