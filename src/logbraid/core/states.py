"""What a tail may be doing, what it may be told by a look, and what it says: the table and the values.

Nothing here acts: the tail looks the table up, the pipeline turns the values into batches and events.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Literal, NamedTuple

from logbraid.core.positions import Place
from logbraid.core.reading import Reading
from logbraid.core.types import Chunk, FileStat, Identity

__all__ = [
    "AFTER_LOOK",
    "Beginning",
    "Ended",
    "Fact",
    "Left",
    "Loss",
    "Outcome",
    "Piece",
    "Reason",
    "State",
    "fact_of",
]

Reason = Literal["rotated", "truncated", "deleted"]
"""Why a file was left."""


class Beginning(NamedTuple):
    """Where a tail begins in a file that was there at the start; ``guard`` is the up to 64 bytes before the offset."""

    stat: FileStat
    offset: int
    guard: bytes

    def place(self, path: str) -> Place:
        """Return it as a place that can be saved."""
        return Place(0, path, self.stat.identity, self.offset, self.guard, self.stat.size, self.stat.modified)


class Piece(NamedTuple):
    """New bytes of one generation.

    Attributes:
        reading: whose they are.
        offset: of the first of them in its file.
        chunk: the bytes.
        guard: the up to 64 bytes before them.
    """

    reading: Reading
    offset: int
    chunk: Chunk
    guard: bytes

    @property
    def generation(self) -> int:
        """Of the file."""
        return self.reading.generation


class Left(NamedTuple):
    """The writer goes on elsewhere: an incomplete line is hardly completed any more, though stragglers may come."""

    generation: int
    reason: Reason


class Ended(NamedTuple):
    """No more bytes of this generation will come; always after ``Left``."""

    generation: int


@dataclass(frozen=True, slots=True)
class Loss:
    """Bytes were there and are gone.

    Attributes:
        generation: whose they were.
        count: how many are known of, 0 where only that some may be.
        reason: in words.
        grave: a run that meets it has not read the source whole; else all that is known to have been there was read.
    """

    generation: int
    count: int
    reason: str
    grave: bool = True

    @classmethod
    def deleted(cls, generation: int, count: int) -> Loss:
        """A file is gone, and was not looked at shortly before: it may have got more than was known to be there."""
        if count:
            return cls(generation, count, "deleted before it was read")
        return cls(generation, 0, "deleted, perhaps before all of it was read", grave=False)


Outcome = Piece | Left | Ended | Loss
"""What a tail says."""


class State(Enum):
    """What a tail does."""

    ABSENT = auto()
    """It reads no file: the name leads nowhere."""
    FOLLOWING = auto()
    """It reads the file at the name."""
    DRAINING = auto()
    """The name leads elsewhere: it reads the file it has to its end."""
    SEARCHING = auto()
    """It looks for that file's whereabouts and its successor."""
    LEAVING = auto()
    """The successor is found: one last read, for the writer may have written between our last read and the rotation."""
    WAITING = auto()
    """There is no successor with data yet, so the writer may still have the old file open."""

    @property
    def reads(self) -> bool:
        """Whether bytes of the current file are wanted."""
        return self not in (State.ABSENT, State.SEARCHING)

    @property
    def may_rest(self) -> bool:
        """Whether there may be nothing to do."""
        return self in (State.ABSENT, State.FOLLOWING, State.WAITING)


class Fact(Enum):
    """What a look at the name says."""

    NOTHING = auto()
    SAME = auto()
    EMPTY = auto()
    """Another file, without data."""
    OTHER = auto()
    """Another file, with data; or another one than was seen there before."""


AFTER_LOOK: Final[dict[tuple[State, Fact], State]] = {
    (State.FOLLOWING, Fact.NOTHING): State.DRAINING,
    (State.FOLLOWING, Fact.EMPTY): State.DRAINING,
    (State.FOLLOWING, Fact.OTHER): State.DRAINING,
    (State.DRAINING, Fact.SAME): State.FOLLOWING,
    (State.LEAVING, Fact.SAME): State.FOLLOWING,
    (State.WAITING, Fact.SAME): State.FOLLOWING,
    (State.WAITING, Fact.OTHER): State.DRAINING,
}
"""Whatever is not listed leaves the state as it is."""


def fact_of(stat: FileStat | None, reading: Identity | None, named: FileStat | None) -> Fact:
    """Say what a look means to a tail that reads one file, while the name led to ``named`` before."""
    if stat is None:
        return Fact.NOTHING
    if stat.identity == reading:
        return Fact.SAME
    replaced = named is not None and named.identity != stat.identity
    return Fact.OTHER if stat.size or replaced else Fact.EMPTY
