"""ManualClock: time passes when somebody waits, and the script happens in its order."""

from __future__ import annotations

import asyncio
import threading

import pytest

from logbraid.core.types import SECOND
from logbraid.system.clock import Bell
from logbraid.testing import ManualClock


def test_it_stands_still() -> None:
    clock = ManualClock(wall=5)
    assert clock.now() == clock.now() == (0, 5)


def test_a_wait_jumps_to_its_end_or_to_what_is_scheduled_before() -> None:
    clock, heard = ManualClock(wall=0), list[float]()
    for second in (3, 1, 2):
        clock.at(second, lambda: heard.append(clock.seconds))
    clock.wait(SECOND // 2, [])
    assert (clock.seconds, heard) == (0.5, [])
    clock.wait(2 * SECOND, [])
    assert (clock.seconds, heard) == (1.0, [1.0])
    clock.wait(2 * SECOND, [])
    clock.wait(None, [])
    assert (clock.now(), heard) == ((3 * SECOND, 3 * SECOND), [1.0, 2.0, 3.0])


def test_each_operation_has_a_wait_of_its_own() -> None:
    clock, heard = ManualClock(), list[str]()
    clock.at(1, lambda: heard.append("first"))
    clock.at(1, lambda: heard.append("second"))
    clock.wait(None, [])
    assert heard == ["first"]
    clock.wait(None, [])
    assert (heard, clock.seconds) == (["first", "second"], 1.0)


def test_an_operation_may_schedule_another() -> None:
    clock, heard = ManualClock(), list[float]()

    def tick() -> None:
        heard.append(clock.seconds)
        if len(heard) < 3:
            clock.at(clock.seconds + 1, tick)

    clock.at(0, tick)
    clock.advance(10)
    assert (heard, clock.seconds) == ([0.0, 1.0, 2.0], 10.0)


def test_a_wait_for_the_past_does_not_turn_it_back() -> None:
    clock = ManualClock()
    clock.advance(2)
    clock.wait(SECOND, [])
    assert clock.seconds == 2.0


def test_what_is_overdue_runs_without_turning_it_back() -> None:
    clock, heard = ManualClock(), list[float]()
    clock.advance(2)
    clock.at(1, lambda: heard.append(clock.seconds))
    clock.wait(None, [])
    assert heard == [2.0]


def test_the_wall_clock_may_be_stepped() -> None:
    clock = ManualClock(wall=100 * SECOND)
    clock.step_wall(-60)
    clock.advance(1)
    assert clock.now() == (SECOND, 41 * SECOND)


def test_at_the_end_it_says_so() -> None:
    ends: list[float] = []
    clock = ManualClock(finished=lambda: ends.append(clock.seconds))
    clock.wait(SECOND, [])
    assert ends == []
    clock.wait(None, [])
    assert ends == [1.0]


def test_a_wait_that_would_never_end_is_an_error() -> None:
    with pytest.raises(AssertionError, match="waiting for ever"):
        ManualClock().wait(None, [])


def test_a_bell_that_rings_ends_a_wait_before_anything_happens() -> None:
    clock, bell = ManualClock(), Bell()
    clock.at(1, bell.ring)
    clock.wait(None, [bell.descriptor])
    clock.wait(None, [bell.descriptor])
    assert clock.seconds == 1.0
    bell.close()


def test_at_the_end_a_thread_is_given_the_time_to_ring() -> None:
    clock, bell = ManualClock(finished=lambda: None), Bell()
    clock.wait(None, [bell.descriptor])
    threading.Timer(0.001, bell.ring).start()
    clock.wait(None, [bell.descriptor])
    bell.close()


def test_in_a_loop_the_other_tasks_have_their_turn_first() -> None:
    clock, heard = ManualClock(), list[str]()

    async def other() -> None:
        heard.append("task")

    async def main() -> None:
        task = asyncio.create_task(other())
        clock.at(1, lambda: heard.append("script"))
        await clock.wait_async(None, [])
        await task

    asyncio.run(main())
    assert heard == ["task", "script"]
