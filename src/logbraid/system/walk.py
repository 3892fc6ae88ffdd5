"""Names on the disk: what lies below a directory, and what a pattern matches, once.

Only directories are read here, never files. What is found is sorted, hidden names are left out, and a directory that
was seen before (a symlink loop) is not entered again. Looking again and again is ``territory``'s.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from logbraid.core.types import Identity
from logbraid.errors import SourceError
from logbraid.system.errors import reading

__all__ = ["Pattern", "Trouble", "files_below", "files_matching", "is_pattern", "leads_to_directory"]

Trouble = Callable[[SourceError], None]
"""Told of each directory that cannot be read; the rest is still walked."""

DEEP: Final = "**"


def is_pattern(spec: str) -> bool:
    """Whether ``spec`` is meant as a pattern: a name that exists is not, whatever brackets it has."""
    return glob.has_magic(spec) and not os.path.lexists(spec)


def files_matching(pattern: str, trouble: Trouble) -> list[str]:
    """Every path that ``pattern`` matches and that is not a directory, sorted; ``**`` matches any depth, or none."""
    if DEEP not in pattern.split("/"):
        return sorted(path for path in glob.glob(pattern) if not os.path.isdir(path))
    # glob's own ``**`` walks symlink loops until names are too long, so that one is walked here.
    wanted = Pattern.of(pattern)
    if wanted.root and not os.path.isdir(wanted.root):
        return []
    below = (path.removeprefix(wanted.root or "./") for path in files_below(wanted.root or "./", trouble))
    return [wanted.root + path for path in below if wanted.matches(path.split("/"))]


Places = frozenset[int]
"""How far into a pattern a directory's path may have come: every part that may have to match next."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A directory, and what the names below it must be, level by level.

    Attributes:
        root: the directory; empty for the current one, else with a slash at its end.
        parts: one for each level; ``**`` for any number of levels.
    """

    root: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, pattern: str) -> Pattern:
        """What the user wrote, split where the first wildcard is."""
        parts = pattern.split("/")
        plain = next((i for i, part in enumerate(parts) if glob.has_magic(part)), len(parts) - 1)
        return cls("".join(f"{part}/" for part in parts[:plain]), tuple(parts[plain:]))

    @classmethod
    def below(cls, directory: str) -> Pattern:
        """Everything below a directory that is not hidden."""
        return cls(directory.rstrip("/") + "/", (DEEP,))

    @property
    def is_deep(self) -> bool:
        """Whether there is no telling how many levels there are."""
        return DEEP in self.parts

    def start(self) -> Places:
        """Where the root is."""
        return self._reached([0])

    def enter(self, places: Places, name: str) -> Places:
        """Where the directory ``name`` of a directory is; nowhere if nothing in it can match."""
        stays = (i for i in places if self.parts[i] == DEEP and fits(name, "*"))
        return self._reached([*stays, *(i + 1 for i in places if self.parts[i] != DEEP and fits(name, self.parts[i]))])

    def takes(self, places: Places, name: str) -> bool:
        """Whether the file ``name`` of a directory matches."""
        last = len(self.parts) - 1
        return last in places and fits(name, "*" if self.parts[last] == DEEP else self.parts[last])

    def matches(self, names: Iterable[str]) -> bool:
        """Whether a file matches whose path below the root has these components."""
        places = self.start()
        *directories, file = names
        for name in directories:
            places = self.enter(places, name)
        return self.takes(places, file)

    def _reached(self, places: Iterable[int]) -> Places:
        """These places, and those behind each ``**``, which matches no level at all too."""
        found: set[int] = set()
        for place in places:
            while place < len(self.parts) and place not in found:
                found.add(place)
                if self.parts[place] == DEEP:
                    place += 1
        return frozenset(found)


def fits(name: str, part: str) -> bool:
    """Whether a name matches one part of a pattern; a hidden one must be asked for."""
    return fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))


def files_below(root: str, trouble: Trouble) -> list[str]:
    """Every path below the directory ``root`` that is not a directory and not hidden, sorted."""
    seen: set[Identity] = set()
    found: list[str] = []
    waiting = [root]
    while waiting:
        directory = waiting.pop()
        try:
            with reading(directory):
                if is_first_visit(directory, seen):
                    files, directories = contents(directory)
                    found += files
                    waiting += reversed(directories)
        except SourceError as error:
            trouble(error)
    return sorted(found)


def contents(directory: str) -> tuple[list[str], list[str]]:
    """The paths in a directory, sorted, hidden ones left out: first what is no directory, then the directories."""
    files: list[str] = []
    directories: list[str] = []
    with os.scandir(directory) as found:
        for each in sorted(found, key=lambda each: each.name):
            if not each.name.startswith("."):
                (directories if leads_to_directory(each) else files).append(each.path)
    return files, directories


def leads_to_directory(each: os.DirEntry[str]) -> bool:
    """Whether a name is a directory or a link to one; costs a call to the system for links only."""
    return os.path.isdir(each.path) if each.is_symlink() else each.is_dir(follow_symlinks=False)


def is_first_visit(directory: str, seen: set[Identity]) -> bool:
    """Whether ``directory`` was not met before, under this or another name; now it was."""
    known = len(seen)
    seen.add(Identity.of(os.stat(directory)))
    return len(seen) > known
