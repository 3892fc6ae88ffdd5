"""Which lines begin a record: the others (tracebacks, pretty JSON) belong to the record above them.

Where records bear timestamps, the timestamp decides. Where a whole source has none, the customs of tracebacks do:
Python, Java, Go, Node, Ruby and .NET. Nothing here reads times or moves bytes.
"""

from __future__ import annotations

import enum
import re
from typing import Final

import numpy as np

from logbraid.core.gather import gather, views
from logbraid.core.kernels import matches
from logbraid.core.types import NO_TIME, Bool, Bytes8, Int64, Nanos

__all__ = [
    "Style",
    "inherited",
    "inherited_from_below",
    "promises_more",
    "record_starts",
    "record_times",
    "untimed_below",
]


class Style(enum.Enum):
    """How the records of a source begin."""

    TIMED = "a line with a timestamp begins a record"
    BRACED = "a line that opens with a brace begins a record: pretty-printed JSON"
    PLAIN = "there are no timestamps: each line is a record, but for the customs of tracebacks"


_BRACE: Final = ord("{")
_LOOK: Final = 64  # bytes of a line that tell whether it goes on with the record above

_CONTINUES: Final = (
    r"^(?:[ \t\r\n]|$"  # indented or empty
    r"|Caused by: |Suppressed: |\.\.\. [0-9]+ more"  # Java
    r"|goroutine [0-9]+ \[|main\.main\(|created by |exit status [0-9]|\[signal "  # Go
    r"|Traceback \(most recent call last\):"  # Python; mostly behind the line that reports it
    r"|During handling of the above exception|The above exception was the direct cause"
    r"|--- End of |[\}\]\)])"  # .NET, and the end of a pretty-printed value
)
_PYTHON: Final = r"^Traceback \(most recent call last\):"


_PROMISE: Final = re.compile(
    rb"(?i)trace|exception|error|fatal|panic|caused by"  # words that are followed by a traceback
    rb"|[\[({:,;=\\]\s*$"  # something that is opened, and not yet closed
)


def promises_more(line: bytes) -> bool:
    """Whether a line looks as if others followed that belong to it."""
    return _PROMISE.search(line) is not None


def record_starts(style: Style, buffer: Bytes8, starts: Int64, ends: Int64, times: Int64) -> Bool:
    """Return which of the lines ``buffer[start:end]`` begin a record.

    The first line never counts as going on with another one: what it belongs to is for the caller to know.
    """
    if style is Style.TIMED:
        return np.asarray(times != NO_TIME)
    if style is Style.BRACED:
        return np.asarray(buffer[starts] == _BRACE)
    return ~_continuations(buffer, starts, ends)


def record_times(first: Int64, seen: Int64, times: Int64) -> Int64:
    """Return the time of each record: that of its first line, or else the first one found in its lines.

    Args:
        first: number of each record's first line.
        seen: for each record the number of the first line that is too far inside it to tell its time.
        times: of all lines.
    """
    found = times[first]
    late = (found == NO_TIME).nonzero()[0]
    timed = np.append((times != NO_TIME).nonzero()[0], len(times))
    nearest = timed[np.searchsorted(timed, first[late])]
    inside = nearest < np.minimum(np.append(first[1:], len(times)), seen)[late]
    found[late[inside]] = times[nearest[inside]]
    return found


def untimed_below(times: Int64, above: int = 0) -> int:
    """Return how many lines behind the last one with a time have none; ``above`` is that number before the first."""
    timed = (times != NO_TIME).nonzero()[0]
    return len(times) - 1 - int(timed[-1]) if len(timed) else len(times) + above


def inherited(times: Int64, above: Nanos) -> Int64:
    """Give each record without a time that of the record above it."""
    if times.min() != NO_TIME:
        return times
    known = times != NO_TIME
    nearest = np.maximum.accumulate(np.where(known, np.arange(len(times)), -1))
    return np.where(nearest >= 0, times[nearest], above)


def inherited_from_below(times: Int64, stamp: Nanos) -> Int64:
    """Give the records at the head of a source, which have none above them, the first time below them."""
    if times[0] != NO_TIME:
        return times
    timed = np.flatnonzero(times != NO_TIME)
    return np.where(times == NO_TIME, times[timed[0]] if len(timed) else stamp, times)


def _continuations(buffer: Bytes8, starts: Int64, ends: Int64) -> Bool:
    lines = gather([buffer], views(0, buffer, starts, np.minimum(ends - starts, _LOOK)))
    continues = matches(lines, _CONTINUES).copy()
    # Python prints the exception itself, not indented, as the last line of a traceback.
    headers = matches(lines, _PYTHON).nonzero()[0]
    others = np.append((~continues).nonzero()[0], len(lines))
    last = others[np.searchsorted(others, headers, side="right")]
    continues[last[(last > headers + 1) & (last < len(lines))]] = True
    return continues
