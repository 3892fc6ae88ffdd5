"""A log file that is held open, appended to and rotated while it grows, as a program and logrotate do it together.

Whoever writes and whoever rotates are one here, so nothing can be written between the copy and the truncation of
copytruncate: what real programs lose there is not lost. No line is made here.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from logbraid.errors import UsageError

__all__ = ["GrowingFile", "Rotation", "remove_old"]

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_WAYS: Final = ("none", "rename", "copytruncate")
_ROTATED: Final = re.compile(r"\.[0-9]+(\.gz)?\Z")
_FASTEST: Final = 1


@dataclass(frozen=True, slots=True)
class Rotation:
    """When and how files are rotated.

    Attributes:
        way: ``rename`` moves the file away and begins a new one, ``copytruncate`` copies it and empties it.
        size: rotate before the file would be longer than this many bytes.
        keep: so many rotated files at most, the oldest is deleted; None: all of them.
        compress: gzip each rotated file when the next one comes, as logrotate's delaycompress does.
    """

    way: Literal["none", "rename", "copytruncate"]
    size: int
    keep: int | None = None
    compress: bool = False

    def __post_init__(self) -> None:
        if self.way not in _WAYS:
            raise UsageError(f"rotate is one of {', '.join(_WAYS)}, not {self.way!r}")
        if self.size < 1:
            raise UsageError("files are rotated at one byte or more")
        if self.keep is not None and self.keep < 1:
            raise UsageError("at least one rotated file has to be kept")


def remove_old(directory: Path, names: Collection[str]) -> None:
    """Remove what an earlier run has left under these names, with whatever was rotated away from them."""
    for found in list(directory.iterdir()):
        if _ROTATED.sub("", found.name) in names:
            found.unlink()


class GrowingFile:
    """One log file.

    Attributes:
        path: its name.
        bytes: written so far, in all of its generations.
        rotations: so far.
    """

    def __init__(self, path: Path, rotation: Rotation) -> None:
        self.path = path
        self.bytes = self.rotations = 0
        self._rotation = rotation
        self._size = 0
        self._between_lines = True
        self._compressed: list[bool] = []  # each rotated file, the newest first
        self._newest = f"{path}.1"
        self._descriptor = os.open(path, _FLAGS, 0o666)

    def write(self, data: bytes) -> None:
        """Append, with one call; before that rotate a file that would become too long, but never amid a line."""
        full = self._size and self._size + len(data) > self._rotation.size
        if full and self._between_lines and self._rotation.way != "none":
            self._rotate()
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        self._size += len(data)
        self.bytes += len(data)
        self._between_lines = data.endswith(b"\n")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _rotate(self) -> None:
        self._make_room()
        if self._rotation.way == "rename":
            os.rename(self.path, self._newest)
            os.close(self._descriptor)
            self._descriptor = os.open(self.path, _FLAGS, 0o666)
        else:
            shutil.copyfile(self.path, self._newest)
            os.ftruncate(self._descriptor, 0)
        self._compressed.insert(0, False)
        self._size = 0
        self.rotations += 1

    def _make_room(self) -> None:
        """Move the rotated files up by one number, so that the first one is free."""
        if self._rotation.compress and self._compressed and not self._compressed[0]:
            self._compress_newest()
        endings = [".gz" if packed else "" for packed in self._compressed]
        if len(endings) == self._rotation.keep:
            os.unlink(f"{self.path}.{len(endings)}{endings[-1]}")
            endings.pop()
            self._compressed.pop()
        for number in range(len(endings), 0, -1):
            ending = endings[number - 1]
            os.rename(f"{self.path}.{number}{ending}", f"{self.path}.{number + 1}{ending}")

    def _compress_newest(self) -> None:
        packed_name = f"{self._newest}.gz"
        status = os.stat(self._newest)
        with open(self._newest, "rb") as plain, gzip.open(packed_name, "wb", compresslevel=_FASTEST) as packed:
            shutil.copyfileobj(plain, packed)
        os.utime(packed_name, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.unlink(self._newest)
        self._compressed[0] = True
