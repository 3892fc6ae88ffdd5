"""Writes the records of a selection to a file that is not there yet: whole, or not at all.

It may take minutes, so it is done in a thread, while keys change what is shown: what was selected when it began counts.
Nothing is ever overwritten.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

import numpy as np

from logbraid.core.records import RecordBatch
from logbraid.core.types import Int64, Source
from logbraid.errors import SinkError
from logbraid.sinks.destinations import OutputFormat, sink_for
from logbraid.system.errors import writing
from logbraid.view.index import Block
from logbraid.view.selection import Selection
from logbraid.view.shelf import Shelf, portions

__all__ = ["save"]

AT_ONCE: Final = 4 << 20
"""Bytes that are read before they are written, or a single record."""

_FORMATS: Final[dict[str, OutputFormat]] = {".jsonl": "jsonl", ".parquet": "parquet"}


def save(path: str, selection: Selection, shelf: Shelf, sources: Sequence[Source], stopped: Callable[[], bool]) -> int:
    """Write all records that are selected now; return how many.

    Args:
        path: its ending says the format: ``.jsonl``, ``.parquet``, anything else is text.
        selection: which records.
        shelf: their text.
        sources: of all records.
        stopped: whether it is to be given up.

    Raises:
        SinkError: it cannot be written, is there already, or was given up.
    """

    def go_on() -> None:
        if stopped():
            raise SinkError(f"{path} was not saved")

    _claim(path)
    count = 0
    try:
        sink = sink_for(path, sources, _FORMATS.get(os.path.splitext(path)[1], "text"), labelled=False)
        try:
            for batch in _batches(selection, shelf, go_on):
                sink.write(batch)
                count += len(batch)
            sink.close()
        except BaseException:
            sink.abort()
            raise
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
    return count


def _claim(path: str) -> None:
    """Make an empty file of that name, which only what is saved will replace."""
    with writing(path):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
        except FileExistsError:
            raise SinkError(f"{path} is there already") from None


def _batches(selection: Selection, shelf: Shelf, go_on: Callable[[], None]) -> Iterator[RecordBatch]:
    """Yield all records that are selected, with their text; before each read it is asked whether to go on."""
    torn: tuple[int, int] | None = None  # where a line goes on that was cut for its length
    for block in list(selection.index.blocks):
        records = _selected(selection, block, go_on)
        for portion in portions(selection.index, records, AT_ONCE):
            go_on()
            batch = shelf.batch(selection.index, records[portion])
            yield replace(batch, open_before=torn)
            torn = batch.open_after


def _selected(selection: Selection, block: Block, go_on: Callable[[], None]) -> Int64:
    """Return the numbers of a block's records that are selected."""
    while pending := selection.pending(block):
        go_on()
        pending[0].scan(block)
    mask = selection.mask(block)
    return np.flatnonzero([] if mask is None else mask) + block.first
