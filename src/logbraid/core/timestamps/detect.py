"""Finds the timestamp format of a source, and its place in the line, from a sample of lines.

Each line names the candidates it could be read with; the pair of format and place that most lines name wins, if it is
credible. Pure and deterministic: the same sample gives the same answer.

Credible means: at least every fourth *opening* line is read. Openings are lines that may begin a record; blank lines,
indented ones and those that open like a traceback are not. Where a dated format stands at the very start of lines, or a
time after a known key of JSON or logfmt, two lines are enough, however much undated text lies between them. So a stray
date in one of 64 lines is no format, and three records with long tracebacks are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from logbraid.core.timestamps.fields import MARKS, looks_like_fields
from logbraid.core.timestamps.format import Format
from logbraid.core.timestamps.formats import FORMATS
from logbraid.core.timestamps.locators import After, Column, Locator, Word

__all__ = ["Lock", "detect"]

_SEARCHED: Final = 256
_ENOUGH_WITNESSES: Final = 2
_GLANCE: Final = 12
_LARGEST_SHARE: Final = 4

_CONTINUATION: Final = re.compile(
    rb"\s|\Z|[}\])]|at |\.\.\. |Caused by|Traceback |During handling|The above exception"
    rb"|[\w.$]+(?:Error|Exception)(?::|\s*\Z)"
)
_OPENERS: Final = b"[(<{\"'"
_START: Final = re.compile(rb"[\[(<{\"']*")
_BOUNDARY: Final = re.compile(rb"(?<=[\s\[(<>{\"'|=,;:])")


@dataclass(frozen=True, slots=True)
class Lock:
    """How the times of a source are read.

    Attributes:
        format: how they are written.
        locator: where in the line they stand.
    """

    format: Format
    locator: Locator


Rank = tuple[int, int]
"""What decides between candidates with equally many lines: position (or preference of the key), then the locator."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one line may be read with.

    Attributes:
        lock: without the column hint of an ``After``, which may differ from line to line.
        position: of the timestamp in the line.
        trusted: such a place is not filled by chance.
    """

    lock: Lock
    position: int
    rank: Rank
    trusted: bool = False


@dataclass(slots=True)
class Support:
    """All that the lines of a sample say for one lock."""

    rank: Rank
    trusted: bool
    positions: Counter[int] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """Lines that the lock reads."""
        return self.positions.total()

    def is_credible(self, openings: int) -> bool:
        """Whether so many lines are no accident; see the head of this file."""
        return self.count * _LARGEST_SHARE >= openings or (self.trusted and self.count >= _ENOUGH_WITNESSES)


class Table:
    """Formats by the byte that they begin with, each with its place in the order of preference."""

    def __init__(self, formats: Sequence[Format]) -> None:
        self.order = {form: number for number, form in enumerate(formats)}
        self._by_first: list[list[Format]] = [[] for _ in range(256)]
        for form in formats:
            for first in form.first:
                self._by_first[first].append(form)

    def match(self, line: bytes, position: int, *, bounded: bool = True) -> Format | None:
        """Return the first format that reads a time at ``position``; ``bounded`` where an opener stands before it."""
        if position >= len(line):
            return None
        for form in self._by_first[line[position]]:
            if (bounded or form.anywhere) and _reads(form, line, position):
                return form
        return None


def detect(lines: Sequence[bytes], formats: Sequence[Format] = FORMATS) -> Lock | None:
    """Return how the times of these lines are read, or None where there are none.

    Args:
        lines: a sample, with or without line ends.
        formats: to look for, the most specific first.
    """
    table = _table(tuple(formats))
    first = lines[:_GLANCE]
    lock, count = _vote(first, table)
    if lock is not None and count == len(first):
        return lock  # of one mind: the other lines are asked only where these are not
    return _vote(lines, table)[0]


@lru_cache(maxsize=8)
def _table(formats: tuple[Format, ...]) -> Table:
    return Table(formats)


def _vote(lines: Sequence[bytes], table: Table) -> tuple[Lock | None, int]:
    """Return the credible lock that most lines name, and how many do."""
    opening = [line for line in lines if not _CONTINUATION.match(line)] or [line for line in lines if line.strip()]
    supports: dict[Lock, Support] = {}
    for line in _worth_a_look(lines, opening):
        for candidate in _candidates(line, table):
            support = supports.setdefault(candidate.lock, Support(candidate.rank, candidate.trusted))
            support.rank = min(support.rank, candidate.rank)
            support.positions[candidate.position] += 1
    credible = [lock for lock, support in supports.items() if support.is_credible(len(opening))]
    if not credible:
        return None, 0
    best = min(credible, key=lambda lock: (-supports[lock].count, supports[lock].rank, table.order[lock.format]))
    return _with_hint(best, supports[best]), supports[best].count


def _worth_a_look(lines: Sequence[bytes], opening: Sequence[bytes]) -> Iterator[bytes]:
    """Yield the openings, and the lines of indented JSON."""
    known = set(opening)
    return (line for line in lines if line in known or looks_like_fields(line))


def _candidates(line: bytes, table: Table) -> Iterator[Candidate]:
    """Yield candidates from the best kind of place that has any: after a key, at the start, anywhere."""
    for kind in (_after_keys, _at_start, _anywhere):
        found = list(kind(line, table))
        if found:
            yield from found
            return


def _after_keys(line: bytes, table: Table) -> Iterator[Candidate]:
    if not looks_like_fields(line):
        return
    for preference, mark in enumerate(MARKS):
        at = line.find(mark)
        if at < 0 or (at > 0 and mark[:1] not in b' "'):
            continue
        form = table.match(line, at + len(mark))
        if form is not None:
            yield Candidate(Lock(form, After(mark)), at + len(mark), (preference, 0), trusted=True)


def _at_start(line: bytes, table: Table) -> Iterator[Candidate]:
    found = _START.match(line)
    for position in {0, found.end() if found else 0}:
        form = table.match(line, position)
        if form is not None:
            yield Candidate(Lock(form, Column(position)), position, (position, 0), trusted=form.anywhere)


def _anywhere(line: bytes, table: Table) -> Iterator[Candidate]:
    if _CONTINUATION.match(line) and looks_like_fields(line):
        return
    for boundary in _BOUNDARY.finditer(line, 1, _SEARCHED):
        position = boundary.start()
        form = table.match(line, position, bounded=line[position - 1] in _OPENERS)
        if form is not None:
            for kind, locator in enumerate(_locators(line, position)):
                yield Candidate(Lock(form, locator), position, (position, kind))


def _locators(line: bytes, position: int) -> list[Locator]:
    """Return the ways to find this position in other lines, the most robust first.

    Words before it may differ in length, so they are counted; but a run of spaces means that they are padded.
    """
    before, delimiter = line[:position], line[position - 1 : position]
    words: list[Locator] = []
    if b" " in before:
        words.append(Word(before.count(b" "), position - 1 - before.rindex(b" ")))
    if delimiter != b" " and line.index(delimiter) == position - 1:
        words.append(After(delimiter))
    column = Column(position)
    return [column, *words] if b"  " in before else [*words, column]


def _reads(form: Format, line: bytes, position: int) -> bool:
    match = form.pattern.match(line, position)
    if match is None:
        return False
    try:
        return form.read(match) is not None
    except (ValueError, OverflowError):
        return False


def _with_hint(lock: Lock, support: Support) -> Lock:
    """Tell an ``After`` at which column its key mostly ends."""
    if not isinstance(lock.locator, After):
        return lock
    column, _ = min(support.positions.items(), key=lambda pair: (-pair[1], pair[0]))
    return Lock(lock.format, After(lock.locator.key, column))
