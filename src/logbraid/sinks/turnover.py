"""An output's own rotation: when it is due, and how FILE becomes FILE.1, FILE.1 becomes FILE.2 and so on.

Only regular files whose numbers follow each other without a gap are moved or removed, and nothing is ever overwritten.
A crash between any two steps leaves a gap at most, which the next rotation fills.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from logbraid.core.types import Nanos
from logbraid.errors import SinkError
from logbraid.sinks.file import writing

__all__ = ["Turnover"]


@dataclass(frozen=True, slots=True)
class Turnover:
    """When to begin a new file, and how many old ones to keep.

    It is asked when a batch comes, be it an empty one that only moves positions, once all that was written can be
    committed; and at no other time: a file that is old enough keeps its name as long as nothing comes.

    Attributes:
        keep: rotated files that stay, at least one.
        size: bytes that make a file full; it ends with the batch that brings it there.
        age: of a file, ns, after which the next one is begun.
    """

    keep: int
    size: int | None = None
    age: Nanos | None = None

    def is_due(self, length: int, age: Nanos) -> bool:
        """Whether a file of this length and age is to be rotated; an empty one never is."""
        full = self.size is not None and length >= self.size
        old = self.age is not None and age >= self.age
        return length > 0 and (full or old)

    def names(self, path: str) -> list[str]:
        """Return what the rotated files of ``path`` are called, the newest first."""
        return [_numbered(path, number) for number in range(1, self.keep + 1)]

    def rotate(self, path: str) -> None:
        """Rename the file away from its name; those that are too many are removed first.

        Raises:
            SinkError: that cannot be done, or what is no file is in the way; the file may still have its name then.
        """
        with writing(path):
            last = _row(path)
            for number in range(last, self.keep - 1, -1):
                os.unlink(_numbered(path, number))
            for number in range(min(last, self.keep - 1), -1, -1):
                _rename(_numbered(path, number), _numbered(path, number + 1))


def _numbered(path: str, number: int) -> str:
    return f"{path}.{number}" if number else path


def _row(path: str) -> int:
    """Return the last of the numbers 1, 2, 3 ... that are there without a gap."""
    number = 0
    while _is_file(_numbered(path, number + 1)):
        number += 1
    return number


def _is_file(path: str) -> bool:
    return os.path.lexists(path) and stat.S_ISREG(os.lstat(path).st_mode)


def _rename(old: str, new: str) -> None:
    """Rename where nothing is in the way. Somebody who makes ``new`` at this very moment would lose it."""
    if os.path.lexists(new):
        raise SinkError(f"{new} is in the way of the output's rotation: it is no file, so it is not touched")
    os.rename(old, new)
