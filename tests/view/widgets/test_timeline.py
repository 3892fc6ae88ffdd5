"""From counts to blocks of eight heights: nothing is hidden that is grave, nothing is higher than it should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.types import Int64
from logbraid.view.widgets.timeline import Heights, rows_of, stacked

HEIGHT = 24
COUNTS = st.lists(st.lists(st.integers(0, 1000), min_size=7, max_size=7), min_size=1, max_size=8)


def counts_of(**counts: int) -> Int64:
    """One column with so many records of some levels."""
    levels = ("none", "trace", "debug", "info", "warn", "error", "fatal")
    return np.array([[counts.get(level, 0) for level in levels]], np.int64)


def drawn(counts: Int64, *, plain: bool = False) -> list[tuple[str, str]]:
    """The cells of the first column, from its foot up."""
    return [row[0] for row in reversed(rows_of(stacked(counts, HEIGHT, plain=plain)))]


@settings(max_examples=50, deadline=None)
@given(COUNTS)
def test_what_is_there_is_seen_and_what_is_graver_stands_below(rows: list[list[int]]) -> None:
    counts = np.array(rows, np.int64)
    heights = stacked(counts, HEIGHT, plain=False)
    parts = np.diff(heights.tops, axis=1, prepend=0)
    assert (parts >= 0).all()
    assert heights.tops.max() <= HEIGHT
    for kind, columns in enumerate(((5, 6), (4,), (0, 3), (1, 2))):
        is_there = counts[:, columns].sum(axis=1) > 0
        assert ((parts[:, kind] > 0) == is_there)[parts.sum(axis=1) < HEIGHT].all()
        assert not parts[~is_there, kind].any()
    assert (heights.tops[:, 0] > 0).tolist() == (counts[:, 5:].sum(axis=1) > 0).tolist()


@settings(max_examples=50, deadline=None)
@given(COUNTS)
def test_all_rows_are_as_wide_as_the_counts(rows: list[list[int]]) -> None:
    for row in rows_of(stacked(np.array(rows, np.int64), HEIGHT, plain=False)):
        assert sum(len(text) for text, _ in row) == len(rows)


@pytest.mark.parametrize(
    ("counts", "cells"),
    [
        ({}, [(" ", ""), (" ", ""), (" ", "")]),
        ({"info": 9}, [("█", "bar-info")] * 3),
        ({"info": 999, "error": 1}, [("▁", "bar-error on-bar-info"), ("█", "bar-info"), ("█", "bar-info")]),
        ({"warn": 12, "debug": 12}, [("█", "bar-warn"), ("▄", "bar-warn on-bar-debug"), ("█", "bar-debug")]),
    ],
    ids=["nothing", "one kind", "one error", "half and half"],
)
def test_a_bar(counts: dict[str, int], cells: list[tuple[str, str]]) -> None:
    assert drawn(counts_of(**counts)) == cells


def test_without_colours_all_kinds_are_one() -> None:
    assert drawn(counts_of(info=1, error=1), plain=True) == [("█", "bar-info")] * 3


def test_three_colours_in_one_cell_are_two() -> None:
    low = Heights(np.array([[1, 1, 2, 2]]), ("bar-error", "bar-warn", "bar-info", "bar-debug"))
    high = low._replace(tops=np.array([[1, 2, 6, 6]]))
    assert rows_of(low)[-1] == [("▁", "bar-error")]
    assert rows_of(high)[-1] == [("▁", "bar-error on-bar-warn")]
