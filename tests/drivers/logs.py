"""What the tests of this floor share: logs made of numbers, and what a process holds open."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from left_behind import descriptors

START = datetime(2026, 3, 1, tzinfo=UTC)
TRACEBACK = 'Traceback (most recent call last):\n  File "shop.py", line 7, in pay\nValueError: no such card\n'


def iso(seconds: float, text: str) -> str:
    """A line at so many seconds after the start."""
    return f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}Z {text}\n"


def write(path: Path, lines: Iterable[str]) -> Path:
    """A file of these lines."""
    path.write_text("".join(lines))
    return path


def steady(name: str, count: int, step: float = 1.0, first: float = 0.0) -> list[str]:
    """Lines that keep their order, ``step`` seconds apart."""
    return [iso(first + number * step, f"{name} {number} is all well and goes on") for number in range(count)]


def disordered(name: str, count: int, seed: int, *, wobble: float, leaps: int = 0, tracebacks: int = 0) -> list[str]:
    """Lines of which each may come up to ``wobble`` seconds too early, some of them leaps, some with a traceback."""
    random = Random(seed)
    lines = []
    for number in range(count):
        ahead = 9000 if random.randrange(1000) < leaps else 0
        behind = random.choice([0, 0, 0, wobble]) * random.random()
        lines.append(iso(number // 3 + ahead - behind, f"{name} {number}"))
        if random.randrange(1000) < tracebacks:
            lines.append(TRACEBACK * random.randrange(1, 4))
    return lines


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """Check that no descriptor, thread or child process outlives the block."""
    before = descriptors(), threading.active_count()
    yield
    assert (descriptors(), threading.active_count()) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
