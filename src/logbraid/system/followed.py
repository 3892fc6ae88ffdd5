"""The files of this machine as a follower sees them: read by identity, found by name, however they are renamed.

One call to the system at a time, no threads, no state of what was read. What a rotation or a truncation means is
decided in ``core.tail``, and which names belong together in ``core.siblings``.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import Final

from logbraid.core.siblings import AgeOrder, age_order, bases, is_compressed_name
from logbraid.core.types import SECOND, FileStat, Identity, Nanos, Sibling
from logbraid.system.archives import Archive, is_compressed
from logbraid.system.descriptors import Descriptor, Descriptors
from logbraid.system.errors import reading

__all__ = ["ABSENT", "Disk", "fill", "stat_of"]

FLAGS: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | getattr(os, "O_NOCTTY", 0)
"""Without O_NONBLOCK, a FIFO that took the file's name would be waited on for a writer."""

ABSENT: Final = frozenset((errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.ESTALE))
"""No file is there, or not any more: a network file system says ESTALE when another machine has deleted it."""

SETTLED: Final = SECOND // 20
"""How old a directory's last change must be to know that no later one bears the same time: clocks tick coarsely."""

LISTINGS: Final = 256
"""Directories whose rotated names are remembered."""


class Disk:
    """The port ``Files`` on the real file system.

    A file is opened when it is first read, and stays open, whatever becomes of its name, until it is let go or the
    budget takes its descriptor back. Then it is opened again by a name it had: the one that the caller knows, or the
    real one behind that at the first opening (a symbolic link may lead elsewhere now).

    Args:
        descriptors: lends the descriptors; what this class opened there is known by its identity.
    """

    def __init__(self, descriptors: Descriptors | None = None) -> None:
        self._descriptors = descriptors or Descriptors()
        self._real: dict[Identity, str] = {}
        self._archives: dict[Identity, Archive] = {}
        self._listings: OrderedDict[str, _Listing] = OrderedDict()

    def stat(self, path: str) -> FileStat | None:
        """Say what the name leads to; None: to nothing, or to no regular file."""
        with reading(path):
            try:
                return stat_of(os.stat(path))
            except OSError as error:
                if error.errno in ABSENT:
                    return None
                raise

    def read(
        self, path: str, identity: Identity, room: memoryview, offset: int, *, compressed: bool = False
    ) -> int | None:
        """Read bytes of one file at ``offset``; None where no file of this identity can be reached."""
        with reading(path):
            try:
                with self._lent(path, identity) as number:
                    if not compressed:
                        return fill(number, room, offset)
                    archive = self._archives.get(identity) or self._archives.setdefault(identity, Archive(path))
                    return archive.read(room, offset, partial(fill, number))
            except OSError as error:
                if error.errno not in ABSENT:
                    raise
                self.let_go(identity)
                return None

    def siblings(self, path: str) -> list[Sibling]:
        """The rotated files beside ``path``, and what stands at ``path`` itself, oldest first.

        Somebody may rotate meanwhile. All names are looked at in the order in which one file gets them, so that a file
        which is renamed is met under its next name; and once more where there are new names.
        """
        own = self.stat(path)
        found: dict[Identity, Sibling] = {}
        names: set[str] = set()
        while not names.issuperset(there := set(self._rotated(path))):
            names |= there
            for name in sorted(names, key=_turn):
                if status := self.stat(name):
                    found[status.identity] = Sibling(name, status, _holds_archive(name))
        now = self.stat(path) if own else None
        # A file that was renamed meanwhile is not the last any more, and what replaced it is found by the next search.
        if own and now and own.identity == now.identity:
            found[own.identity] = Sibling(path, own, _holds_archive(path))
        return sorted(found.values(), key=partial(_age, of=path))

    def names(self, path: str) -> tuple[str, ...]:
        """How hints may spell the name: below the real directory that it stands in, and where a link leads to."""
        directory, name = os.path.split(path)
        place = os.path.join(os.path.realpath(directory), name)
        real = os.path.realpath(path)
        return (place,) if real == place else (place, real)

    def let_go(self, identity: Identity) -> None:
        """Close the file: it will not be read again."""
        self._real.pop(identity, None)
        self._archives.pop(identity, None)
        self._descriptors.close(identity)

    def close(self) -> None:
        """Close everything that is still open."""
        for identity in list(self._real):
            self.let_go(identity)

    def _lent(self, path: str, identity: Identity) -> Descriptor:
        return self._descriptors.use(identity, partial(self._open, path, identity))

    def _open(self, path: str, identity: Identity) -> int:
        for name in (path, self._real.get(identity)):
            number = None if name is None else _opened(name, identity)
            if number is not None:
                real = _real_name(number, path)
                self._real[identity] = path if real == path else real  # the caller's own string costs no memory
                return number
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    def _rotated(self, path: str) -> Iterator[str]:
        """Paths of the rotated files beside the name, and beside what it links to."""
        directory, name = os.path.split(path)
        yield from self._listing(directory).of(name)
        if os.path.islink(path):
            directory, real_name = os.path.split(os.path.realpath(path))
            yield from self._listing(directory).of(real_name)
            # A link to the newest of the dated files: the others are its past, wherever they are.
            if name in bases(real_name):
                yield from self._listing(directory).of(name)

    def _listing(self, directory: str) -> _Listing:
        """What is known of the directory, if nothing has changed there since, or else a new look at it."""
        known = self._listings.pop(directory, None)
        if known is None or not known.holds():
            known = _Listing(directory)
        self._listings[directory] = known
        if len(self._listings) > LISTINGS:
            self._listings.popitem(last=False)
        return known


class _Listing:
    """The rotated names in one directory, by the name that they were rotated away from.

    Thousands of files in one directory ask for their siblings at the same time: it is looked through once for all.
    """

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._modified = self._changed()
        self._trusted = time.time_ns() - self._modified > SETTLED
        self._names: dict[str, list[str]] = {}
        # Where the directory may not be listed, its files are still followed by name, and only their past is unseen.
        for name in _names(directory):
            for base in bases(name):
                self._names.setdefault(base, []).append(os.path.join(directory, name))

    def holds(self) -> bool:
        """Whether it is still true."""
        return self._trusted and self._changed() == self._modified

    def of(self, name: str) -> list[str]:
        """Paths of the files that were rotated away from ``name``."""
        return self._names.get(name, [])

    def _changed(self) -> Nanos:
        try:
            return os.stat(self._directory or ".").st_mtime_ns
        except OSError:
            return 0


def stat_of(status: os.stat_result) -> FileStat | None:
    """What a stat result says of a regular file; None: it is something else."""
    if not stat.S_ISREG(status.st_mode):
        return None
    return FileStat(Identity.of(status), status.st_size, status.st_mtime_ns)


def fill(number: int, room: memoryview, offset: int) -> int:
    """Read at ``offset`` until there is no more room, or nothing more there: a short read alone is not the end."""
    filled = 0
    while filled < len(room):
        count = os.preadv(number, [room[filled:]], offset + filled)
        if not count:
            break
        filled += count
    return filled


def _opened(name: str, identity: Identity) -> int | None:
    """Open the file of this identity; None where the name leads to no such file."""
    try:
        number = os.open(name, FLAGS)
    except OSError as error:
        if error.errno in ABSENT or not _is_there(name, identity):
            return None
        raise
    status = stat_of(os.fstat(number))
    if status and status.identity == identity:
        return number
    os.close(number)
    return None


def _real_name(number: int, path: str) -> str:
    """The name of an open file, without links: the system knows it best, and some ten times as fast."""
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:  # not Linux
        return os.path.realpath(path)


def _is_there(name: str, identity: Identity) -> bool:
    """Whether the name leads to the file of this identity, as far as can be seen."""
    try:
        return Identity.of(os.stat(name)) == identity
    except OSError as error:
        return error.errno not in ABSENT


def _age(sibling: Sibling, of: str) -> tuple[bool, AgeOrder]:
    """What to sort siblings by; what stands at the name itself is the last, even if a link leads to a dated file."""
    return sibling.path == of, age_order(os.path.basename(sibling.path), sibling.stat.modified, os.path.basename(of))


def _turn(path: str) -> tuple[int, ...]:
    """What to sort the names by that one file bears in turn: the numbers grow, then it is compressed."""
    name = os.path.basename(path)
    return (*(-number for number in age_order(name, 0, of="").number), is_compressed_name(name))


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory or ".")
    except OSError:
        return []


def _holds_archive(path: str) -> bool:
    """Whether a file whose name promises it is compressed; one that cannot be opened will fail when it is read."""
    if not is_compressed_name(os.path.basename(path)):
        return False
    try:
        number = os.open(path, FLAGS)
    except OSError:
        return False
    try:
        return is_compressed(partial(fill, number))
    except OSError:
        return False
    finally:
        os.close(number)
