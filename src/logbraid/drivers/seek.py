"""Where to begin with a file of which only a part of time is wanted: by bisection, without reading what lies before.

Only files that look sorted are sought in: every probe on the way must be in time order. One record may be out of place
by up to an hour and is still found; the filters decide about every record that is read.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from logbraid.core.grouping import Style
from logbraid.core.keys import LEAP
from logbraid.core.lines import frame
from logbraid.core.parse import Start
from logbraid.core.recognise import SAMPLE_BYTES, Recogniser
from logbraid.core.types import NO_TIME, PADDING, Nanos
from logbraid.errors import SourceError
from logbraid.system.files import OpenSource

__all__ = ["recognise_head", "seek"]

_PROBE: Final = 16 << 10
_NEAR: Final = 64 << 10
"""Closer than this, reading on is cheaper than looking further."""


def seek(source: OpenSource, recogniser: Recogniser, since: Nanos | None, until: Nanos | None) -> Start:
    """Return where to begin so as to meet every record from ``since`` on, and behind which time nothing is wanted.

    Args:
        source: to look into; from its first byte where it cannot be sought in.
        recogniser: of this source, fresh.
        since: no earlier record is wanted.
        until: no record at or after this time is wanted.
    """
    if since is None and until is None:
        return Start()
    try:
        if not recognise_head(source, recogniser) or recogniser.history_wanted:
            return Start()
        return _bisect(_Probes(source, recogniser), since, until)
    except SourceError:
        return Start()  # whoever reads the source next will meet the same error and say so


def recognise_head(source: OpenSource, recogniser: Recogniser) -> bool:
    """Look for the format in the first bytes of a file; return whether its records begin with timestamps."""
    if not source.seekable or not source.size:
        return False
    head = np.zeros(min(source.size, SAMPLE_BYTES) + PADDING, np.uint8)
    count = source.read_at(memoryview(head)[: len(head) - PADDING], 0)
    starts, ends = frame(head, 0, count)
    if not len(ends):
        return False
    recogniser.look(head, starts, ends, at_start=True, whole=True)
    return recogniser.reader is not None and recogniser.style is Style.TIMED


class _Probes:
    """Times found at places of a file, and whether they are in order so far."""

    def __init__(self, source: OpenSource, recogniser: Recogniser) -> None:
        assert recogniser.reader is not None, "only files with timestamps are sought in"
        self.size = source.size or 0
        self.lock = recogniser.reader.lock
        self._source = source
        self._reader = recogniser.reader
        self._found: dict[int, Nanos] = {}

    def at(self, offset: int) -> tuple[int, Nanos] | None:
        """Return where the first timed line behind ``offset`` starts, and its time."""
        buffer = np.zeros(_PROBE + PADDING, np.uint8)
        count = self._source.read_at(memoryview(buffer)[:_PROBE], offset)
        starts, ends = frame(buffer, 0, count)
        skipped = 0 if offset == 0 else 1  # the first line may be the rest of one
        times = self._reader.read(buffer, starts[skipped:], ends[skipped:])
        timed = (times != NO_TIME).nonzero()[0]
        if not len(timed):
            return None
        place, time = offset + int(starts[skipped:][timed[0]]), int(times[timed[0]])
        self._found[place] = time
        return place, time

    @property
    def ordered(self) -> bool:
        """Whether no probe is earlier than one before it by more than a record may be out of place."""
        times = [time for _, time in sorted(self._found.items())]
        return all(later >= earlier - LEAP for earlier, later in pairwise(times))


def _bisect(probes: _Probes, since: Nanos | None, until: Nanos | None) -> Start:
    probes.at(0)
    probes.at(max(probes.size - _PROBE, 0))
    start = Start(lock=probes.lock)
    if since is not None:
        low, high = 0, probes.size
        while high - low > _NEAR:
            middle = (low + high) // 2
            found = probes.at(middle)
            if found is not None and found[1] < since - LEAP:
                low = found[0]
                start = Start(offset=low, lock=probes.lock, previous=found[1])
            else:
                high = middle
    if not probes.ordered:
        return Start()
    return start if until is None else replace(start, until=until + LEAP)
