"""How far the generations of a source have left: what both lanes say, held against what was seen to leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.lane import Lane
from logbraid.core.linelane import LineLane
from logbraid.core.options import Options, Order
from logbraid.core.passage import guard_behind
from logbraid.core.positions import Passed
from logbraid.core.recordlane import RecordLane
from logbraid.core.types import NO_TIME, Chunk, SourceId

from .build import SEEDS, STAMPS, Author, sources
from .observed import File, Observed, added

A: Final = SourceId(0)
GENERATIONS: Final = 3
STYLES = st.sampled_from(sorted(STAMPS))
OFTEN: Final = [Observed.read] * 9 + [Observed.release] * 4 + [Observed.pause] * 3
SELDOM: Final = [Observed.miss, Observed.leave, Observed.end, Observed.catch_up, Observed.wait, Observed.finish]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(OFTEN + SELDOM),
        st.integers(0, 1),
        st.integers(0, GENERATIONS - 1),
        st.integers(1, 40) | st.integers(100, 4000),
    ),
    min_size=20,
    max_size=60,
)
FILES = st.builds(
    lambda seed, style, records, place: File(b"%d\n" % seed + Author(seed).log(style, records, longest=300), place),
    SEEDS,
    STYLES,
    st.integers(1, 60),
    st.integers(0, 300),
)
SOURCES = st.lists(st.lists(FILES, min_size=GENERATIONS, max_size=GENERATIONS), min_size=2, max_size=2)
LONGEST = st.sampled_from([64, 200, 1 << 20])
Step = tuple[Callable[[Observed, SourceId, int, int], None], int, int, int]


def drive(observed: Observed, steps: list[Step]) -> None:
    observed.check()
    for step, source, generation, size in steps:
        step(observed, SourceId(source), generation, size)
        observed.check()
    observed.flush()
    observed.check()
    assert [observed.lane.held(name) for name in observed.names] == [0, 0]


@settings(max_examples=150, deadline=None)
@given(SOURCES, LONGEST, STEPS)
def test_lines(files: list[list[File]], longest: int, steps: list[Step]) -> None:
    drive(Observed(added(LineLane(sources(2), Options(order="arrival", max_record=longest)), 2), files), steps)


@settings(max_examples=150, deadline=None)
@given(SOURCES, LONGEST, STEPS, st.sampled_from(["time", "arrival"]), st.booleans())
def test_records(files: list[list[File]], longest: int, steps: list[Step], order: Order, filtered: bool) -> None:
    include = ("abc d=1 abc",) if filtered else ()
    lane = RecordLane(sources(2), Options(order=order, max_record=longest, include=include))
    drive(Observed(added(lane, 2), files, filtered=filtered), steps)


# One by one


@pytest.fixture(params=["lines", "records"])
def lane(request: pytest.FixtureRequest) -> Lane:
    """A lane of either kind that knows one source, and makes a record of each line."""
    options = Options(order="arrival")
    made = LineLane(sources(1), options) if request.param == "lines" else RecordLane(sources(1), options)
    return added(made, 1)


def give(lane: Lane, data: bytes, offset: int = 0, generation: int = 0, guard: bytes = b"") -> None:
    lane.receive(A, generation, offset, Chunk.of(data), 0, guard=guard)


def test_nothing_is_said_of_what_has_not_begun(lane: Lane) -> None:
    lane.leave(A, 0, 0)
    lane.end(A, 0, 0)
    assert lane.passed(A) == []
    assert lane.last(A) == (NO_TIME, NO_TIME)


def test_what_may_leave_has_not_left_before_its_release(lane: Lane) -> None:
    give(lane, b"a\nbc", offset=70, guard=b"g" * 64)
    lane.leave(A, 0, 0)
    assert lane.passed(A) == [Passed(0, 70, b"g" * 64, 74)]
    assert lane.held(A) == 4
    lane.release()
    assert lane.passed(A) == [Passed(0, 74, b"g" * 60 + b"a\nbc", 74)]
    assert lane.held(A) == 0


def test_the_last_generation_of_which_something_has_left_is_always_named(lane: Lane) -> None:
    give(lane, b"old\n")
    lane.end(A, 0, 0)
    give(lane, b"new", generation=1)
    lane.release()
    assert [each.generation for each in lane.passed(A)] == [0, 1], "the next run must not read the old one again"
    lane.leave(A, 1, 0)
    lane.release()
    assert lane.passed(A) == [Passed(1, 3, b"new", 3)]


def test_bytes_that_are_missing_are_passed_with_the_line_before_them(lane: Lane) -> None:
    give(lane, b"torn")
    give(lane, b"on\n", offset=100, guard=b"g" * 64)
    assert [each.offset for each in lane.passed(A)] == [0]
    lane.pause(A, 0)
    lane.release()
    assert lane.passed(A) == [Passed(0, 103, b"g" * 61 + b"on\n", 103)]


@given(st.binary(max_size=100), st.binary(max_size=200), st.data())
def test_the_guard_is_what_stands_before(before: bytes, data: bytes, choices: st.DataObject) -> None:
    start = choices.draw(st.integers(0, len(data)))
    stop = choices.draw(st.integers(start, len(data)))
    expected = (before + data[start:stop])[-64:]
    assert guard_behind(before[-64:], memoryview(data), start, stop) == expected
    assert guard_behind(before[-64:], np.frombuffer(data, np.uint8), start, stop) == expected
