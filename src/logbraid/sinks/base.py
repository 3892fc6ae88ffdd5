"""What every sink can do, and how records become bytes for those that write bytes.

Sinks here block; calling them from a thread or a loop, and waiting for those that do not block, is a driver's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from logbraid.core.records import RecordBatch

__all__ = ["ByteSink", "Renderer", "Sink", "text_renderer"]

Renderer = Callable[[RecordBatch], memoryview]
"""Turns a batch into the bytes to write. It keeps no state between batches, so any process may call it."""


@runtime_checkable
class Sink(Protocol):
    """A destination of batches."""

    def write(self, batch: RecordBatch) -> None:
        """Take the next batch. Raises SinkError."""

    def flush(self) -> None:
        """Pass on what is held back, if anything is. Raises SinkError."""

    def close(self) -> None:
        """Finish: what was written becomes the result. Raises SinkError."""

    def abort(self) -> None:
        """Give up: where the result must be whole or not there at all, it will not be there. Never raises."""


@runtime_checkable
class ByteSink(Sink, Protocol):
    """A sink that renders batches and writes the bytes to a descriptor, one behind the other."""

    @property
    def renderer(self) -> Renderer:
        """What turns batches into the bytes."""

    @property
    def descriptor(self) -> int:
        """Where the bytes go; other processes may write to it in turns."""

    @property
    def name(self) -> str:
        """What to call the destination in an error."""


def text_renderer(labels: Sequence[str] | None) -> Renderer:
    """Return a renderer of the records' own bytes; with labels, each physical line reads ``LABEL | line``."""
    if labels is None:
        return lambda batch: batch.data
    prefixes = [f"{label} | ".encode("utf-8", "surrogateescape") for label in labels]
    return lambda batch: batch.text(prefixes)
