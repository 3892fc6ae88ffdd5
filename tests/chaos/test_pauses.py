"""Whoever follows is stopped for long, or asleep at its output, while logs go on without it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from random import Random
from typing import Final

import pytest

from .chance import LONG
from .ground import Ground
from .judge import Findings, judge
from .processes import Process, until

pytestmark = pytest.mark.once

WRITERS: Final = ("--files", "3", "--rate", "3000", "--rotate-size", "16K", "--torn", "0.1")
ROTATIONS: Final = 10
SLOW: Final = 0.02
"""Seconds between two looks into a pipe."""

WAYS: Final = ("rename", "copytruncate")


def sleep_across_rotations(ground: Ground, follower: Process) -> None:
    """Stop it, and wake it when all logs were rotated ten times."""
    assert ground.grown(follower), follower.said
    follower.send(signal.SIGSTOP)
    enough = ground.rotations() + ROTATIONS
    assert until(lambda: ground.rotations() >= enough)


@pytest.mark.parametrize("order", ["time", "arrival"] if LONG else ["time"])
@pytest.mark.parametrize("way", WAYS)
def test_a_reader_that_is_stopped_across_ten_rotations(ground: Ground, way: str, order: str) -> None:
    writers = ground.write("--rotate", way, *WRITERS)
    follower = ground.follow("--order", order)
    sleep_across_rotations(ground, follower)
    follower.send(signal.SIGCONT)
    ground.finish(writers, follower)
    assert ground.findings() == Findings(lost=ground.lost())
    assert way == "copytruncate" or ground.lost() == {}


@pytest.mark.skipif(not LONG, reason="make chaos does it")
@pytest.mark.parametrize("way", WAYS)
def test_a_reader_that_is_killed_in_its_sleep(ground: Ground, way: str) -> None:
    writers = ground.write("--rotate", way, *WRITERS)
    follower = ground.follow()
    sleep_across_rotations(ground, follower)
    follower.kill()
    ground.finish(writers, ground.follow())
    assert ground.findings() == Findings(lost=ground.lost())
    assert way == "copytruncate" or ground.lost() == {}


def test_a_slow_reader_of_a_pipe_gets_everything(ground: Ground, chance: Random, tmp_path: Path) -> None:
    writers = ground.write("--rotate", "rename", *WRITERS)
    follower = ground.follow("-n", "+1", output=False, stdout=subprocess.PIPE)
    seen = slowly(follower, chance, 1 << 16)
    size = ground.finish_writing(writers)["bytes"]
    seen += slowly(follower, chance, size - len(seen))
    assert follower.stop() == 0, follower.said
    assert follower.popen.stdout is not None
    (tmp_path / "seen").write_bytes(seen + follower.popen.stdout.read())
    assert judge([tmp_path / "seen"], ground.sources()) == Findings()
    assert ground.lost() == {}


def slowly(follower: Process, chance: Random, size: int) -> bytes:
    """Read so much of what it writes, in little pieces, with pauses."""
    assert follower.popen.stdout is not None
    pieces = b""
    while len(pieces) < size and (piece := os.read(follower.popen.stdout.fileno(), chance.randrange(1, 1 << 16))):
        pieces += piece
        time.sleep(SLOW)
    return pieces
