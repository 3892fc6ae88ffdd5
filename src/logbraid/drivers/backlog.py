"""Where to begin with a file that was there before the run: at its last few lines or records, or at a moment.

A file is looked into from its end, a block at a time; what is found is a place, and nothing is kept. Records are only
looked for where a run is made of records, so that whoever follows lines needs no Arrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logbraid.core.positions import GUARD
from logbraid.core.states import Beginning
from logbraid.core.types import FileStat
from logbraid.system.ports import Files

if TYPE_CHECKING:
    from logbraid.core.parse import Start
    from logbraid.core.recognise import Recogniser

__all__ = ["OneFile", "beginning_at", "last_lines", "last_records"]

_LINES: Final = 8 << 10
_RECORDS: Final = 64 << 10
"""Bytes of the first block; each that was too short is followed by one four times as long."""

_MOST: Final = 64 << 20
"""Bytes that are looked through at most: records that are longer together are not all shown."""

_NEWLINE: Final = b"\n"


class OneFile:
    """A file as long as it was when it was looked at: an ``OpenSource`` over ``Files``.

    It remembers the last block that was looked into: mostly, what is wanted next stands in it.
    """

    seekable = True
    blocking = False

    def __init__(self, files: Files, path: str, stat: FileStat) -> None:
        self.path = path
        self.stat = stat
        self.size = stat.size
        self.modified = stat.modified
        self._files = files
        self._offset = 0
        self._block = (0, b"")

    def read_at(self, room: memoryview, offset: int) -> int:
        """Read at ``offset``, not past its length; 0 where it is not there any more."""
        room = room[: max(0, self.size - offset)]
        return self._files.read(self.path, self.stat.identity, room, offset) or 0 if room else 0

    def read_into(self, room: memoryview) -> int:
        """Read the next bytes; 0 at the end."""
        count = self.read_at(room, self._offset)
        self._offset += count
        return count

    def close(self) -> None:
        """Let the file go."""
        self._files.let_go(self.stat.identity)

    def bytes_at(self, offset: int, size: int) -> bytes:
        """Return up to ``size`` bytes."""
        begin, block = self._block
        if not begin <= offset <= offset + size <= begin + len(block):
            room = memoryview(bytearray(size))
            begin, block = self._block = offset, room[: self.read_at(room, offset)].tobytes()
        return block[offset - begin : offset - begin + size]


def beginning_at(file: OneFile, offset: int) -> Beginning:
    """Return a beginning, with the bytes before it by which the file is known again."""
    begin = max(offset - GUARD, 0)
    guard = file.bytes_at(begin, offset - begin)
    if len(guard) < offset - begin:  # it was shortened since it was looked at
        return Beginning(file.stat, 0, b"")
    return Beginning(file.stat, offset, guard)


def last_lines(file: OneFile, count: int) -> int:
    """Return where the last ``count`` whole lines of a file begin; a line that has not ended comes behind them."""
    block = _LINES
    while True:
        begin = max(file.size - block, 0)
        data = file.bytes_at(begin, file.size - begin)
        place = len(data)
        for _ in range(count + 1):  # the newline that ends the last line, and one more for each line
            place = data.rfind(_NEWLINE, 0, place)
            if place < 0:
                break
        if place >= 0 or begin == 0 or block >= _MOST:
            return begin + place + 1 if place >= 0 or begin == 0 else file.size
        block *= 4


def last_records(file: OneFile, count: int, recogniser: Recogniser) -> tuple[int, Start]:
    """Return where the last ``count`` records of a file begin, and how they look.

    Args:
        file: to look into.
        count: how many are wanted.
        recogniser: of this source, fresh.
    """
    from logbraid.core.parse import Start

    if not count:  # what is not shown need not be understood: with many files, that is most of the time to start
        offset = last_lines(file, 0)
        return offset, Start(offset)
    block = _RECORDS
    while True:
        begin = max(file.size - block, 0)
        places = _record_starts(file.bytes_at(begin, file.size - begin), recogniser, at_start=begin == 0)
        if len(places) >= count or begin == 0 or block >= _MOST:
            offset = begin + places[-count:][0] if places else last_lines(file, 0)
            return offset, _start(offset, recogniser)
        block *= 4


def _start(offset: int, recogniser: Recogniser) -> Start:
    from logbraid.core.parse import Start

    if recogniser.reader is None or recogniser.style is None:
        return Start(offset)
    return Start(offset, lock=recogniser.reader.lock, style=recogniser.style)


def _record_starts(data: bytes, recogniser: Recogniser, *, at_start: bool) -> list[int]:
    """Return where the records in a block begin; the line that is cut by its edge begins none."""
    from logbraid.core.lines import frame
    from logbraid.core.types import Chunk

    chunk = Chunk.of(data)
    starts, ends = frame(chunk.buffer, chunk.start, chunk.stop)
    if not at_start:
        starts, ends = starts[1:], ends[1:]
    if not len(starts):
        return []
    if recogniser.style is None:
        recogniser.look(chunk.buffer, starts, ends, at_start=at_start, whole=True)
    _, begins = recogniser.lines(chunk.buffer, starts, ends, 0)
    if at_start:
        begins[0] = True
    places: list[int] = (starts[begins] - chunk.start).tolist()
    return places
