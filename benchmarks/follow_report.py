"""What a scenario of following found: a title, what was aimed at, and a table.

Nothing here measures; numbers become text here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.table import grid

__all__ = ["Report", "Scale", "milliseconds", "percentile", "ratio"]

SKIPPED: Final = "-"


@dataclass(frozen=True)
class Scale:
    """How large a benchmark is.

    Attributes:
        directory: below it, everything is written.
        rounds: how often each peer takes its turn.
        quick: whether small sizes will do.
    """

    directory: Path
    rounds: int
    quick: bool

    def choose(self, full: int, quick: int) -> int:
        """The full number or the quick one."""
        return quick if self.quick else full


@dataclass
class Report:
    """One scenario's numbers.

    Attributes:
        title: of the scenario.
        says: what was done, and what was aimed at.
        heads: of the columns.
        rows: of cells, as text.
        notes: below the table, who was skipped and why.
    """

    title: str
    says: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Add a row; cells that are left out are empty."""
        self.rows.append((*cells, *("",) * (len(self.heads) - len(cells))))

    def skip(self, *names: str, why: str) -> None:
        """Add a row without numbers, and a note that says why."""
        self.rows.append((*names, *(SKIPPED,) * (len(self.heads) - len(names))))
        note = f"- {names[0]}: {why}.\n"
        if note not in self.notes:
            self.notes.append(note)

    def text(self) -> str:
        """The report as markdown."""
        notes = f"\nNot measured:\n\n{''.join(self.notes)}" if self.notes else ""
        return f"### {self.title}\n\n{self.says}\n\n{grid(self.heads, self.rows)}{notes}"


def milliseconds(seconds: float) -> str:
    """A duration as a table shows it."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.{0 if seconds >= 0.1 else 1 if seconds >= 0.01 else 2}f} ms"


def ratio(
    ones: Sequence[float], others: Sequence[float] | Exception, of: Callable[[Sequence[float]], float] = median
) -> str:
    """How many times the others the ones are, at their medians or otherwise; nothing where the others failed."""
    return SKIPPED if isinstance(others, Exception) else f"{of(ones) / of(others):.2f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
