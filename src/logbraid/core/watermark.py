"""How far all sources have come while they grow: up to which key records may leave, and when the next may.

A source has passed every time below its last key. One that is caught up has passed everything older than the
lateness, too: what it may still bring has been written since. Nothing here knows a record, and a source that is quiet
costs nothing: work is done for those that are behind or ahead of the rest only.
"""

from __future__ import annotations

from typing import Final

from logbraid.core.types import FOREVER, NO_TIME, Nanos, SourceId

__all__ = ["EVERY_SOURCE", "Bound", "Watermark"]

Bound = tuple[Nanos, SourceId]
"""A key, and the last source whose records with that key are meant, too."""

EVERY_SOURCE: Final = SourceId(FOREVER)
_END: Final = (FOREVER, EVERY_SOURCE)


class _Pace:
    """Sources that are known to be caught up to one and the same time.

    Attributes:
        members: how many there are.
        known: up to when they were known to be caught up a turn ago.
        now: up to when they are now.
        passed: what all of them have passed by being caught up.
        before: the same a turn ago, which is all that is known of one that turns out to be behind.
        leading: those that have come further than that by their keys, and how far; some may lead no more.
    """

    __slots__ = ("before", "known", "leading", "members", "now", "passed")

    def __init__(self) -> None:
        self.members = 0
        self.known = self.now = NO_TIME
        self.passed: Nanos = NO_TIME
        self.before: Nanos = NO_TIME
        self.leading: dict[SourceId, Nanos] = {}

    def bound(self) -> Bound:
        """Return what all members have passed."""
        for source in [source for source, upto in self.leading.items() if upto <= self.before]:
            del self.leading[source]
        leading = [(upto, source) for source, upto in self.leading.items() if upto > self.passed]
        return (self.passed, EVERY_SOURCE) if len(leading) < self.members else min(leading, default=_END)


class Watermark:
    """How far the sources have come. All times are of a clock that never goes back.

    As long as no record is written more than ``lateness`` after its time, none comes with a key below a bound that was
    returned before.
    """

    def __init__(self, lateness: Nanos) -> None:
        self._lateness = lateness
        self._hinted = _Pace()
        self._polled = _Pace()
        self._pace_of: dict[SourceId, _Pace] = {}  # of every source that is not finished
        self._behind: dict[SourceId, Nanos] = {}  # when each was last known to be caught up; NO_TIME: never yet
        self._upto: dict[SourceId, Nanos] = {}  # of those that are behind
        self._bound: Bound | None = None  # counted again when somebody asks, as every source may ask
        self._backlog: Bound = _END  # counted with it

    def add(self, source: SourceId, *, polled: bool = False) -> None:
        """Take notice of a source of which nothing is known yet: it holds all others back."""
        self._bound = None
        self._pace_of[source] = self._polled if polled else self._hinted
        self._behind[source] = NO_TIME

    def finish(self, source: SourceId) -> None:
        """Say that a source brings no more."""
        self._bound = None
        if source in self._pace_of:
            self.caught_up(source)
            pace = self._pace_of.pop(source)
            pace.members -= 1
            pace.leading.pop(source, None)

    def advance(self, now: Nanos, polled: Nanos) -> None:
        """Say what time it is, and when polled sources were looked at last."""
        self._bound = None
        for pace, time in ((self._hinted, now), (self._polled, polled)):
            pace.known, pace.now = pace.now, time
            pace.before, pace.passed = pace.passed, self._passed(time)

    def behind(self, source: SourceId, since: Nanos) -> None:
        """Say that a source may have more, and that at ``since`` all it had was there.

        What shows itself in this turn may have been written at any time since the last one.
        """
        self._bound = None
        pace = self._pace_of.get(source)
        if pace is None:
            return
        if source not in self._behind:
            pace.members -= 1
            self._upto[source] = pace.leading.pop(source, NO_TIME)
        self._behind[source] = min(since, pace.known)

    def caught_up(self, source: SourceId) -> None:
        """Say that all that a source has is there."""
        self._bound = None
        if self._behind.pop(source, None) is None:
            return
        pace = self._pace_of[source]
        pace.members += 1
        upto = self._upto.pop(source, NO_TIME)
        if upto > pace.before:
            pace.leading[source] = upto

    def reach(self, source: SourceId, upto: Nanos) -> None:
        """Say that no later record of a source has a smaller key."""
        self._bound = None
        if source in self._behind:
            self._upto[source] = upto
        elif source in self._pace_of:
            self._pace_of[source].leading[source] = upto

    def known(self, source: SourceId) -> Nanos:
        """Return until when at least all that a source had was there before this turn, if it was caught up then."""
        return self._behind.get(source, self._pace_of[source].known) if source in self._pace_of else NO_TIME

    def is_new(self, source: SourceId) -> bool:
        """Whether nothing is known yet about when a source was caught up."""
        return self._behind.get(source) == NO_TIME

    def bound(self) -> Bound:
        """Return up to which key records may leave, and to which source inclusive at that key."""
        if self._bound is None:
            slow = {source: self._bound_of(source) for source in self._behind}
            self._backlog = min((slow[source] for source in slow if self.is_new(source)), default=_END)
            self._bound = min(self._hinted.bound(), self._polled.bound(), *slow.values())
        return self._bound

    def backlog(self) -> Bound:
        """Return what every source has passed that was never caught up: the clock says nothing about those."""
        self.bound()
        return self._backlog

    def holds_back(self, source: SourceId, ceiling: Nanos = FOREVER) -> bool:
        """Whether records wait for this source to be read; those above the ceiling wait for the backlog only."""
        if source not in self._behind:
            return False
        passed = self._bound_of(source)[0]
        return passed <= self.bound()[0] or ceiling < passed <= self.backlog()[0]

    def next_release(self, key: Nanos, source: SourceId) -> Nanos | None:
        """Return when this record may leave if nothing comes; None: never, unless something comes or is looked at."""
        wanted = (key, source)
        if any(self._bound_of(one) < wanted for one in self._behind) or self._polled.bound() < wanted:
            return None
        return key + self._lateness

    def _bound_of(self, source: SourceId) -> Bound:
        """Return what a source that is behind has passed."""
        upto, passed = self._upto.get(source, NO_TIME), self._passed(self._behind[source])
        return (upto, source) if upto > passed else (passed, EVERY_SOURCE)

    def _passed(self, caught_up: Nanos) -> Nanos:
        return NO_TIME if caught_up == NO_TIME else caught_up - self._lateness
