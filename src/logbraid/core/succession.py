"""Which file comes after the one that was read: found among the siblings by identity, by guard and by order.

A search looks at one list of siblings and asks for a few bytes of some of them. It reads nothing else, remembers
nothing between two lists, and never decides what to do about what it found: that is the tail's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from logbraid.core.actions import ReadAt
from logbraid.core.positions import Mark, Past
from logbraid.core.reading import Reading
from logbraid.core.types import SECOND, Sibling, SourceId

__all__ = ["Cause", "Search", "Verdict"]


class Cause(Enum):
    """Why the siblings are searched."""

    LEFT = auto()
    """The name leads elsewhere; the file was read to its end."""
    GONE = auto()
    """The file cannot be reached under the name it had."""
    CHANGED = auto()
    """Its guard is not there: truncated, rewritten, or another file with its inode. The identity proves nothing."""
    DOUBT = auto()
    """Its first bytes have come, and it was truncated before: others may have stood there, and be in a copy now."""


class Verdict(Enum):
    """Where the bytes of the reading are now."""

    SAME = auto()
    """In the same file, under the name that was found."""
    COPY = auto()
    """In another file, copied or compressed, which holds our guard at our offset."""
    SPENT = auto()
    """In a copy made before our last reads: it holds nothing that we have not."""
    KNOWN = auto()
    """An earlier generation itself, to which somebody has written since: it is newer than ours by its time only."""
    PAST = auto()
    """A copy of an earlier generation: ours is later."""
    OURS = auto()
    """A copy, perhaps not whole yet, of bytes that were withheld: nothing before them."""
    TWIN = auto()
    """The file at the name: it still holds what was copied, so that its copy need not be read, nor be whole."""
    MISSING = auto()
    """Nowhere."""


class Comparison(NamedTuple):
    """If ``mark`` stands in the candidate, then ``verdict``."""

    candidate: int
    mark: Mark
    verdict: Verdict


class Search:
    """The whereabouts of one reading, and the file after it.

    Where the same file is found, the order of the list says what is newer. Where it is not, it may have been copied,
    compressed or deleted: then only files written no earlier than it can hold its bytes or later ones, and their bytes
    decide, oldest first.

    Attributes:
        cause: why.
        own: what stands at the name itself, if anything.
        verdict: valid once ``probe`` is None.
        found: where the reading's bytes are, for SAME, COPY and SPENT.
    """

    __slots__ = ("_candidates", "_newer", "_since", "_tests", "_unbegun", "cause", "found", "own", "verdict")

    def __init__(
        self, reading: Reading | None, cause: Cause, siblings: Sequence[Sibling], name: str, past: Sequence[Past]
    ) -> None:
        self.cause = cause
        self.own = next((sibling for sibling in siblings if sibling.path == name), None)
        self.verdict = Verdict.MISSING
        self.found: Sibling | None = None
        self._candidates = _rotated(siblings, name)
        self._newer = 0
        self._tests: list[Comparison] = []
        self._unbegun = False
        self._since = 0
        doubtful = cause in (Cause.CHANGED, Cause.DOUBT)
        if reading is None:
            return
        if not doubtful and self._recognise(reading, siblings):
            self._tests = self._known(reading, past)
        else:
            self._candidates = [sibling for sibling in self._candidates if _may_be_newer(sibling, reading)]
            self._since = reading.modified
            if cause is Cause.DOUBT and reading.path != name:
                self._compare_with_own(reading)
            else:
                self._plan(reading, past)

    @property
    def successor(self) -> Sibling | None:
        """The oldest file newer than the reading; None: there is none yet."""
        if self._newer < len(self._candidates):
            return self._candidates[self._newer]
        return None if self.found is not None and self.found is self.own else self.own

    @property
    def probe(self) -> tuple[Sibling, Mark] | None:
        """Bytes to compare next; answer with ``receive``. None: the search is over."""
        if not self._tests:
            return None
        test = self._tests[0]
        return self._candidates[test.candidate], test.mark

    def read(self, source: SourceId) -> ReadAt | None:
        """Ask for these bytes."""
        if self.probe is None:
            return None
        sibling, mark = self.probe
        return mark.action(source, sibling)

    def receive(self, data: bytes) -> None:
        """Take what stands where the mark should; nothing where it cannot be read."""
        test = self._tests.pop(0)
        if data == test.mark.data and test.verdict is Verdict.KNOWN:
            self._drop(test.candidate)
        elif data == test.mark.data and test.verdict is Verdict.OURS:
            self._candidates, self._tests = self._candidates[: test.candidate], []
        elif data == test.mark.data:
            self._newer = test.candidate + 1
            if test.verdict is Verdict.PAST:
                self._tests = [other for other in self._tests if other.candidate > test.candidate]
            else:
                self._conclude(test.verdict, self._candidates[test.candidate])
        if not self._tests and self.verdict is Verdict.MISSING:
            self._settle()

    def _recognise(self, reading: Reading, siblings: Sequence[Sibling]) -> bool:
        """Find the file by its identity; newer is what comes after it in the list.

        Before the first byte no guard will tell that only the inode is the same, but its time or its size may.
        """
        for index, sibling in enumerate(siblings):
            other = not reading.offset and (sibling.stat.modified < reading.modified or _is_shorter(sibling, reading))
            if sibling.stat.identity == reading.identity and not other:
                self._candidates = [other for other in self._candidates if other in siblings[index + 1 :]]
                self._conclude(Verdict.SAME, sibling)
                return True
        return False

    def _conclude(self, verdict: Verdict, found: Sibling) -> None:
        self.verdict, self.found = verdict, found
        self._tests = []

    def _known(self, reading: Reading, past: Sequence[Past]) -> list[Comparison]:
        """List the comparisons that tell whether a file was read already, or has got the inode of one that was."""
        return [
            Comparison(index, each.marks[-1], Verdict.KNOWN)
            for index, sibling in enumerate(self._candidates)
            for each in past
            if each.marks and each.identity == sibling.stat.identity != reading.identity
        ]

    def _drop(self, candidate: int) -> None:
        del self._candidates[candidate]
        others = [test for test in self._tests if test.candidate != candidate]
        self._tests = [test._replace(candidate=test.candidate - (test.candidate > candidate)) for test in others]

    def _plan(self, reading: Reading, past: Sequence[Past]) -> None:
        """List the comparisons. Before the first byte there is no guard of our own to look for."""
        marks: list[tuple[Mark, Verdict]] = []
        if reading.offset:
            marks += [(Mark(reading.offset, reading.guard), Verdict.COPY)]
            earlier = (mark for mark in reversed(reading.marks) if mark.offset < reading.offset)
            marks += [(mark, Verdict.SPENT) for mark in earlier]
        marks += [(mark, Verdict.PAST) for each in past for mark in each.marks]
        self._tests = self._known(reading, past)
        for index, sibling in enumerate(self._candidates):
            self._tests += [Comparison(index, *mark) for mark in marks]
            if self.cause is Cause.DOUBT:
                self._tests.append(Comparison(index, reading.withheld_mark(sibling), Verdict.OURS))
        self._unbegun = not (reading.offset or reading.over or self.cause is Cause.LEFT)
        if not self._tests:
            self._settle()

    def _compare_with_own(self, reading: Reading) -> None:
        self._candidates = [] if self.own is None else [self.own]
        self._tests = [Comparison(0, reading.withheld_mark(own), Verdict.TWIN) for own in self._candidates]

    def _settle(self) -> None:
        """Nothing was found: leave out what may as well be older, and what is newer comes next."""
        newer = self._candidates[self._newer :]
        self._candidates = [sibling for sibling in newer if sibling.stat.modified >= self._since]
        self._newer = 0
        if self._unbegun and self._candidates:
            # Before its first byte, any newer file may stand for the one that is lost.
            self._newer = 1
            self._conclude(Verdict.COPY, self._candidates[0])


def _rotated(siblings: Sequence[Sibling], name: str) -> list[Sibling]:
    """Leave out the name itself, empty files, and what is just being compressed: its plain twin still stands there."""
    plain = {sibling.path for sibling in siblings if not sibling.compressed}
    return [
        sibling
        for sibling in siblings
        if sibling.path != name
        and sibling.stat.size
        and not (sibling.compressed and sibling.path.rpartition(".")[0] in plain - {name})
    ]


def _may_be_newer(sibling: Sibling, reading: Reading) -> bool:
    """Whether it was written no earlier; some compressors keep a file's time in whole seconds only."""
    unit = SECOND if sibling.compressed else 1
    return sibling.stat.modified // unit >= reading.modified // unit


def _is_shorter(sibling: Sibling, reading: Reading) -> bool:
    """Whether it lacks bytes that were there for certain."""
    return not sibling.compressed and sibling.stat.size < reading.size
