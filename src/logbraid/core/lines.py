"""Finding line ends, and other single bytes, in a chunk by array operations.

Goal: each byte is looked at once, at several GB/s, whatever the lines are. Nothing here knows what a line means, and no
statement runs per line.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from logbraid.core.types import Bool, Bytes8, Int64

__all__ = ["NEWLINE", "find_byte", "frame", "holds", "run_lengths", "windows"]

NEWLINE: Final = 0x0A

# Multiplying a word that holds a single 1 in byte k by this constant leaves k in the top byte.
_BYTE_INDEX: Final = np.uint64(0x0001020304050607)
_TOP_BYTE: Final = np.uint64(56)
_ONE: Final = np.uint64(1)


def find_byte(buffer: Bytes8, start: int, stop: int, byte: int) -> Int64:
    """Return every position of ``byte`` in ``buffer[start:stop]``, ascending, as positions in ``buffer``.

    Comparing gives eight flags a word; as most words hold none, looking for the non-zero words first is several times
    faster than looking at each flag. Words with two or more flags (lines shorter than a word) take the plain way.
    """
    tail = (stop - start) % 8
    aligned = stop - tail
    flags = np.equal(buffer[start:aligned], byte)
    words = flags.view(np.uint64)
    hits = (words != 0).nonzero()[0]
    found = words[hits]
    if (found & (found - _ONE)).any():
        positions = np.flatnonzero(flags)
    else:
        positions = hits * 8 + ((found * _BYTE_INDEX) >> _TOP_BYTE).view(np.int64)
    positions += start
    if tail:
        positions = np.concatenate([positions, np.flatnonzero(buffer[aligned:stop] == byte) + aligned])
    return positions


def frame(buffer: Bytes8, start: int, stop: int) -> tuple[Int64, Int64]:
    """Return where each whole line of ``buffer[start:stop]`` starts and ends, its newline included."""
    ends = find_byte(buffer, start, stop, NEWLINE)
    ends += 1
    starts = np.empty_like(ends)
    starts[:1] = start
    starts[1:] = ends[:-1]
    return starts, ends


def run_lengths(firsts: Int64, total: int) -> Int64:
    """Return how long each run is, given where each begins and where the last one stops."""
    lengths = np.empty_like(firsts)
    np.subtract(firsts[1:], firsts[:-1], out=lengths[:-1])
    lengths[-1:] = total - firsts[-1:]
    return lengths


def windows(buffer: Bytes8, positions: Int64, width: int) -> Bytes8:
    """Return the ``width`` bytes at each position, as an array of shape (positions, width).

    The caller answers for ``positions + width`` staying inside the buffer: every chunk is padded for this.
    """
    overlapping: np.ndarray[tuple[int], np.dtype[np.void]] = np.ndarray(
        (len(buffer) - width + 1,), f"V{width}", buffer.data, strides=(1,)
    )
    return overlapping[positions].view(np.uint8).reshape(len(positions), width)


def holds(buffer: Bytes8, positions: Int64, text: bytes) -> Bool:
    """Return at which positions ``text`` stands. The buffer must go on for a word behind the last of them."""
    width = (len(text) + 7) // 8 * 8
    words = windows(buffer, positions, width).view(np.uint64)
    wanted = np.frombuffer(text.ljust(width, b"\0"), np.uint64)
    mask = np.frombuffer((b"\xff" * len(text)).ljust(width, b"\0"), np.uint64)
    found = (words[:, 0] & mask[0]) == wanted[0]
    for column in range(1, words.shape[1]):
        found &= (words[:, column] & mask[column]) == wanted[column]
    return np.asarray(found)
