"""The output is rotated while it is written, by others and by ourselves: every line is in one of its files, once."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from random import Random
from typing import Final

import pytest

from .chance import LONG
from .ground import Ground
from .judge import Findings, generations
from .processes import Process, until

pytestmark = pytest.mark.once

WRITERS: Final = ("--files", "3", "--rate", "3000", "--rotate", "rename", "--rotate-size", "32K", "--torn", "0.1")
TURNS: Final = 20 if LONG else 2
DRIVERS: Final = ("threads", "mixed", "aio", "bottom_up") if LONG else ("bottom_up",)
ENDS: Final = (signal.SIGTERM, signal.SIGINT)


def rotate(output: Path) -> None:
    """Rename the output and all that was rotated before, as logrotate does."""
    for one in generations(output):
        number = int(one.name.removeprefix(output.name + ".")) if one != output else 0
        one.rename(f"{output}.{number + 1}")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("driver", DRIVERS)
def test_the_output_is_renamed_and_a_hangup_says_so(ground: Ground, driver: str) -> None:
    writers = ground.write(*WRITERS)
    follower = ground.follow("--driver", driver)
    for turn in range(TURNS):
        assert ground.grown(follower), follower.said
        rotate(ground.output)
        follower.send(signal.SIGHUP)
        assert until(ground.output.exists), follower.said
        if turn % 2:
            assert follower.stop(ENDS[turn // 2 % 2]) == 0, follower.said
            follower = ground.follow("--driver", driver)
    ground.finish(writers, follower)
    assert len(generations(ground.output)) == TURNS + 1
    assert ground.findings() == Findings()


@pytest.mark.timeout(600)
def test_killed_around_the_hangup(ground: Ground, chance: Random) -> None:
    writers = ground.write(*WRITERS)
    for turn in range(TURNS):
        follower = ground.follow()
        assert ground.grown(follower), follower.said
        assert ground.committed(follower), follower.said
        rotate(ground.output)
        if turn % 4:
            follower.send(signal.SIGHUP)
            time.sleep(chance.random() * 0.05)
        follower.kill()
    ground.finish(writers, ground.follow())
    assert ground.findings() == Findings()
    assert ground.lost() == {}


def test_an_output_that_is_copied_and_truncated_is_refused(ground: Ground) -> None:
    ground.write(*WRITERS)
    follower = ground.follow()
    assert ground.grown(follower), follower.said
    assert ground.committed(follower), follower.said
    shutil.copyfile(ground.output, f"{ground.output}.1")
    os.truncate(ground.output, 0)
    assert follower.code() == 3
    assert str(ground.output) in follower.said
    assert "--rotate-output" in follower.said
    refused(ground)


def refused(ground: Ground) -> None:
    """What was truncated cannot be gone on with, and is left as it is."""
    before = ground.output.read_bytes()
    again = ground.follow()
    assert again.code() == 3
    assert "--append" in again.said
    assert "--fresh" in again.said
    assert ground.output.read_bytes() == before


@pytest.mark.skipif(not LONG, reason="make chaos does it")
def test_two_runs_on_one_output_exclude_each_other(ground: Ground) -> None:
    writers = ground.write(*WRITERS)
    follower = ground.follow()
    assert ground.grown(follower), follower.said
    second = ground.follow()
    assert second.code() == 3
    assert "another run" in second.said
    ground.finish(writers, follower)
    assert ground.findings() == Findings()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("driver", DRIVERS)
def test_killed_while_it_rotates_its_output(ground: Ground, chance: Random, driver: str) -> None:
    flags = ("--rotate-output", "64K", "--keep", "10000", "--driver", driver)
    writers = ground.write(*WRITERS)
    for _ in range(TURNS):
        follower = ground.follow(*flags)
        turned(ground, follower)
        time.sleep(chance.random() * 0.1)
        follower.kill()
    ground.finish(writers, ground.follow(*flags))
    assert len(generations(ground.output)) > TURNS
    assert ground.findings() == Findings()
    assert ground.lost() == {}


def turned(ground: Ground, follower: Process) -> None:
    """Wait until the output was rotated once more."""
    before = len(generations(ground.output))
    assert until(lambda: len(generations(ground.output)) > before or follower.ended), "it does not rotate"
    assert not follower.ended, follower.said
