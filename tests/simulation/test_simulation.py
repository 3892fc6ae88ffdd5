"""A few hundred simulated runs, and the bugs that they must find; ``make simulate`` plays ten thousand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

import pytest

from .planted import PLANTED
from .playing import failure, shrunk
from .script import Operation, Script, Setup, script_of

pytestmark = pytest.mark.once

RUNS: Final = 300
LOT: Final = 50


@pytest.mark.parametrize("first", range(0, RUNS, LOT))
def test_every_promise_is_kept(first: int) -> None:
    for seed in range(first, first + LOT):
        error = failure(script_of(seed))
        assert error is None, f"make simulate SEED={seed} SHRINK=1"


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_bug_is_found(plant: Callable[[], AbstractContextManager[Any]]) -> None:
    with plant():
        found = next((seed for seed in range(RUNS) if failure(script_of(seed))), None)
    assert found is not None
    assert failure(script_of(found)) is None


def test_a_run_is_the_same_each_time() -> None:
    scripts = [script_of(seed) for seed in (1, 1)]
    assert scripts[0] == scripts[1]


def test_a_script_that_fails_is_made_as_short_as_it_can_be() -> None:
    script = Script(0, Setup(), tuple(Operation("append", source, count) for source in "abc" for count in range(1, 9)))

    def fails(fewer: Script) -> bool:
        return {("a", 3), ("c", 7)} <= {(each.source, each.number) for each in fewer.operations}

    assert shrunk(script, fails).operations == (Operation("append", "a", 3), Operation("append", "c", 7))
