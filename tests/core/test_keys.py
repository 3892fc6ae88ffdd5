"""The running maximum: batch by batch as all at once, and no leap drags a source along."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.keys import LEAP, RunningMaximum
from logbraid.core.types import NO_TIME

TIMES = st.lists(st.integers(0, 20) | st.integers(0, 3 * LEAP), min_size=1, max_size=30)


def keys(times: list[int], cuts: list[int]) -> tuple[list[int], int]:
    """Return the keys, given in batches that begin at the cuts, and how many leaps were counted."""
    maximum, found = RunningMaximum(), []
    edges = sorted({0, len(times), *(cut for cut in cuts if cut < len(times))})
    for first, last in pairwise(edges):
        following = times[last] if last < len(times) else NO_TIME
        found += maximum.keys(np.array(times[first:last], np.int64), following).tolist()
    return found, maximum.leaps


@given(TIMES, st.lists(st.integers(0, 30), max_size=4))
def test_batches_make_no_difference(times: list[int], cuts: list[int]) -> None:
    assert keys(times, cuts) == keys(times, [])
    assert keys(times, cuts)[0] == sorted(keys(times, cuts)[0])


def test_disorder_is_ordered_with_the_record_above() -> None:
    assert keys([5, 3, 4, 9], []) == ([5, 5, 5, 9], 0)


def test_an_isolated_leap_is_ordered_with_the_record_above() -> None:
    assert keys([5, 5 + 2 * LEAP, 6, 7], []) == ([5, 5, 6, 7], 1)
    assert keys([5, 5 + LEAP, 6], []) == ([5, 5 + LEAP, 5 + LEAP], 0), "an hour is no leap yet"


def test_a_step_that_lasts_is_no_leap() -> None:
    step = 5 + 2 * LEAP
    assert keys([5, step, step + 1], []) == ([5, step, step + 1], 0)
    assert keys([5, step, step, 6], []) == ([5, step, step, step], 0), "two are not isolated"


def test_at_the_edges_of_a_source_nothing_proves_a_leap() -> None:
    assert keys([5 * LEAP, 1, 2], []) == ([5 * LEAP] * 3, 0)
    assert keys([1, 5 * LEAP], []) == ([1, 5 * LEAP], 0)


def test_a_source_goes_on_from_the_key_it_had() -> None:
    maximum = RunningMaximum(highest=10)
    assert maximum.keys(np.array([3, 12]), NO_TIME).tolist() == [10, 12]


def test_no_key_is_past_the_time_at_which_it_was_seen() -> None:
    maximum = RunningMaximum()
    maximum.ceiling = 6
    assert maximum.keys(np.array([3, 9, 5]), 4).tolist() == [3, 6, 6]
    maximum.ceiling = 8
    assert maximum.keys(np.array([7, 7]), NO_TIME).tolist() == [7, 7]
    assert (maximum.ahead, maximum.highest) == (1, 7)


def test_what_was_seen_is_no_leap() -> None:
    maximum = RunningMaximum()
    maximum.ceiling = 9 * LEAP
    assert maximum.keys(np.array([5, 5 + 2 * LEAP, 6]), NO_TIME).tolist() == [5, 5 + 2 * LEAP, 5 + 2 * LEAP]
    assert maximum.leaps == 0


def test_a_source_that_was_ahead_goes_on_from_the_clock() -> None:
    maximum = RunningMaximum()
    maximum.keys(np.array([50]), NO_TIME)
    maximum.lower(20)
    assert maximum.keys(np.array([10, 60]), NO_TIME).tolist() == [20, 20]
