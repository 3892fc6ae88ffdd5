"""The clock of live order: the wall clock, but never backwards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.types import Now
from logbraid.core.wallclock import WallClock


def test_it_shows_what_the_wall_clock_shows() -> None:
    clock = WallClock()
    assert [clock.advance(Now(tick, 1000 + tick)) for tick in (5, 6, 9)] == [1005, 1006, 1009]
    assert clock.advance(Now(10, 5000)) == 5000


def test_where_the_wall_clock_is_set_back_it_goes_slowly_until_they_meet() -> None:
    clock = WallClock()
    clock.advance(Now(0, 1000))
    assert [clock.advance(Now(tick, 900 + tick)) for tick in (0, 100, 200, 300)] == [1000, 1050, 1100, 1200]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-100, 100)), max_size=30))
def test_it_never_goes_back(steps: list[tuple[int, int]]) -> None:
    clock, tick, wall, last = WallClock(), 0, 10_000, 0
    for elapsed, set_by in steps:
        tick, wall = tick + elapsed, wall + elapsed + set_by
        now = clock.advance(Now(tick, wall))
        assert now >= max(wall, last)
        last = now
