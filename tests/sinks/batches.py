"""Batches made of literal bytes, as a merge would make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from logbraid.core.linewise import LineBatch, LinePart
from logbraid.core.options import Options
from logbraid.core.pipeline import Pipeline
from logbraid.core.records import RecordBatch
from logbraid.core.types import Chunk, Source, SourceId

MODIFIED = 1_790_000_000_000_000_000


def sources(*labels: str) -> list[Source]:
    """Return sources that have nothing but their labels."""
    return [Source(SourceId(number), label, label, MODIFIED) for number, label in enumerate(labels)]


def part(source: int, data: bytes, *, torn: bool = False, joins: bool = False) -> LinePart:
    """Return lines of a source as a follower finds them."""
    return LinePart(SourceId(source), 0, 0, memoryview(data), len(data), data.count(b"\n"), torn, joins)


def lines(*parts: LinePart) -> LineBatch:
    """Return bare lines, of sources ``0``, ``1`` and so on."""
    return LineBatch(parts, sources(*(str(number) for number in range(9))))


def batches(*texts: bytes, labels: Sequence[str] = (), options: Options | None = None) -> list[RecordBatch]:
    """Merge texts, one a source, labelled ``a.log``, ``b.log`` and so on."""
    names = labels or [f"{chr(ord('a') + number)}.log" for number in range(len(texts))]
    labelled = sources(*names)
    pipeline = Pipeline(labelled, options or Options())
    for source, text in zip(labelled, texts, strict=True):
        if text:
            pipeline.receive_data(source.id, Chunk.of(text))
        pipeline.receive_eof(source.id)
    found: list[RecordBatch] = []
    while released := pipeline.batches():
        found += released
    return found


def batch(*texts: bytes, labels: Sequence[str] = ()) -> RecordBatch:
    """Merge texts into a single batch."""
    (only,) = batches(*texts, labels=labels)
    return only


def with_late(whole: RecordBatch, *rows: int) -> RecordBatch:
    """Return the batch with some of its records marked as late."""
    late = np.zeros(len(whole), np.bool_)
    late[list(rows)] = True
    return replace(whole, late=late)
