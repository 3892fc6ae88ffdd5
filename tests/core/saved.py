"""What a checkpoint would hold of a follower: the whole lines that have left, and the position behind them.

The least that a lane and a trail do, so that a tail can be tested without either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from logbraid.core.account import SourceAccount
from logbraid.core.positions import GUARD, Place, Position
from logbraid.core.reading import Reading
from logbraid.core.states import Loss, Piece

from .follower import NAME, Follower


@dataclass
class Saved:
    """What has left in all runs so far.

    Attributes:
        position: None: nothing has left yet.
        output: what has left of each generation.
        losses: that were told.
    """

    position: Position | None = None
    output: dict[int, bytes] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)

    @property
    def text(self) -> bytes:
        """What has left, generation by generation."""
        return b"".join(self.output[generation] for generation in sorted(self.output))

    def after(self, follower: Follower, count: int) -> Saved:
        """What is saved once the whole lines in the first ``count`` pieces of a run that began here have left."""
        output, places = dict(self.output), self._places(follower)
        for number, pieces in _by_generation(follower.pieces[:count]).items():
            data = b"".join(bytes(piece.chunk) for piece in pieces)
            lines = data[: data.rfind(b"\n") + 1]
            if lines:
                output[number] = output.get(number, b"") + lines
                end = _end(pieces[-1]) - (len(data) - len(lines))
                places[number] = replace(places[number], offset=end, guard=(pieces[0].guard + lines)[-GUARD:])
        main = max((number for number in output if number in places), default=None)
        position = self.position if main is None else self._position(follower, places, main)
        return Saved(position, output, list(follower.losses))

    def _places(self, follower: Follower) -> dict[int, Place]:
        """Where each file stood when the run began, by what is known of it now."""
        return {number: _place(each, self._before(number)) for number, each in _readings(follower).items()}

    def _position(self, follower: Follower, places: dict[int, Place], main: int) -> Position:
        received = {piece.generation: _end(piece) for piece in follower.pieces}
        straggling = {reading.generation for reading in follower.tail.stragglers}
        straggling |= {number for number in received if places[number].offset < received[number]}
        known = () if self.position is None or self.position.place.generation != main else self.position.marks
        marks = set(known) | set(_readings(follower)[main].marks)
        return Position(
            NAME,
            places[main],
            SourceAccount("", NAME),
            stragglers=tuple(places[number] for number in sorted(straggling) if number < main),
            marks=tuple(sorted(mark for mark in marks if mark.offset <= places[main].offset)),
            past=follower.tail.past(main),
            holed=follower.tail.holed,
        )

    def _before(self, generation: int) -> Place | None:
        known = () if self.position is None else (self.position.place, *self.position.stragglers)
        return next((place for place in known if place.generation == generation), None)


def _readings(follower: Follower) -> dict[int, Reading]:
    """Every file of this run that is read, or was; what was lost of it was told, and is not missing any more."""
    there = (follower.first, *(piece.reading for piece in follower.pieces), *follower.tail.stragglers)
    return {each.generation: each for each in (*there, follower.tail.reading) if each is not None}


def _by_generation(pieces: Sequence[Piece]) -> dict[int, list[Piece]]:
    found: dict[int, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.generation, []).append(piece)
    return found


def _end(piece: Piece) -> int:
    return piece.offset + len(piece.chunk)


def _place(reading: Reading, before: Place | None) -> Place:
    """A file as it is read now, at the place where it was before."""
    offset, guard = (0, b"") if before is None else (before.offset, before.guard)
    return Place(
        reading.generation,
        reading.path,
        reading.identity,
        offset,
        guard,
        size=reading.size,
        modified=reading.modified,
        compressed=reading.compressed,
    )
