"""Which records are shown: the rules on level, source and text as one immutable value, and steps along what they leave.

Rules are applied a block at a time, and only to blocks that somebody asks for. Nothing here reads text or scans: where
a pattern is not scanned yet, a selection ends, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np

from logbraid.core.types import Bool, SourceId
from logbraid.view.index import SIZE, Block, Index
from logbraid.view.masks import Masks
from logbraid.view.scan import Scan

__all__ = ["Found", "Selection"]

_ALL: Final[Bool] = np.ones(SIZE, np.bool_)
_ALL.flags.writeable = False

_AT_ONCE: Final = 256
"""Record numbers that become Python's own at once: about four screens."""


class Found(NamedTuple):
    """What a search along the selection has come to.

    Attributes:
        record: the nearest one; None: there is none, or it is not known yet.
        pending: it is not known yet, since records in between are not scanned.
    """

    record: int | None
    pending: bool


class _Stretch(NamedTuple):
    """Rows of a block: from ``low`` on and below ``high``."""

    block: Block
    low: int
    high: int


@dataclass(frozen=True)
class Selection:
    """Records that pass every rule.

    Two threads may ask the same selection: at worst both work the same mask out.

    Attributes:
        index: of all records.
        least: the lowest level that is shown; records without a level stay.
        hidden: sources that are not shown.
        shown: patterns that a record must match, each of them, as with ``merge -e``.
        hides: patterns that it must not match.
    """

    index: Index
    least: int | None = None
    hidden: frozenset[SourceId] = frozenset()
    shown: tuple[Scan, ...] = ()
    hides: tuple[Scan, ...] = ()
    _masks: Masks = field(default_factory=Masks, init=False, repr=False, compare=False)
    _renewed: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def with_least(self, least: int | None) -> Selection:
        """Return the selection with another lowest level."""
        return replace(self, least=least)

    def with_hidden(self, hidden: frozenset[SourceId]) -> Selection:
        """Return the selection with other sources hidden."""
        return replace(self, hidden=hidden)

    def with_scans(self, shown: tuple[Scan, ...], hides: tuple[Scan, ...]) -> Selection:
        """Return the selection with other patterns."""
        return replace(self, shown=shown, hides=hides)

    @property
    def is_everything(self) -> bool:
        """Whether there is no rule."""
        return self.least is None and not self.hidden and not self.scans

    @property
    def scans(self) -> tuple[Scan, ...]:
        """All patterns."""
        return self.shown + self.hides

    @property
    def count(self) -> int:
        """Records that are selected, of those that are scanned."""
        if self.is_everything:
            return len(self.index)
        for block in list(self.index.blocks):
            self._learn(block)
        return self._masks.count

    def pending(self, block: Block) -> list[Scan]:
        """Return what must still be scanned there before the block's mask is whole."""
        return [scan for scan in self.scans if not scan.is_done(block)]

    def mask(self, block: Block) -> Bool | None:
        """Return which of a block's first records are selected, as far as they are scanned; None: none of them is."""
        known = self._known(block)
        return known if len(known) else None

    def walk(self, start: int, step: int) -> Iterator[int]:
        """Yield the selected records from one on, itself too, forwards (1) or backwards (-1).

        Ends at the first record that is not scanned, or with the last one there is.
        """
        if self.is_everything:
            count = len(self.index)
            yield from range(max(start, 0), count) if step > 0 else range(min(start, count - 1), -1, -1)
            return
        for block, low, high in self._stretches(start, step):
            mask = self._known(block)[:high]
            is_whole = len(mask) == high
            if step < 0 and not is_whole:
                return  # the next ones are those that are not scanned
            rows = np.flatnonzero(mask[low:])[::step] + (low + block.first)
            for begin in range(0, len(rows), _AT_ONCE):
                yield from rows[begin : begin + _AT_ONCE].tolist()
            if not is_whole:
                return

    def seek(
        self, start: int, step: int, hits: Scan | None = None, least: int | None = None, behind: int | None = None
    ) -> Found:
        """Find the selected record nearest to one, not itself, forwards (1) or backwards (-1).

        Args:
            start: from where on.
            step: in which direction.
            hits: what it must match.
            least: how grave it must be; a record without a level is not.
            behind: forwards, no farther than up to this one, itself not; None: up to the last one there is.
        """
        for stretch in self._stretches(start + step, step, behind):
            found = self._wanted(stretch, hits, least)
            reach = stretch.low + len(found)
            if step < 0 and reach < stretch.high:
                return Found(None, pending=True)
            if found.any():
                row = int(found.argmax()) if step > 0 else len(found) - 1 - int(found[::-1].argmax())
                return Found(stretch.block.first + stretch.low + row, pending=False)
            if reach < stretch.high:
                return Found(None, pending=True)
        return Found(None, pending=False)

    def _wanted(self, stretch: _Stretch, hits: Scan | None, least: int | None) -> Bool:
        """Return which records of a stretch are selected and looked for; short, where they are not all scanned."""
        block, low, high = stretch
        known = [self._known(block)[low:high]]
        if hits is not None:
            known.append(hits.mask(block)[low:high])
        if least is not None:
            known.append(block.level[low:high] >= max(least, 0))
        shortest = min(len(mask) for mask in known)
        wanted: Bool = np.logical_and.reduce([mask[:shortest] for mask in known])
        return wanted

    def _known(self, block: Block) -> Bool:
        """Return which of a block's first records are selected, as far as they are scanned."""
        if self.is_everything:
            return _ALL[: len(block)]
        self._learn(block)
        return self._masks.mask(block.number)

    def _learn(self, block: Block) -> None:
        """Apply the rules to what of a block is scanned by now and was not tested yet."""
        self._renew(block)
        known = self._masks.known(block.number)
        reach = min([len(block), *(scan.known(block) for scan in self.scans)])
        if known < reach:
            self._masks.add(block.number, known, self._test(block, slice(known, reach)))

    def _renew(self, block: Block) -> None:
        """Test records again that have grown, once they are scanned as they are now."""
        begin = self._renewed.get(block.number, 0)
        end = min([len(block.changed), *(scan.renewed(block) for scan in self.scans)])
        if begin < end:
            known = self._masks.known(block.number)
            rows = sorted({row for row in block.changed[begin:end] if row < known})
            if rows:
                found = [self._test(block, slice(row, row + 1)) for row in rows]
                self._masks.change(block.number, rows, np.concatenate(found))
            self._renewed[block.number] = end

    def _test(self, block: Block, rows: slice) -> Bool:
        """Apply the rules to some rows, all of them scanned."""
        passed = np.ones(rows.stop - rows.start, np.bool_)
        if self.least is not None:
            level = block.level[rows]
            passed &= (level >= self.least) | (level < 0)
        if self.hidden:
            source = block.source[rows]
            # A table, since np.isin takes ten times as long.
            is_open = np.ones(max(int(source.max()), *self.hidden) + 1, np.bool_)
            is_open[[*self.hidden]] = False
            passed &= is_open.take(source)
        for scan in self.shown:
            passed &= scan.mask(block)[rows]
        for scan in self.hides:
            passed &= ~scan.mask(block)[rows]
        return passed

    def _stretches(self, start: int, step: int, behind: int | None = None) -> Iterator[_Stretch]:
        """Yield the rows from a record on, block by block, in one direction."""
        blocks = self.index.blocks
        if step > 0:
            end = len(self.index) if behind is None else behind
            for number in range(max(start, 0) // SIZE, -(-end // SIZE)):
                block = blocks[number]
                yield _Stretch(block, max(start - block.first, 0), min(end - block.first, SIZE))
        else:
            for number in range(min(start // SIZE, len(blocks) - 1), -1, -1):
                block = blocks[number]
                yield _Stretch(block, 0, min(start - block.first + 1, len(block)))
