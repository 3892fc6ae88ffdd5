"""``kill -9`` of the follower at random moments, again and again, while others write and rotate.

Nothing may be lost for it, doubled or torn. Its moments are where things happen: while it starts and cuts, while it
writes, and right when it commits.
"""

from __future__ import annotations

import time
from itertools import product
from random import Random
from typing import Final

import pytest

from .chance import LONG
from .ground import Ground
from .judge import Findings
from .processes import Process, until

pytestmark = pytest.mark.once

DRIVERS: Final = ("threads", "mixed", "aio", "bottom_up")
ORDERS: Final = ("time", "arrival")
COMBINATIONS: Final = tuple(product(DRIVERS, ORDERS)) if LONG else (("mixed", "time"), ("aio", "arrival"))
KILLS: Final = 100 if LONG else 3

WRITERS: Final = ("--files", "4", "--rate", "2000", "--rotate-size", "32K", "--torn", "0.1", "--traceback", "0.02")

STARTING: Final = 0.8
"""Seconds in which a follower has begun, however slow it is."""


def starting(ground: Ground, follower: Process, chance: Random) -> None:
    """Wait for any moment, most of them before the first line is read."""
    time.sleep(chance.random() * STARTING)


def running(ground: Ground, follower: Process, chance: Random) -> None:
    """Wait until it writes, and a while."""
    assert ground.grown(follower, chance.randrange(1, 100_000)), follower.said
    time.sleep(chance.random() * 0.2)


def committing(ground: Ground, follower: Process, chance: Random) -> None:
    """Wait until it saves, and almost no while."""
    ground.committed(follower)
    time.sleep(chance.random() * 0.004)


MOMENTS: Final = (starting, running, committing)


def kill_at_random(ground: Ground, chance: Random, times: int, *flags: str) -> None:
    """Follow, kill, and follow again."""
    for number in range(times):
        moment = MOMENTS[number % len(MOMENTS)] if number < len(MOMENTS) else chance.choice(MOMENTS)
        follower = ground.follow(*flags)
        moment(ground, follower, chance)
        follower.kill()


@pytest.mark.timeout(KILLS * 10 + 120)
@pytest.mark.parametrize(("driver", "order"), COMBINATIONS)
def test_killed_while_logs_are_rotated_by_rename(ground: Ground, chance: Random, driver: str, order: str) -> None:
    flags = ("--driver", driver, "--order", order)
    writers = ground.write("--rotate", "rename", *WRITERS)
    kill_at_random(ground, chance, KILLS, *flags)
    assert until(lambda: ground.rotations() > 0)
    ground.finish(writers, ground.follow(*flags))
    assert ground.findings() == Findings()
    assert ground.lost() == {}
    assert ground.verify() == ""


@pytest.mark.timeout(KILLS * 10 + 120)
@pytest.mark.parametrize("order", ORDERS if LONG else ("time",))
def test_killed_while_logs_are_copied_and_truncated(ground: Ground, chance: Random, order: str) -> None:
    writers = ground.write("--rotate", "copytruncate", *WRITERS)
    kill_at_random(ground, chance, KILLS, "--order", order)
    assert until(lambda: ground.rotations() > 0)
    ground.finish(writers, ground.follow("--order", order))
    assert ground.findings() == Findings(lost=ground.lost())


@pytest.mark.skipif(not LONG, reason="make chaos does it")
@pytest.mark.timeout(KILLS * 10 + 120)
def test_killed_while_rotated_files_are_compressed(ground: Ground, chance: Random) -> None:
    writers = ground.write("--rotate", "rename", "--compress", *WRITERS)
    kill_at_random(ground, chance, KILLS)
    ground.finish(writers, ground.follow())
    assert ground.findings() == Findings()
    assert ground.lost() == {}
