"""Where equal lines leave several sources open: every way to go on is followed until one is left.

A way says how far each source has come. Two that agree are one, so equal lines cost little once the lines after
them differ. Whether shuffled sequences fit is hard in general (NP-complete in the number of sources), therefore there
are limits, and past them one way is kept: it may prove the merge true, but its failure proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from logbraid.core.types import NO_TIME, Nanos
from logbraid.verify.lines import LineReader

__all__ = ["MOST_BYTES", "MOST_STEPS", "MOST_WAYS", "Way", "Ways", "fits_after"]

MOST_WAYS: Final = 4096
MOST_STEPS: Final = 250_000
MOST_BYTES: Final = 64 << 20
REBASE_EACH: Final = 64

Way = frozenset[tuple[int, int]]
"""Pairs (index of a source, lines taken from it since the base); a source from which none was taken is not named."""


def fits_after(key: Nanos, latest: Nanos) -> bool:
    """Whether a line with this key may stand below lines whose latest key is given; a line without a time may."""
    return key == NO_TIME or key >= latest


class Ways:
    """All ways to have taken the output's lines so far, counted from a base: the readers' own places.

    Args:
        readers: the sources.
        heads: for each line, the sources that have it next at the base.
        latest: the greatest key of all lines taken.
    """

    def __init__(
        self, readers: Sequence[LineReader], heads: Mapping[bytes, tuple[LineReader, ...]], latest: Nanos
    ) -> None:
        self._readers = readers
        self._heads = heads
        self._latest: dict[Way, Nanos] = {frozenset(): latest}
        self.refused: tuple[Way, LineReader] | None = None
        """A way, and the source whose line fits there but for its time; as of the last step."""
        self.lines = 0
        self.followed = 0
        """Bytes of all lines taken."""
        self._steps = 0
        self._held = 0

    def __len__(self) -> int:
        return len(self._latest)

    def step(self, line: bytes) -> bool:
        """Take the output's next line in every way; False, and nothing is taken, where it fits none."""
        self.refused = None
        following: dict[Way, Nanos] = {}
        for way, latest in self._latest.items():
            taken = dict(way)
            for reader in self._fitting(taken, line):
                ahead = taken.get(reader.index, 0)
                key = reader.key(ahead)
                if not fits_after(key, latest):
                    self.refused = (way, reader)
                    continue
                after = frozenset({**taken, reader.index: ahead + 1}.items())
                # Two ways to the same place have taken the same lines, so they agree in the latest key, too.
                following[after] = max(key, latest)
        if following:
            self._latest = following
            self._steps += len(following)
            self._held += len(line) + 1
            self.followed += len(line) + 1
            self.lines += 1
        return bool(following)

    def exceed(self, steps: int) -> bool:
        """Whether there is more to follow than the limits allow."""
        return len(self) > MOST_WAYS or self._steps > steps or self._held > MOST_BYTES

    def first(self) -> tuple[Way, Nanos]:
        """One of the ways, and its latest key."""
        return next(iter(self._latest.items()))

    def drop_others(self) -> None:
        """Keep the first way only."""
        self._latest = dict([self.first()])

    def common(self) -> Way:
        """What all ways have taken; those lines need not be remembered."""
        counts = [dict(way) for way in self._latest]
        shared = set[int].intersection(*(set(taken) for taken in counts))
        return frozenset((index, min(taken[index] for taken in counts)) for index in shared)

    def rebase(self, base: Way, size: int) -> None:
        """Count from ``base`` on, whose lines, ``size`` bytes, the readers have now taken."""
        gone = dict(base)
        self._latest = {_without(way, gone): latest for way, latest in self._latest.items()}
        self._held -= size

    def _fitting(self, taken: dict[int, int], line: bytes) -> Iterator[LineReader]:
        """The sources whose next line this is, in the way that has ``taken`` so much."""
        for reader in self._heads.get(line, ()):
            if reader.index not in taken:
                yield reader
        for index, ahead in taken.items():
            reader = self._readers[index]
            if reader.has(ahead) and reader.rest[-1 - ahead] == line:
                yield reader


def _without(way: Way, gone: dict[int, int]) -> Way:
    return frozenset((index, ahead - gone.get(index, 0)) for index, ahead in way if ahead > gone.get(index, 0))
