"""A part of one file, found by its identity: what has left of one generation, or one of the output's own files.

Plain and compressed files are read alike, and offsets count plain bytes. Nothing here knows which part is wanted.
"""

from __future__ import annotations

from typing import Final

from logbraid.core.positions import Mark
from logbraid.core.types import Sibling
from logbraid.errors import SourceError
from logbraid.system.followed import Disk

__all__ = ["Stretch", "fits", "hole_in", "length_of"]

ROOM: Final = 1 << 18


class Stretch:
    """Bytes of one file as a Readable.

    Args:
        disk: where the file is.
        file: which one it is.
        start: offset of the first byte.
        stop: offset behind the last one.
    """

    def __init__(self, disk: Disk, file: Sibling, start: int, stop: int) -> None:
        self.path = file.path
        self.file = file
        self.start = start
        self.stop = stop
        self._disk = disk
        self._at = start

    def __len__(self) -> int:
        return self.stop - self.start

    def read_into(self, room: memoryview) -> int:
        """Fill the room or a part of it and say how much; 0 at the end."""
        room = room[: self.stop - self._at]
        count = _read(self._disk, self.file, room, self._at) if room else 0
        self._at += count
        return count

    def reopen(self) -> Stretch:
        """The same bytes, from the first one."""
        return Stretch(self._disk, self.file, self.start, self.stop)

    @property
    def rest(self) -> Stretch | None:
        """What stands behind it in the file; None: nothing does, or it cannot be read."""
        length = length_of(self._disk, self.file)
        return Stretch(self._disk, self.file, self.stop, length) if length and length > self.stop else None


def fits(disk: Disk, file: Sibling, mark: Mark) -> bool:
    """Whether the file holds these bytes before the mark's offset; one that cannot be read does not."""
    room = memoryview(bytearray(len(mark.data)))
    try:
        count = _read(disk, file, room, mark.offset - len(mark.data))
    except SourceError:
        disk.let_go(file.stat.identity)  # who reads it next has to be told of the damage, too
        return False
    return room[:count] == mark.data


def length_of(disk: Disk, file: Sibling) -> int | None:
    """How many plain bytes the file holds; None: that cannot be known, for it cannot be read to its end."""
    if not file.compressed:
        return file.stat.size
    room = memoryview(bytearray(ROOM))
    length = 0
    try:
        while count := _read(disk, file, room, length):
            length += count
    except SourceError:
        disk.let_go(file.stat.identity)
        return None
    return length


def hole_in(stretch: Stretch) -> int:
    """How many NUL bytes the stretch begins with."""
    room = memoryview(bytearray(ROOM))
    again = stretch.reopen()
    size = 0
    while count := again.read_into(room):
        written = bytes(room[:count]).lstrip(b"\0")
        size += count - len(written)
        if written:
            break
    return size


def _read(disk: Disk, file: Sibling, room: memoryview, offset: int) -> int:
    count = disk.read(file.path, file.stat.identity, room, offset, compressed=file.compressed)
    if count is None:
        raise SourceError(file.path, "replaced while being read")
    return count
