"""Logs that grow while somebody follows them: lines are written when they are due, with the time of their writing.

How a file grows and rotates is in rotation.py, what stands in its lines in script.py; here is decided who writes when,
what is held back, and what is torn. Clocks and waiting are arguments.
"""

from __future__ import annotations

import heapq
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from logbraid.core.types import FOREVER, SECOND, Int64, Nanos, Now
from logbraid.errors import UsageError
from logbraid.simulate.checks import check_not_negative, check_probabilities, said_as_sink_error
from logbraid.simulate.manifest import Manifest, WrittenFile
from logbraid.simulate.rotation import GrowingFile, Rotation, remove_old
from logbraid.simulate.script import Script, scripts
from logbraid.system.descriptors import raise_limit

__all__ = ["run"]

MOST_WRITES: Final = 1000
"""A second, over all files: at higher rates services write several lines at once."""

ROUND_RECORDS: Final = 8192
"""Written at once where there is no rate to keep."""

LONGEST_BURST: Final = 1024
TICK: Final[Nanos] = SECOND // 1000
"""The shortest wait."""

LONGEST_TEAR: Final[Nanos] = SECOND // 20
"""Between the two parts of a line."""

MOST_PAGE_RECORDS: Final = 1024
LEAST_PAGE_RECORDS: Final = 4
ALL_PAGE_RECORDS: Final = 32_768


def run(
    directory: Path,
    *,
    files: int = 4,
    rate: float = 1000.0,
    duration: float | None = None,
    seed: int = 0,
    format: str = "iso",
    torn: float = 0.0,
    traceback: float = 0.0,
    jitter: float = 0.0,
    delay: float = 0.0,
    rotate: Literal["none", "rename", "copytruncate"] = "none",
    rotate_size: int = 1 << 20,
    keep: int | None = None,
    compress: bool = False,
    now: Callable[[], Now] | None = None,
    wait: Callable[[float], object] | None = None,
) -> Manifest:
    """Let ``files`` log files grow in ``directory``, and say in the end what was written.

    Every line is whole in the end, however it ends. Files already there under the same names are removed first.

    Args:
        directory: made where it does not exist.
        files: how many.
        rate: lines a second over all files; ``math.inf``: as many as can be written.
        duration: seconds until it ends; None: when ``wait`` says so.
        seed: another seed, other logs.
        format: the name of a style, or "mixed": each file another one.
        torn: how likely a write stops amid its last line, whose rest follows up to 50 ms later.
        traceback: how likely a record carries a traceback of several lines.
        jitter: seconds by which times within a file may go back; 0: they never do.
        delay: seconds by which a line may be written later than its time says; its file stays in order.
        rotate: ``none``, ``rename`` or ``copytruncate``.
        rotate_size: rotate a file before it would be longer than this many bytes.
        keep: how many rotated files of each to keep; None: all.
        compress: gzip a rotated file when the next one comes.
        now: what the clocks say; None: the real ones.
        wait: waits for so many seconds, and returns whether to end early; None: never.

    Raises:
        UsageError: an argument means nothing.
        SinkError: the files could not be written.
    """
    check_not_negative(jitter=jitter, delay=delay, duration=duration or 0)
    check_probabilities(torn=torn, traceback=traceback)
    if not rate > 0:
        raise UsageError("the rate is a number of lines a second, above 0")
    rotation = Rotation(rotate, rotate_size, keep, compress)
    page_records = max(LEAST_PAGE_RECORDS, min(MOST_PAGE_RECORDS, ALL_PAGE_RECORDS // max(files, 1)))
    spoken = scripts(files, format, seed=seed, traceback=traceback, page_records=page_records)
    with said_as_sink_error(directory), ExitStack() as stack:
        writers = _open(directory, spoken, rotation, stack)
        lateness = _Lateness(np.random.default_rng(seed), torn, round(jitter * SECOND), round(delay * SECOND))
        running = _Running(writers, rate, lateness)
        running.go(duration, now or _clocks, wait or threading.Event().wait)
    return Manifest(seed, tuple(writer.written() for writer in writers))


def _open(directory: Path, spoken: list[Script], rotation: Rotation, stack: ExitStack) -> list[_Writer]:
    directory.mkdir(parents=True, exist_ok=True)
    remove_old(directory, {script.file for script in spoken})
    raise_limit()
    writers = []
    for script in spoken:
        file = GrowingFile(directory / script.file, rotation)
        stack.callback(file.close)
        writers.append(_Writer(script, file))
    return writers


def _clocks() -> Now:
    return Now(time.monotonic_ns(), time.time_ns())


@dataclass(slots=True)
class _Writer:
    """One service and its file.

    Attributes:
        free: the tick at which everything that it held back is written.
    """

    script: Script
    file: GrowingFile
    free: Nanos = 0

    def written(self) -> WrittenFile:
        """What was written."""
        return self.script.written(self.file.path.name, self.file.bytes, rotations=self.file.rotations)


@dataclass(frozen=True, slots=True)
class _Lateness:
    """What is left to chance of times, and of when lines are written. Spans are in ns."""

    random: np.random.Generator
    torn: float
    jitter: Nanos
    delay: Nanos

    def shaken(self, times: Int64) -> Int64:
        """Move each time back by up to ``jitter``."""
        return times - self.random.integers(0, self.jitter + 1, len(times)) if self.jitter else times

    def hold(self, age: Nanos) -> Nanos:
        """How long to hold back lines whose first is so old already."""
        return int(self.random.random() * max(self.delay - age, 0))

    def tear(self, data: bytes) -> tuple[bytes, bytes, Nanos]:
        """Cut lines amid the last one, or not at all; and say how long to wait before the rest."""
        if self.random.random() >= self.torn:
            return data, b"", 0
        last = data.rfind(b"\n", 0, -1) + 1
        cut = int(self.random.integers(last + 1, len(data)))
        return data[:cut], data[cut:], int(self.random.integers(TICK, LONGEST_TEAR))


class _Running:
    """Who writes when.

    Args:
        writers: who.
        rate: lines a second.
        lateness: what is left to chance.
    """

    def __init__(self, writers: list[_Writer], rate: float, lateness: _Lateness) -> None:
        self._writers = writers
        self._rate = rate
        self._lateness = lateness
        self._random = lateness.random
        self._burst = LONGEST_BURST if math.isinf(rate) else max(1, round(rate / MOST_WRITES))
        self._lines = 0
        self._held: list[tuple[Nanos, int, _Writer, bytes]] = []  # a heap: by when, then as they came
        self._count = 0
        self._begin = self._last = Now(0, 0)
        self._end: Nanos = 0

    def go(self, duration: float | None, now: Callable[[], Now], wait: Callable[[float], object]) -> None:
        """Write until the duration is over or ``wait`` says so; then write what is held back."""
        at = self._begin = self._last = now()
        self._end = FOREVER if duration is None else at.tick + round(duration * SECOND)
        while at.tick < self._end and not wait(self._pause(at.tick) / SECOND):
            at = now()
            self._release(at.tick)
            self._write_due(at)
        self._release(FOREVER)

    def _pause(self, tick: Nanos) -> Nanos:
        """How long to wait for the next thing to do."""
        if math.isinf(self._rate):
            return 0
        line = self._begin.tick + math.ceil((self._lines + 1) / self._rate * SECOND)
        held = self._held[0][0] if self._held else self._end
        return max(min(max(line, self._last.tick + TICK), held, self._end) - tick, 0)

    def _release(self, tick: Nanos) -> None:
        while self._held and self._held[0][0] <= tick:
            _, _, writer, data = heapq.heappop(self._held)
            writer.file.write(data)

    def _write_due(self, now: Now) -> None:
        """Write what is due, with times from the last round up to now."""
        due = self._due(min(now.tick, self._end))
        if due < 1:
            return
        # The clock on the wall may have been set back; then so are the times, as in real logs.
        span = max(now.wall - self._last.wall, 0)
        times = now.wall - (span * np.arange(due - 1, -1, -1) // due)
        for writer, part in self._dealt(times):
            self._write(writer, part, now)
        self._last = now

    def _due(self, tick: Nanos) -> int:
        if math.isinf(self._rate):
            return ROUND_RECORDS
        return int((tick - self._begin.tick) * self._rate / SECOND) - self._lines

    def _dealt(self, times: Int64) -> Iterator[tuple[_Writer, Int64]]:
        """Deal out times in bursts, whose mean length keeps the number of writes in bounds."""
        first = 0
        while first < len(times):
            length = int(self._random.integers(1, 2 * self._burst))
            yield self._writers[self._random.integers(len(self._writers))], times[first : first + length]
            first += length

    def _write(self, writer: _Writer, times: Int64, now: Now) -> None:
        before = writer.script.lines
        head, rest, pause = self._lateness.tear(writer.script.say(self._lateness.shaken(times)))
        self._lines += writer.script.lines - before
        self._put(writer, head, now.tick, self._lateness.hold(now.wall - int(times[0])))
        if rest:
            self._put(writer, rest, now.tick, max(writer.free - now.tick, 0) + pause)

    def _put(self, writer: _Writer, data: bytes, tick: Nanos, hold: Nanos) -> None:
        """Write after a while, but never before what the writer holds back already."""
        writer.free = max(tick + hold, writer.free)
        if writer.free <= tick:
            writer.file.write(data)
            return
        self._count += 1
        heapq.heappush(self._held, (writer.free, self._count, writer, data))
