"""One suite for four drivers: whatever happens to the sources, they agree with each other and with the script."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.options import Order

from .logs import nothing_left_behind
from .runs import DRIVERS, Outcome, in_a_thread, judge, merged_by, play
from .scenarios import SCENARIOS, SETTLE, STOP, Scenario, Step, append, line

ORDERS: tuple[Order, ...] = ("time", "arrival")


SHORT_COPY = "copytruncate, read further than it was copied"
COPIED_TWICE = pytest.mark.xfail(
    strict=False, reason="a short copy, behind which was read before the truncation, comes again"
)


def on(ground: str) -> list[Any]:
    """The scenarios of a ground."""
    names = [name for name, each in SCENARIOS.items() if ground in each.grounds]
    return [pytest.param(name, marks=[COPIED_TWICE] if name == SHORT_COPY else []) for name in names]


def check(scenario: Scenario, order: Order, disk: Path | None = None) -> None:
    """Play a scenario for each driver, and hold what comes out against the script and against the first driver."""
    outcomes = {}
    for driver in DRIVERS:
        with nothing_left_behind():
            outcomes[driver] = play(scenario, driver, order, disk and disk / driver)
        judge(scenario, outcomes[driver], order)
    first = outcomes[DRIVERS[0]]
    for driver, outcome in outcomes.items():
        if disk is None:
            assert outcome.ordered(order) == first.ordered(order), driver
            assert outcome.account == first.account, driver
        elif scenario.whole and not scenario.lost:
            assert sorted(outcome.sink.lines) == sorted(first.sink.lines), driver


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", on("fake"))
def test_in_memory(name: str, order: Order) -> None:
    check(SCENARIOS[name], order)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", on("real"))
def test_on_disk(tmp_path: Path, name: str, order: Order) -> None:
    check(SCENARIOS[name], order, tmp_path)


# Scripts that nobody wrote


@st.composite
def scripts(draw: st.DrawFn) -> Scenario:
    """Everything that a writer and a rotator may do, one after the other, to three sources; nothing is lost by it."""
    steps: list[Step] = []
    for second in range(1, draw(st.integers(1, 10)) + 1):
        source = draw(st.sampled_from("abc"))
        steps += draw(st.sampled_from([[], [SETTLE]]))
        steps += [*_change(draw, source, steps), append(source, second)]
    before = 0 if SETTLE in steps[:2] else draw(st.integers(0, 2))
    if draw(st.booleans()):
        steps.insert(draw(st.integers(before, len(steps))), STOP)
    return Scenario(steps, before=before if len(steps) > before else 0, whole=STOP not in steps)


def _change(draw: st.DrawFn, source: str, steps: Sequence[Step]) -> Sequence[Step]:
    """What happens to the file before the next line: mostly nothing."""
    name = f"{source}.log"
    if name not in [step[1] for step in steps if step[0] == "append"]:
        return []
    changes: list[Sequence[Step]] = [
        [],
        [],
        [("rotate", name)],
        [SETTLE, ("truncate", name)],
        [SETTLE, ("delete", name), SETTLE],
    ]
    return draw(st.sampled_from(changes))


@settings(max_examples=40, deadline=None)
@given(scenario=scripts(), order=st.sampled_from(ORDERS))
def test_any_script_in_memory(scenario: Scenario, order: Order) -> None:
    check(scenario, order)


# How many there are

COUNTS = (1, 5, 6, 40, 200)
"""As many as the default executor has threads, one more, and far more."""


def many(count: int) -> Scenario:
    sources = [f"s{number:03}" for number in range(count)]
    first = [append(source, number) for number, source in enumerate(sources)]
    second = [append(source, 1000 + number) for number, source in enumerate(sources)]
    return Scenario([*first, SETTLE, *second], before=count)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("count", COUNTS)
def test_many_sources_in_memory(count: int, order: Order) -> None:
    check(many(count), order)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("count", COUNTS)
def test_many_sources_on_disk(tmp_path: Path, count: int, order: Order) -> None:
    check(many(count), order, tmp_path)


# Once through


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("count", COUNTS)
def test_a_merge_of_many(tmp_path: Path, count: int, order: Order) -> None:
    names = [f"s{number:03}".encode() for number in range(count)]
    scenario = Scenario([append(name.decode(), *range(number, number + 140, 7)) for number, name in enumerate(names)])
    for name in names:
        (tmp_path / f"{name.decode()}.log").write_bytes(b"".join(scenario.written[name]))
    for driver in DRIVERS:
        with nothing_left_behind():
            sink = merged_by(driver, tmp_path / "*.log", order)
        judge(scenario, Outcome(sink, None, None), order)


@pytest.mark.parametrize("order", ORDERS)
def test_a_merge_of_a_pipe_and_others(tmp_path: Path, order: Order) -> None:
    lines = {name: [line(name, second) for second in range(first, 3000, 3)] for first, name in enumerate("abc")}
    for driver in DRIVERS:
        folder = tmp_path / driver
        folder.mkdir()
        sources = [folder / f"{name}.log" for name in lines]
        sources[0].write_bytes(b"".join(lines["a"]))
        sources[1].write_bytes(gzip.compress(b"".join(lines["b"])))
        os.mkfifo(sources[2])
        with nothing_left_behind():
            finish = in_a_thread(partial(sources[2].write_bytes, b"".join(lines["c"])))
            sink = merged_by(driver, sources, order)
            finish()
        expected = sorted(each for these in lines.values() for each in these)
        assert (sink.lines if order == "time" else sorted(sink.lines)) == expected, driver


# One processor, where a default executor has five threads


def test_all_of_it_on_one_processor() -> None:
    selected = "many_sources_on_disk"
    arguments = ["-q", "-p", "no:cacheprovider", "-k", selected, f"{__file__}"]
    program = f"import os, pytest; os.sched_setaffinity(0, {{0}}); raise SystemExit(pytest.main({arguments!r}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout
