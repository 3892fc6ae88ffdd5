"""A look inside Arrow's arrays of large texts: where each text ends, and the bytes of all.

Only arrays that begin at their buffers' first element are looked into, as those are that computations return. Nothing
is copied here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from logbraid.core.types import Int64

__all__ = ["characters", "edges"]


def edges(texts: Any) -> Int64:
    """Return the position of each text's first byte, and behind them that of the end."""
    return np.frombuffer(texts.buffers()[1], np.int64)[: len(texts) + 1]


def characters(texts: Any) -> memoryview:
    """Return the bytes of all texts, one behind the other."""
    return memoryview(texts.buffers()[2])[: int(edges(texts)[-1])]
