"""What the live pipeline asks of a lane: the way that bytes take from a file to a batch.

There are two: ``recordlane.RecordLane`` makes records of them and orders them, ``linelane.LineLane`` passes whole lines
on. What stands here are the answers of a lane that orders nothing and holds nobody back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from logbraid.core.events import Event
from logbraid.core.positions import Passed, Position
from logbraid.core.types import NO_TIME, Chunk, Nanos, Source, SourceId

if TYPE_CHECKING:
    from logbraid.core.account import SourceAccount
    from logbraid.core.linewise import LineBatch
    from logbraid.core.parse import Start
    from logbraid.core.records import RecordBatch

__all__ = ["Lane"]


class Lane(ABC):
    """Bytes of many sources in, batches out. All times are ns UTC of a clock that never goes back.

    Attributes:
        most_read: bytes that are read at once at most.
        round: bytes of all sources together that are asked for in one turn: what is held should stay in the caches.
    """

    most_read: int
    round: int

    # Facts in

    def go_on(self, highest: Nanos) -> None:
        """Say up to which key records have left in earlier runs: what comes with a smaller one now is late."""

    def add(
        self, source: Source, start: Start | None = None, *, polled: bool = False, position: Position | None = None
    ) -> None:
        """Take notice of a source, which is in the run's list already.

        Args:
            source: the new one.
            start: where and how its first generation begins.
            polled: it is looked at now and then only, see ``advance``.
            position: where an earlier run has left off.
        """

    @abstractmethod
    def receive(
        self,
        source: SourceId,
        generation: int,
        offset: int,
        chunk: Chunk,
        now: Nanos,
        *,
        live: bool = False,
        guard: bytes = b"",
    ) -> None:
        """Take the next bytes of a source.

        Args:
            source: whose they are.
            generation: of the file that they stand in.
            offset: of the first of them in that file.
            chunk: belongs to the lane from now on.
            now: when they were observed.
            live: everything before them had been read before they were written.
            guard: the up to 64 bytes before them; needed only where ``passed`` is.
        """

    @abstractmethod
    def leave(self, source: SourceId, generation: int, now: Nanos) -> None:
        """Say that a file was left for the next: its last line is as whole as it gets; stragglers may still come."""

    def end(self, source: SourceId, generation: int, now: Nanos) -> None:
        """Say that nothing more comes from this file."""

    def pause(self, source: SourceId, now: Nanos) -> None:
        """Say that a source has been silent, so that records which might have gone on are whole."""

    def finish(self, source: SourceId, now: Nanos) -> None:
        """Say that the source gives no more, in whatever generation."""

    def wants_history(self, source: SourceId) -> bool:
        """Whether lines from all over the source are needed before records can leave."""
        return False

    def history(self, source: SourceId, lines: Sequence[bytes]) -> None:
        """Take lines from all over a source, in its order."""

    def behind(self, source: SourceId, since: Nanos) -> None:
        """Say that there may be more to read, and that at ``since`` there was not."""

    def caught_up(self, source: SourceId) -> None:
        """Say that everything was read."""

    def advance(self, now: Nanos, polled: Nanos) -> None:
        """Say what time it is, and when the polled sources were looked at last."""

    # Work out

    @abstractmethod
    def held(self, source: SourceId) -> int:
        """Return how many bytes of a source were received and have not left."""

    @abstractmethod
    def passed(self, source: SourceId) -> list[Passed]:
        """Return how far each generation has left, in their order.

        Listed are those that may bring more or have not left wholly, and the last one of which something has left.
        """

    def filtered_ahead(self, source: SourceId) -> int:
        """Return how many bytes a filter took out behind what has left by the word of ``passed``."""
        return 0

    def last(self, source: SourceId) -> tuple[Nanos, Nanos]:
        """Return time and key of the last record of a source that left; NO_TIME where times are not looked at."""
        return NO_TIME, NO_TIME

    def holds_lines(self, source: SourceId) -> bool:
        """Whether whole lines of a source wait to see if their record goes on."""
        return False

    def expects_more(self, source: SourceId) -> bool:
        """Whether the open record of a source is likely to go on: it has done so before, or looks like it."""
        return False

    @property
    @abstractmethod
    def size(self) -> int:
        """Bytes of all sources that wait to leave.

        A line that has not ended does not count: nobody but its writer can end it, so nobody must wait for that.
        """

    def holding_back(self, source: SourceId) -> bool:
        """Whether others wait for this source, so that it must be read even where the buffer is full."""
        return False

    @abstractmethod
    def release(self) -> RecordBatch | LineBatch | None:
        """Return what may leave now."""

    def flush(self) -> RecordBatch | LineBatch | None:
        """Return everything that is whole: nothing more will come."""
        return self.release()

    def next_release(self) -> Nanos | None:
        """Return when something may leave without anything having come."""
        return None

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        return []

    def count(self, source: SourceId, account: SourceAccount) -> None:
        """Enter into the account what the lane has counted of a source."""
