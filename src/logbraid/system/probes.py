"""Lines from all over a file, without reading it all: where the year changes, and where which time stands.

A probe is a few KiB at a known offset; its first line begins behind its first newline. What the lines mean is the core's
matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from logbraid.errors import SourceError
from logbraid.system.files import OpenSource

__all__ = ["PROBE", "probes", "sample_lines"]

PROBE: Final = 2 << 10
"""Bytes of one probe."""

_MOST_PROBES: Final = 4096
_SMALL: Final = 1 << 20  # a file of up to this many bytes is sampled whole


def probes(source: OpenSource, step: int) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, bytes) at every ``step`` bytes of the file; the first at 0. Nothing where it is not seekable."""
    if not source.seekable or source.size is None:
        return
    room = memoryview(bytearray(PROBE))
    for offset in range(0, source.size, step):
        count = source.read_at(room, offset)
        yield offset, room[:count].tobytes()


def sample_lines(source: OpenSource) -> list[bytes]:
    """Return lines from all over the file, in its order: all of a small one's, one of each probe of a large one's."""
    if not source.seekable or source.size is None:
        return []
    lines: list[bytes] = []
    try:
        if source.size <= _SMALL:
            room = memoryview(bytearray(source.size))
            return room[: source.read_at(room, 0)].tobytes().splitlines(keepends=True)
        for offset, data in probes(source, max(_SMALL // 16, source.size // _MOST_PROBES)):
            whole = data.split(b"\n")[0 if offset == 0 else 1 : -1]
            lines += whole[:8]
    except SourceError:
        return lines  # whoever reads the source next will meet the same error and say so
    return lines
