"""The judge: what is in an output, held to the byte against what writers have written, by marks and sequence numbers.

It shares no code with what it judges, and trusts no counter: only the sources' whole lines, all generations of them.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["Findings", "generations", "judge", "written"]

_MARK: Final = re.compile(rb"writer=([0-9]+) seq=([0-9]{8})")
_NUMBERED: Final = re.compile(r"\.([0-9]+)(\.gz)?\Z")
_FEW: Final = 3


@dataclass(frozen=True)
class Findings:
    """What is wrong with an output; nothing in it: every line of every source is there, once, whole, in order.

    Attributes:
        lost: bytes of whole lines that are not there, by the path of their source.
        doubled: lines that are there more than once, the first few.
        torn: lines that nobody has written, the first few.
        misplaced: lines that stand before an earlier one of their source, the first few.
    """

    lost: dict[str, int] = field(default_factory=dict)
    doubled: list[bytes] = field(default_factory=list)
    torn: list[bytes] = field(default_factory=list)
    misplaced: list[bytes] = field(default_factory=list)


def generations(path: Path) -> list[Path]:
    """The numbered files that were rotated away from a name, oldest first, and the name's own file."""
    return [*families(path.parent).get(path, []), path]


def families(directory: Path) -> dict[Path, list[Path]]:
    """The numbered files in a directory, oldest first, by the name that they were rotated away from."""
    found: dict[Path, list[tuple[int, Path]]] = {}
    for one in directory.iterdir():
        if number := _NUMBERED.search(one.name):
            base = one.with_name(one.name[: number.start()])
            found.setdefault(base, []).append((-int(number[1]), one))
    return {base: [one for _, one in sorted(numbered)] for base, numbered in found.items()}


def written(log: Path, past: Iterable[Path]) -> list[bytes]:
    """All lines of a source, which must be numbered without a gap: else the judge would not know what was written."""
    lines = whole([*past, log]).splitlines(keepends=True)
    numbers = [int(mark[2]) if (mark := _MARK.search(line)) else None for line in lines]
    assert numbers == list(range(len(lines))), f"{log} is not what its writer has written"
    return lines


def whole(files: Iterable[Path]) -> bytes:
    """What is in files, one after the other."""
    return b"".join(gzip.decompress(one.read_bytes()) if one.suffix == ".gz" else one.read_bytes() for one in files)


def judge(output: Iterable[Path], logs: Collection[Path]) -> Findings:
    """Hold an output, in one file or cut into several, against the sources whose lines it ought to hold.

    Args:
        output: its files in order.
        logs: the sources by their names; what was rotated away from them is found beside them.
    """
    pasts = {parent: families(parent) for parent in {log.parent for log in logs}}
    sources = {str(log): written(log, pasts[log.parent].get(log, [])) for log in logs}
    places = {line: (name, number) for name, lines in sources.items() for number, line in enumerate(lines)}
    found = whole(output).splitlines(keepends=True)
    times = Counter(found)
    return Findings(
        lost={
            name: lost
            for name, lines in sources.items()
            if (lost := sum(len(one) for one in lines if one not in times))
        },
        doubled=[line for line, count in times.items() if count > 1 and line in places][:_FEW],
        torn=[line for line in times if line not in places][:_FEW],
        misplaced=list(_misplaced(found, places))[:_FEW],
    )


def _misplaced(found: list[bytes], places: dict[bytes, tuple[str, int]]) -> Iterator[bytes]:
    """Lines before which a later one of the same source stands."""
    highest: dict[str, int] = {}
    for line in found:
        name, number = places.get(line, ("", 0))
        if number < highest.get(name, 0):
            yield line
        highest[name] = max(number, highest.get(name, 0))
