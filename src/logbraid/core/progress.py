"""Where all sources go on, as of what has left: positions of those that moved, hung on each batch that leaves.

What has left is known only at the moment when it leaves: a position that is made later may be ahead of what its taker
has got. Nothing is saved here, but it is said when that should be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from logbraid.core.lane import Lane
from logbraid.core.linewise import LineBatch
from logbraid.core.positions import Place, Position
from logbraid.core.reading import Reading
from logbraid.core.tail import Tail
from logbraid.core.tally import Tally
from logbraid.core.trail import ArchiveTrail, FileTrail, Left, Trail
from logbraid.core.types import SECOND, Nanos, Source, SourceId

if TYPE_CHECKING:
    from logbraid.core.records import RecordBatch

__all__ = ["Progress"]

INTERVAL: Final = SECOND
"""So long after something moved, its position should be saved at the latest."""


class Progress:
    """The positions of a run.

    Args:
        sources: every source so far; grows.
        lane: what has left, and what is held.
        tally: what was counted.
        wanted: whether somebody wants them; if not, batches leave as they are.

    Attributes:
        due: the tick at which positions should be saved, if any moved.
    """

    def __init__(self, sources: Sequence[Source], lane: Lane, tally: Tally, *, wanted: bool) -> None:
        self._sources = sources
        self._lane = lane
        self._tally = tally
        self._wanted = wanted
        self._files: dict[SourceId, FileTrail] = {}
        self._trails: dict[SourceId, Trail] = {}
        self._moved: set[SourceId] = set()
        self._unsaved = False
        self._serial = 0
        self.due: Nanos | None = None

    def add(self, source: Source, tail: Tail, position: Position | None, begun: Place | None) -> None:
        """Take one more source, see ``FileTrail``."""
        if not self._wanted:
            return
        self._trails[source.id] = self._files[source.id] = FileTrail(tail, position, begun)
        if position is None and begun is not None:
            self._moved.add(source.id)  # what stands before it must not be read after a restart either

    def add_archive(self, source: Source, place: Place, position: Position | None) -> None:
        """Take one more source that is read front to back, see ``ArchiveTrail``."""
        if self._wanted:
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
        """Hang positions on what leaves, and say now and then that they should be saved.

        Args:
            batch: what leaves, if anything does.
            tick: now.
            last: nothing will leave behind it.
        """
        if not self._wanted:
            return [] if batch is None else [batch]
        batches: list[RecordBatch | LineBatch] = []
        if batch is not None:
            self._moved |= batch.origins & self._trails.keys()
            self._unsaved = True
            batches.append(replace(batch, positions=self._positions(), serial=self._next()))
        if self.due is None and (self._moved or self._unsaved):
            self.due = tick + INTERVAL
        if last or (self.due is not None and tick >= self.due):
            batches += self._call_for_saving()
        return batches

    def _call_for_saving(self) -> list[RecordBatch | LineBatch]:
        positions = self._positions()
        wanted = self._unsaved or bool(positions)
        self.due, self._unsaved = None, False
        return [LineBatch((), self._sources, positions=positions, serial=self._next(), due=True)] if wanted else []

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
        return position.spelled(self._sources[source].key or position.source)
