"""A directory tree in memory: names, symbolic links, and the files behind them, which outlive their names.

As on a real file system, a file is gone when no name leads to it and nobody has it open. What a follower sees of it,
and what is told to whom, is in ``files.py``.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from logbraid.core.types import FileStat, Identity, Nanos

__all__ = ["Node", "Tree"]

LINKS = 40
"""Symbolic links that are followed before it is taken for a circle."""


@dataclass(eq=False, slots=True)
class Node:
    """A file, whatever its names are.

    Attributes:
        failure: the system's error number with which every read fails; None: none does.
    """

    number: int
    modified: Nanos
    content: bytearray = field(default_factory=bytearray)
    failure: int | None = None

    @property
    def stat(self) -> FileStat:
        """What a look at it says."""
        return FileStat(Identity(1, self.number), len(self.content), self.modified)

    def read_into(self, room: memoryview, offset: int) -> int:
        """Read the bytes as they are stored."""
        data = bytes(self.content[offset : offset + len(room)])
        room[: len(data)] = data
        return len(data)


class Tree:
    """Names and what they lead to; a directory is there when it is part of a name.

    Attributes:
        files: by real path.
        links: what a symbolic link says, by the link's own path.
    """

    def __init__(self) -> None:
        self.files: dict[str, Node] = {}
        self.links: dict[str, str] = {}

    def real(self, path: str, *, last: bool = True) -> str:
        """Follow the symbolic links in a path, with or without its last part; a circle is left as it is."""
        for _ in range(LINKS):
            link = self._first_link(path, last=last)
            if link is None:
                break
            target = posixpath.join(posixpath.dirname(link), self.links[link])
            path = posixpath.normpath(target + path.removeprefix(link))
        return path

    def node(self, path: str) -> Node | None:
        """What a path leads to."""
        return self.files.get(self.real(path))

    def put(self, path: str, what: Node | str) -> None:
        """Give a file, or a link with this target, a name; what bore it loses it."""
        self.remove(path)
        if isinstance(what, Node):
            self.files[path] = what
        else:
            self.links[path] = what

    def remove(self, path: str) -> Node | str | None:
        """Take a name away; return what bore it."""
        return self.files.pop(path, None) or self.links.pop(path, None)

    def names(self) -> list[str]:
        """Every path, in order."""
        return sorted([*self.files, *self.links])

    def inside(self, directory: str) -> list[str]:
        """The names in one directory, in order."""
        return [posixpath.basename(path) for path in self.names() if posixpath.dirname(path) == directory]

    def _first_link(self, path: str, *, last: bool) -> str | None:
        parts = path.split("/")
        heads = ("/".join(parts[:length]) for length in range(1, len(parts) + last))
        return next((head for head in heads if head in self.links), None)
