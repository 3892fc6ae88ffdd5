"""The way of one source through its files, and where on it what has left ends: a position is made here.

The tail knows the files and is ahead; the lane knows what has left. Nothing here knows when a position is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from logbraid.core.account import SourceAccount
from logbraid.core.positions import Mark, Passed, Place, Position
from logbraid.core.reading import Reading
from logbraid.core.tail import Tail
from logbraid.core.types import NO_TIME, Nanos

__all__ = ["ArchiveTrail", "FileTrail", "Left", "Trail"]

MARKS: Final = 2
"""That are kept of a file, besides one before half of what has left of it."""


@dataclass(frozen=True, slots=True)
class Left:
    """What has left of a source.

    Attributes:
        passed: how far, in each generation.
        time: of the last record, ns UTC; NO_TIME where times are not looked at.
        highest: its key.
        account: as of there.
    """

    passed: Sequence[Passed]
    time: Nanos
    highest: Nanos
    account: SourceAccount

    @classmethod
    def nothing(cls, account: SourceAccount) -> Left:
        """Nothing has left yet."""
        return cls((), NO_TIME, NO_TIME, account)


class Trail(Protocol):
    """Follows one source.

    Attributes:
        position: the last that was made.
    """

    position: Position | None

    def made(self, left: Left) -> Position | None:
        """Return where the source goes on; None: at its beginning."""


class FileTrail:
    """Follows a source that may be rotated.

    Args:
        tail: reads it.
        position: where it goes on from an earlier run.
        begun: where it begins, if not with the first byte of all that is there.
    """

    def __init__(self, tail: Tail, position: Position | None, begun: Place | None) -> None:
        self.position = position
        self._tail = tail
        self._begun = begun if position is None else position.begun
        self._readings: dict[int, Reading] = {}
        self._first: dict[int, int] = {}
        self._written: dict[int, Nanos] = {}  # when what has left of each was written: no later than a copy of the rest
        if position is not None:  # what is lost before a byte was read is known by these
            for reading in (tail.reading, *tail.stragglers):
                if reading is not None:
                    self.receive(reading, reading.offset)

    def receive(self, reading: Reading, offset: int) -> None:
        """Take note of bytes that were read, before they are given to the lane."""
        self._readings[reading.generation] = reading
        self._first.setdefault(reading.generation, offset)
        self._written.setdefault(reading.generation, reading.modified)

    def made(self, left: Left) -> Position | None:
        """Return where the source goes on; None: at its beginning."""
        passed = {each.generation: each for each in left.passed}
        main = self._main(passed)
        if main is None:
            return None if self._begun is None else self._at(self._begun, left, (), ())
        self._forget(passed, main)
        place = self._place(main, passed)
        stragglers = [self._place(number, passed) for number in self._straggling(passed) if number < main]
        return self._at(place, left, tuple(stragglers), self._marks(place))

    def _at(self, place: Place, left: Left, stragglers: tuple[Place, ...], marks: tuple[Mark, ...]) -> Position:
        before, over = self.position, self._is_over(place)
        time, highest = left.time, left.highest
        if before is not None and time == NO_TIME:
            time, highest = before.time, before.highest
        return Position(
            source=self._tail.path,
            place=place,
            account=left.account,
            stragglers=stragglers,
            marks=marks,
            past=self._tail.past(place.generation + over),  # a file that is over is past, too
            holed=self._tail.holed,
            over=over,
            begun=self._begun,
            time=time,
            highest=highest,
        )

    def _main(self, passed: Mapping[int, Passed]) -> int | None:
        """Return the last generation of which something has left; None: nothing has yet."""
        left = [number for number, each in passed.items() if each.offset > self._first.get(number, 0)]
        if self.position is not None:
            left.append(self.position.place.generation)
        return max(left, default=None)

    def _straggling(self, passed: Mapping[int, Passed]) -> list[int]:
        """Return which older files may bring more, or have not left wholly, oldest first."""
        lingering = [reading.generation for reading in self._tail.stragglers]
        return sorted({*lingering, *(number for number, each in passed.items() if each.offset < each.received)})

    def _is_over(self, place: Place) -> bool:
        """Whether nothing more comes from a file, and nothing of it is held; of one that was cut a guard must tell."""
        reading = self._readings.get(place.generation)
        if reading is None or not reading.over or reading.truncated or place.offset < reading.offset:
            return False
        return reading not in self._tail.stragglers

    def _place(self, generation: int, passed: Mapping[int, Passed]) -> Place:
        reading = self._reading(generation)
        end = passed.get(generation)
        offset, guard, received = (end.offset, end.guard, end.received) if end else (reading.offset, reading.guard, 0)
        if offset >= received and generation in self._written:
            self._written[generation] = reading.modified
        return Place(
            generation,
            reading.path,
            reading.identity,
            offset,
            guard,
            size=max(reading.size, received),
            modified=self._written.get(generation, reading.modified),
            compressed=reading.compressed,
        )

    def _reading(self, generation: int) -> Reading:
        """Return how a file is read, be it now or no more."""
        if generation in self._readings:
            return self._readings[generation]
        return next(each for each in self._tail.stragglers if each.generation == generation)

    def _marks(self, place: Place) -> tuple[Mark, ...]:
        """Return marks of a file before a place: what was read behind it must not count as left."""
        before = self.position
        marks = set(self._reading(place.generation).marks)
        if before is not None and before.place.generation == place.generation:
            marks.update(before.marks)
        known = sorted(mark for mark in marks if mark.offset <= place.offset)
        early = [mark for mark in known if mark.offset <= place.offset // 2][-1:]
        return (*early, *(mark for mark in known[-MARKS:] if mark not in early))

    def _forget(self, passed: Mapping[int, Passed], main: int) -> None:
        """Forget the files that have left wholly."""
        for number in self._readings.keys() - passed.keys() - {main}:
            del self._readings[number]
            del self._first[number]
            del self._written[number]


class ArchiveTrail:
    """Follows a source that is read front to back and may be read again: a compressed file.

    Args:
        path: of the source.
        place: its first byte.
        position: where it goes on from an earlier run.
    """

    def __init__(self, path: str, place: Place, position: Position | None) -> None:
        self.position = position
        self._path = path
        self._first = place

    def made(self, left: Left) -> Position | None:
        """Return where the source goes on; None: at its beginning."""
        if not left.passed or not left.passed[0].offset:
            return None
        end = left.passed[0]
        first = self._first
        place = Place(0, first.path, first.identity, end.offset, end.guard, end.received, first.modified, True)
        return Position(self._path, place, left.account, time=left.time, highest=left.highest)
