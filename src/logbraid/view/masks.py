"""One bool for each record of an index, as far as it is known: in bits, where a block is full.

As bytes, the masks of a few patterns and filters would take more room than the index has numbers for. Nothing here
knows what the bools mean, or how they are found.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Final

import numpy as np

from logbraid.core.types import Bool, Bytes8
from logbraid.view.index import SIZE

__all__ = ["NONE", "Masks"]

NONE: Final[Bool] = np.zeros(0, np.bool_)
"""The mask of a block of which nothing is known."""


class Masks:
    """What is known of each block's first records. Any thread may ask, and any may add.

    Attributes:
        count: records for which it is true.
        reach: records of which it is known.
    """

    def __init__(self) -> None:
        self.count = self.reach = 0
        self._growing: dict[int, Bool] = {}
        self._whole: dict[int, Bytes8] = {}
        self._recent: tuple[Bytes8 | None, Bool] = None, NONE  # a screen asks for the same block again and again
        self._adding = Lock()

    def known(self, number: int) -> int:
        """Return of how many of a block's first records it is known."""
        growing = self._growing.get(number)
        if growing is not None:
            return len(growing)
        return SIZE if number in self._whole else 0

    def mask(self, number: int) -> Bool:
        """Return what is known of a block's first records."""
        growing = self._growing.get(number)
        if growing is not None:
            return growing
        bits = self._whole.get(number)
        if bits is None:
            return NONE
        recent, mask = self._recent
        if recent is not bits:
            mask = np.unpackbits(bits, count=SIZE).view(np.bool_)
            self._recent = bits, mask
        return mask

    def add(self, number: int, begin: int, found: Bool) -> None:
        """Take what was found from a row of a block on.

        What is known already is left out, as another thread may have been faster, at the same rows; so is what does not
        follow.
        """
        with self._adding:
            known = self.known(number)
            new = found[known - begin :] if begin <= known else NONE
            if len(new):
                self._keep(number, np.concatenate([self.mask(number), new]))
                self.count += int(np.count_nonzero(new))
                self.reach += len(new)

    def change(self, number: int, rows: Sequence[int], found: Bool) -> None:
        """Take what was found anew of rows of a block that are known."""
        with self._adding:
            mask = self.mask(number).copy()
            before = int(np.count_nonzero(mask))
            mask[rows] = found
            self._keep(number, mask)
            self.count += int(np.count_nonzero(mask)) - before

    def _keep(self, number: int, mask: Bool) -> None:
        if len(mask) < SIZE:
            self._growing[number] = mask
        else:
            self._whole[number] = np.packbits(mask)  # first, so that who asks finds one or the other
            self._growing.pop(number, None)
