"""The output as it was committed: the file of that name up to the committed length, and what was rotated away before.

All of it reads as one, oldest first. What stands behind the last commit is counted and never read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from logbraid.core.checkpoint import OutputState
from logbraid.core.types import Sibling
from logbraid.errors import SourceError
from logbraid.system.followed import Disk
from logbraid.verify.stretch import Stretch, length_of

__all__ = ["Committed", "committed"]


class Committed:
    """Several files as one Readable.

    Args:
        path: the output's name.
        parts: its files, oldest first.
        behind: how many bytes stand behind the last commit.
        whole: nothing that was written is missing before the first of them, as far as is known.
    """

    def __init__(self, path: str, parts: Sequence[Stretch], *, behind: int = 0, whole: bool = True) -> None:
        self.path = path
        self.behind = behind
        self.whole = whole
        self._parts = tuple(parts)
        self._next = 0

    def read_into(self, room: memoryview) -> int:
        """Fill the room or a part of it and say how much; 0 at the end."""
        while self._next < len(self._parts):
            count = self._parts[self._next].read_into(room)
            if count:
                return count
            self._next += 1
        return 0

    def reopen(self) -> Committed:
        """The same bytes, from the first one."""
        return Committed(self.path, [part.reopen() for part in self._parts], behind=self.behind, whole=self.whole)

    def located(self, offset: int) -> tuple[str, int]:
        """Return in which file an offset is, and where there."""
        for part in self._parts[:-1]:
            if offset < len(part):
                return part.path, offset
            offset -= len(part)
        return (self._parts[-1].path if self._parts else self.path), offset


def committed(disk: Disk, path: str, state: OutputState, emitted: int, payload: Callable[[Stretch], int]) -> Committed:
    """Find the output's files.

    Older ones are taken as long as there are bytes that must be in them: what an earlier run has left beside the name
    is not looked at.

    Args:
        disk: where they are.
        path: the output's name.
        state: as it was committed.
        emitted: how many bytes of the sources must be there.
        payload: says how many bytes of sources a part holds, labels apart.

    Raises:
        SourceError: there is no output, or it cannot be read.
    """
    files = disk.siblings(path)
    if not files:
        raise SourceError(path, "no such file or directory")
    at = next((i for i, file in enumerate(files) if file.stat.identity == state.identity), len(files) - 1)
    newest = files[at].stat.size
    length = newest if state.ended_well else min(state.length, newest)
    parts = [Stretch(disk, files[at], 0, length)]
    missing = emitted - payload(parts[0])
    for file in reversed(files[:at]):
        if missing <= 0:
            break
        parts.insert(0, _whole(disk, file))
        missing -= payload(parts[0])
    behind = newest - length + sum(file.stat.size for file in files[at + 1 :])
    return Committed(path, parts, behind=behind, whole=missing <= 0 or at == 0)


def _whole(disk: Disk, file: Sibling) -> Stretch:
    length = length_of(disk, file)
    if length is None:
        raise SourceError(file.path, "cannot be decompressed")
    return Stretch(disk, file, 0, length)
