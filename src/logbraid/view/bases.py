"""From where the offsets of a block's records count: a few numbers for many records, so that 32 bits do for each.

Nothing here knows a record, or how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from logbraid.core.types import FOREVER, Int32, Int64

__all__ = ["Bases", "Part"]

FARTHEST: Final = 1 << 32
"""How far behind a base an offset may be."""


class Part(NamedTuple):
    """Records of one origin.

    Attributes:
        origin: its place in ``Index.origins``.
        source: its source's number.
        low: offset of the first one.
        high: offset of the last one.
    """

    origin: int
    source: int
    low: int
    high: int


class Bases:
    """From where the offsets of a block's records count, and in which origin.

    There are never more of them than records. The arrays are replaced, never changed, before there are records that
    need them: another thread finds in them whatever it looks up.

    Attributes:
        origin: place of each base's origin in ``Index.origins``.
        source: number of its source.
        offset: of the first byte that counts.
    """

    __slots__ = ("_newest", "offset", "origin", "source")

    def __init__(self) -> None:
        self.origin: Int32 = np.empty(0, np.int32)
        self.source: Int32 = np.empty(0, np.int32)
        self.offset: Int64 = np.empty(0, np.int64)
        self._newest: dict[int, tuple[int, int]] = {}  # of each origin: which base, and its offset

    def codes(self, parts: Sequence[Part]) -> list[int]:
        """Return the base of each part; made, where there is none that is near enough."""
        codes: list[int] = []
        new: list[Part] = []
        for part in parts:
            code, offset = self._newest.get(part.origin, (0, FOREVER))
            if not offset <= part.low <= part.high < offset + FARTHEST:
                code = len(self.offset) + len(new)
                self._newest[part.origin] = code, part.low
                new.append(part)
            codes.append(code)
        if new:
            self._add(new)
        return codes

    def freeze(self) -> None:
        """Forget what is only needed to find more."""
        self._newest = {}

    def _add(self, new: Sequence[Part]) -> None:
        self.origin = np.append(self.origin, np.array([part.origin for part in new], np.int32))
        self.source = np.append(self.source, np.array([part.source for part in new], np.int32))
        self.offset = np.append(self.offset, np.array([part.low for part in new], np.int64))
