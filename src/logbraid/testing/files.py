"""Files in memory that are written, rotated and lost by a script, and followed through the ports of the system.

They behave as ``system.followed.Disk`` does: one suite of tests holds both to it. The ways in which notifications
fail are switches here.
"""

from __future__ import annotations

import errno
import gzip
import os
import posixpath
from collections import Counter
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from itertools import count
from typing import Final

from logbraid.core.siblings import age_order, bases, is_compressed_name, is_sibling
from logbraid.core.types import FileStat, Identity, Sibling
from logbraid.errors import SourceError
from logbraid.system.archives import Archive, is_compressed
from logbraid.system.content import HEAD, is_plain
from logbraid.system.ports import Findings, Found, Hints
from logbraid.testing.clock import ManualClock
from logbraid.testing.tree import Node, Tree

__all__ = ["FakeFiles"]

MAGIC: Final = frozenset("*?[")


class FakeFiles:
    """The ports ``Files``, ``Notifier`` and ``Finder`` over one tree in memory. Paths are absolute, with slashes.

    Args:
        sources: what is followed: paths, and patterns whose last part is magic (``/logs/*.log``).
        clock: tells when a file was written.
        drop_hints: no hint ever comes.
        overflow: instead of hints, it is only told that there were some.
        polled: no directory can be watched.
        reuse: a new file gets the identity of one that is gone, as soon as there is one.

    Attributes:
        calls: how often each method of the ports was called; a follower that spins is seen here.
        drop_hints, overflow, polled, reuse: may be changed at any time.
    """

    descriptor = None

    def __init__(
        self,
        sources: Sequence[str] = (),
        *,
        clock: ManualClock | None = None,
        drop_hints: bool = False,
        overflow: bool = False,
        polled: bool = False,
        reuse: bool = False,
    ) -> None:
        self.drop_hints, self.overflow, self.polled, self.reuse = drop_hints, overflow, polled, reuse
        self.calls: Counter[str] = Counter()
        self._sources = sources
        self._clock = clock or ManualClock()
        self._tree = Tree()
        self._newest = 0
        self._open: dict[Identity, tuple[Node, str]] = {}
        self._evicted: dict[Identity, str] = {}
        self._archives: dict[Identity, Archive] = {}
        self._watched: list[str] = []
        self._hints = Hints()
        self._found: set[str] = set()
        self._excluded: set[str] = set()
        self._expected: list[str] = []

    # The script: what happens to the files

    def create(self, path: str, data: bytes = b"") -> None:
        """Make a new file; another one of this name is unlinked, as a rename over it would do."""
        path = self._place(path)
        node = Node(self._number(), self._clock.now().wall, bytearray(data))
        self._tree.put(path, node)
        self._tell(path, renamed=True)

    def append(self, path: str, data: bytes) -> None:
        """Write behind the end; the file is made where it is not there."""
        node = self._tree.node(path)
        self.write_at(path, len(node.content) if node else 0, data)

    def write_at(self, path: str, offset: int, data: bytes) -> None:
        """Write at an offset, as a program does that has not opened for appending; beyond the end this leaves NULs."""
        node = self._tree.node(path)
        if node is None:
            self.create(self._tree.real(path))
            node = self._there(path)
        node.content.extend(bytes(max(0, offset - len(node.content))))
        node.content[offset : offset + len(data)] = data
        self._written(path, node)

    def truncate(self, path: str, size: int = 0) -> None:
        """Cut the file off."""
        node = self._there(path)
        del node.content[size:]
        self._written(path, node)

    def rename(self, old: str, new: str) -> None:
        """Give a file or link another name; what bore that is unlinked."""
        old, new = self._place(old), self._place(new)
        what = self._tree.remove(old)
        if what is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), old)
        self._tree.put(new, what)
        self._tell(old, renamed=True)
        self._tell(new, renamed=True)

    def rotate(self, path: str, keep: int | None = None) -> None:
        """Rotate by numbers: ``app.log`` becomes ``app.log.1``, that ``app.log.2``; at most ``keep`` are left."""
        last = next(number for number in count(1) if not self._tree.node(f"{path}.{number}"))
        for number in range(last, 1, -1):
            self.rename(f"{path}.{number - 1}", f"{path}.{number}")
        self.rename(path, f"{path}.1")
        if keep is not None and last > keep:
            self.delete(f"{path}.{last}")

    def copy_truncate(self, path: str, to: str, between: bytes = b"") -> None:
        """Copy the file and empty it; what is written ``between`` is in neither."""
        self.create(to, bytes(self._there(path).content))
        if between:
            self.append(path, between)
        self.truncate(path)

    def delete(self, path: str) -> None:
        """Take the name away; the file is gone when nobody has it open."""
        path = self._place(path)
        if self._tree.remove(path) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self._tell(path, renamed=True)

    def symlink(self, path: str, target: str) -> None:
        """Make a link, or let one lead elsewhere at once."""
        path = self._place(path)
        self._tree.put(path, target)
        self._tell(path, renamed=True)

    def compress(self, path: str) -> None:
        """Do as ``gzip`` does: a new file ``path.gz``, as old as the one that it takes the place of."""
        node = self._there(path)
        self.create(f"{path}.gz", gzip.compress(bytes(node.content), mtime=0))
        self._there(f"{path}.gz").modified = node.modified
        self.delete(path)

    def fail(self, path: str, number: int | None = errno.EIO) -> None:
        """Let every read of the file fail with this error; None: let it be read again."""
        self._there(path).failure = number

    def evict(self) -> None:
        """Take all descriptors back, as a budget does when other files need them."""
        self._evicted |= {identity: real for identity, (_, real) in self._open.items()}
        self._open.clear()

    # The port Files

    @property
    def open_files(self) -> int:
        """How many files are open; a follower that has ended leaves none."""
        return len(self._open)

    def stat(self, path: str) -> FileStat | None:
        """What the name leads to."""
        self.calls["stat"] += 1
        node = self._tree.node(path)
        return node.stat if node else None

    def read(
        self, path: str, identity: Identity, room: memoryview, offset: int, *, compressed: bool = False
    ) -> int | None:
        """Read bytes of one file; None where it is not open and its names lead elsewhere."""
        self.calls["read"] += 1
        node = self._reached(path, identity)
        if node is None:
            self.let_go(identity)
            return None
        if node.failure is not None:
            raise SourceError(path, os.strerror(node.failure).lower(), node.failure)
        if compressed:
            return self._archives.setdefault(identity, Archive(path)).read(room, offset, node.read_into)
        return node.read_into(room, offset)

    def siblings(self, path: str) -> list[Sibling]:
        """The rotated files beside ``path``, and what stands there itself, oldest first."""
        self.calls["siblings"] += 1
        found: dict[Identity, Sibling] = {}
        for name in [path, *self._rotated(path)]:
            node = self._tree.node(name)
            if node and node.stat.identity not in found:
                archive = is_compressed_name(posixpath.basename(name)) and is_compressed(node.read_into)
                found[node.stat.identity] = Sibling(name, node.stat, archive)
        own = posixpath.basename(path)
        return sorted(
            found.values(),
            key=lambda each: (each.path == path, age_order(posixpath.basename(each.path), each.stat.modified, own)),
        )

    def names(self, path: str) -> tuple[str, ...]:
        """How hints may spell the name: itself, and where it leads if it is a link."""
        real = self._tree.real(path)
        return (path,) if real == path else (path, real)

    def let_go(self, identity: Identity) -> None:
        """Close the file."""
        for known in (self._open, self._evicted, self._archives):
            known.pop(identity, None)

    def close(self) -> None:
        """Close everything, and stop watching."""
        for identity in [*self._open, *self._evicted]:
            self.let_go(identity)
        self._watched.clear()

    # The port Notifier

    def watch(self, directory: str) -> str | None:
        """Begin to watch a directory, or say why not."""
        self.calls["watch"] += 1
        if self.polled:
            return "this directory is polled, as the test wants it"
        if directory not in self._watched:
            self._watched.append(directory)
        return None

    def hints(self) -> Hints:
        """What came since the last call."""
        self.calls["hints"] += 1
        hints, self._hints = self._hints, Hints()
        return hints

    # The port Finder

    def exclude(self, paths: Collection[str]) -> None:
        """Take these paths for no sources."""
        self._excluded.update(paths)

    def expect(self, keys: Collection[str]) -> None:
        """Return these by the next search, too, as far as they are sources, be there anything or not."""
        self._expected = [path for path in keys if any(fnmatchcase(path, source) for source in self._sources)]
        self._found.update(self._expected)

    def search(self, changed: Collection[str] | None = None) -> Findings:
        """Look for sources again; return what is new."""
        self.calls["search"] += 1
        expected, self._expected = self._expected, []
        self._found.difference_update(expected)
        found = [each for source in self._sources for each in self._matching(source, expected)]
        there = {each.path for each in found}
        found += [self._met(path, named=False) for path in expected if path not in there]
        new = [each for each in dict.fromkeys(found) if each.path not in self._found | self._excluded]
        self._found |= {each.path for each in new}
        paths = [*self._sources, *self._found]
        directories = {posixpath.dirname(path) for path in paths + [self._tree.real(path) for path in paths]}
        return Findings(files=new, directories=sorted(directories))

    def _matching(self, source: str, expected: Collection[str]) -> list[Found]:
        if not MAGIC & set(source):
            return [self._met(source, named=True)]
        paths = [path for path in self._tree.names() if fnmatchcase(path, source) and self._tree.node(path)]
        return [self._met(path, named=False) for path in paths if not self._is_past(path, expected)]

    def _met(self, path: str, *, named: bool) -> Found:
        node = self._tree.node(path)
        return Found(path, named, self.names(path), plain=node is None or is_plain(bytes(node.content[:HEAD])))

    def _is_past(self, path: str, expected: Collection[str]) -> bool:
        """Whether the file was rotated away from one that is there, is followed, or was by an earlier run."""
        directory, name = posixpath.split(path)
        origins = [posixpath.join(directory, base) for base in bases(name)]
        return any(origin in self._found or origin in expected or self._tree.node(origin) for origin in origins)

    # What all of them share

    def _there(self, path: str) -> Node:
        node = self._tree.node(path)
        if node is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return node

    def _place(self, path: str) -> str:
        """Where a name stands, whatever it may lead to."""
        return self._tree.real(path, last=False)

    def _number(self) -> int:
        """A file number; the lowest that nothing bears where they are used again."""
        borne = {node.number for node in self._tree.files.values()} | {node.number for node, _ in self._open.values()}
        if self.reuse:
            return next(number for number in range(1, len(borne) + 2) if number not in borne)
        self._newest = max({self._newest, *borne}) + 1
        return self._newest

    def _reached(self, path: str, identity: Identity) -> Node | None:
        if identity in self._open:
            return self._open[identity][0]
        for name in (path, self._evicted.get(identity)):
            node = name and self._tree.node(name)
            if node and node.stat.identity == identity:
                self._open[identity] = node, self._tree.real(str(name))
                return node
        return None

    def _rotated(self, path: str) -> list[str]:
        real = self._tree.real(path)
        beside = self._siblings_in(posixpath.dirname(path), posixpath.basename(path))
        if real == path:
            return beside
        name, own = posixpath.basename(real), posixpath.basename(path)
        beside += self._siblings_in(posixpath.dirname(real), name)
        return beside + (self._siblings_in(posixpath.dirname(real), own) if is_sibling(name, own) else [])

    def _siblings_in(self, directory: str, name: str) -> list[str]:
        names = self._tree.inside(self._tree.real(directory))
        return [posixpath.join(directory, each) for each in names if is_sibling(each, name)]

    def _written(self, path: str, node: Node) -> None:
        node.modified = self._clock.now().wall
        self._tell(self._tree.real(path), renamed=False)

    def _tell(self, path: str, *, renamed: bool) -> None:
        directory, name = posixpath.split(path)
        for watched in self._watched:
            if self.drop_hints or self._tree.real(watched) != directory:
                continue
            if self.overflow:
                self._hints.lost = True
            else:
                (self._hints.renamed if renamed else self._hints.written).add(posixpath.join(watched, name))
