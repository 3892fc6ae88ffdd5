"""From what a caller names as the output to the sink that writes there: a path, a binary file, a function, a sink.

The one table of output formats is here; what a format looks like is in its own module.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, TypeAlias, TypeGuard

from logbraid.core.types import Source
from logbraid.errors import UsageError
from logbraid.sinks.append import AppendSink
from logbraid.sinks.base import Renderer, Sink, TextRenderer, takes_lines
from logbraid.sinks.callback import CallbackSink
from logbraid.sinks.file import BinaryWriter, DescriptorSink, FileSink, WriterSink

if TYPE_CHECKING:
    from logbraid.core.records import RecordBatch

__all__ = ["Destination", "OutputFormat", "lines_will_do", "live_sink_for", "own_paths", "renderer_for", "sink_for"]

OutputFormat = Literal["text", "jsonl", "parquet"]

Destination: TypeAlias = "str | os.PathLike[str] | BinaryWriter | Callable[[RecordBatch], Any] | Sink"


def renderer_for(output_format: str, sources: Sequence[Source] | None) -> Renderer:
    """Return what turns batches into bytes of this format.

    Args:
        output_format: its name.
        sources: a list that may grow, whose labels go before lines of text; None: there are no labels.

    Raises:
        UsageError: it is no format that is bytes alone.
    """
    if output_format == "text":
        return TextRenderer(sources)
    if output_format == "jsonl":
        from logbraid.sinks.jsonl import JsonLines  # brings pyarrow.compute, some 35 ms

        return JsonLines()
    if output_format == "parquet":
        raise UsageError("parquet can only be written to a path")
    raise UsageError(f"no such output format: {output_format}")


def sink_for(destination: Destination, sources: Sequence[Source], output_format: str, *, labelled: bool) -> Sink:
    """Return the sink that writes to ``destination``.

    Raises:
        UsageError: it is nothing that can be written to.
        SinkError: it cannot be opened.
    """
    if isinstance(destination, str | os.PathLike) and output_format == "parquet":
        from logbraid.sinks.parquet import ParquetSink  # an optional weight of some 50 ms

        return ParquetSink(os.fspath(destination))
    if isinstance(destination, Sink):
        return destination
    if callable(destination):
        return CallbackSink(destination)
    renderer = renderer_for(output_format, sources if labelled else None)
    if isinstance(destination, str | os.PathLike):
        return FileSink(os.fspath(destination), renderer)
    if hasattr(destination, "write") and not isinstance(destination, io.TextIOBase):
        return _sink_for_file(destination, renderer)
    raise UsageError(f"cannot write to {destination!r}: neither a path, a binary file nor a function")


def live_sink_for(
    destination: Destination,
    sources: Sequence[Source],
    output_format: str,
    *,
    labelled: bool,
    append: bool = False,
    fresh: bool = False,
) -> Sink:
    """Return the sink that a run writes to while it follows: like ``sink_for``, but a path is appended to.

    Args:
        destination: a path, a binary file, a function or a sink.
        sources: every source of the run so far, a list that may grow.
        output_format: of bytes; not parquet, of which nothing could be read before the end.
        labelled: whether labels go before lines of text.
        append: add to the file that is there.
        fresh: empty it first.

    Raises:
        UsageError: it is nothing that can be written to as records come.
        SinkError: it cannot be opened, or is there and not empty.
    """
    if output_format == "parquet":
        raise UsageError("parquet cannot be followed into, as it is read from its end: choose jsonl")
    if isinstance(destination, str | os.PathLike):
        renderer = renderer_for(output_format, sources if labelled else None)
        return AppendSink(os.fspath(destination), renderer, append=append, fresh=fresh)
    return sink_for(destination, sources, output_format, labelled=labelled)


def lines_will_do(destination: Destination, output_format: str) -> bool:
    """Whether the sink that writes to ``destination`` can be given bare lines."""
    if isinstance(destination, Sink):
        return takes_lines(destination)
    return output_format == "text" and not callable(destination)


def own_paths(destination: Destination) -> list[str]:
    """Return the paths of the file that will be written, if it is one: it must not be merged into itself."""
    if isinstance(destination, str | os.PathLike):
        return [os.fspath(destination)]
    if _is_plain_file(destination):
        path = f"/dev/fd/{destination.fileno()}"
        return [path] if os.path.isfile(path) else []
    return []


def _is_plain_file(file: object) -> TypeGuard[BinaryIO]:
    """Whether writing to a file object does nothing but pass bytes to its descriptor."""
    return isinstance(getattr(file, "raw", file), io.FileIO)


def _sink_for_file(file: BinaryWriter, renderer: Renderer) -> Sink:
    """Return the sink that writes to an open file: past the object, where that is but a way to its descriptor."""
    if not _is_plain_file(file):
        return WriterSink(file, renderer)
    file.flush()
    return DescriptorSink(file.fileno(), renderer, str(getattr(file, "name", "output")))
