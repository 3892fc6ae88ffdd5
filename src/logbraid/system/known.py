"""What a search for sources has found so far: which names and files are followed, and which never will be.

A name is known by its key, its path without links in the directories, so that one file in one directory has one key
whatever the user wrote. Nothing is searched for here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from logbraid.core.events import Event, SourceSkipped
from logbraid.core.types import Identity
from logbraid.system.discover import identities

__all__ = ["Known", "Owned"]

Owned = Callable[[Identity], bool]
"""Whether some tail has the file: reads it, has read it, or knows it as the past of its source."""


class Known:
    """Every source so far, and what the run itself writes.

    Args:
        exclude: paths that never are sources, nor the files rotated away from them.
        owned: asked about files that were known under another name.
    """

    def __init__(self, exclude: Sequence[str], owned: Owned) -> None:
        self.owned = owned
        self._directories: dict[str, Directory] = {}
        self._exclude: list[str] = []
        self._excluded_keys: set[str] = set()
        self._excluded: set[Identity] = set()
        self._followed: dict[str, str] = {}
        self._identities: dict[Identity, str] = {}
        self._awaited: set[str] = set()
        self._said: set[Event] = set()
        self._new: list[Event] = []
        self.exclude(exclude)

    def exclude(self, paths: Iterable[str]) -> None:
        """Take these paths for no sources from now on."""
        for path in paths:
            self._exclude.append(path)
            self._excluded_keys |= {self.key(path), os.path.realpath(path)}

    def begin(self, events: list[Event]) -> None:
        """A new search, which says what is left out in ``events``."""
        self._new = events
        self._excluded = identities(self._exclude)
        self._directories.clear()

    def say(self, event: Event) -> None:
        """Tell of something, once."""
        if event not in self._said:
            self._said.add(event)
            self._new.append(event)

    def key(self, path: str) -> str:
        """The path without links in its directories; a link at its end stays."""
        return os.path.join(self._directory_of(path).real, os.path.basename(path))

    def watchable(self, path: str) -> str:
        """The real directory that a path is in, or where that is missing, the nearest above it that is there."""
        return self._directory_of(path).nearest

    def expect(self, paths: Iterable[str]) -> None:
        """These paths are going to be followed, whatever they lead to now."""
        self._awaited.update(map(self.key, paths))

    def is_excluded(self, key: str) -> bool:
        """Whether the run writes to that name."""
        return key in self._excluded_keys

    def is_base(self, key: str) -> bool:
        """Whether what was rotated away from that name needs no source of its own."""
        return key in self._followed or key in self._awaited or key in self._excluded_keys

    def admits_name(self, path: str, key: str) -> bool:
        """Whether the name is neither the run's own output nor followed; says so if it is."""
        if key in self._excluded_keys:
            if not self._goes_with_another(key):
                self.say(SourceSkipped(path, "belongs to the output"))
        elif key not in self._followed:
            return True
        elif self._followed[key] != path:
            self.say(SourceSkipped(path, f"the same file as {self._followed[key]}"))
        return False

    def admits(self, path: str, key: str, identity: Identity) -> bool:
        """Whether neither the name nor the file behind it is known; says so if it is.

        A file whose known name leads elsewhere now was renamed, and has a tail as long as that reads it; or it was
        deleted, and its inode serves a new file. Of one that is met only after its tail has let go, this cannot tell
        which: it counts as new.
        """
        if not self.admits_name(path, key):
            return False
        other = self._identities.get(identity)
        if identity in self._excluded:
            self.say(SourceSkipped(path, "belongs to the output"))
        elif other is not None and identities([other]) == {identity}:
            self.say(SourceSkipped(path, f"the same file as {other}"))
        else:
            return not self.owned(identity)
        return False

    def follow(self, path: str, key: str, identity: Identity | None) -> None:
        """From now on this name is followed; ``identity`` is what it leads to, if to anything."""
        self._followed[path if path == key else key] = path  # one object for both where that will do
        if identity is not None:
            self._identities[identity] = path

    def _goes_with_another(self, key: str) -> bool:
        """Whether it stands beside an output as its checkpoint and that one's journal do: the output is told of."""
        return any(key.startswith((f"{other}.", f"{other}-")) for other in self._excluded_keys)

    def _directory_of(self, path: str) -> Directory:
        """What the system says about a path's directory, asked once a search."""
        name = os.path.dirname(path)
        if name not in self._directories:
            real = os.path.realpath(name or ".")
            self._directories[name] = Directory(real, nearest(real))
        return self._directories[name]


class Directory(NamedTuple):
    """A directory without links, and what there is of it."""

    real: str
    nearest: str


def nearest(directory: str) -> str:
    """The directory, or where it is missing, the nearest above it that is there."""
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    return directory
