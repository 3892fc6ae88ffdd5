"""How much work something is: processor time, of which only the growth is ever judged.

Absolute speeds are the benchmarks' matter. A file of tests that wants long fuzzing says so with ``rounds``.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from typing import Final

LONG: Final = "LOGBRAID_FUZZ"
"""Name of the environment variable that says how many times as long to fuzz; ``make fuzz`` sets it."""

_LARGER: Final = 8
_LINEAR: Final = 3 * _LARGER
_LEAST: Final = 0.004


def rounds(usual: int) -> int:
    """Return how many examples to try."""
    return usual * int(os.environ.get(LONG, "1"))


def assert_linear(work: Callable[[int], object], size: int) -> None:
    """Assert that eight times the input is at most 24 times the work: were it quadratic, it would be 64 times."""
    small = max(min(_seconds(work, size) for _ in range(3)), _LEAST)
    large = _seconds(work, size * _LARGER)
    for _ in range(3):  # before it is called slow: others use the machine, too
        if large > small * _LINEAR:
            large = min(large, _seconds(work, size * _LARGER))
    assert large <= small * _LINEAR, f"{size}: {small:.3f} s, {size * _LARGER}: {large:.3f} s"


def _seconds(work: Callable[[int], object], size: int) -> float:
    gc.disable()  # how long it takes depends on what the other tests have left
    try:
        begin = time.process_time()
        work(size)
        return time.process_time() - begin
    finally:
        gc.enable()
