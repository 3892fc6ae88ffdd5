"""Where all sources go on, as of what has left: positions of those that moved, said when they can be saved.

What has left is known only at the moment when it leaves: a position that is made later may be ahead of what its taker
has got. Nothing is saved here, but it is said when that should be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from logbraid.core.lane import Lane
from logbraid.core.linewise import LineBatch
from logbraid.core.positions import Place, Position
from logbraid.core.reading import Reading
from logbraid.core.tail import Tail
from logbraid.core.tally import Tally
from logbraid.core.trail import ArchiveTrail, FileTrail, Left, Trail
from logbraid.core.types import NO_TIME, SECOND, Nanos, Source, SourceId

if TYPE_CHECKING:
    from logbraid.core.records import RecordBatch

__all__ = ["GROUP", "Progress", "Told", "Wanted"]

INTERVAL: Final = SECOND
"""So long after something moved, its position should be saved at the latest."""

GROUP: Final = 64 << 20
"""Bytes that have left after which positions should be saved, however short the time was."""


class Told(Enum):
    """When somebody wants to know where sources go on."""

    NEVER = auto()
    WHEN_DUE = auto()
    """Now and then, by batches that hold nothing else: for who saves them in groups."""
    EACH = auto()
    """With each batch that leaves, and by empty ones: for who keeps them with the data."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to know of where sources go on.

    Attributes:
        told: when.
        positions: where earlier runs have left off, by the sources' keys.
        resumed: there were earlier runs, so that what is in none of the positions has come since.
        group: see ``GROUP``.
    """

    told: Told = Told.NEVER
    positions: Mapping[str, Position] = field(default_factory=dict)
    resumed: bool = False
    group: int = GROUP


class Progress:
    """The positions of a run.

    Args:
        sources: every source so far; grows.
        lane: what has left, and what is held.
        tally: what was counted.
        wanted: what somebody wants to know.

    Attributes:
        due: the tick at which positions should be saved, if any moved.
    """

    def __init__(self, sources: Sequence[Source], lane: Lane, tally: Tally, wanted: Wanted) -> None:
        self._sources = sources
        self._lane = lane
        self._tally = tally
        self._told = wanted.told
        self._group = wanted.group
        self._files: dict[SourceId, FileTrail] = {}
        self._trails: dict[SourceId, Trail] = {}
        self._moved: set[SourceId] = set()
        self._begun: list[Position] = []  # that were not said yet
        self._unsaved = 0  # bytes that have left since the last call for saving
        self._serial = 0
        self._piped = False
        self.due: Nanos | None = None
        lane.go_on(max((position.highest for position in wanted.positions.values()), default=NO_TIME))

    def add(self, source: Source, tail: Tail, position: Position | None, begun: Place | None) -> None:
        """Take one more source, see ``FileTrail``."""
        if self._told is Told.NEVER:
            return
        trail = self._trails[source.id] = self._files[source.id] = FileTrail(tail, position, begun)
        if position is None and begun is not None:
            # Said before anything has left: who is killed in between must not begin at another place the next time.
            trail.position = trail.made(Left.nothing(self._tally.passed(source.id)))
            self._begun += [] if trail.position is None else [self._spelled(source.id, trail.position)]
            self.due = 0

    def add_archive(self, source: Source, place: Place, position: Position | None) -> None:
        """Take one more source that is read front to back, see ``ArchiveTrail``."""
        if self._told is not Told.NEVER:
            self._trails[source.id] = ArchiveTrail(source.path, place, position)

    def follows(self, source: SourceId) -> bool:
        """Whether a later run can go on with this source."""
        return source in self._trails

    def receive(self, source: SourceId, reading: Reading, offset: int) -> None:
        """Take note of bytes that were read, before they are given to the lane."""
        if source in self._files:
            self._files[source].receive(reading, offset)
            self._moved.add(source)

    def move(self, source: SourceId) -> None:
        """Take note that something has become of a source."""
        if source in self._trails:
            self._moved.add(source)

    def leave(
        self, batch: RecordBatch | LineBatch | None, tick: Nanos, *, last: bool = False
    ) -> list[RecordBatch | LineBatch]:
        """Pass on what leaves, and say now and then where sources go on, so that it can be saved.

        Args:
            batch: what leaves, if anything does.
            tick: now.
            last: nothing will leave behind it.
        """
        batches: list[RecordBatch | LineBatch] = []
        if self._begun:
            begun, self._begun = tuple(self._begun), []
            batches.append(self._call(begun))
            self.due = None
        if batch is not None:
            batches.append(self._passed_on(batch))
        if self.due is None and (self._moved or self._unsaved):
            self.due = tick + INTERVAL
        if last or self._unsaved >= self._group or (self.due is not None and tick >= self.due):
            batches += self._call_for_saving()
        return batches

    def _passed_on(self, batch: RecordBatch | LineBatch) -> RecordBatch | LineBatch:
        if self._told is Told.NEVER:
            return batch
        self._moved |= batch.origins & self._trails.keys()
        self._piped |= bool(batch.origins - self._trails.keys())
        self._unsaved += max(batch.size, 1)
        positions = self._positions() if self._told is Told.EACH else ()
        return replace(batch, positions=positions, serial=self._next())

    def _call_for_saving(self) -> list[RecordBatch | LineBatch]:
        positions = self._positions()
        wanted = self._unsaved or bool(positions)
        self.due, self._unsaved = None, 0
        return [self._call(positions)] if wanted else []

    def _call(self, positions: tuple[Position, ...]) -> LineBatch:
        return LineBatch((), self._sources, positions=positions, serial=self._next(), piped=self._piped, due=True)

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _positions(self) -> tuple[Position, ...]:
        """Return the new positions of what has moved."""
        moved, self._moved = sorted(self._moved), set()
        found = (self._position(source, self._trails[source]) for source in moved)
        return tuple(position for position in found if position is not None)

    def _position(self, source: SourceId, trail: Trail) -> Position | None:
        """Return where a source goes on; None: where it went on before."""
        left = Left(self._lane.passed(source), *self._lane.last(source), self._tally.passed(source))
        position = trail.made(left)
        if position is None or position == trail.position:
            return None
        trail.position = position
        return self._spelled(source, position)

    def _spelled(self, source: SourceId, position: Position) -> Position:
        return position.spelled(self._sources[source].key or position.source)
