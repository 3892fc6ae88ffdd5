"""Cutting records that are longer than the limit into pieces, so that memory stays bounded and no byte is lost.

A piece ends behind a newline where there is one within the limit, and inside a line otherwise; which pieces there are
depends on the record alone. Nothing here reads, keeps or counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from logbraid.core.lines import NEWLINE, find_byte
from logbraid.core.types import Bytes8, Int64

__all__ = ["Pieces", "cut"]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Records, whole or in pieces.

    Attributes:
        edges: where each begins in the buffer, and where the last one ends.
        times: of each; the pieces of a record have its time.
        cuts: where the records begin that were cut.
        torn: some piece ends in the middle of a line.
    """

    edges: Int64
    times: Int64
    cuts: list[int] = field(default_factory=list)
    torn: bool = False


def cut(buffer: Bytes8, edges: Int64, times: Int64, stop: int, longest: int) -> Pieces:
    """Return the records between ``edges``, those over ``longest`` bytes in pieces.

    Args:
        buffer: holds them.
        edges: where each record begins, and where the last one ends.
        times: of each record.
        stop: behind the last byte that was read: a newline that was added is no byte of the record.
        longest: bytes that a piece may have.
    """
    if (edges[1:] - edges[:-1]).max() <= longest:
        return Pieces(edges, times)
    all_edges, all_times, cuts, torn = [int(edges[0])], [], [], False
    for time, start, end in zip(times.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        ends = _ends(buffer, start, min(end, stop), longest)
        ends[-1] = end
        if len(ends) > 1:
            cuts.append(start)
        torn |= any(buffer[inner - 1] != NEWLINE for inner in ends[:-1])
        all_edges += ends
        all_times += [time] * len(ends)
    return Pieces(np.array(all_edges), np.array(all_times), cuts, torn)


def _ends(buffer: Bytes8, start: int, end: int, longest: int) -> list[int]:
    """Return where to end each piece of a record: behind the last newline that fits in, or else inside a line."""
    ends = []
    while end - start > longest:
        newlines = find_byte(buffer, start, start + longest, NEWLINE)
        start = int(newlines[-1]) + 1 if len(newlines) else start + longest
        ends.append(start)
    return [*ends, end]
