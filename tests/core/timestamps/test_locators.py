"""Where in a line to look: by arrays as by eye."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.lines import frame
from logbraid.core.timestamps.locators import NOWHERE, After, Column, Locator, Word

from ..build import padded
from .reference import locate

LINES = st.lists(st.text('ab "t=:', max_size=14).map(str.encode), min_size=1, max_size=12)
LOCATORS = st.one_of(
    st.integers(0, 8).map(Column),
    st.builds(Word, st.integers(1, 4), st.integers(0, 3)),
    st.sampled_from([b"t=", b'"t":', b"[", b"a"]).map(After),
)


def places(locator: Locator, lines: list[bytes], kept: list[bool] | None = None) -> list[int]:
    """Return the place in each line that is kept, NOWHERE where there is none."""
    data = b"".join(line + b"\n" for line in lines)
    buffer = padded(data, 3)
    starts, ends = frame(buffer, 3, 3 + len(data))
    if kept is not None:
        starts, ends = starts[np.array(kept)], ends[np.array(kept)]
    found = locator.positions(buffer, starts, ends)
    return [
        place - start if place >= 0 else NOWHERE for place, start in zip(found.tolist(), starts.tolist(), strict=True)
    ]


def expected(locator: Locator, line: bytes) -> int:
    place = locate(locator, line)
    return NOWHERE if place is None or place > len(line) else place


@settings(max_examples=300)
@given(LOCATORS, LINES, st.data())
def test_a_place_is_found_in_its_own_line_only(locator: Locator, lines: list[bytes], data: st.DataObject) -> None:
    kept = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    wanted = [expected(locator, line) for line, keep in zip(lines, kept, strict=True) if keep]
    assert places(locator, lines, kept) == wanted


@given(LINES, st.integers(0, 12))
def test_a_key_where_it_mostly_is_or_first(lines: list[bytes], column: int) -> None:
    def by_eye(line: bytes) -> int:
        if column >= 2 and line[column - 2 : column] == b"t=":
            return column
        return expected(After(b"t="), line)

    assert places(After(b"t=", column), lines) == [by_eye(line) for line in lines]


def test_a_key_of_the_next_line_is_not_seen() -> None:
    assert places(After(b"time=", 7), [b"x", b"time=1", b"a time=2", b"  time=3"]) == [NOWHERE, 5, 7, 7]


@pytest.mark.parametrize("locator", [Column(0), Column(3), Word(1), After(b"t="), After(b"t=", 2)])
def test_no_lines(locator: Locator) -> None:
    none = np.empty(0, np.int64)
    assert locator.positions(padded(b"t="), none, none).tolist() == []
