"""Timestamps that nearly are ones, in every format that is known: a time, or none, and nothing else."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.build import MODIFIED, padded
from logbraid.core.lines import frame
from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import Lock, detect
from logbraid.core.timestamps.format import Format
from logbraid.core.timestamps.formats import FORMATS
from logbraid.core.timestamps.locators import Column
from logbraid.core.timestamps.pattern import compile_time_format
from logbraid.core.timestamps.reader import TimestampReader
from logbraid.core.types import NO_TIME
from logbraid.system.zones import zone_named

from .effort import assert_linear, rounds

pytestmark = pytest.mark.once

BERLIN: Final = zone_named("Europe/Berlin")
BYTES: Final = st.sampled_from([bytes([byte]) for byte in b"0123456789:/.,-+TZ @ADJMPamp\xff\0"]) | st.binary(
    max_size=3
)
FORCED: Final = tuple(
    compile_time_format(text)
    for text in ("%d.%m.%Y %H:%M:%S,%f", "%s.%f", "%Y-%j %T", "%I:%M:%S %p", "%b %e %T", "%A %B %d %Y %T %z", "%%%T")
)


@st.composite
def nearly(draw: st.DrawFn, form: Format) -> bytes:
    """A line of this format with a few bytes replaced, taken out or put in."""
    line = draw(st.sampled_from([sample.line for sample in form.samples] or [b"01.03.2026 10:00:00,5 x"]))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, min(len(line), 40)))
        line = line[:place] + draw(BYTES) + line[place + draw(st.integers(0, 2)) :]
    return line.replace(b"\n", b" ") + b"\n"


@pytest.mark.parametrize("form", [*FORMATS, *FORCED], ids=lambda form: form.name)
@settings(max_examples=rounds(25), deadline=None)
@given(st.data())
def test_a_line_has_a_time_only_where_the_format_matches(form: Format, data: st.DataObject) -> None:
    lines = data.draw(st.lists(nearly(form), min_size=1, max_size=20))
    buffer = padded(b"".join(lines))
    starts, ends = frame(buffer, 0, sum(map(len, lines)))
    times = TimestampReader(Lock(form, Column(0)), Calendar(BERLIN, MODIFIED)).read(buffer, starts, ends)
    for line, time in zip(lines, times.tolist(), strict=True):
        assert time == NO_TIME or form.pattern.match(line)


@settings(max_examples=rounds(150), deadline=None)
@given(st.lists(st.sampled_from(FORMATS).flatmap(nearly) | st.binary(max_size=80), max_size=12))
def test_a_format_that_was_found_can_be_read(lines: list[bytes]) -> None:
    lines = [line.replace(b"\n", b"") + b"\n" for line in lines]
    lock = detect(lines)
    if lock is not None:
        buffer = padded(b"".join(lines))
        starts, ends = frame(buffer, 0, sum(map(len, lines)))
        times = TimestampReader(lock, Calendar(BERLIN, MODIFIED)).read(buffer, starts, ends)
        assert times.dtype == np.int64


def test_lines_are_known_again_by_their_bytes_alone() -> None:
    first = b"2026-03-01T10:00:00Z x\n"
    reader = TimestampReader(Lock(FORMATS[1], Column(0)), Calendar(BERLIN, MODIFIED))
    for timed in (0, 1, 50, 0, 0, 99):  # as long each time, and as many lines
        lines = [first] * (timed + 1) + [first.replace(b"2026-", b"2026 ")] * (99 - timed)
        buffer = padded(b"".join(lines))
        times = reader.read(buffer, *frame(buffer, 0, sum(map(len, lines))))
        assert np.count_nonzero(times != NO_TIME) == timed + 1


@pytest.mark.parametrize("unit", [b'"', b"{", b"[", b" ", b"9", b"a", b"=", b'"a":', b"{ ", b'["'])
def test_looking_for_a_format_is_linear_in_the_length_of_lines(unit: bytes) -> None:
    assert_linear(lambda size: detect([unit * (size // len(unit))] * 64), 1 << 13)


@pytest.mark.parametrize(
    "line",
    [
        b"2026-03-01T10:00:00Z x",
        b"2026-02-30T10:00:00Z no such day",
        b"2026-03-01T10:00:00.%d x",
        b"2026-03-01T%02d:%02d:00Z another minute",
        b"20260301T100000.%d+0%d:00 x",
        b"Feb 29 %02d:%02d:00 x",
    ],
    ids=lambda line: line.decode(),
)
def test_reading_is_linear_however_the_lines_differ(line: bytes) -> None:
    def read(size: int) -> None:
        lines = [_filled(line, number) + b"\n" for number in range(size)]
        buffer = padded(b"".join(lines))
        starts, ends = frame(buffer, 0, sum(map(len, lines)))
        lock = detect([b"2026-03-01T10:00:00Z x\n"] * 9 if b"-02-30" in line else lines[:64])
        assert lock is not None
        TimestampReader(lock, Calendar(BERLIN, MODIFIED)).read(buffer, starts, ends)

    assert_linear(read, 1500)


def _filled(line: bytes, number: int) -> bytes:
    places = line.count(b"%")
    return line % ((number // 60 % 8, number % 60) if places == 2 else (number % 10**9,) if places else ())
