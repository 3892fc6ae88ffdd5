"""What is known of all records that are shown together: the place of each among them, and which levels they have.

Full blocks are counted once, and again where a record changes. What is shown the selection knows.
"""

from __future__ import annotations

import numpy as np

from logbraid.core.levels import LEVELS
from logbraid.view.selection import Selection

__all__ = ["Census"]


class Census:
    """Counts the records of a selection, for one thread.

    Attributes:
        selection: whose.
    """

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self._before = [0]  # so many are before each block, up to the first one that is not all scanned
        self._changes = selection.index.changes  # of the index, when that was counted

    def rank(self, record: int) -> int | None:
        """Return the place of a record among the selected ones, from 1 on; None: it has none, or none known yet."""
        if self._changes != self.selection.index.changes:
            self._changes, self._before = self.selection.index.changes, [0]
        block, row = self.selection.index.at(record)
        if not self._reaches(block.number):
            return None
        mask = self.selection.mask(block)
        if mask is None or row >= len(mask) or not mask[row]:
            return None
        return self._before[block.number] + int(np.count_nonzero(mask[: row + 1]))

    def _reaches(self, number: int) -> bool:
        """Count up to a block, if all that is before it is scanned."""
        while number >= len(self._before):
            block = self.selection.index.blocks[len(self._before) - 1]
            mask = self.selection.mask(block)
            if mask is None or len(mask) < len(block):
                return False
            self._before.append(self._before[-1] + int(np.count_nonzero(mask)))
        return True

    def levels(self) -> list[int]:
        """Return the levels that are there, ascending; what is not scanned yet counts as selected."""
        absent = set(range(len(LEVELS)))
        for block in list(self.selection.index.blocks):
            mask = self.selection.mask(block)
            known = 0 if mask is None else len(mask)
            tested, untested = block.level[:known], block.level[known:]
            absent -= {each for each in absent if (untested == each).any() or ((tested == each) & mask).any()}
            if not absent:
                break
        return [each for each in range(len(LEVELS)) if each not in absent]
