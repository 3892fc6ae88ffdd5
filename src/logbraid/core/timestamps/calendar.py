"""Places what a timestamp says on the time line: supplies the year, the date or the zone that it leaves out.

What is missing is inferred from the record before it or, at the start, from when the file was last written. No clock is
read and no zone is looked up here: both are handed in.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from logbraid.core.timestamps.format import Head, Moment
from logbraid.core.types import NO_TIME, SECOND, Nanos

__all__ = ["Calendar"]

_MINUTE: Final = 60 * SECOND
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR

# A record may be this much older than the one before it (writers are not exact); more means a new year, or a new day.
_YEAR_BACK, _YEAR_AHEAD = 30 * _DAY, 335 * _DAY
_DAY_BACK, _DAY_AHEAD = 1 * _HOUR, 23 * _HOUR

# The last record may be this much younger than the file: its writer's clock, or its zone, may differ from ours.
_YEAR_AFTER_MODIFIED = 1 * _DAY
_DAY_AFTER_MODIFIED = 1 * _HOUR

# In an hour that comes twice, a step back of up to this is disorder; more is the second time round.
_FOLD_DISORDER = 1 * _MINUTE

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# What int64 ns can hold, less two minutes: seconds and fraction are added later.
_FURTHEST: Final = 2**63 - 1 - 2 * _MINUTE
_FIRST_YEAR, _LAST_YEAR = 1677, 2262
_LEAP_YEARS_APART: Final = 8


class Calendar:
    """The calendar of one source.

    Attributes:
        zone: of timestamps that tell none.
        modified: when the source was last written, in ns UTC.
        skew: added to every time, to repair the clock of the source's machine.
    """

    def __init__(self, zone: tzinfo, modified: Nanos, skew: Nanos = 0) -> None:
        self.zone = zone
        self.modified = modified
        self.skew = skew
        self._offsets: dict[date, int | None] = {}

    def depends(self, head: Head) -> bool:
        """Whether placing the head needs the time of the record before it."""
        if not isinstance(head, Moment):
            return False
        if head.year is None or head.month is None or head.day is None:
            return True
        try:
            day = date(head.year, head.month, head.day)
            return head.offset is None and self._comes_twice(day, head.hour, head.minute)
        except (ValueError, OverflowError):
            return False

    def place(self, head: Head, previous: Nanos) -> Nanos | None:
        """Return the head's time in ns UTC; None where there is no such time, or int64 cannot hold it.

        Args:
            head: what the timestamp says, to the minute.
            previous: time of the record before, NO_TIME where there is none.
        """
        if not isinstance(head, Moment):
            return self._skewed(head)
        guide = NO_TIME if previous == NO_TIME else previous - self.skew
        try:
            if head.month is None or head.day is None:
                return self._skewed(self._place_hour(head, guide))
            if head.year is None:
                return self._skewed(self._place_day(head, head.month, head.day, guide))
            return self._skewed(self._when(date(head.year, head.month, head.day), head, guide))
        except (ValueError, OverflowError):
            return None

    def origin(self, heads: Sequence[Head]) -> Nanos:
        """Return the ``previous`` to start with, so that the last of ``heads`` comes out no later than the file itself.

        Walks back from the end over new years (or midnights). NO_TIME where nothing has to be inferred.

        Args:
            heads: sampled from the whole file, in its order, the first one included. Between two of them there must
                not be more than one rollover: what is not seen cannot be counted.
        """
        earliest = NO_TIME
        for head in reversed(heads):
            if isinstance(head, Moment) and (head.year is None or head.day is None):
                earliest = self._place_before(head, earliest)
        return earliest

    def _place_before(self, head: Moment, following: Nanos) -> Nanos:
        """Return the latest time of the head that a reader at it would have gone on from to ``following``."""
        if following == NO_TIME:
            placed = self.place(head, NO_TIME)
            return NO_TIME if placed is None else placed
        back = _DAY_BACK if head.day is None else _YEAR_BACK
        try:
            placed = self._skewed(self._latest(head, following - self.skew + back, NO_TIME))
        except (ValueError, OverflowError):
            return following
        return following if placed is None else placed

    def _place_hour(self, head: Moment, guide: Nanos) -> Nanos | None:
        limit = self.modified - self.skew + _DAY_AFTER_MODIFIED if guide == NO_TIME else guide + _DAY_AHEAD - 1
        return self._latest(head, limit, guide)

    def _place_day(self, head: Moment, month: int, day: int, guide: Nanos) -> Nanos | None:
        if guide != NO_TIME and (month, day) == (2, 29):
            # The next one may be years away, and still nearer than the last.
            around = self._readings(head, guide, guide + _LEAP_YEARS_APART * 366 * _DAY)
            return min(around, key=lambda time: abs(time - guide), default=None)
        limit = self.modified - self.skew + _YEAR_AFTER_MODIFIED if guide == NO_TIME else guide + _YEAR_AHEAD - 1
        return self._latest(head, limit, guide)

    def _latest(self, head: Moment, limit: Nanos, guide: Nanos) -> Nanos | None:
        """Return the latest reading of a head without year or date that is not after ``limit``."""
        return next((time for time in self._readings(head, guide, limit) if time <= limit), None)

    def _readings(self, head: Moment, guide: Nanos, limit: Nanos) -> Iterator[Nanos]:
        """Yield what a head without year or date may mean, the latest first, beginning just after ``limit``."""
        last = (_EPOCH + timedelta(microseconds=limit // 1000)).astimezone(self.zone).date()
        for day in _dates_back(head, last):
            time = self._when(day, head, guide)
            if time is not None:
                yield time

    def _when(self, day: date, head: Moment, guide: Nanos) -> Nanos | None:
        if not (_FIRST_YEAR <= day.year <= _LAST_YEAR and 0 <= head.hour < 24 and 0 <= head.minute < 60):
            return None
        wall = ((day.toordinal() - _EPOCH_DAY) * 24 + head.hour) * _HOUR + head.minute * _MINUTE
        if head.offset is not None:
            return wall - head.offset * SECOND
        offset = self._offset(day)
        if offset is not None:
            return wall - offset
        # fold=0 is the first reading of an hour that comes twice, and in a gap the offset before it.
        first = wall - self._offset_at(day, head.hour, head.minute, 0)
        if guide == NO_TIME or not self._comes_twice(day, head.hour, head.minute):
            return first
        if first + _MINUTE + _FOLD_DISORDER > guide:
            return first
        return wall - self._offset_at(day, head.hour, head.minute, 1)

    def _comes_twice(self, day: date, hour: int, minute: int) -> bool:
        if self._offset(day) is not None:
            return False
        return self._offset_at(day, hour, minute, 0) > self._offset_at(day, hour, minute, 1)

    def _offset(self, day: date) -> Nanos | None:
        """Return what the zone is ahead of UTC on the whole day; None where the clocks change."""
        if day not in self._offsets:
            edges = {self._offset_at(day, hour, minute, fold) for hour, minute in ((0, 0), (23, 59)) for fold in (0, 1)}
            self._offsets[day] = edges.pop() if len(edges) == 1 else None
        return self._offsets[day]

    def _offset_at(self, day: date, hour: int, minute: int, fold: int) -> Nanos:
        offset = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone, fold=fold).utcoffset()
        return 0 if offset is None else offset // timedelta(microseconds=1) * 1000

    def _skewed(self, time: Nanos | None) -> Nanos | None:
        if time is None:
            return None
        placed = time + self.skew
        return placed if -_FURTHEST <= placed <= _FURTHEST else None


def _dates_back(head: Moment, last: date) -> Iterator[date]:
    """Yield the dates that a head without year or date may have: the one after ``last`` first, then backwards."""
    if head.month is None or head.day is None:
        yield from (last + timedelta(days=days) for days in (1, 0, -1, -2))
        return
    for year in range(last.year + 1, last.year - 2 * _LEAP_YEARS_APART - 1, -1):
        if (head.month, head.day) != (2, 29) or isleap(year):
            yield date(year, head.month, head.day)
