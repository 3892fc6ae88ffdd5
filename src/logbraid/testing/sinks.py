"""Sinks that remember what they were given: quick or slow, plain or asynchronous, failing when told to.

What they remember can be asked for as bytes, lines, records and times. Nothing is rendered or written.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from logbraid.errors import SinkError
from logbraid.testing.clock import ManualClock

if TYPE_CHECKING:
    from logbraid.core.records import Record  # which brings Arrow
    from logbraid.sinks.base import Batch

__all__ = ["AsyncCollectSink", "CollectSink"]


class Collected:
    """What both kinds of sink remember.

    Args:
        takes_lines: takes whole lines in arrival order, as they were read; there are no records then.
        fails_at: the number of the batch, from 1, at which it fails for good.
        clock: on which a slow sink takes its time.
        seconds: how long it takes for each batch.

    Attributes:
        batches: in the order in which they came.
        flushes: how often it was flushed.
        ended: ``"closed"``, ``"aborted"``, or ``""`` while it is neither.
    """

    def __init__(
        self,
        *,
        takes_lines: bool = False,
        fails_at: int | None = None,
        clock: ManualClock | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.takes_lines = takes_lines
        self.batches: list[Batch] = []
        self.flushes = 0
        self.ended = ""
        self._fails_at = fails_at
        self._clock = clock
        self._seconds = seconds

    @property
    def data(self) -> bytes:
        """All bytes, as a file would hold them."""
        return b"".join(batch.data for batch in self.batches)

    @property
    def lines(self) -> list[bytes]:
        """All lines, each with its newline."""
        return io.BytesIO(self.data).readlines()  # bytes.splitlines would also end a line at a carriage return

    @property
    def records(self) -> list[Record]:
        """All records."""
        from logbraid.core.records import RecordBatch

        return [record for batch in self.batches if isinstance(batch, RecordBatch) for record in batch.records()]

    @property
    def times(self) -> list[int]:
        """The time of each record, ns UTC."""
        return [record.time for record in self.records]

    def take(self, batch: Batch) -> None:
        """Remember a batch, as quickly or slowly and as reliably as it was asked to."""
        if self._clock is not None:
            self._clock.advance(self._seconds)
        if self._fails_at is not None and len(self.batches) + 1 >= self._fails_at:
            raise SinkError(f"failing at batch {self._fails_at}, as it was told to")
        self.batches.append(batch)


class CollectSink(Collected):
    """A sink, and a plain function, that remembers its batches; see ``Collected`` for its arguments."""

    def __call__(self, batch: Batch) -> None:
        """Take the next batch."""
        self.take(batch)

    def write(self, batch: Batch) -> None:
        """Take the next batch."""
        self.take(batch)

    def flush(self) -> None:
        """Count it."""
        self.flushes += 1

    def close(self) -> None:
        """Say that it was closed."""
        self.ended = "closed"

    def abort(self) -> None:
        """Say that it was given up."""
        self.ended = "aborted"


class AsyncCollectSink(Collected):
    """An asynchronous function that remembers its batches; other tasks have a turn before it does."""

    async def __call__(self, batch: Batch) -> None:
        """Take the next batch."""
        from asyncio import sleep

        await sleep(0)
        self.take(batch)
