"""Which timestamps a source has, found from its first lines and again when they stop matching; and the times they mean.

What is found depends on the lines alone, never on how they came in chunks. Nothing here moves bytes or makes records.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np

from logbraid.core.events import Event, FormatChanged, NoTimestamps
from logbraid.core.grouping import Style, record_starts, untimed_below
from logbraid.core.lines import frame
from logbraid.core.options import Options
from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import Lock, detect
from logbraid.core.timestamps.format import Format, Head, Moment
from logbraid.core.timestamps.formats import FORMATS
from logbraid.core.timestamps.locators import After
from logbraid.core.timestamps.pattern import compile_time_format
from logbraid.core.timestamps.reader import TimestampReader
from logbraid.core.types import NO_TIME, SECOND, Bool, Bytes8, Chunk, Int64, Nanos, Source

__all__ = ["BOM", "SAMPLE_BYTES", "SAMPLE_LINES", "Recogniser", "Recognisers", "texts"]

SAMPLE_LINES: Final = 64
SAMPLE_BYTES: Final = 64 << 10
"""A format is looked for in the first so many lines of a source, then in the last of what stands in its first bytes."""

BOM: Final = b"\xef\xbb\xbf"

_FRESH: Final = 12 * 3600 * SECOND
"""A line that was written so long before another is no guide to that one's date."""


class Recogniser:
    """The format of one source.

    Attributes:
        style: how its records begin; None until the format was looked for.
        reader: reads its timestamps; None until the format was looked for, or where there are none.
        history_wanted: the format leaves out the year or the date: lines from the whole source are needed to place it.
    """

    def __init__(
        self, path: str, calendar: Calendar, formats: Sequence[Format] = FORMATS, *, live: bool = False
    ) -> None:
        self.style: Style | None = None
        self.reader: TimestampReader | None = None
        self.history_wanted = False
        self._path = path
        self._calendar = calendar
        self._formats = formats
        self._live = live  # what bears no time is stamped with the time it was observed
        self._guessed = 0  # bytes that left before a format was found
        self._looked = False  # the first lines show no format
        self._patience = SAMPLE_LINES  # untimed lines in a row before another format is looked for; doubles in vain
        self._events: list[Event] = []

    @property
    def previous(self) -> Nanos:
        """Time of the line read last, from which a missing year or date is inferred; NO_TIME where there is none."""
        return NO_TIME if self.reader is None else self.reader.previous

    @previous.setter
    def previous(self, time: Nanos) -> None:
        if self.reader is not None:
            self.reader.previous = time

    @property
    def has_hesitated(self) -> bool:
        """Whether it looked for another format in vain: it will look later next time than one that is fresh."""
        return self._patience != SAMPLE_LINES

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        events, self._events = self._events, []
        return events

    def resume(self, lock: Lock, style: Style, previous: Nanos) -> None:
        """Go on with a format that is known already."""
        self.style = style
        self.reader = TimestampReader(lock, self._calendar, previous)

    def look(self, buffer: Bytes8, starts: Int64, ends: Int64, *, at_start: bool, whole: bool) -> bool:
        """Look for the format in the first lines of a source; return whether the question is settled.

        Args:
            buffer: holds the lines ``buffer[start:end]``.
            starts: where they start.
            ends: where they end.
            at_start: they begin at the first byte of the source.
            whole: there are no more.
        """
        whole = whole or (len(ends) > 0 and int(ends[-1] - starts[0]) >= SAMPLE_BYTES)
        stop = max(int(np.searchsorted(ends, starts[:1].sum() + SAMPLE_BYTES, side="right")), 1)
        first, last = slice(0, min(stop, SAMPLE_LINES)), slice(max(stop - SAMPLE_LINES, 0), stop)
        if not self._looked and (whole or len(ends[first]) == SAMPLE_LINES):
            self._looked = True
            lock = self._detect(buffer, starts[first], ends[first], at_start=at_start)
            if lock is not None:
                return self._settle(lock, texts(buffer, starts[first], ends[first]))
        if not whole:
            return False
        return self._settle(self._detect(buffer, starts[last], ends[last]), texts(buffer, starts[last], ends[last]))

    def guess(self, buffer: Bytes8, starts: Int64, ends: Int64, *, at_start: bool) -> bool:
        """Look for the format in lines that will not wait for others; return whether the question is settled.

        It stays open for a sample's worth of lines that show none, see ``look`` for the arguments.
        """
        first, last = slice(0, SAMPLE_LINES), slice(-SAMPLE_LINES, None)
        for rows in (first, last) if len(ends) > SAMPLE_LINES else (first,):
            lock = self._detect(buffer, starts[rows], ends[rows], at_start=at_start and rows is first)
            if lock is not None:
                return self._settle(lock, texts(buffer, starts[rows], ends[rows]))
        self._guessed += int(ends[-1] - starts[0])
        return self._guessed >= SAMPLE_BYTES and self._settle(None, ())

    def observe(self, now: Nanos) -> None:
        """Place what leaves out the year or the date by when it was seen, unless the line before is a fresh guide."""
        self.history_wanted = False
        if abs(now - self.previous) > _FRESH:
            self.previous = NO_TIME
            self._calendar.modified = now

    def rest(self) -> None:
        """Give back what only makes reading quick: there may be tens of thousands of sources that bring nothing."""
        if self.reader is not None:
            self.reader = TimestampReader(self.reader.lock, self._calendar, self.reader.previous)

    def history(self, lines: Sequence[bytes]) -> None:
        """Take lines from all over the source, in its order, from which the first year or date is inferred."""
        assert self.reader is not None, "history is wanted for a format only"
        self.history_wanted = False
        chunk = Chunk.of(b"".join(lines))
        heads = self.reader.heads(chunk.buffer, *frame(chunk.buffer, chunk.start, chunk.stop))
        # One head a day, or an hour where there is no date, is enough to see every rollover.
        coarse = [next(group) for _, group in groupby(heads, key=_coarse)]
        self.reader.previous = self._calendar.origin(coarse)

    def lines(self, buffer: Bytes8, starts: Int64, ends: Int64, base: int) -> tuple[Int64, Bool]:
        """Return the time of each line (NO_TIME where it has none), and whether it begins a record.

        Where the format changes on the way, the lines behind the change are read in the new one. Which line that is
        depends on the lines alone but in two cases, a debt: where the change falls into a record that is being cut, and
        behind pretty-printed JSON, whose last records are read again with the next chunk.

        Args:
            buffer: holds the lines ``buffer[start:end]``.
            starts: where they start.
            ends: where they end.
            base: offset in the source of ``buffer[0]``.
        """
        times, begins = np.empty(len(starts), np.int64), np.empty(len(starts), np.bool_)
        begin, done, step = 0, 0, len(starts)
        while done < len(starts):
            rows = slice(done, done + step)
            times[rows], begins[rows] = self._read(buffer, starts[rows], ends[rows])
            done = min(done + step, len(starts))
            change = self._change(buffer, starts, ends, times[:done], begin, base)
            if change is None:
                step *= 2
            else:
                begin = done = change
                step = 4 * SAMPLE_LINES  # the next change may be as near: what lies far behind it would be read in vain
        return times, begins

    def goes_on(self, buffer: Bytes8, starts: Int64, ends: Int64, untimed: int, *, told: bool) -> int | None:
        """Return how many untimed lines a record ends with, once these lines are its last.

        None where that is not certain without what stands before them: one may begin a record, tell the time of this
        one, or show that the format has changed.

        Args:
            buffer: holds the lines ``buffer[start:end]``.
            starts: where they start.
            ends: where they end.
            untimed: how many untimed lines stand right before them.
            told: the record's time is known.
        """
        assert self.style is not None, "the format was looked for"
        times = np.full(len(starts), NO_TIME, np.int64)
        if self.reader is not None:
            times[self.reader.timed(buffer, starts, ends)] = 0
        tells = not told and times.max() != NO_TIME
        changes = self.reader is not None and untimed + len(starts) >= self._patience
        if tells or changes or record_starts(self.style, buffer, starts, ends, times).any():
            return None
        return untimed_below(times, untimed)

    def _read(self, buffer: Bytes8, starts: Int64, ends: Int64) -> tuple[Int64, Bool]:
        assert self.style is not None, "the format was looked for"
        if self.reader is None:
            times = np.full(len(starts), NO_TIME, np.int64)
        else:
            times = self.reader.read(buffer, starts, ends)
        return times, record_starts(self.style, buffer, starts, ends, times)

    def _change(self, buffer: Bytes8, starts: Int64, ends: Int64, times: Int64, begin: int, base: int) -> int | None:
        """Look for another format, or another place for it, in long runs of untimed lines; return where it begins.

        Each change begins further on than the one before, or is one that the same lines do not ask for again.
        """
        if self.reader is None or times[begin:].min() != NO_TIME:
            return None
        timed = np.concatenate([[begin - 1], np.flatnonzero(times[begin:] != NO_TIME) + begin, [len(times)]])
        for gap in np.flatnonzero(np.diff(timed) > self._patience).tolist():
            first, stop = int(timed[gap]) + 1, int(timed[gap + 1])
            while stop - first >= self._patience:
                rows = slice(first + self._patience - SAMPLE_LINES, first + self._patience)
                lock = self._detect(buffer, starts[rows], ends[rows])
                if lock is not None and not _alike(lock, self.reader.lock):
                    self._switch(lock, texts(buffer, starts[rows], ends[rows]), int(starts[rows.start]) + base)
                    return rows.start
                self._patience *= 2
        return None

    def _switch(self, lock: Lock, sample: list[bytes], offset: int) -> None:
        assert self.reader is not None, "there is a format to switch from"
        before = self.reader
        self._patience = SAMPLE_LINES
        self._settle(lock, sample)
        self.reader.previous = before.previous
        self.history_wanted = False
        self._events.append(FormatChanged(self._path, before.lock.format.name, lock.format.name, offset))

    def _detect(self, buffer: Bytes8, starts: Int64, ends: Int64, *, at_start: bool = False) -> Lock | None:
        sample = texts(buffer, starts, ends)
        if at_start and sample:
            sample[0] = sample[0].removeprefix(BOM)
        return detect(sample, self._formats)

    def _settle(self, lock: Lock | None, sample: Sequence[bytes]) -> bool:
        if lock is None:
            self.style = Style.PLAIN
            self._events.append(NoTimestamps(self._path, self._live))
            return True
        self.style = _style(lock, sample)
        self.reader = TimestampReader(lock, self._calendar)
        chunk = Chunk.of(b"".join(sample))
        heads = self.reader.heads(chunk.buffer, *frame(chunk.buffer, chunk.start, chunk.stop))
        self.history_wanted = any(isinstance(head, Moment) and head.year is None for head in heads)
        return True


class Recognisers:
    """Makes the recognisers of a run.

    Args:
        options: of the run.
        live: the lines come as they are written.

    Raises:
        UsageError: the options force a time format that cannot be one.
    """

    def __init__(self, options: Options, *, live: bool = False) -> None:
        self._options = options
        self._live = live
        self._formats = FORMATS if options.time_format is None else (compile_time_format(options.time_format),)

    def of(self, source: Source) -> Recogniser:
        """Return a recogniser that knows nothing yet of the source but its zone, its skew and when it was modified."""
        calendar = Calendar(self._options.zone, source.modified, self._options.skews.get(source.label, 0))
        return Recogniser(source.path, calendar, self._formats, live=self._live)


def _coarse(head: Head) -> object:
    if not isinstance(head, Moment):
        return None
    return head.hour if head.day is None else (head.year, head.month, head.day)


def _alike(one: Lock, other: Lock) -> bool:
    """Whether both read the same; the column that helps to find a key is no difference."""
    if isinstance(one.locator, After) and isinstance(other.locator, After):
        return one.format is other.format and one.locator.key == other.locator.key
    return one == other


def _style(lock: Lock, sample: Sequence[bytes]) -> Style:
    """Return how records begin: pretty-printed JSON opens with a brace and tells its time on a line of its own."""
    if not isinstance(lock.locator, After) or not lock.locator.key.startswith(b'"'):
        return Style.TIMED
    opening = [line for line in sample if line.startswith(b"{")]
    return Style.BRACED if opening and not any(lock.locator.key in line for line in opening) else Style.TIMED


def texts(buffer: Bytes8, starts: Int64, ends: Int64) -> list[bytes]:
    """Return the bytes of each line: for samples, not for speed."""
    rows = zip(starts.tolist(), ends.tolist(), strict=True)
    return [buffer[start:end].tobytes() for start, end in rows]
