"""What was measured, as a table: for the terminal and for the page about performance.

Nothing here measures.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Final

__all__ = ["Row", "grid", "machine", "put_into_page", "table"]

SMALL: Final = 1 << 20
"""Of less than this no speed is told: starting is all that was timed."""


@dataclass(frozen=True)
class Row:
    """One command's numbers.

    Attributes:
        work: the name of the piece of work.
        command: the name of the command.
        seconds: of each round; empty where it was skipped.
        size: bytes of input, before compression.
        ratio: its median over that of the reference; None where there is none.
        memory: bytes at the peak, or None.
        note: why it was skipped.
    """

    work: str
    command: str
    seconds: Sequence[float]
    size: int
    ratio: float | None = None
    memory: int | None = None
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        if not self.seconds:
            return (self.work, self.command, "-", "-", "-", self.note)
        took = median(self.seconds)
        return (
            self.work,
            self.command,
            f"{took:.2f} s" if took >= 1 else f"{took * 1000:.0f} ms",
            f"{self.size / took / 1e6:,.0f} MB/s" if self.size > SMALL else "-",
            "-" if self.ratio is None else f"{self.ratio:.2f}",
            "-" if self.memory is None else f"{self.memory / (1 << 20):,.0f} MiB",
        )


def table(rows: Sequence[Row]) -> str:
    """The rows as a markdown table; the name of the work stands in its first row only."""
    lines: list[tuple[str, ...]] = []
    previous = ""
    for row in rows:
        work, *others = row.cells()
        lines.append(("" if work == previous else work, *others))
        previous = work
    return grid(("work", "command", "median", "speed", "x reference", "peak memory"), lines)


def grid(heads: tuple[str, ...], cells: Sequence[tuple[str, ...]]) -> str:
    """Cells under their heads as a markdown table."""
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    lines = [heads, tuple("-" * width for width in widths), *cells]
    return "".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |\n"
        for line in lines
    )


def machine(rounds: int) -> str:
    """One line that says what was measured on."""
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    model = found[1] if found else platform.processor() or platform.machine()
    versions = ", ".join(f"{name} {version(name)}" for name in ("logbraid", "numpy", "pyarrow"))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    rounds_said = f"medians of {rounds} alternating rounds" if rounds > 1 else "one round"
    return f"{model}, {cores} cores; Python {platform.python_version()}, {versions}; {rounds_said}.\n"


def put_into_page(page: Path, mark: str, text: str) -> None:
    """Replace what stands between the page's two marks of this name."""
    begin, end = f"<!-- {mark}: begin -->\n", f"<!-- {mark}: end -->\n"
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}")
