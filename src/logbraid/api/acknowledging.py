"""What becomes of the positions of a live run: nothing, the caller keeps them, or what was acknowledged is saved.

A sink that stores a batch's positions with its data, at once, has each record exactly once; one that acknowledges has
it at least once. Outputs with a checkpoint of their own are the sinks' matter.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from inspect import isawaitable
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from logbraid.api.arguments import Path
from logbraid.core.positions import Position
from logbraid.core.progress import Told, Wanted
from logbraid.core.types import Source
from logbraid.errors import UsageError
from logbraid.sinks.base import Batch, Sink
from logbraid.sinks.destinations import Destination, OutputFormat, live_sink_for, renderer_for

if TYPE_CHECKING:
    from logbraid.system.store import Store

__all__ = ["Acknowledged", "AcknowledgingSink", "Checkpointing", "Kept", "Unkept", "checkpointing"]

Checkpointing: TypeAlias = "Path | Iterable[Position] | None"
"""A file in which what was acknowledged is saved; the positions that the caller has kept; or neither."""


class Unkept:
    """Nobody wants to know where sources go on.

    Attributes:
        wanted: what batches are to say, and where earlier runs have left off.
        own_paths: names that are never sources.
    """

    wanted = Wanted()
    own_paths: tuple[str, ...] = ()

    def deliver(self, batch: Batch) -> Batch | None:
        """Take note of a batch; return what the caller gets: None where it is empty, and only ``due``."""
        return None if batch.due else batch

    def acknowledge(self, batch: Batch) -> None:
        """Take note that the caller has taken care of a batch, and so of all before it.

        Raises:
            UsageError: that would have no effect, or it is no batch of this run.
        """
        raise UsageError("what is acknowledged is saved only where checkpoint= names a file")

    def sink(
        self, destination: Destination, sources: Sequence[Source], output_format: OutputFormat, *, labelled: bool
    ) -> Sink:
        """Return the sink that writes to ``destination``; see ``live_sink_for``."""
        return live_sink_for(destination, sources, output_format, labelled=labelled)

    def save(self) -> None:
        """Save what was acknowledged; blocks until it is on the disk. Raises CheckpointError."""

    def close(self) -> None:
        """Save, and let go; may be called again. Raises CheckpointError."""


class Kept(Unkept):
    """The caller keeps the positions, with the data: a batch that was not kept comes again."""

    def __init__(self, positions: Iterable[Position]) -> None:
        known = {position.source: position for position in positions}
        self.wanted = Wanted(Told.EACH, known, resumed=bool(known))
        self._spared: dict[str, Position] = {}

    def deliver(self, batch: Batch) -> Batch | None:
        """Return a batch with the positions of those that the caller was spared before it."""
        if batch.due:
            self._spared.update((position.source, position) for position in batch.positions)
            return None
        known = self._spared | {position.source: position for position in batch.positions}
        self._spared = {}
        return replace(batch, positions=tuple(known.values()))

    def acknowledge(self, batch: Batch) -> None:
        """Do nothing: what the caller has kept counts."""

    def sink(
        self, destination: Destination, sources: Sequence[Source], output_format: OutputFormat, *, labelled: bool
    ) -> Sink:
        """Return the sink that writes to ``destination``, and is spared what is empty."""
        sink = super().sink(destination, sources, output_format, labelled=labelled)
        return AcknowledgingSink(sink, self)


class _Delivered(NamedTuple):
    """A batch that the caller has, or was spared."""

    serial: int
    positions: tuple[Position, ...]
    spared: bool


class Acknowledged(Unkept):
    """What was acknowledged is saved in a checkpoint.

    Args:
        path: of the checkpoint.

    Raises:
        CheckpointError: what is saved cannot be read, or another run holds it.
    """

    def __init__(self, path: str) -> None:
        from logbraid.system.store import Store  # SQLite takes a while to import

        self._store: Store = Store(path)
        try:
            checkpoint = self._store.load()
        except BaseException:
            self._store.close()
            raise
        positions = {} if checkpoint is None else checkpoint.positions
        self.wanted = Wanted(Told.EACH, positions, resumed=checkpoint is not None)
        self.own_paths = tuple(self._store.paths)
        self._output = None if checkpoint is None else checkpoint.output
        self._delivered: deque[_Delivered] = deque()
        self._unsaved: dict[str, Position] = {}
        self._saving = Lock()  # a coroutine may acknowledge while a thread saves
        self._last = 0
        self._closed = False

    def deliver(self, batch: Batch) -> Batch | None:
        """Take note of a batch; one that the caller is spared counts as acknowledged with those before it.

        Raises:
            UsageError: what is saved belongs to an output, which would miss what the caller gets.
        """
        if self._output is not None:
            raise UsageError(f"{self._store.path} is the checkpoint of an output: follow into that, or name another")
        self._last = batch.serial
        self._delivered.append(_Delivered(batch.serial, batch.positions, spared=batch.due))
        self._take_spared()
        return super().deliver(batch)

    def acknowledge(self, batch: Batch) -> None:
        """Take note that the caller has taken care of a batch, and so of all before it."""
        if self._closed:
            raise UsageError("the run has ended: what is acknowledged now would not be saved")
        own = next((each for each in self._delivered if each.serial == batch.serial), None)
        if not 0 < batch.serial <= self._last or (own is not None and own.positions is not batch.positions):
            raise UsageError("this batch is not from this run")
        while self._delivered and self._delivered[0].serial <= batch.serial:
            self._take()
        self._take_spared()

    def sink(
        self, destination: Destination, sources: Sequence[Source], output_format: OutputFormat, *, labelled: bool
    ) -> Sink:
        """Return the sink that writes to ``destination``: a path goes on where it stopped, exactly once.

        Raises:
            CheckpointError: the file at that path does not belong to this checkpoint.
        """
        if not isinstance(destination, str | os.PathLike):
            return AcknowledgingSink(super().sink(destination, sources, output_format, labelled=labelled), self)
        from logbraid.sinks.resuming import committed

        renderer = renderer_for(output_format, sources if labelled else None)
        form = "text with labels by name" if labelled and output_format == "text" else output_format
        return committed(os.fspath(destination), renderer, form, self._store, wall=time.time_ns)

    def _take_spared(self) -> None:
        while self._delivered and self._delivered[0].spared:
            self._take()

    def _take(self) -> None:
        self._unsaved.update((position.source, position) for position in self._delivered.popleft().positions)

    def save(self) -> None:
        """Save what was acknowledged."""
        from logbraid.core.checkpoint import Commit

        with self._saving:
            unsaved, self._unsaved = self._unsaved, {}
            if not unsaved:
                return
            try:
                self._store.save(Commit(None, tuple(unsaved.values())))
            except BaseException:
                self._unsaved = unsaved | self._unsaved
                raise

    def close(self) -> None:
        """Save, and let go."""
        self._closed = True
        try:
            self.save()
        finally:
            self._unsaved = {}
            self._store.close()


def checkpointing(checkpoint: Checkpointing) -> Unkept:
    """Return what the argument means. Blocks where it names a file.

    Raises:
        CheckpointError: the file cannot be used.
    """
    if checkpoint is None:
        return Unkept()
    return Acknowledged(os.fspath(checkpoint)) if isinstance(checkpoint, str | os.PathLike) else Kept(checkpoint)


class AcknowledgingSink:
    """Passes batches on, and acknowledges what was taken once the sink has flushed it: at least once for any sink."""

    def __init__(self, sink: Sink, kept: Unkept) -> None:
        self._sink = sink
        self._kept = kept
        self._taken: Batch | None = None  # the last batch

    def write(self, batch: Batch) -> object:
        """Pass a batch on, or have all that was passed on flushed and saved where that is due."""
        delivered = self._kept.deliver(batch)
        if delivered is None:
            return self._save()
        result = self._sink.write(delivered)
        if isawaitable(result):
            return self._when_taken(result, batch)
        self._taken = batch
        return None

    async def _when_taken(self, result: Any, batch: Batch) -> None:
        await result
        self._taken = batch

    def _save(self) -> object:
        flushed: object = self._sink.flush()  # type: ignore[func-returns-value]  # a sink of coroutines may return one
        if isawaitable(flushed):
            return self._save_when(flushed)
        self._acknowledge()
        self._kept.save()
        return None

    async def _save_when(self, flushed: Any) -> None:
        await flushed
        self._acknowledge()
        self._kept.save()

    def _acknowledge(self) -> None:
        if self._taken is not None:
            self._kept.acknowledge(self._taken)
            self._taken = None

    def flush(self) -> None:
        """Pass on what is held back."""
        self._sink.flush()

    def close(self) -> None:
        """Finish; what was taken counts once the sink has finished, too."""
        self._sink.close()
        self._acknowledge()

    def abort(self) -> None:
        """Give up: what was not flushed comes again."""
        self._sink.abort()
