"""What a view shows, and what each key does to it: one face over index, shelf, selection, pane and timeline.

It knows no screen and no clock, and owns no thread: whoever draws asks ``pane.rows`` and ``bars``; whoever has time to
spare calls ``work``, in any one thread, until it says that nothing is left to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final

import numpy as np

from logbraid.core.levels import LEVELS
from logbraid.core.moments import parse_moment
from logbraid.core.records import Record
from logbraid.core.types import Nanos, Source, SourceId
from logbraid.view.census import Census
from logbraid.view.index import Block, Index
from logbraid.view.pane import Pane
from logbraid.view.saving import save
from logbraid.view.scan import Scan
from logbraid.view.selection import Selection
from logbraid.view.shelf import Shelf
from logbraid.view.timeline import Bars, Timeline, zoomed

__all__ = ["Model", "Rule"]

ERROR: Final = LEVELS.index("error")

_CLOCK: Final = re.compile(r"\s*[0-9]{1,2}:")


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that records must match, or must not.

    Attributes:
        scan: where it matches.
        wanted: whether they must.
    """

    scan: Scan
    wanted: bool


@dataclass(frozen=True, slots=True)
class _Quest:
    """A record that is looked for: the next one from ``start`` on that matches, or is so grave.

    Attributes:
        start: from where on.
        step: in which direction.
        hits: what it must match.
        least: how grave it must be.
        round: where there is none in that direction, it goes on from the other end.
        more: so many of them come before the one that is meant.
        last: where there is none, the last record will do.
        among: so many records there were when it was asked for. What has come since does not count: where records come
            faster than they are scanned, nothing would ever be known of all.
    """

    start: int
    step: int
    among: int
    hits: Scan | None = None
    least: int | None = None
    round: bool = False
    more: int = 0
    last: bool = False


class Model:
    """The state of a view.

    Args:
        index: of all records; grows.
        shelf: their text.
        zone: of times that are typed in, and shown.

    Attributes:
        selection: which records are shown.
        pane: what stands on the screen.
        rules: patterns for what is shown, in the order in which they were given.
        search: where what was last searched for is.
        bookmarks: records, in the order in which they were marked.
        went_round: what was looked for last was found from the other end on.
    """

    def __init__(self, index: Index, shelf: Shelf, zone: tzinfo) -> None:
        self.index = index
        self.shelf = shelf
        self.zone = zone
        self.selection = Selection(index)
        self.pane = Pane(index, shelf, self.selection)
        self.rules: tuple[Rule, ...] = ()
        self.search: Scan | None = None
        self.bookmarks: list[int] = []
        self.went_round = False
        self._census = self._whole = Census(self.selection)
        self._timeline = Timeline(index)
        self._range: tuple[Nanos, Nanos] | None = None
        self._quest: _Quest | None = None

    # What is shown

    def show(self, pattern: str) -> None:
        """Show only what matches, besides what else holds. Raises UsageError."""
        self._rule(pattern, wanted=True)

    def hide(self, pattern: str) -> None:
        """Do not show what matches. Raises UsageError."""
        self._rule(pattern, wanted=False)

    def drop(self, rule: Rule | None = None) -> None:
        """Forget a rule, or the last one."""
        if self.rules:
            gone = rule or self.rules[-1]
            self.rules = tuple(one for one in self.rules if one is not gone)
            self._apply_rules()

    def show_all(self) -> None:
        """Forget all rules, the level and what is hidden."""
        self.rules = ()
        self._select(Selection(self.index))

    def graver(self, step: int) -> Sequence[str]:
        """Hide so many more of the levels that there are, or show them again below 0; the gravest one stays.

        Returns:
            the names of the levels that are hidden then.
        """
        whole = self.selection.with_least(None)
        if whole != self._whole.selection:
            self._whole = Census(whole)
        levels = self._whole.levels()
        before = sum(level < (self.selection.least or 0) for level in levels)
        hidden = max(min(before + step, len(levels) - 1), 0)
        self._select(self.selection.with_least(levels[hidden] if hidden else None))
        return [LEVELS[level] for level in levels[:hidden]]

    def toggle(self, source: SourceId) -> None:
        """Hide a source, or show it again."""
        self._select(self.selection.with_hidden(self.selection.hidden ^ {source}))

    def only(self, source: SourceId, sources: Sequence[Source]) -> None:
        """Hide all others; or show all, where that is so already."""
        others = frozenset(one.id for one in sources) - {source}
        self._select(self.selection.with_hidden(frozenset() if self.selection.hidden == others else others))

    def _rule(self, pattern: str, *, wanted: bool) -> None:
        self.rules = (*self.rules, Rule(Scan(pattern, self.index, self.shelf), wanted))
        self._apply_rules()

    def _apply_rules(self) -> None:
        shown, hides = ([rule.scan for rule in self.rules if rule.wanted is wanted] for wanted in (True, False))
        self._select(self.selection.with_scans(tuple(shown), tuple(hides)))

    def _select(self, selection: Selection) -> None:
        self.selection = selection
        self._census = Census(selection)
        if selection.least is None:
            self._whole = self._census
        self.pane.select(selection)

    @property
    def rank(self) -> int | None:
        """Place of the current record among those that are shown, from 1 on; None: that is not known."""
        return self._census.rank(self.pane.current) if self.pane.current < len(self.index) else None

    @property
    def sifted(self) -> bool:
        """Whether it is known of every record if it is shown."""
        return not any(map(self.selection.pending, list(self.index.blocks)))

    # Looking for records

    def find(self, pattern: str, step: int = 1) -> bool | None:
        """Search for a pattern from here on, round the end if need be; as ``settle``. Raises UsageError."""
        self.search = Scan(pattern, self.index, self.shelf)
        return self.again(step)

    def again(self, step: int) -> bool | None:
        """Go to the next match, or the one before; as ``settle``."""
        quest = self._quest
        if self.search is None:
            return False
        if quest is not None and (quest.hits, quest.step) == (self.search, step):  # asked for before it was found
            self._quest = replace(quest, more=quest.more + 1)
            return self.settle()
        return self._seek(_Quest(self.pane.current, step, len(self.index), hits=self.search, round=True))

    @property
    def scanned(self) -> int:
        """Records that were scanned for any pattern, some again: where there are more, more may be shown."""
        return sum(scan.reach + scan.renewals for scan in self._scans)

    @property
    def _scans(self) -> Sequence[Scan]:
        search = self.search  # a key may forget it meanwhile
        return self.selection.scans if search is None else (*self.selection.scans, search)

    @property
    def searched(self) -> bool:
        """Whether all records there are were searched."""
        return self.search is not None and all(map(self.search.is_done, list(self.index.blocks)))

    def grave(self, step: int) -> bool | None:
        """Go to the next error, or the one before; as ``settle``."""
        return self._seek(_Quest(self.pane.current, step, len(self.index), least=ERROR))

    def goto_time(self, text: str, now: Nanos) -> None:
        """Go to the first record at or after a time as people write it. Raises UsageError.

        Args:
            text: as for ``parse_moment``; but ``-10m`` counts from the last record, and ``14:30`` is on the day of the
                current one, which may be long ago.
            now: the time, ns UTC.
        """
        since = now
        if len(self.index) and text.lstrip().startswith("-"):
            since = self.index.blocks[-1].top
        elif len(self.index) and _CLOCK.match(text):
            since = self.index.time(self.pane.current)
        self.goto(parse_moment(text, since, self.zone))

    def goto(self, time: Nanos) -> None:
        """Go to the first shown record at or after a time; to the last one where there is none."""
        record = self.index.find(time)
        if record >= len(self.index):
            self.pane.end()
        else:
            self._seek(_Quest(record - 1, 1, len(self.index), last=True))

    def forget_quest(self) -> None:
        """Do not go there any more."""
        self._quest = None

    @property
    def seeking(self) -> bool:
        """Whether a record is still looked for."""
        return self._quest is not None

    def _seek(self, quest: _Quest) -> bool | None:
        self._quest, self.went_round = quest, False
        return self.settle()

    def settle(self) -> bool | None:
        """Go to what is looked for, if it is known by now; say whether it was found, None: not known yet."""
        while (quest := self._quest) is not None:
            found = self.selection.seek(quest.start, quest.step, quest.hits, quest.least, quest.among)
            if found.pending:
                break
            self._quest = self._next(quest, found.record)
            if self._quest is None:
                return self._go(quest, found.record)
        return None

    def _go(self, quest: _Quest, found: int | None) -> bool:
        if found is not None and quest.hits is not None:
            self.pane.goto_match(found, quest.hits)
        elif found is not None:
            self.pane.goto(found)
        elif quest.last:
            self.pane.end()
        return found is not None or quest.last

    def _next(self, quest: _Quest, found: int | None) -> _Quest | None:
        """Return what is to be looked for after what was found, if anything is."""
        if found is not None:
            return replace(quest, start=found, more=quest.more - 1) if quest.more else None
        if not quest.round:
            return None
        self.went_round = True
        return replace(quest, start=-1 if quest.step > 0 else quest.among, round=False)

    @property
    def current(self) -> int | None:
        """The record that keys are about; None: it is not shown, or there is none."""
        record = self.pane.current
        return record if next(self.selection.walk(record, 1), None) == record else None

    # Bookmarks

    def bookmark(self) -> None:
        """Mark the current record, or do so no more."""
        record = self.current
        if record in self.bookmarks:
            self.bookmarks.remove(record)
        elif record is not None:
            self.bookmarks.append(record)

    def next_bookmark(self, step: int) -> None:
        """Go to the next bookmark, or the one before."""
        ahead = [record for record in self.bookmarks if (record - self.pane.current) * step > 0]
        if ahead:
            self.pane.goto(min(ahead) if step > 0 else max(ahead))

    @property
    def between(self) -> Nanos | None:
        """Time between the last two bookmarks; or between the only one and the current record."""
        marked = self.bookmarks[-2:]
        if len(marked) == 1 and self.pane.current not in marked:
            marked = [*marked, self.pane.current]
        if len(marked) < 2:
            return None
        before, after = (self.index.time(record) for record in marked)
        return abs(after - before)

    # The timeline

    @property
    def range(self) -> tuple[Nanos, Nanos]:
        """From when to when the timeline shows: the whole, or a part of it that the current record is in."""
        whole = self._timeline.range()
        if self._range is None:
            return whole
        at = self.index.reached(self.pane.current) if self.pane.current < len(self.index) else self._range[0]
        if not self._range[0] <= at < self._range[1]:
            self._range = zoomed(self._range, at, 1, whole)
        return self._range

    def bars(self, buckets: int) -> Bars:
        """Return the timeline: so many buckets or fewer."""
        return self._timeline.bars(self.selection, *self.range, buckets)

    def next_bar(self, step: int, buckets: int) -> None:
        """Go to the first record of the next bar of the timeline, or of the one before."""
        if self.pane.current < len(self.index):
            bars = self.bars(buckets)
            here = self._timeline.bucket(bars, self.pane.current)
            filled = np.flatnonzero(bars.counts.any(axis=1))
            ahead = filled[filled > here] if step > 0 else filled[filled < here][::-1]
            if len(ahead):
                self.goto(bars.time(int(ahead[0])))

    def zoom(self, factor: float, around: Nanos | None = None) -> None:
        """Show a shorter time below 1, a longer one above, around a time or what is current."""
        whole = self._timeline.range()
        if around is None:
            around = self.index.time(self.pane.current) if len(self.index) else whole[0]
        range_ = zoomed(self.range, around, factor, whole)
        self._range = None if _is_nearly(range_, whole) else range_

    def shown_range(self) -> tuple[Nanos, Nanos] | None:
        """From when to when the records on the screen are; None: there are none."""
        records = [row.record for row in self.pane.rows()]
        return (self.index.time(records[0]), self.index.time(records[-1])) if records else None

    # One record, and many

    def record(self) -> Record | None:
        """Return the current record, with its whole text; None: none is shown."""
        if self.current is None:
            return None
        return next(iter(self.shelf.batch(self.index, [self.current]).records()))

    def save(self, path: str, sources: Sequence[Source], stopped: Callable[[], bool] = lambda: False) -> int:
        """Write all records that are shown to a file that is not there yet, see ``saving``; return how many.

        Raises:
            SinkError: it cannot be written, is there already, or was given up.
        """
        return save(path, self.selection, self.shelf, sources, stopped)

    # In the background

    def work(self) -> bool:
        """Scan one block for one pattern: the nearest one; say whether there was anything to do."""
        for block in self._nearest(self.index.blocks):
            for scan in self._scans:
                if not scan.is_done(block):
                    scan.scan(block)
                    return True
        return False

    def _nearest(self, blocks: Sequence[Block]) -> list[Block]:
        """Return the blocks in the order in which they are wanted: in the direction of a quest, else all around."""
        if not blocks:
            return []
        quest = self._quest
        here = min(max(quest.start if quest else self.pane.current, 0), len(self.index) - 1)
        at, _ = self.index.at(here)
        if quest is None:
            return sorted(blocks, key=lambda block: abs(block.number - at.number))
        return sorted(
            blocks, key=lambda block: ((block.number - at.number) * quest.step < 0, abs(block.number - at.number))
        )


def _is_nearly(range_: tuple[Nanos, Nanos], whole: tuple[Nanos, Nanos]) -> bool:
    """Whether a range is the whole, but for what was rounded on the way in and out again."""
    return (range_[1] - range_[0]) * 1.001 >= whole[1] - whole[0]
