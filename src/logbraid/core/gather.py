"""Copying many short pieces of several buffers into one run of bytes, in any order, without a statement per piece.

Arrow's view arrays say where each piece lies (buffer, offset, length) in 16 bytes; casting one to a plain binary array
copies the pieces one behind the other at memory speed. The views here are made for that cast only: they leave
out the four-byte prefix that comparisons would need, so no such array ever leaves this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from logbraid.core.kernels import joined
from logbraid.core.lines import windows
from logbraid.core.types import PADDING, Bytes8, Int64

__all__ = ["Views", "constants", "gather", "gathered", "views"]

Views = npt.NDArray[np.void]
"""One row a piece, see ``views``."""

_VIEW: Final = "V16"
_INLINE: Final = 12
"""Arrow keeps pieces of up to this many bytes inside the view itself."""


def views(number: int, buffer: Bytes8, starts: Int64, lengths: Int64) -> Views:
    """Return where each piece lies: ``buffer[start : start + length]``, the buffer being the ``number``-th.

    The buffer must go on for at least 12 bytes behind the last start, as every chunk does.
    """
    rows = np.empty((len(starts), 2), np.int64)
    rows[:, 0] = lengths  # int32 length, then four bytes of prefix, left 0
    np.left_shift(starts, 32, out=rows[:, 1])  # int32 buffer, then int32 offset
    rows[:, 1] |= number
    if len(starts) and lengths.min() <= _INLINE:
        short = np.flatnonzero(lengths <= _INLINE)
        content = windows(buffer, starts[short], _INLINE)
        content[np.arange(_INLINE) >= lengths[short, None]] = 0
        rows.view(np.uint8)[short, 4:] = content
    return rows.view(_VIEW).ravel()


def gather(buffers: Sequence[Bytes8], rows: Views) -> pa.LargeBinaryArray:
    """Return the pieces as one Arrow array, whose data buffer holds them one behind the other."""
    sources = [None, pa.py_buffer(rows), *[pa.py_buffer(buffer) for buffer in buffers]]
    pieces = pa.Array.from_buffers(pa.binary_view(), len(rows), sources)
    return joined(pieces)


def gathered(buffers: Sequence[Bytes8], rows: Views) -> memoryview:
    """Return the pieces one behind the other."""
    data = gather(buffers, rows).buffers()[2]
    return memoryview(b"" if data is None else data)


def constants(texts: Sequence[bytes]) -> tuple[Bytes8, Int64, Int64]:
    """Return a buffer that holds these texts, and where each starts and how long it is, for ``views``."""
    lengths = np.array([len(text) for text in texts], np.int64)
    starts = np.cumsum(lengths) - lengths
    return np.frombuffer(b"".join(texts) + bytes(PADDING), np.uint8), starts, lengths
