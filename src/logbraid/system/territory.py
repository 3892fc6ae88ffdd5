"""The directories in which files that match a pattern may appear, looked into again and again.

What was there before costs one comparison of names; only what is new is looked at. Only directories are read here,
never files, and nobody but the caller remembers what a name meant.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from logbraid.errors import SourceError
from logbraid.system.errors import reading
from logbraid.system.walk import Pattern, Places, Trouble, leads_to_directory

__all__ = ["Appeared", "Place", "Territory", "real_directory"]


@dataclass(slots=True, eq=False)
class Place:
    """A directory in which matches may appear, as it was when it was last looked into.

    Attributes:
        prefix: what stands before a name in it to make a path as it is shown: empty, or with a slash at its end.
        real: the directory without links.
        linked: it was reached through a link, and may be another one tomorrow.
        progress: what of the pattern is still to match here.
        names: what was there and is no directory. Take a name out to be told of it again. One that becomes a
            directory between two looks stays unseen.
    """

    prefix: str
    real: str
    linked: bool
    progress: Places
    names: set[str] = field(default_factory=set)


class Appeared(NamedTuple):
    """A place that was looked into, and the names of files there that match and are new, sorted."""

    place: Place
    names: list[str]


class Territory:
    """All places of one pattern."""

    def __init__(self, pattern: Pattern, trouble: Trouble) -> None:
        self._pattern = pattern
        self._trouble = trouble
        self._places: dict[str, Place] = {}
        self._reals: set[str] = set()

    @property
    def places(self) -> Collection[Place]:
        """What there is now; none where the root is missing."""
        return self._places.values()

    def look(self, changed: Collection[str] | None) -> Iterator[Appeared]:
        """Look into the places whose real directories are among ``changed`` (None: into all), and into new ones."""
        new = self._enter(self._pattern.root, None, self._pattern.start())
        waiting = deque(place for place in self.places if place is new or changed is None or place.real in changed)
        while waiting:
            place = waiting.popleft()
            listing = self._listing(place)
            if listing is None:
                self._leave(place)
                continue
            appeared = listing.keys() - place.names
            place.names &= listing.keys()
            directories = {name for name in appeared if leads_to_directory(listing[name])}
            place.names |= appeared - directories
            waiting += self._below(place, directories)
            yield Appeared(place, sorted(name for name in appeared - directories if self.takes(place, name)))

    def takes(self, place: Place, name: str) -> bool:
        """Whether a file of that name in that place matches."""
        return self._pattern.takes(place.progress, name)

    def _listing(self, place: Place) -> dict[str, os.DirEntry[str]] | None:
        """What is in a directory; None if it is that directory no more."""
        if place.linked and real_directory(place.prefix) != place.real:
            return None
        try:
            with reading(place.prefix or "."), os.scandir(place.prefix or ".") as found:
                return {each.name: each for each in found}
        except SourceError as error:
            if not os.path.isdir(place.prefix or "."):
                return None
            self._trouble(error)
            return {}

    def _below(self, place: Place, names: Collection[str]) -> Iterator[Place]:
        """Enter directories that matches may be in and that were not entered before."""
        for name in sorted(names):
            known = self._places.get(f"{place.prefix}{name}/")
            if known and not known.linked:
                continue
            progress = self._pattern.enter(place.progress, name)
            if progress and (new := self._enter(f"{place.prefix}{name}/", place, progress)):
                yield new

    def _enter(self, prefix: str, above: Place | None, progress: Places) -> Place | None:
        """A new place; None if it is known, is not there, or is a loop."""
        if not os.path.isdir(prefix or "."):
            return None
        real = real_directory(prefix)
        if known := self._places.get(prefix):
            if known.real == real:
                return None
            self._leave(known)
        if self._pattern.is_deep and real in self._reals:
            return None
        expected = os.path.join(above.real, os.path.basename(prefix[:-1])) if above else os.path.abspath(prefix)
        place = Place(prefix, real, real != expected or (above is not None and above.linked), progress)
        self._places[prefix] = place
        self._reals.add(real)
        return place

    def _leave(self, place: Place) -> None:
        """Forget a directory that is gone, and all below it."""
        for prefix in [prefix for prefix in self._places if prefix.startswith(place.prefix)]:
            self._reals.discard(self._places.pop(prefix).real)


def real_directory(path: str) -> str:
    """The directory ``path`` without links; the current one for an empty path."""
    return os.path.realpath(path or ".")
