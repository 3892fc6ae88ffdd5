"""Playing scripts: one in a world of its own, many one after the other, and a failing one with fewer operations."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from .oracle import judge
from .script import Operation, Script, script_of
from .world import World

__all__ = ["failure", "failures", "play", "shrunk"]

IN_MEMORY: Final = Path("/dev/shm")  # where there is such a thing; what is written there is never waited for


def play(script: Script, tell: Callable[[str], object] = lambda text: None) -> None:
    """Play a script and judge what comes of it.

    Raises:
        AssertionError: a promise is broken.
    """
    root = Path(tempfile.mkdtemp(dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
    before = os.listdir("/dev/fd"), threading.active_count()
    try:
        with World(script, root) as world:
            for operation in script.operations:
                tell(f"{world.clock.seconds:9.3f} {operation}")
                world.play(operation)
            world.conclude()
            judge(world)
    finally:
        shutil.rmtree(root)
    after = os.listdir("/dev/fd"), threading.active_count()
    assert after == before, "something is still open"


def failure(script: Script) -> BaseException | None:
    """Play a script; return what went wrong, whatever it is."""
    try:
        play(script)
    except Exception as error:
        return error
    return None


def failures(seeds: Iterable[int]) -> list[tuple[int, str]]:
    """Play the scripts of these seeds; return those that failed, and how."""
    found = ((seed, failure(script_of(seed))) for seed in seeds)
    return [(seed, f"{type(error).__name__}: {error}") for seed, error in found if error is not None]


def shrunk(script: Script, fails: Callable[[Script], object] = failure) -> Script:
    """Leave out as many operations as can be left out of a script that fails: halves first, then ever smaller parts."""
    operations = [*script.operations]
    size = max(len(operations) // 2, 1)
    while True:
        operations, smaller = _without(script, operations, size, fails)
        if size == 1 and not smaller:
            return script.only(operations)
        size = max(size // 2, 1)


def _without(
    script: Script, operations: list[Operation], size: int, fails: Callable[[Script], object]
) -> tuple[list[Operation], bool]:
    smaller, at = False, 0
    while at < len(operations):
        fewer = operations[:at] + operations[at + size :]
        if fails(script.only(fewer)):
            operations, smaller = fewer, True
        else:
            at += size
    return operations, smaller
