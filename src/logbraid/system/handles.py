"""File handles that somebody else opened, as files that can be followed until that somebody closes them.

Each is read through a duplicate of its descriptor: closing the handle loses nothing that was written before, and its
position is neither used nor moved. The handles themselves are never closed here.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import IO, Any

from logbraid.core.types import FileStat, Identity, Sibling
from logbraid.errors import SourceError, UsageError
from logbraid.system.archives import Archive
from logbraid.system.descriptors import TOO_MANY, Descriptor, raise_limit
from logbraid.system.errors import reading, reason
from logbraid.system.followed import fill, stat_of

__all__ = ["HandleFiles", "refuse_text"]


@dataclass(slots=True)
class _Duplicate:
    """The descriptor that is read in a handle's place, and how far the handle had been read."""

    descriptor: Descriptor
    identity: Identity
    offset: int
    archive: Archive


class HandleFiles:
    """The port ``Files`` over open handles; a name leads to the same file always.

    A handle that is closed already has a name, and no file.

    Attributes:
        paths: a name for each handle, in their order: the file's own, made different where it is not.

    Raises:
        UsageError: a handle is no regular file open for reading bytes.
        SourceError: its descriptor cannot be duplicated: there are too many.
    """

    def __init__(self, handles: Iterable[IO[bytes]]) -> None:
        raise_limit()  # every handle takes one more
        self._originals: dict[str, IO[bytes]] = {}
        self._duplicates: dict[str, _Duplicate] = {}
        self._names: dict[Identity, str] = {}
        try:
            for handle in handles:
                self._add(handle)
        except BaseException:
            self.close()
            raise
        self.paths = tuple(self._originals)

    def closed(self, path: str) -> bool:
        """Whether whoever opened the handle has closed it: what is there now is all that is to be read."""
        return self._originals[path].closed

    def offset(self, path: str) -> int:
        """Where the handle stood when it was handed over."""
        duplicate = self._duplicates.get(path)
        return duplicate.offset if duplicate else 0

    def stat(self, path: str) -> FileStat | None:
        """Say how long the file is now."""
        duplicate = self._duplicates.get(path)
        if duplicate is None:
            return None
        with reading(path), duplicate.descriptor.use() as number:
            status = stat_of(os.fstat(number))
        return status and status._replace(identity=duplicate.identity)

    def read(
        self, path: str, identity: Identity, room: memoryview, offset: int, *, compressed: bool = False
    ) -> int | None:
        """Read bytes at ``offset``; None once the file was let go."""
        duplicate = self._duplicates.get(path)
        if duplicate is None or duplicate.identity != identity:
            return None
        with reading(path), duplicate.descriptor.use() as number:
            if compressed:
                return duplicate.archive.read(room, offset, partial(fill, number))
            return fill(number, room, offset)

    def siblings(self, path: str) -> list[Sibling]:
        """The file itself: it has no name that it could be rotated away from."""
        status = self.stat(path)
        return [Sibling(path, status, compressed=False)] if status else []

    def names(self, path: str) -> tuple[str, ...]:
        """Nobody gives hints about a handle, so there is nothing to spell."""
        return (path,)

    def let_go(self, identity: Identity) -> None:
        """Close the duplicate."""
        path = self._names.pop(identity, None)
        if path is not None:
            self._duplicates.pop(path).descriptor.close()

    def close(self) -> None:
        """Close all duplicates."""
        self._names.clear()
        while self._duplicates:
            self._duplicates.popitem()[1].descriptor.close()

    def _add(self, handle: IO[bytes]) -> None:
        name = _name(handle)
        path = next(path for path in _variants(name) if path not in self._originals)
        duplicate = _duplicated(handle, name)
        self._originals[path] = handle
        if duplicate is None:
            return
        if duplicate.identity in self._names:
            # The same file through two handles is two sources: whoever handed over both wants it twice.
            duplicate.identity = Identity(-1, len(self._originals))
        self._duplicates[path] = duplicate
        self._names[duplicate.identity] = path


def refuse_text(handle: object) -> None:
    """Say at once what would fail much later: lines of text cannot be found by their offsets.

    Raises:
        UsageError: the handle is in text mode.
    """
    if isinstance(handle, io.TextIOBase):
        raise UsageError(f"{_name(handle)} is open in text mode, and has to be in binary mode: open(..., 'rb')")


def _variants(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name} ({number})" for number in count(2))


def _name(handle: object) -> str:
    name: Any = getattr(handle, "name", None)
    if isinstance(name, int):
        return f"descriptor {name}"
    return os.fsdecode(name) if isinstance(name, str | bytes | os.PathLike) else type(handle).__name__


def _duplicated(handle: IO[bytes], name: str) -> _Duplicate | None:
    """Duplicate the descriptor; None for a handle that is closed.

    A thread that closes the handle between the two calls of this function, and opens another file, would make us
    follow that one: nobody but the handle's owner can prevent it.
    """
    refuse_text(handle)
    if not isinstance(getattr(handle, "raw", handle), io.FileIO):  # in memory, or decompressing what it reads
        raise UsageError(f"{name}: this handle is no regular file of the system and cannot be followed")
    try:
        readable, offset = handle.readable(), handle.tell()
        descriptor = Descriptor(os.dup(handle.fileno()))  # close-on-exec, as all that Python opens
    except (OSError, ValueError) as error:
        if handle.closed:
            return None
        if getattr(error, "errno", None) in TOO_MANY:
            raise SourceError(name, reason(error)) from error
        raise UsageError(f"{name}: the handle is no regular file and cannot be followed") from error
    with descriptor.use() as duplicate:
        status = stat_of(os.fstat(duplicate))
    if status and readable:
        return _Duplicate(descriptor, status.identity, offset, Archive(name))
    descriptor.close()
    raise UsageError(f"{name}: the handle is {'not open for reading' if status else 'no regular file'}")
