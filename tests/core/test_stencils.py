"""Stencils: what they fit, which words show, and what they leave alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.stencils import NOT_SURE, Stencil, outline

from .build import padded

WORDS = {b"INFO": 2, b"WARNING": 3, b"CRITICAL": 5, b"D": 1}
BEFORE = b"2026-01-31 23:59:59 "
STENCIL = Stencil(outline(BEFORE), ord(" "), WORDS)


def read(stencil: Stencil, *records: bytes) -> list[int]:
    """Read the records as they lie in a chunk, one behind the other."""
    ends = np.cumsum([len(record) for record in records])
    starts = ends - [len(record) for record in records]
    return list(stencil.read(padded(b"".join(records)), starts, ends))


def test_an_outline_keeps_everything_but_the_digits() -> None:
    assert outline(b"2026-01-31 [x9] ") == b"0000-00-00 [x0] "


@pytest.mark.parametrize(("word", "code"), WORDS.items())
def test_words_of_any_length_show(word: bytes, code: int) -> None:
    assert read(STENCIL, BEFORE + word + b" with a text") == [code]


@pytest.mark.parametrize(
    "record",
    [
        BEFORE + b"INFO: with a text",
        BEFORE + b"INFORM with a text",
        BEFORE + b"info with a text",
        BEFORE + b"CRITICALS with a text",
        BEFORE.replace(b"-", b"/") + b"INFO with a text",
        BEFORE.replace(b"3", b":") + b"INFO with a text",
        BEFORE.replace(b"3", b"/") + b"INFO with a text",
        BEFORE.replace(b"2", b"\xf9") + b"INFO with a text",
        b" " + BEFORE + b"INFO with a text",
        b"",
    ],
)
def test_it_is_not_sure_of_anything_else(record: bytes) -> None:
    known = BEFORE + b"INFO with a text"
    assert read(STENCIL, known, record, known) == [2, NOT_SURE, 2]


def test_nothing_is_read_behind_a_record() -> None:
    assert read(STENCIL, BEFORE, b"INFO with a text") == [NOT_SURE, NOT_SURE]
    assert read(STENCIL, BEFORE + b"CRITICAL", b" with a text") == [NOT_SURE, NOT_SURE]


def test_nothing_need_stand_before_the_word() -> None:
    assert read(Stencil(b"", ord(":"), WORDS), b"INFO:root:x", b"DEBUG:root:x") == [2, NOT_SURE]


def test_what_must_not_come_next() -> None:
    stencil = Stencil(b"", ord(" "), WORDS, unless=b"-|")
    assert read(stencil, b"INFO - a text", b"INFO | a text", b"INFO  - a text") == [NOT_SURE, NOT_SURE, 2]
    assert read(stencil, b"CRITICAL - a text", b"CRITICAL : a text") == [NOT_SURE, 5]


def test_what_must_not_come_at_all() -> None:
    stencil = Stencil(b"", ord(" "), WORDS, without=b"[")
    assert read(stencil, b"INFO a text", b"INFO a [text", b"INFO a text", b"x[") == [2, NOT_SURE, 2, NOT_SURE]


@given(st.binary(max_size=20), st.lists(st.integers(0, 255), min_size=20, max_size=20))
def test_it_fits_where_outlines_are_equal(before: bytes, others: list[int]) -> None:
    stencil = Stencil(outline(before), ord(" "), WORDS)
    changed = [before[:i] + bytes([other]) + before[i + 1 :] for i, other in enumerate(others[: len(before)])]
    fitting = [outline(one) == outline(before) for one in changed]
    found = read(stencil, *(one + b"INFO with a text" for one in changed))
    assert [code != NOT_SURE for code in found] == fitting
