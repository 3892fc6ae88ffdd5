"""The logs that the benchmark merges: made once by ``logbraid.simulate``, kept for the next run.

Sizes are those of the full benchmark; a quick one divides them.
"""

from __future__ import annotations

import gzip
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from logbraid.simulate import simulate

__all__ = ["INPUTS", "QUICKER", "Input", "warm"]

MEBIBYTE: Final = 1 << 20
QUICKER: Final = 64
"""A quick benchmark's inputs are smaller by this factor."""


@dataclass(frozen=True)
class Input:
    """Some log files.

    Attributes:
        name: of their directory.
        files: how many.
        size: of each, in bytes; of compressed ones, before compression.
        format: one of ``logbraid simulate``.
        compressed: whether they are gzip.
    """

    name: str
    files: int
    size: int
    format: str = "iso"
    compressed: bool = False

    def total(self, *, quick: bool) -> int:
        """Return the bytes of all files, before compression."""
        return self.files * self.size // (QUICKER if quick else 1)

    def make(self, below: Path, *, quick: bool) -> list[Path]:
        """Write the files, unless they are there from an earlier run; return them in order."""
        directory = below / f"{self.name}{'-quick' if quick else ''}"
        finished = directory / ".finished"
        if not finished.exists():
            shutil.rmtree(directory, ignore_errors=True)
            simulate(directory, files=self.files, size=self.total(quick=quick), format=self.format)
            if self.compressed:
                for path in directory.glob("*.log"):
                    _compress(path)
            finished.touch()
        return sorted(directory.glob("*.log*"))


def warm(path: Path) -> None:
    """Read a file, so that it is in the page cache: some kernels take cold pages back within a minute."""
    with path.open("rb", buffering=0) as file:
        while file.read(MEBIBYTE):
            pass


def _compress(path: Path) -> None:
    with path.open("rb") as plain, gzip.open(f"{path}.gz", "wb", compresslevel=6) as packed:
        shutil.copyfileobj(plain, packed, MEBIBYTE)
    path.unlink()


INPUTS: Final = {
    one.name: one
    for one in (
        Input("iso-4x256", 4, 256 * MEBIBYTE),
        Input("iso-16x64", 16, 64 * MEBIBYTE),
        Input("iso-4x50", 4, 50 * MEBIBYTE),
        Input("iso-4x16", 4, 16 * MEBIBYTE),
        Input("json-4x128", 4, 128 * MEBIBYTE, "json"),
        Input("syslog-4x128", 4, 128 * MEBIBYTE, "syslog"),
        Input("gzip-4x64", 4, 64 * MEBIBYTE, "iso", compressed=True),
        Input("small-1000", 1000, MEBIBYTE // 4),
        Input("tiny-2", 2, MEBIBYTE // 16),
    )
}
