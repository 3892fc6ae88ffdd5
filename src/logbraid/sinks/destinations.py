"""From what a caller names as the output to the sink that writes there: a path, a binary file, a function, a sink.

The one table of output formats is here; what a format looks like is in its own module.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO, Literal, TypeGuard

from logbraid.core.records import RecordBatch
from logbraid.core.types import Source
from logbraid.errors import UsageError
from logbraid.sinks.base import Renderer, Sink, text_renderer
from logbraid.sinks.callback import CallbackSink
from logbraid.sinks.file import BinaryWriter, DescriptorSink, FileSink, WriterSink

__all__ = ["Destination", "OutputFormat", "own_paths", "renderer_for", "sink_for"]

OutputFormat = Literal["text", "jsonl", "parquet"]

Destination = str | os.PathLike[str] | BinaryWriter | Callable[[RecordBatch], Any] | Sink


def renderer_for(output_format: str, labels: Sequence[str] | None) -> Renderer:
    """Return what turns batches into bytes of this format.

    Raises:
        UsageError: it is no format that is bytes alone.
    """
    if output_format == "text":
        return text_renderer(labels)
    if output_format == "jsonl":
        from logbraid.sinks.jsonl import jsonl_renderer  # brings pyarrow.compute, some 35 ms

        return jsonl_renderer()
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
    renderer = renderer_for(output_format, [source.label for source in sources] if labelled else None)
    if isinstance(destination, str | os.PathLike):
        return FileSink(os.fspath(destination), renderer)
    if hasattr(destination, "write") and not isinstance(destination, io.TextIOBase):
        return _sink_for_file(destination, renderer)
    raise UsageError(f"cannot write to {destination!r}: neither a path, a binary file nor a function")


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
