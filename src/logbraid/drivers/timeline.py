"""Where which time stands in a large file, from a few thousand probes of it; and how to cut a run into parts of time.

What is found is a hint of where to start reading. Whether a part is whole is proven afterwards, by the offsets between
which its records were found (``core/window.py``); a file that is not in order makes bad hints, never a bad merge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from logbraid.core.lines import frame
from logbraid.core.parse import Start
from logbraid.core.recognise import Recogniser
from logbraid.core.types import NO_TIME, PADDING, Bytes8, Int64, Nanos
from logbraid.drivers.seek import recognise_head
from logbraid.system.files import OpenSource
from logbraid.system.probes import PROBE, sample_lines

__all__ = ["Timeline", "boundaries", "survey"]


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """Times of some records of one source, in its order.

    Attributes:
        size: length of the source in bytes.
        begin: where the run begins with the source.
        offsets: where these records start, int64, ascending.
        times: running maximum of their times, ns UTC, int64; the key that they have at the least.
        raw: their own times.
    """

    size: int
    begin: Start
    offsets: Int64
    times: Int64
    raw: Int64

    def start(self, low: Nanos) -> Start:
        """Return where to begin so as to meet every record with a key above ``low``."""
        known = int(np.searchsorted(self.times, low, side="right")) - 1
        if known < 0:
            return self.begin
        return replace(self.begin, offset=int(self.offsets[known]), previous=int(self.raw[known]))

    def stop(self, high: Nanos) -> int:
        """Return an offset by which every record with a key up to ``high`` should have come."""
        beyond = int(np.searchsorted(self.times, high, side="right"))
        return self.size if beyond == len(self.offsets) else int(self.offsets[beyond]) + PROBE


def survey(source: OpenSource, recogniser: Recogniser, start: Start, step: int) -> Timeline | None:
    """Probe a source from ``start`` on; return None where its records do not begin with timestamps.

    Args:
        source: to probe.
        recogniser: of this source, fresh.
        start: where the run begins with it.
        step: bytes from one probe to the next.
    """
    if source.seekable and source.size == 0:
        nothing = np.empty(0, np.int64)
        return Timeline(0, start, nothing, nothing, nothing)
    if not recognise_head(source, recogniser) or recogniser.reader is None:
        return None
    if recogniser.history_wanted:
        recogniser.history(sample_lines(source))
    begin = replace(start, lock=recogniser.reader.lock, previous=recogniser.reader.previous)
    buffer, places = _probe(source, start.offset, step)
    starts, ends = frame(buffer, 0, len(places) * PROBE)
    inside = (starts % PROBE != 0) & (starts // PROBE == (ends - 1) // PROBE)
    starts, ends = starts[inside], ends[inside]
    times = recogniser.reader.read(buffer, starts, ends)
    timed = np.flatnonzero(times != NO_TIME)
    probe, first = np.unique(starts[timed] // PROBE, return_index=True)
    rows = timed[first]
    raw, offsets = times[rows], places[probe] + starts[rows] % PROBE
    return Timeline(source.size or 0, begin, offsets, np.maximum.accumulate(raw), raw)


def boundaries(timelines: Sequence[Timeline], part: int) -> list[Nanos]:
    """Return the times at which to cut, ascending, so that each part holds about ``part`` bytes of all sources."""
    times = np.concatenate([timeline.times for timeline in timelines])
    worth = np.concatenate([np.diff(timeline.offsets, append=timeline.size) for timeline in timelines])
    order = np.argsort(times, kind="stable")
    number = np.cumsum(worth[order]) // part
    cuts = np.flatnonzero(np.diff(number)) + 1
    return [int(time) for time in np.unique(times[order][cuts])]


def _probe(source: OpenSource, begin: int, step: int) -> tuple[Bytes8, Int64]:
    """Return the probes end to end, and the offset of each."""
    places = np.arange(begin + step, source.size or 0, step, dtype=np.int64)
    buffer = np.zeros(len(places) * PROBE + PADDING, np.uint8)
    room = memoryview(buffer)
    for number, place in enumerate(places.tolist()):
        source.read_at(room[number * PROBE : (number + 1) * PROBE], place)
    return buffer, places
