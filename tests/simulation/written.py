"""What was ever written, line by line, and what may be missing in the end: a plain model, which knows no reader.

Every line is like no other: it bears its writer, the file it was written to and its number. A line may be missing only
when it was taken away while nobody had it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

__all__ = ["LONGEST", "Record", "Written"]

LONGEST: Final = 150
"""Bytes of the longest line."""


@dataclass(slots=True)
class Record:
    """A line, or a line and those that belong to it.

    Attributes:
        source: whose it is.
        generation: how often the file of this name was exchanged before.
        number: of the source's records.
        time: when it was written, ns UTC, as it says itself.
        lines: each with its newline.
        skipped: a filter takes it out.
        straggler: it was written to a file that had been left.
        parted: it was not written at once.
    """

    source: str
    generation: int
    number: int
    time: int
    lines: list[bytes]
    skipped: bool = False
    straggler: bool = False
    parted: bool = False

    @property
    def data(self) -> bytes:
        """All its bytes."""
        return b"".join(self.lines)


@dataclass(slots=True)
class Written:
    """All records.

    Attributes:
        records: in the order in which they were written.
        by_line: where each line belongs.
        fragile: lines that stand in no file any more; only a process that has them can still write them.
        excused: lines that nobody can have.
        halves: what was written of lines that were never finished, with the newline that they get.
        announced: sources of which the process that is there must notice that something is lost.
    """

    records: list[Record] = field(default_factory=list)
    by_line: dict[bytes, Record] = field(default_factory=dict)
    fragile: set[bytes] = field(default_factory=set)
    excused: set[bytes] = field(default_factory=set)
    halves: set[bytes] = field(default_factory=set)
    announced: set[str] = field(default_factory=set)
    generations: Counter[str] = field(default_factory=Counter)
    _numbers: Counter[str] = field(default_factory=Counter)

    def record(self, source: str, time: int, *, more: int = 0, skipped: bool = False) -> Record:
        """Make a new record; ``more``: lines behind the first."""
        number = self._numbers[source]
        self._numbers[source] += 1
        name = f"{source}{self.generations[source]}.{number}"
        middle = " skip " if skipped else " "
        first = f"{time} {name}{middle}{'.' * (number * 7 % 60)} end\n".encode()
        rest = [f"    at {name}:{each}{middle}{'-' * (each * 13 % 50)}\n".encode() for each in range(more)]
        record = Record(source, self.generations[source], number, time, [first, *rest], skipped)
        self.records.append(record)
        self.by_line.update(dict.fromkeys(record.lines, record))
        return record

    def abandon(self, record: Record, size: int) -> None:
        """Take note that only ``size`` bytes of a line were ever written."""
        (line,) = record.lines
        del self.by_line[line]
        record.lines = [line[:size] + b"\n"]
        self.by_line[record.lines[0]] = record
        self.halves.update(record.lines)

    def excuse(self, lines: Iterable[bytes]) -> None:
        """Take note that these are nowhere."""
        self.excused.update(lines)
        self.fragile -= self.excused

    def part(self, there: set[bytes]) -> None:
        """Take note that no more than this comes for a while: the rest of a record may come on its own."""
        for record in self.records:
            if len(record.lines) > 1 and 0 < len(there.intersection(record.lines)) < len(record.lines):
                record.parted = True

    def bury(self, there: set[bytes]) -> None:
        """Take note that a process has ended, and what it has left for good."""
        self.excuse(self.fragile - there)
        self.fragile.clear()
        self.announced.clear()  # who has noticed may have been killed before it was committed
