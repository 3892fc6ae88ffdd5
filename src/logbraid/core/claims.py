"""Which tail reads or has read which file: what one source has brought must not come again as another's.

A rotation may move a file onto a name that another source follows, or beside it. Identities alone prove nothing here:
a new file may have got the inode of one that was deleted.
"""

from __future__ import annotations

from typing import Final

from logbraid.core.siblings import bases
from logbraid.core.tail import Tail
from logbraid.core.types import FileStat, Identity, Sibling

__all__ = ["Claims"]

SPARE: Final = 1000
"""Files that are remembered at least, however few sources there are."""

REMEMBERED: Final = 4
"""Files that are remembered for each source, once there are twice as many."""


class Claims:
    """The files of all tails of a run."""

    def __init__(self) -> None:
        self._tails: list[Tail] = []
        self._by_path: dict[str, Tail] = {}
        self._reader_of: dict[Identity, Tail] = {}  # who was the last to read a file, as far as is remembered
        self._owned: set[Identity] | None = None  # counted again when somebody asks

    def add(self, tail: Tail) -> None:
        """Take one more tail."""
        self._tails.append(tail)
        self._by_path[tail.path] = tail

    def renew(self, tail: Tail) -> None:
        """See which files a tail reads now."""
        self._reader_of.update(dict.fromkeys(tail.owned, tail))
        if len(self._reader_of) > 2 * REMEMBERED * len(self._tails) + SPARE:
            self._reader_of = dict([*self._reader_of.items()][-REMEMBERED * len(self._tails) :])
        self._owned = None

    def owned(self, identity: Identity) -> bool:
        """Whether some tail reads this file, or has read it."""
        if self._owned is None:
            self._owned = {each for tail in self._tails for each in tail.owned}
        return identity in self._owned

    def admit(self, tail: Tail, stat: FileStat) -> bool:
        """Whether what a tail's name leads to is its own: no rotation has moved there what another one has read."""
        other = self._reader_of.get(stat.identity)
        return other is None or other is tail or not other.has_read(stat)

    def admit_sibling(self, tail: Tail, found: Sibling) -> bool:
        """Whether a file beside a tail's name may be its past: no other tail has read it, and may have by its name.

        Claims of a tail that goes on from an earlier run count once a read has proven them: meanwhile, its inode may
        have become that of a file with this tail's name, most of all of one that was compressed.
        """
        other = self._reader_of.get(found.stat.identity)
        doubtful = found.compressed or (other is not None and not other.proven)
        return (doubtful or self.admit(tail, found.stat)) and not self._has_rival(tail, found)

    def _has_rival(self, tail: Tail, found: Sibling) -> bool:
        directory = tail.path[: tail.path.rfind("/") + 1]
        name = found.path[found.path.rfind("/") + 1 :]
        others = (self._by_path.get(directory + origin) for origin in (name, *bases(name)))
        return any(other is not None and other is not tail and found.stat.identity in other.owned for other in others)
