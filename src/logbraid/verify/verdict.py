"""The answer: true, false with the first difference, or undecided; and how each says itself.

Values only. What a line held is shown escaped, so that a log's control sequences never reach a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["Difference", "Kind", "Truth", "Verdict", "excerpt"]

EXCERPT: Final = 120


class Truth(Enum):
    """Whether the output is a true merge."""

    TRUE = "true"
    FALSE = "false"
    UNDECIDED = "undecided"


class Kind(Enum):
    """What is wrong at the first difference; the value completes "this line ..."."""

    MISSING = "is missing from the output"
    DOUBLED = "is in the output once more"
    SWAPPED = "comes too late, after one that follows it in its source"
    CUT = "is cut or runs into another"
    FOREIGN = "is in no source"
    MISLABELLED = "bears the wrong label"
    UNORDERED = "is older than the line above it"
    UNFINISHED = "is not reached: the output ends before its source"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where the output is not a merge of the sources.

    Attributes:
        kind: what is wrong.
        source: the source's path as given, or None where no source can be named.
        source_offset: where in the source the line starts that is wrong, or None.
        output_offset: where in the output the first line starts that does not fit.
        excerpt: the line in question, escaped and shortened.
    """

    kind: Kind
    source: str | None
    source_offset: int | None
    output_offset: int
    excerpt: str

    def __str__(self) -> str:
        origin = "" if self.source is None else f"{self.source} at byte {self.source_offset}, "
        return f"{origin}output at byte {self.output_offset}: this line {self.kind.value}: {self.excerpt}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``verify`` found.

    Attributes:
        truth: the answer.
        difference: the first one, where the answer is false.
        undecided_at: where in the output equal lines left too many ways open, where the answer is undecided.
        lines: how many lines of the output were accounted for.
    """

    truth: Truth
    difference: Difference | None = None
    undecided_at: int | None = None
    lines: int = 0

    def __str__(self) -> str:
        if self.truth is Truth.UNDECIDED:
            return (
                f"undecided: from output byte {self.undecided_at} on, equal lines in several sources "
                "leave too many ways to tell; with labels there would be one"
            )
        return f"{self.truth.value}: {self.difference or f'{self.lines} lines, each source whole, in order, once'}"


def excerpt(line: bytes) -> str:
    """The line as it may be shown anywhere: escaped, in quotes, shortened."""
    shown = repr(line[:EXCERPT].decode("utf-8", "backslashreplace"))
    return shown if len(line) <= EXCERPT else f"{shown}..."
