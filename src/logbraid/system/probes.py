"""Lines from all over a file, without reading it all: where the year changes, and where which time stands.

A probe is a few KiB at a known offset; its first line begins behind its first newline. What the lines mean is the
core's matter.
"""

from __future__ import annotations

from typing import Final

from logbraid.errors import SourceError
from logbraid.system.files import OpenSource

__all__ = ["PROBE", "sample_lines"]

PROBE: Final = 2 << 10
"""Bytes of one probe."""

_PROBES: Final = 256  # a new year must not fall between two of them more than once
_SMALL: Final = 1 << 20  # a file of up to this many bytes is sampled whole


def sample_lines(source: OpenSource) -> list[bytes]:
    """Return whole lines from all over the file, in its order, the first and the last among them.

    All of a small file's; some of a large one's; none where it cannot be probed.
    """
    if not source.seekable or not source.size:
        return []
    if source.size <= _SMALL:
        places, length = [0], source.size
    else:
        last = source.size - PROBE
        places, length = [*range(0, last, source.size // _PROBES), last], PROBE
    room = memoryview(bytearray(length))
    lines: list[bytes] = []
    try:
        for place in places:
            data = room[: source.read_at(room, place)].tobytes()
            # The first line may be the rest of one, the last may go on behind the probe.
            lines += _whole_lines(data, at_start=place == 0, at_end=place + len(data) == source.size)
    except SourceError:
        return lines  # whoever reads the source next will meet the same error and say so
    return lines


def _whole_lines(data: bytes, *, at_start: bool, at_end: bool) -> list[bytes]:
    begin = 0 if at_start else data.find(b"\n") + 1 or len(data)
    stop = len(data) if at_end else data.rfind(b"\n") + 1
    return [line + b"\n" for line in data[begin:stop].removesuffix(b"\n").split(b"\n")] if begin < stop else []
