from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest

from logbraid.cli.lookout import Lookout
from logbraid.drivers.control import Control


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue


@pytest.fixture
def control() -> Iterator[Control]:
    control = Control()
    yield control
    control.close()


def sink_on(descriptor: int, unwritten: int) -> Any:
    return SimpleNamespace(name="standard output", descriptor=descriptor, unwritten=unwritten)


def wait_until_stopped(control: Control) -> None:
    waiting = threading.Event()
    while not control.stopping and not waiting.wait(0.001):
        pass


def test_a_reader_that_goes_away_stops_a_run_that_has_nothing_to_write(pipe: tuple[int, int], control: Control) -> None:
    with Lookout(control) as lookout:
        lookout.watch_over(sink_on(pipe[1], 0))
        os.close(pipe[0])
        wait_until_stopped(control)
    assert lookout.reader_gone


def test_nothing_happens_while_somebody_reads(pipe: tuple[int, int], control: Control) -> None:
    left: SimpleQueue[int] = SimpleQueue()
    with Lookout(control, patience=0, leave=left.put) as lookout:
        lookout.watch_over(sink_on(pipe[1], 7))
    assert not lookout.reader_gone
    assert left.empty()


def test_an_output_that_takes_nothing_ends_a_run_that_was_asked_to_end(
    pipe: tuple[int, int], control: Control, capfd: pytest.CaptureFixture[str]
) -> None:
    left: SimpleQueue[int] = SimpleQueue()
    with Lookout(control, patience=0.2, leave=left.put) as lookout:
        lookout.watch_over(sink_on(pipe[1], 70_000))
        lookout.hurry()
        assert left.get(timeout=10) == 3
    assert capfd.readouterr().err == (
        "logbraid: standard output takes nothing any more: 70,000 bytes, "
        "and what would have come behind them, were not written\n"
    )


@pytest.mark.parametrize("moves", [True, False])
def test_an_output_that_takes_a_little_is_waited_for(pipe: tuple[int, int], control: Control, moves: bool) -> None:
    left: SimpleQueue[int] = SimpleQueue()
    looked = threading.Event()

    class Slow:
        name = "slow"
        descriptor = pipe[1]
        looks = 0

        @property
        def unwritten(self) -> int:
            self.looks += 1
            if self.looks == 5:
                looked.set()
            return 100_000 - self.looks if moves else 0

    with Lookout(control, patience=0.25, leave=left.put) as lookout:
        lookout.watch_over(Slow())
        lookout.hurry()
        assert looked.wait(10)
    assert left.empty()


def test_a_sink_that_tells_nothing_is_not_looked_at(control: Control) -> None:
    with Lookout(control) as lookout:
        lookout.watch_over(object())
        lookout.hurry()
    assert not control.stopping
