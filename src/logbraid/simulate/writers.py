"""The writers and the time line they share: who writes when, and for how long.

A writer knows nothing of the others; the time line hands each its times. Whatever decides when to write (a size to
reach, today) stays outside the writer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from logbraid.core.types import SECOND, Int64, Nanos
from logbraid.errors import SinkError, UsageError
from logbraid.simulate.manifest import Manifest, WrittenFile
from logbraid.simulate.pages import Page
from logbraid.simulate.prose import SERVICES, Prose
from logbraid.simulate.styles import SEQUENCE, SEQUENCE_WIDTH, Style, style_of

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
        index: the writer's number.
        name: the number as its lines bear it.
        style: the file's format.
        share: stop before the file is longer than this many bytes.
        seed: repeats everything that is left to chance.
        traceback: how likely a record carries a traceback.
        page_records: how many different records it writes, before they come again with new times and numbers.
    """

    def __init__(
        self,
        path: Path,
        *,
        index: int,
        name: str,
        style: Style,
        share: int,
        seed: int,
        traceback: float,
        page_records: int = MOST_PAGE_RECORDS,
    ) -> None:
        self.path = path
        self.full = False
        self._style = style
        self._share = share
        self._service = SERVICES[index % len(SERVICES)]
        self._prose = Prose(self._service, f"{seed}/{index}")
        self._mark = f"writer={name} seq={SEQUENCE * SEQUENCE_WIDTH}"
        records = min(page_records, share // SHORTEST_RECORD + 1)
        self._page = Page([self._record(traceback) for _ in range(records)], style, seed)
        self._next = 0
        self._lines = self._records = self._bytes = 0
        self._torn = False
        path.write_bytes(b"")

    def write(self, times: Int64) -> None:
        """Append one record for each time, as long as they fit; then the writer is ``full``."""
        with self.path.open("ab", buffering=0) as file:
            while len(times) and not self.full:
                count = min(len(times), len(self._page) - self._next)
                fitting = self._page.fitting(self._next, count, self._share - self._bytes)
                self.full = fitting < count
                if not fitting:
                    break
                printing = self._page.print(self._next, times[:fitting], self._lines)
                file.write(printing.data)
                self._records += printing.records
                self._lines += printing.lines
                self._bytes += len(printing.data)
                self._next = (self._next + fitting) % len(self._page)
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
        return WrittenFile(
            name=self.path.name,
            format=self._style.name,
            lines=self._lines,
            records=self._records,
            bytes=self._bytes,
            rotations=0,
            first=0 if self._lines else None,
            last=self._lines - 1 if self._lines else None,
            torn=self._torn,
        )

    def _record(self, traceback: float) -> str:
        """Set one record: its line and, where it went wrong, the traceback's lines, each with its mark."""
        if not self._prose.happens(traceback):
            return self._line(level := self._prose.level(), self._prose.sentence(level))
        text = self._prose.sentence("error")
        below = self._prose.traceback()
        if self._style.inline:
            escaped = "\\n".join(line.replace("\t", "\\t").replace('"', '\\"') for line in below)
            return self._line("error", f"{text}\\n{escaped}")
        return self._line("error", text) + "".join(f"{line}  # {self._mark}\n" for line in below)

    def _line(self, level: str, text: str) -> str:
        return self._style.line(level=level, service=self._service, text=text, mark=self._mark) + "\n"


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
    _check(files, size, jitter, {"torn": torn, "traceback": traceback})
    width = max(2, len(str(files - 1)))
    page_records = max(LEAST_PAGE_RECORDS, min(MOST_PAGE_RECORDS, ALL_PAGE_RECORDS // files))
    with _said_as_sink_error():
        directory.mkdir(parents=True, exist_ok=True)
        writers = [
            Writer(
                directory / f"{SERVICES[index % len(SERVICES)]}-{index:0{width}d}.log",
                index=index,
                name=f"{index:0{width}d}",
                style=style_of(format, index),
                share=size // files,
                seed=seed,
                traceback=traceback,
                page_records=page_records,
            )
            for index in range(files)
        ]
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


def _check(files: int, size: int, jitter: float, probabilities: dict[str, float]) -> None:
    if files < 1:
        raise UsageError("at least one file is needed")
    if size < 0 or jitter < 0:
        raise UsageError("size and jitter cannot be negative")
    for name, value in probabilities.items():
        if not 0 <= value <= 1:
            raise UsageError(f"{name} is a probability, from 0 to 1, not {value}")


@contextmanager
def _said_as_sink_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SinkError(f"{error.filename}: {(error.strerror or str(error)).lower()}", error.errno) from error
