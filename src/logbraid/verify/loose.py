"""The walk where not everything can be seen: lines that a filter took out, files and outputs that are gone.

A line is taken from the first source that has it next, or has it behind what it may leave out; a line that fits none
may be from a file that is gone. Equal lines may lead astray, so nothing is called false but what lines that are there
only once prove.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from logbraid.verify.diagnosis import difference_at, name_difference
from logbraid.verify.lines import BLOCK, LineReader, Reopenable, opened
from logbraid.verify.strangers import Strangers
from logbraid.verify.verdict import Difference, Kind, Truth, Verdict, excerpt

__all__ = ["Lenient", "LooseWalk", "Omits"]

MOST_AHEAD: Final = 64 << 20
"""Bytes of all sources together that are looked at before their turn."""

NEAREST: Final = (16, 512, 0)
"""How many lines at hand are looked at first: mostly few are left out in a row, and a slice costs little. 0: all."""


class Omits(Enum):
    """Which of a source's lines need not be in the output."""

    NOTHING = auto()
    FIRST = auto()
    """Those before the first that is: they were in an output that is gone."""
    ANY = auto()
    """What a filter took out."""


@dataclass(slots=True)
class Lenient:
    """A source, of which some lines may be missing."""

    reader: LineReader
    omits: Omits = Omits.NOTHING
    guessed: bool = field(default=False, init=False)
    """Whether it is only known by an equal line that it has been reached at all."""
    omitted: bool = field(default=False, init=False)
    """Whether some were."""
    last: bytes | None = field(default=None, init=False)
    """The line that was taken last."""

    def take(self) -> None:
        """Take the next line."""
        self.last = self.reader.take()
        if self.omits is Omits.FIRST:
            self.omits, self.guessed = Omits.NOTHING, True

    def skip_to(self, line: bytes) -> None:
        """Leave out what is before the line, which is at hand."""
        rest = self.reader.rest
        while rest[-1] != line:
            rest.pop()
            self.omitted = True

    @property
    def unfinished(self) -> bool:
        """Whether lines are left that must be in the output."""
        untouched = self.omits is Omits.FIRST
        return self.omits is not Omits.ANY and not untouched and self.reader.has(0)


class LooseWalk:
    """One output against its sources, from the first line to the last.

    Args:
        output: the output.
        sources: what can be seen.
        unseen: prefixes of sources of which files are gone.
        strangers: gets the lines that nothing else explains, as far as they may be of unknown sources.

    Attributes:
        payload: bytes that were accounted for, by prefix; the prefix itself apart.
    """

    def __init__(
        self,
        output: LineReader,
        sources: Sequence[Lenient],
        unseen: Collection[bytes],
        strangers: Strangers | None = None,
    ) -> None:
        self._output = output
        self._sources = sources
        self._readers = [source.reader for source in sources]
        self._unseen = tuple(unseen)
        self._strangers = strangers
        self._heads: dict[bytes, list[int]] = {}
        self.payload: Counter[bytes] = Counter()
        for index in range(len(sources)):
            self._offer(index)

    def verdict(self) -> Verdict:
        """Walk to the end, or to the first line that nothing explains."""
        output = self._output
        while output.has(0):
            line = output.rest[-1]
            prefix = self._take(line)
            if prefix is not None:
                self.payload[prefix] += len(line) + 1 - len(prefix)
            elif self._strangers is not None and self._strangers.may_have(line):
                self._strangers.add(line)
            else:
                return self._refused(line)
            output.take()
        if output.admit_torn():
            return self._false(name_difference(output, self._readers))
        unfinished = next((source for source in self._sources if source.unfinished), None)
        return Verdict(Truth.TRUE, lines=output.taken()) if unfinished is None else self._unfinished(unfinished)

    def _take(self, line: bytes) -> bytes | None:
        """Take a line from where it may be from, and say what its prefix is; None: it is from nowhere."""
        unseen = next((prefix for prefix in self._unseen if line.startswith(prefix)), None)
        fitting = self._heads.get(line)
        strange = self._strangers is not None and self._strangers.may_have(line)
        index = fitting[0] if fitting else self._found_ahead(line, at_hand=strange or unseen is not None)
        if index is None:
            return unseen
        source = self._sources[index]
        self._withdraw(index)
        source.skip_to(line)
        source.take()
        self._offer(index)
        return source.reader.prefix

    def _found_ahead(self, line: bytes, *, at_hand: bool) -> int | None:
        """Return which source has the line behind lines that it may leave out; ``at_hand``: read no further for it."""
        searched = [
            index
            for index, source in enumerate(self._sources)
            if source.omits is not Omits.NOTHING and line.startswith(source.reader.prefix)
        ]
        for nearest in NEAREST:
            found = next((index for index in searched if line in self._readers[index].rest[-nearest:]), None)
            if found is not None:
                return found
        return None if at_hand else self._read_ahead(line, searched)

    def _read_ahead(self, line: bytes, searched: list[int]) -> int | None:
        """Read on in several sources until one of them has the line, or as much as may be held is held."""
        room = MOST_AHEAD - sum(len(ahead) for reader in self._readers for ahead in reader.rest)
        while searched and room > 0:
            room -= BLOCK * len(searched)
            for index in tuple(searched):
                rest = self._readers[index].rest
                known = len(rest)
                if not self._readers[index].fill():
                    searched.remove(index)
                elif line in rest[: len(rest) - known]:
                    return index
        return None

    def _offer(self, index: int) -> None:
        """Put the source's next line, if there is one, among the heads."""
        reader = self._readers[index]
        if reader.has(0):
            self._heads.setdefault(reader.rest[-1], []).append(index)

    def _withdraw(self, index: int) -> None:
        """Take the source's next line from the heads."""
        line = self._readers[index].rest[-1]
        self._heads[line].remove(index)
        if not self._heads[line]:
            del self._heads[line]

    def _refused(self, line: bytes) -> Verdict:
        """The verdict at a line that nothing explains."""
        places = self._places_of(line)
        if not places:
            return self._false(name_difference(self._output, self._readers))
        difference = self._proven(line, *places[0]) if len(places) == 1 else None
        return self._undecided() if difference is None else self._false(difference)

    def _proven(self, line: bytes, index: int, offset: int) -> Difference | None:
        """What is wrong with a line that is in the sources once; None: an earlier choice may have been wrong."""
        source, reader, at = self._sources[index], self._readers[index], self._output.offset()
        if offset >= reader.offset():
            certain = self._must_go_on(source) and self._is_there_once(reader.rest[-1])
            return difference_at(Kind.MISSING, reader, at) if certain else None
        if source.last is None or not self._is_there_once(source.last):
            return None
        kind = Kind.SWAPPED if source.omitted and line != source.last else Kind.DOUBLED
        return Difference(kind, reader.origin.path, offset, at, excerpt(reader.bare(line)))

    def _unfinished(self, source: Lenient) -> Verdict:
        """The verdict where the output ends before a source; its next line may have passed for one that is gone."""
        reader = source.reader
        if not self._must_go_on(source) or _places_in(self._output, reader.rest[-1], most=1):
            return self._undecided()
        return self._false(difference_at(Kind.MISSING, reader, self._output.offset()))

    def _must_go_on(self, source: Lenient) -> bool:
        """Whether the next line of a source must be in the output, and it is certain that this is the next."""
        if source.omits is not Omits.NOTHING:
            return False
        return not source.guessed or (source.last is not None and self._is_there_once(source.last))

    def _is_there_once(self, line: bytes) -> bool:
        return len(self._places_of(line)) == 1

    def _places_of(self, line: bytes) -> list[tuple[int, int]]:
        """Return where the line is in the sources, the first two places: which source, and at which offset."""
        found: list[tuple[int, int]] = []
        for index, reader in enumerate(self._readers):
            if line.startswith(reader.prefix) and len(found) < 2:
                found += [(index, offset) for offset in _places_in(reader, line, most=2 - len(found))]
        return found

    def _undecided(self) -> Verdict:
        return Verdict(Truth.UNDECIDED, undecided_at=self._output.offset(), lines=self._output.taken())

    def _false(self, difference: Difference) -> Verdict:
        return Verdict(Truth.FALSE, difference, lines=self._output.taken())


def _places_in(reader: LineReader, line: bytes, *, most: int) -> list[int]:
    """Read again from the first byte, and return where the line is."""
    again = reader.origin.reopen() if isinstance(reader.origin, Reopenable) else None
    assert again is not None, "the files of a checkpoint can be read again"
    found: list[int] = []
    with ExitStack() as stack:
        fresh = reader.renewed(opened(again, stack))
        while len(found) < most and fresh.has(0):
            if line not in fresh.rest:
                fresh.skip()
                continue
            while fresh.rest[-1] != line:
                fresh.take()
            found.append(fresh.offset())
            fresh.take()
    return found
