"""The output as it was committed: the file of that name up to the committed length, and what was rotated away before.

All of it reads as one, oldest first. What stands before the first run or behind the last commit is counted and never
read.
"""

from __future__ import annotations

from collections.abc import Sequence

from logbraid.core.checkpoint import OutputState
from logbraid.core.positions import Mark
from logbraid.core.types import SECOND, Sibling
from logbraid.errors import SourceError
from logbraid.system.followed import Disk
from logbraid.verify.stretch import Stretch, fits, length_of

__all__ = ["Committed", "committed"]


class Committed:
    """Several files as one Readable.

    Args:
        path: the output's name.
        parts: its files, oldest first.
        before: how many bytes stand before what the runs have written.
        behind: how many bytes stand behind the last commit.
        gone: how many files that were turned away are not there any more.
        alien: how many of its bytes came behind what the last run left, and are of no run.
    """

    def __init__(
        self,
        path: str,
        parts: Sequence[Stretch],
        *,
        before: int = 0,
        behind: int = 0,
        gone: int = 0,
        alien: int = 0,
    ) -> None:
        self.path = path
        self.before = before
        self.behind = behind
        self.gone = gone
        self.alien = alien
        self._parts = tuple(parts)
        self._next = 0

    def __len__(self) -> int:
        return sum(map(len, self._parts))

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
        parts = [part.reopen() for part in self._parts]
        return Committed(self.path, parts, before=self.before, behind=self.behind, gone=self.gone, alien=self.alien)

    def located(self, offset: int) -> tuple[str, int]:
        """Return in which file an offset is, and where there."""
        for part in self._parts:
            if offset < len(part) or part is self._parts[-1]:
                break
            offset -= len(part)
        return part.path, part.start + offset


def committed(disk: Disk, path: str, state: OutputState) -> Committed:
    """Find the output's files.

    Args:
        disk: where they are.
        path: the output's name.
        state: as it was committed.

    Raises:
        SourceError: there is no output, or it cannot be read.
    """
    files = disk.siblings(path)
    if not files:
        raise SourceError(path, "no such file or directory")
    at = _place_of(disk, files, state)
    size = length_of(disk, files[at])
    if size is None:
        raise SourceError(files[at].path, "cannot be decompressed")
    length = size if state.ended_well else min(state.length, size)
    parts = [*_turned_away(disk, files[:at], state), Stretch(disk, files[at], 0, length)]
    gone = state.turned + 1 - len(parts)
    if not gone:
        oldest = parts[0]
        parts[0] = Stretch(disk, oldest.file, min(state.first, oldest.stop), oldest.stop)
    behind = size - length + sum(file.stat.size for file in files[at + 1 :])
    alien = max(length - state.length, 0)
    return Committed(path, parts, before=parts[0].start, behind=behind, gone=gone, alien=alien)


def _place_of(disk: Disk, files: Sequence[Sibling], state: OutputState) -> int:
    """Return which file was committed last: the very one, or a copy of it, or what has its name."""
    end = Mark(state.length, state.guard)
    same = [at for at, file in enumerate(files) if file.stat.identity == state.identity]
    copies = [at for at, file in enumerate(files) if fits(disk, file, end)] if not same and end.data else []
    return (same or copies or range(len(files)))[-1]


def _turned_away(disk: Disk, files: Sequence[Sibling], state: OutputState) -> list[Stretch]:
    """Return what the runs have written of earlier files, as far as it can be read.

    What was last written before the first run is none of theirs. A clock that was set back since makes some of theirs
    look so: they pass for gone, which leaves it undecided and never makes it false.
    """
    if not state.turned:
        return []
    recent = [file for file in files if file.stat.modified > state.since - SECOND]
    written = [Stretch(disk, file, 0, length) for file in recent if (length := length_of(disk, file))]
    return written[-state.turned :]
