"""The manifest: what was written, file by file, in numbers that a merge can be held against.

Values only; whoever writes the files fills them in.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

__all__ = ["Manifest", "WrittenFile"]


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """One file as its writer left it.

    Attributes:
        name: the file's name inside the directory; rotated files stand beside it.
        format: the name of its style.
        lines: physical lines; the last one counts, newline or not.
        records: lines with a timestamp; the lines of a traceback belong to the record above them.
        bytes: its length, with that of all files rotated away from it.
        rotations: how many times it was rotated.
        first: the sequence number of its first line, or None where it is empty.
        last: the sequence number of its last line, or None where it is empty.
        torn: whether the last line lacks its newline.
        at_risk: lines written between the copy and the truncation of a rotation, which nobody could read. Always 0:
            the one who writes is the one who rotates, so a reader that loses a line has lost it itself.
    """

    name: str
    format: str
    lines: int
    records: int
    bytes: int
    rotations: int
    first: int | None
    last: int | None
    torn: bool
    at_risk: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of one simulation and the seed that repeats it."""

    seed: int
    files: tuple[WrittenFile, ...]

    @property
    def lines(self) -> int:
        """Physical lines in all files."""
        return sum(file.lines for file in self.files)

    @property
    def records(self) -> int:
        """Records in all files."""
        return sum(file.records for file in self.files)

    @property
    def bytes(self) -> int:
        """Bytes in all files."""
        return sum(file.bytes for file in self.files)

    def to_json(self) -> str:
        """The manifest as one JSON object, with the totals."""
        totals = {"lines": self.lines, "records": self.records, "bytes": self.bytes}
        return json.dumps({**asdict(self), **totals}, indent=2)
