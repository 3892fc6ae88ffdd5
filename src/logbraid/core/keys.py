"""What a source's records are ordered by: the running maximum of its times, so that its own order is never broken.

One wrong clock reading must not drag everything after it along: an isolated leap, ahead of both neighbours by more
than an hour, is ordered with the record above it and counted. Where the time at which records were seen is known,
it judges instead: none of them can come from the future. Only times are known here, no text and no other source.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from logbraid.core.types import FOREVER, NO_TIME, SECOND, Int64, Nanos

__all__ = ["LEAP", "RunningMaximum"]

LEAP: Final = 3600 * SECOND
"""A record is a leap when it is further ahead than this of the record before and of the one behind."""


class RunningMaximum:
    """Keys of one source, batch by batch.

    Attributes:
        highest: the largest key so far; NO_TIME at the start.
        last: time of the last record so far; NO_TIME at the start.
        leaps: records that were ordered with the one above them.
        ceiling: no key is larger: when the next records were seen; FOREVER where that says nothing.
        ahead: records whose time was above the ceiling.
    """

    def __init__(self, highest: Nanos = NO_TIME) -> None:
        self.highest = highest
        self.last = highest
        self.leaps = 0
        self.ceiling = FOREVER
        self.ahead = 0

    def keys(self, times: Int64, following: Nanos) -> Int64:
        """Return the key of each record.

        Args:
            times: of the records, ns UTC.
            following: time of the record behind the last of them; NO_TIME where there is none.
        """
        seen = self.ceiling != FOREVER
        if seen:
            times = self._without_future(times)
        # Where times never go down, which is nearly always, there is no leap and they are the keys.
        rising = self.highest <= times[0] and bool((times[1:] >= times[:-1]).all())
        if rising and (seen or following == NO_TIME or following >= times[-1]):
            keys = times
        else:
            credible = times if seen else self._without_leaps(times, following)
            keys = np.maximum(np.maximum.accumulate(credible), self.highest)
        self.last = int(times[-1])
        self.highest = int(keys[-1])
        return keys

    def lower(self, ceiling: Nanos) -> None:
        """Let no key be larger from now on, and go on from there where times have led further."""
        self.ceiling = ceiling
        self.highest = min(self.highest, ceiling)
        self.last = min(self.last, ceiling)

    def _without_future(self, times: Int64) -> Int64:
        if times.max() <= self.ceiling:
            return times
        self.ahead += int((times > self.ceiling).sum())
        return np.minimum(times, self.ceiling)

    def _without_leaps(self, times: Int64, following: Nanos) -> Int64:
        before = np.concatenate([[self.last], times[:-1]])
        behind = np.concatenate([times[1:], [following]])
        # A missing neighbour proves nothing: it never makes a leap.
        known = (before != NO_TIME) & (behind != NO_TIME)
        leaps = known & (times > np.where(known, before, 0) + LEAP) & (times > np.where(known, behind, 0) + LEAP)
        if not leaps.any():
            return times
        self.leaps += int(leaps.sum())
        return np.where(leaps, before, times)
