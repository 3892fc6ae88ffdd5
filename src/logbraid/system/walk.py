"""Names on the disk: what lies below a directory, and what a pattern matches.

Only directories are read here, never files. What is found is sorted, hidden names are left out, and a directory that
was seen before (a symlink loop) is not entered again.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from logbraid.errors import SourceError
from logbraid.system.errors import reading
from logbraid.system.files import Identity

__all__ = ["Trouble", "files_below", "files_matching", "is_pattern"]

Trouble = Callable[[SourceError], None]
"""Told of each directory that cannot be read; the rest is still walked."""

DEEP: Final = "**"


def is_pattern(spec: str) -> bool:
    """Whether ``spec`` is meant as a pattern: a name that exists is not, whatever brackets it has."""
    return glob.has_magic(spec) and not os.path.lexists(spec)


def files_matching(pattern: str, trouble: Trouble) -> list[str]:
    """Every path that ``pattern`` matches and that is not a directory, sorted; ``**`` matches any depth, or none."""
    parts = pattern.split("/")
    if DEEP not in parts:
        return sorted(path for path in glob.glob(pattern) if not os.path.isdir(path))
    # glob's own ``**`` walks symlink loops until names are too long, so that one is walked here.
    plain = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    root = "".join(f"{part}/" for part in parts[:plain])
    if root and not os.path.isdir(root):
        return []
    below = (path.removeprefix(root or "./") for path in files_below(root or "./", trouble))
    return [root + path for path in below if matches(path.split("/"), parts[plain:])]


def matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the components of a path match those of a pattern."""
    if not pattern:
        return not parts
    if pattern[0] == DEEP:
        return any(matches(parts[i:], pattern[1:]) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and matches(parts[1:], pattern[1:])


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
