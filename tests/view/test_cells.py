from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from logbraid.view.cells import cut, width, wrapped

TEXTS = st.text("ab é漢字🎉e\u0301각\u1112\u1161\u11ab", max_size=40)


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("abc", 3), ("é", 1), ("漢字", 4), ("e\u0301", 1), ("🎉", 2), ("\u1112\u1161\u11ab", 2), ("├─┤", 3)],
)
def test_a_character_takes_no_cell_one_or_two(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize(("text", "end"), [("abcd漢", 3), ("abce\u0301", 3), ("abc\u0301\u0301d", 5), ("ab漢", 2)])
def test_only_what_is_near_the_cut_matters(text: str, end: int) -> None:
    assert cut(text, 0, 3) == cut(text + "漢", 0, 3) == cut(text + "x", 0, 3) == end


@given(TEXTS)
@settings(max_examples=50)
def test_who_draws_counts_the_same(text: str) -> None:
    assert width(text) == cell_len(text)


@given(TEXTS, st.integers(0, 45), st.integers(0, 45))
@settings(max_examples=50)
def test_what_is_cut_off_fits_and_no_more_would(text: str, start: int, cells: int) -> None:
    start = min(start, len(text))
    end = cut(text, start, cells)
    assert start <= end
    assert width(text[start:end]) <= cells
    assert end == len(text) or width(text[start : end + 1]) > cells


@given(TEXTS, st.integers(2, 20))
@settings(max_examples=50)
def test_wrapping_loses_nothing_and_fills_each_row(text: str, cells: int) -> None:
    edges = [*wrapped(text, cells), len(text)]
    rows = [text[start:end] for start, end in pairwise(edges)]
    assert "".join(rows) == text
    assert all(width(row) <= cells for row in rows)
    assert all(width(row + following[0]) > cells for row, following in pairwise(rows))
