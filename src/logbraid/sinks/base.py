"""What every sink can do, and how records become bytes for those that write bytes.

Sinks here block; calling them from a thread or a loop, and waiting for those that do not block, is a driver's matter.
Nothing here imports Arrow: bare lines are written without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from logbraid.core.linewise import LineBatch
    from logbraid.core.records import RecordBatch
    from logbraid.core.types import Source

__all__ = ["Batch", "ByteSink", "Renderer", "RenderingSink", "Sink", "TextRenderer", "takes_lines"]

Batch: TypeAlias = "RecordBatch | LineBatch"
"""What a sink is given: bare lines only where it takes them, see ``takes_lines``."""


class Renderer(Protocol):
    """Turns a batch into the bytes to write.

    Between batches it remembers nothing but what goes before each source's lines, so any process may call it.
    """

    @property
    def takes_lines(self) -> bool:
        """Whether a ``LineBatch``, which has no columns, will do."""

    def __call__(self, batch: Batch, /) -> memoryview:
        """Return the bytes to write."""


@runtime_checkable
class Sink(Protocol):
    """A destination of batches."""

    # Any and not Batch: whoever takes records only, as nearly all do, is a sink, too.
    def write(self, batch: Any) -> object:
        """Take the next batch, of bare lines only where ``takes_lines``. Raises SinkError.

        What can be awaited is awaited by the driver, before the next batch comes; any other value means nothing.
        """

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
    def takes_lines(self) -> bool:
        """Whether a ``LineBatch`` will do."""

    @property
    def descriptor(self) -> int:
        """Where the bytes go; other processes may write to it in turns."""

    @property
    def name(self) -> str:
        """What to call the destination in an error."""


def takes_lines(sink: Sink) -> bool:
    """Whether a sink can be given a ``LineBatch``; one that does not say so needs columns."""
    return getattr(sink, "takes_lines", False)


class RenderingSink:
    """What every sink that renders batches to a file of its own says of itself.

    Args:
        renderer: what the bytes are.
    """

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer

    @property
    def takes_lines(self) -> bool:
        """Whether bare lines will do."""
        return self.renderer.takes_lines

    def flush(self) -> None:
        """Nothing is held back."""


class TextRenderer:
    """Renders the records' own bytes; with labels, each physical line reads ``LABEL | line``.

    Args:
        sources: every source of the run so far, a list that may grow; None: lines bear no labels.
    """

    takes_lines = True

    def __init__(self, sources: Sequence[Source] | None) -> None:
        self._sources = sources
        self._prefixes: list[bytes] = []

    def __call__(self, batch: Batch, /) -> memoryview:
        """Return the bytes to write."""
        if self._sources is None:
            return batch.data
        new = self._sources[len(self._prefixes) :]
        self._prefixes += [f"{source.label} | ".encode("utf-8", "surrogateescape") for source in new]
        return batch.text(self._prefixes)
