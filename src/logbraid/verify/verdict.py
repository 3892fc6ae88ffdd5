"""The answer: true, false with the first difference, or undecided; and how each says itself.

Values only. What a line held is shown escaped, so that a log's control sequences never reach a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["Difference", "Kind", "Miscount", "Truth", "Verdict", "excerpt"]

EXCERPT: Final = 120

STRANGE: Final = "came from sources that cannot be read again (pipes, commands)"


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
        output: in which of the output's files that is, where it was rotated away from its name.
    """

    kind: Kind
    source: str | None
    source_offset: int | None
    output_offset: int
    excerpt: str
    output: str | None = None

    def __str__(self) -> str:
        origin = "" if self.source is None else f"{self.source} at byte {self.source_offset}, "
        place = f"{self.output or 'output'} at byte {self.output_offset}"
        return f"{origin}{place}: this line {self.kind.value}: {self.excerpt}"


@dataclass(frozen=True, slots=True)
class Miscount:
    """An account that cannot be right, as it contradicts itself or what is in the files.

    Attributes:
        source: whose account it is, or the output's name.
        reason: what does not agree, in words.
    """

    source: str
    reason: str

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``verify`` found.

    Attributes:
        truth: the answer.
        difference: the first one, where the answer is false.
        undecided_at: where in the output too many ways are left open, where the answer is undecided for that.
        lines: how many lines of the output were accounted for.
        miscount: the account that is wrong, where the answer is false for that.
        filtered: how many bytes of the sources need not be in the output, as the account says.
        missing: what cannot be seen any more, and therefore is not proven.
        before: how many bytes of the output stand before what the runs have written, and were not looked at.
        behind: how many bytes of the output stand behind the last commit, and were not looked at.
        begun: some sources were not begun with their first byte; what stands before is not wanted.
        strangers: how many bytes would have to be of sources that cannot be read again, or else the answer were false.
        nothing: the checkpoint knows of no source.
    """

    truth: Truth
    difference: Difference | None = None
    undecided_at: int | None = None
    lines: int = 0
    miscount: Miscount | None = None
    filtered: int = 0
    missing: tuple[str, ...] = ()
    before: int = 0
    behind: int = 0
    begun: bool = False
    strangers: int = 0
    nothing: bool = False

    def __str__(self) -> str:
        before = f"{self.before} bytes before the first run are not judged" if self.before else ""
        behind = f"{self.behind} bytes behind the last commit: the next start cuts them" if self.behind else ""
        return "; ".join(part for part in (self._answer(), *self.missing, before, behind) if part)

    def _answer(self) -> str:
        if self.truth is Truth.FALSE:
            return f"false: {self.difference or self.miscount}"
        if self.nothing:
            return "undecided: nothing was committed of any source"
        if self.strangers:
            return f"undecided: {self.strangers} bytes {STRANGE}, or it is false: {self.difference or self.miscount}"
        if self.undecided_at is not None:
            return self._doubt()
        seen = "true" if self.truth is Truth.TRUE else "true as far as it can be seen"
        whole = f"without the {self.filtered} bytes filtered out" if self.filtered else "whole"
        begun = " from where it was begun" if self.begun else ""
        return f"{seen}: {self.lines} lines, each source {whole}{begun}, in order, once"

    def _doubt(self) -> str:
        partly = self.filtered or self.missing
        cause = "what was filtered out, or cannot be seen any more," if partly else "equal lines in several sources"
        hint = "" if partly else "; with labels there would be one"
        ending = "leaves" if partly else "leave"
        return f"undecided: from output byte {self.undecided_at} on, {cause} {ending} too many ways to tell{hint}"


def excerpt(line: bytes) -> str:
    """The line as it may be shown anywhere: escaped, in quotes, shortened."""
    shown = repr(line[:EXCERPT].decode("utf-8", "backslashreplace"))
    return shown if len(line) <= EXCERPT else f"{shown}..."
