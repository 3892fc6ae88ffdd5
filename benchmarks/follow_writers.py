"""The programs that are followed, each run as a process of its own: under load, line by line, and rotating.

They write with plain ``write(2)`` on files opened to append, as loggers do, and keep to the clock, not to the follower.
"""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["WIDTH", "Rotation", "clock_text", "started", "write_load", "write_probes", "write_rotating"]

WIDTH: Final = 110
"""Bytes of a line under load, newline included."""

TICK: Final = 0.02
CLOCK_WIDTH: Final = 27
MICROS: Final = 1_000_000
BURST: Final = 4
"""A writer that was held up makes good this many ticks at once, no more."""

THREE_DIGITS: Final = np.frombuffer("".join(f"{n:03d}" for n in range(1000)).encode(), np.uint8).reshape(-1, 3)
FLUSH_LINES: Final = 100


@contextmanager
def started(write: Callable[..., None], *arguments: Any) -> Iterator[BaseProcess]:
    """A writer in a process of its own, ended with the block."""
    process = get_context("spawn").Process(target=write, args=arguments)
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join()


def clock_text(seconds: float) -> str:
    """A moment as the lines bear it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def write_load(paths: Sequence[Path], rate: int, duration: float) -> None:
    """Write ``rate`` bytes a second, spread evenly over all files, each line with the time of its making."""
    files = len(paths)
    page = _page(files, most := int(BURST * TICK * rate / WIDTH / files) + 1)
    with ExitStack() as stack:
        descriptors = [_opened(path, stack) for path in paths]
        begin = before = time.time()
        written = 0
        while before - begin < duration:
            time.sleep(max(0.0, before + TICK - time.time()))
            now = time.time()
            due = int((now - begin) * rate / WIDTH / files)
            each = min(most, due - written)
            page[:, :each, :CLOCK_WIDTH] = _clocks(before, now, each * files).reshape(each, files, -1).swapaxes(0, 1)
            for descriptor, lines in zip(descriptors, page, strict=True):
                os.write(descriptor, lines[:each].data)
            written = due
            before = now


def write_probes(paths: Sequence[Path], gap: float, duration: float, seed: int) -> None:
    """Each ``gap`` seconds write one line to one of the files; each line says when (monotonic, ns)."""
    chance = random.Random(seed)
    with ExitStack() as stack:
        descriptors = [_opened(path, stack) for path in paths]
        begin = time.monotonic()
        for number in range(int(duration / gap)):
            time.sleep(max(0.0, begin + number * gap - time.monotonic()))
            descriptor = chance.choice(descriptors)
            head = f"{clock_text(time.time())} INFO probe seq={number:06d} sent="
            os.write(descriptor, f"{head}{time.monotonic_ns()}\n".encode())


@dataclass(frozen=True)
class Rotation:
    """How a rotating writer writes.

    Attributes:
        lines: how many, in all.
        rotations: how many times the file is rotated on the way.
        rate: lines a second; 0: as fast as it goes.
        copy: copy and truncate; else rename and begin anew.
    """

    lines: int
    rotations: int
    rate: int = 0
    copy: bool = False


def write_rotating(path: Path, rotation: Rotation) -> None:
    """Write numbered lines, rotating as ``logrotate`` would: ``.1`` is the youngest, nothing is thrown away."""
    share = rotation.lines // (rotation.rotations + 1)
    begin = time.monotonic()
    descriptor = _append(path)
    for first in range(0, rotation.lines, FLUSH_LINES):
        if rotation.rate:
            time.sleep(max(0.0, begin + first / rotation.rate - time.monotonic()))
        if first and first % share < FLUSH_LINES:
            _shift(path)
            descriptor = _copied(path, descriptor) if rotation.copy else _renamed(path, descriptor)
        clock = clock_text(time.time())
        text = "".join(f"{clock} INFO rotating seq={number:08d} end\n" for number in range(first, first + FLUSH_LINES))
        os.write(descriptor, text.encode())
    os.close(descriptor)


def _page(files: int, lines: int) -> NDArray[np.uint8]:
    """For each file, lines that lack nothing but the time."""
    text = b"".join(
        f"INFO writer={file:03d} request served, nothing else to tell {'.' * WIDTH}".encode()[: WIDTH - CLOCK_WIDTH - 2]
        for file in range(files)
    )
    page = np.full((files, lines, WIDTH), ord(" "), np.uint8)
    page[:, :, CLOCK_WIDTH + 1 : -1] = np.frombuffer(text, np.uint8).reshape(files, 1, -1)
    page[:, :, -1] = ord("\n")
    return page


def _clocks(after: float, until: float, count: int) -> NDArray[np.uint8]:
    """``count`` moments between the two as text, ascending."""
    micros = np.linspace(after * MICROS, until * MICROS, count, dtype=np.int64)
    seconds, rest = np.divmod(micros, MICROS)
    first, last = int(after), int(until)
    heads = "".join(clock_text(second)[:20] for second in range(first, last + 1))
    texts = np.empty((count, CLOCK_WIDTH), np.uint8)
    texts[:, :20] = np.frombuffer(heads.encode(), np.uint8).reshape(-1, 20)[seconds - first]
    texts[:, 20:23] = THREE_DIGITS[rest // 1000]
    texts[:, 23:26] = THREE_DIGITS[rest % 1000]
    texts[:, 26] = ord("Z")
    return texts


def _opened(path: Path, stack: ExitStack) -> int:
    descriptor = _append(path)
    stack.callback(os.close, descriptor)
    return descriptor


def _append(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def _shift(path: Path) -> None:
    """Make room for a new ``.1``."""
    older = [copy for copy in path.parent.glob(f"{path.name}.*") if copy.suffix[1:].isdigit()]
    for copy in sorted(older, key=lambda copy: -int(copy.suffix[1:])):
        copy.rename(copy.with_suffix(f".{int(copy.suffix[1:]) + 1}"))


def _renamed(path: Path, descriptor: int) -> int:
    os.close(descriptor)
    path.rename(f"{path}.1")
    return _append(path)


def _copied(path: Path, descriptor: int) -> int:
    shutil.copyfile(path, f"{path}.1")
    os.truncate(path, 0)
    return descriptor
