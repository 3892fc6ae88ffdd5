"""What sinks that need columns share: the batch that has them, and a look inside Arrow's arrays of large texts.

Only arrays that begin at their buffers' first element are looked into, as those are that computations return. Nothing
is copied here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from logbraid.core.records import RecordBatch
from logbraid.core.types import Int64
from logbraid.sinks.base import Batch

__all__ = ["characters", "columns", "edges"]


def columns(batch: Batch) -> RecordBatch:
    """Return the batch as records: bare lines are never given to a sink that does not take them."""
    assert isinstance(batch, RecordBatch), "this sink needs columns, and said so"
    return batch


def edges(texts: Any) -> Int64:
    """Return the position of each text's first byte, and behind them that of the end."""
    return np.frombuffer(texts.buffers()[1], np.int64)[: len(texts) + 1]


def characters(texts: Any) -> memoryview:
    """Return the bytes of all texts, one behind the other."""
    return memoryview(texts.buffers()[2])[: int(edges(texts)[-1])]
