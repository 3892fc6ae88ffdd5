"""Logs of a given size, written at once: the writers and the time line they share.

A writer knows nothing of the others; the time line hands each its times. Logs that grow while time passes are in
running.py.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import numpy as np

from logbraid.core.types import SECOND, Int64, Nanos
from logbraid.simulate.checks import check_not_negative, check_probabilities, said_as_sink_error
from logbraid.simulate.manifest import Manifest, WrittenFile
from logbraid.simulate.script import Script, scripts

__all__ = ["START", "Timeline", "Writer", "simulate"]

START: Final[Nanos] = 1_772_352_000_000_000_000
"""2026-03-01T08:00:00Z."""

MEAN_GAP: Final = 1_000_000
"""Between two records of all files, in ns."""

LONGEST_RUN: Final = 4
MOST_PAGE_RECORDS: Final = 4096
LEAST_PAGE_RECORDS: Final = 256
ALL_PAGE_RECORDS: Final = 32_768
"""On the pages of all writers together: setting a record is slow."""

ROUND_RECORDS: Final = 32_768
ROUND_RECORDS_EACH: Final = 2048
"""Enough that opening a file and printing on it costs little beside what is printed."""

SHORTEST_RECORD: Final = 60


class Writer:
    """One service that writes one file.

    Args:
        path: the file, emptied first.
        script: what it writes.
        share: stop before the file is longer than this many bytes.
    """

    def __init__(self, path: Path, script: Script, share: int) -> None:
        self.path = path
        self.full = False
        self._script = script
        self._share = share
        self._bytes = 0
        self._torn = False
        path.write_bytes(b"")

    def write(self, times: Int64) -> None:
        """Append one record for each time, as long as they fit; then the writer is ``full``."""
        with self.path.open("ab", buffering=0) as file:
            while len(times) and not self.full:
                count = min(len(times), self._script.left)
                fitting = self._script.fitting(count, self._share - self._bytes)
                self.full = fitting < count
                if not fitting:
                    break
                printing = self._script.print(times[:fitting])
                file.write(printing.data)
                self._bytes += len(printing.data)
                times = times[fitting:]

    def tear(self) -> None:
        """Take the newline from the last line."""
        if self._bytes:
            self._bytes -= 1
            self._torn = True
            os.truncate(self.path, self._bytes)

    def leave(self, now: Nanos) -> None:
        """Let the file say that it was last written ``now``: the year of formats without one is told by it."""
        os.utime(self.path, ns=(now, now))

    def written(self) -> WrittenFile:
        """The file as it is now."""
        return self._script.written(self.path.name, self._bytes, torn=self._torn)


class Timeline:
    """Deals out times to ``files`` writers in runs of one to four, never going back.

    Attributes:
        now: the last time dealt.
    """

    def __init__(self, files: int, start: Nanos, seed: int) -> None:
        self.now = start
        self._files = files
        self._random = np.random.default_rng(seed)

    def deal(self) -> list[Int64]:
        """The next times of each writer, ascending."""
        count = max(ROUND_RECORDS, ROUND_RECORDS_EACH * self._files) // LONGEST_RUN
        owners = np.repeat(
            self._random.integers(self._files, size=count), self._random.integers(1, LONGEST_RUN + 1, size=count)
        )
        times = self.now + np.cumsum(self._random.exponential(MEAN_GAP, len(owners)).astype(np.int64))
        self.now = int(times[-1])
        order = np.argsort(owners, kind="stable")
        bounds = np.searchsorted(owners[order], np.arange(1, self._files))
        return np.split(times[order], bounds)

    def shake(self, times: Int64, jitter: Nanos) -> Int64:
        """Move each time back by up to ``jitter``."""
        return times - self._random.integers(0, jitter + 1, len(times)) if jitter else times

    def happens(self, probability: float) -> bool:
        """Whether something of this probability happens now."""
        return bool(self._random.random() < probability)


def simulate(
    directory: Path,
    *,
    files: int = 4,
    size: int,
    seed: int = 0,
    format: str = "iso",
    torn: float = 0.0,
    traceback: float = 0.0,
    jitter: float = 0.0,
    start: Nanos = START,
) -> Manifest:
    """Write ``files`` log files of ``size`` bytes in all into ``directory``, and say what was written.

    The same arguments write the same bytes. Files already there under the same names are overwritten. Each file is
    its share of ``size`` or shorter by less than a record.

    Args:
        directory: made where it does not exist.
        files: how many.
        size: bytes over all files.
        seed: another seed, other logs.
        format: the name of a style, or "mixed": each file another one.
        torn: how likely a file ends in a line without a newline.
        traceback: how likely a record carries a traceback of several lines.
        jitter: seconds by which times within a file may go back; 0: they never do.
        start: the time of the first record, in ns.

    Raises:
        UsageError: an argument means nothing.
        SinkError: the files could not be written.
    """
    check_not_negative(size=size, jitter=jitter)
    check_probabilities(torn=torn, traceback=traceback)
    share = size // max(files, 1)
    most = max(LEAST_PAGE_RECORDS, min(MOST_PAGE_RECORDS, ALL_PAGE_RECORDS // max(files, 1)))
    spoken = scripts(
        files, format, seed=seed, traceback=traceback, page_records=min(most, share // SHORTEST_RECORD + 1)
    )
    with said_as_sink_error(directory):
        directory.mkdir(parents=True, exist_ok=True)
        writers = [Writer(directory / script.file, script, share) for script in spoken]
        timeline = Timeline(files, start, seed)
        _write_all(writers, timeline, round(jitter * SECOND))
        for writer in writers:
            if timeline.happens(torn):
                writer.tear()
            writer.leave(timeline.now)
    return Manifest(seed, tuple(writer.written() for writer in writers))


def _write_all(writers: list[Writer], timeline: Timeline, jitter: Nanos) -> None:
    while not all(writer.full for writer in writers):
        for writer, times in zip(writers, timeline.deal(), strict=True):
            if not writer.full:
                writer.write(timeline.shake(times, jitter))
