"""Finding bytes: whatever their density, wherever the ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.lines import NEWLINE, find_byte, frame, run_lengths, windows

from .build import int64, padded

DENSE = st.lists(st.sampled_from(b"\n\x00\x0b\x8a\xff"), max_size=80).map(bytes)
SPARSE = st.lists(st.sampled_from([b"\n", b"x" * 7, b"x" * 8, b"\x0b" * 9, b"\x00" * 30]), max_size=12).map(b"".join)


@given(DENSE | SPARSE | st.binary(max_size=80), st.integers(0, 17), st.data())
def test_every_place_is_found(data: bytes, before: int, draw: st.DataObject) -> None:
    start = draw.draw(st.integers(0, len(data))) + before
    stop = draw.draw(st.integers(start, len(data) + before))
    buffer = padded(data, before)
    expected = [place for place in range(start, stop) if buffer[place] == NEWLINE]
    assert find_byte(buffer, start, stop, NEWLINE).tolist() == expected


@pytest.mark.parametrize("length", range(20))
@pytest.mark.parametrize("byte", [b"\n", b"x"])
def test_all_and_none(length: int, byte: bytes) -> None:
    expected = list(range(length)) if byte == b"\n" else []
    assert find_byte(padded(byte * length), 0, length, NEWLINE).tolist() == expected


@given(DENSE | SPARSE, st.integers(0, 9))
def test_lines_lie_end_to_end(data: bytes, before: int) -> None:
    starts, ends = frame(padded(data, before), before, before + len(data))
    whole = data[: data.rfind(b"\n") + 1]
    assert [data[a - before : b - before] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)] == [
        line + b"\n" for line in whole.split(b"\n")[:-1]
    ]


def test_run_lengths() -> None:
    assert run_lengths(int64(0, 2, 3), 7).tolist() == [2, 1, 4]
    assert run_lengths(int64(), 0).tolist() == []


@given(st.binary(min_size=1, max_size=40), st.integers(1, 24), st.data())
def test_windows_are_what_stands_there(data: bytes, width: int, draw: st.DataObject) -> None:
    places = draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=5))
    found = windows(padded(data), np.array(places, np.int64), width)
    assert [bytes(row) for row in found] == [(data + bytes(40))[place : place + width] for place in places]
