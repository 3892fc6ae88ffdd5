"""What one timestamp format is: a pattern, the meaning of its groups, and samples that prove it.

A timestamp is cut in two. The *tail* is the two-digit seconds and the fraction: it changes on every line and is read
by array operations in ``reader.py``. The *head* is everything else (date, hour, minute, zone): it changes once a
minute, so plain, readable Python may interpret it, once per distinct head. No format knows about arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from logbraid.core.types import Nanos

__all__ = ["DECIMAL", "HEXADECIMAL", "Format", "Head", "Moment", "Sample"]

DECIMAL: Final = 10
HEXADECIMAL: Final = 16


@dataclass(frozen=True, slots=True)
class Moment:
    """A head in calendar terms, to the minute; what the text does not say is None.

    Attributes:
        offset: seconds east of UTC, or None for the source's own zone.
    """

    hour: int
    minute: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    offset: int | None = None


Head = Moment | Nanos
"""A head's meaning: calendar terms that a ``Calendar`` places on the time line, or already nanoseconds UTC."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A line as found in the wild and the time it means.

    ``expected`` is in ns UTC, with the source's zone UTC and a modification time of ``modified``.
    """

    line: bytes
    expected: Nanos
    modified: Nanos = 1_790_000_000_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """One way to write a time. Two formats are the same only if they are one and the same object.

    Attributes:
        name: as shown in notices and documentation.
        expression: matches a timestamp at the very place where it starts. The group ``second`` is exactly two digits;
            the optional group ``fraction`` follows (one separator byte between them at most) and is up to nine digits
            (a separator is not needed: epoch milliseconds have none). It must not match across a line end, must
            look only at what it consumes and at most one byte more, and must not care which decimal digits
            stand in ``second`` and ``fraction``.
        first: every byte that a match may begin with.
        read: what the head of a match means, or None where it means nothing (month 13); it may raise ValueError too.
        base: DECIMAL, or HEXADECIMAL where second and fraction are written in hex (then the fraction counts ns and
            is eight digits, and ``second`` is empty).
        anywhere: may be looked for in the middle of a line; otherwise only at its start or after ``[ ( <`` or quotes.
        samples: real lines and what they mean; a test reads every one.
    """

    name: str
    expression: bytes
    first: frozenset[int]
    read: Callable[[re.Match[bytes]], Head | None]
    samples: tuple[Sample, ...]
    base: int = DECIMAL
    anywhere: bool = True

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """The expression, compiled when it is first needed: most runs need two or three of them."""
        return re.compile(self.expression)
