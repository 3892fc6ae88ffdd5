"""The names of rotated files: which name a file was rotated away from, and which of several is the oldest.

Names alone are judged here, without directories; whether a file really was at that name only its content can tell.
Known are logrotate (numbers, dates, compression), Python's, log4j's and logback's rotation, svlogd and multilog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from logbraid.core.types import Nanos

__all__ = ["AgeOrder", "age_order", "bases", "is_compressed_name", "is_sibling"]

PACKED: Final = r"\.(?:gz|zst|bz2|xz|lz4|Z)"

DAY: Final = (
    r"(?:(?:19|20)\d\d(?P<gap>[-_.]?)(?:0[1-9]|1[0-2])(?P=gap)(?:0[1-9]|[12]\d|3[01])|[0-3]\d-[0-3]\d-(?:19|20)\d\d)"
)
MONTH: Final = r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])"
EPOCH: Final = r"1\d{9}"
CLOCK: Final = r"(?:[-_T]?\d\d(?:[-_.:]?\d\d){0,2})"
DATE: Final = rf"(?:{DAY}(?:[-_.]?{EPOCH}|{CLOCK})?|{MONTH}|{EPOCH})"

COMPRESSED: Final = re.compile(rf"(?P<stem>.+){PACKED}")
# No number before an extension (app.1.log): it is as likely to be another service as an older file.
NUMBERED: Final = re.compile(r"(?P<stem>.+)\.(?P<number>\d{1,4})")
EXTENSION: Final = rf"(?!{PACKED}$)\.[A-Za-z]\w*"
DATED: Final = re.compile(rf"(?P<stem>.+?)[-_.](?P<date>{DATE})(?P<part>[-.]\d{{1,4}})?(?P<extension>{EXTENSION})?")
OLD: Final = re.compile(r"(?P<stem>.+)\.old")
TAI64N: Final = re.compile(r"(?P<stem>@)(?P<date>[0-9a-f]{24})\.[stu]")
CURRENT: Final = "current"
"""What svlogd, multilog and s6-log call the file that they name by its time later."""

MARKS: Final = (COMPRESSED, DATED, NUMBERED, OLD, TAI64N)

DEEPEST: Final = 8
"""Marks that are taken off one name; a name with more is nobody's rotated file."""


class AgeOrder(NamedTuple):
    """Sorts the files that were rotated away from one name, oldest first.

    Attributes:
        is_base: the name itself, which holds the newest bytes whatever its time.
        modified: when the file was last written.
        date: the digits of the date in its name; decides where files were written within one tick of the clock.
        part: the number behind a date, which grows from file to file.
        number: the number without a date, negative: it grows with the age of the file.
    """

    is_base: bool
    modified: Nanos
    date: str
    part: int
    number: tuple[int, ...]


def bases(name: str) -> tuple[str, ...]:
    """Every name that the file ``name`` may have been rotated away from, the nearest first; none for a plain name."""
    found: list[str] = []
    waiting = [name]
    while waiting and len(found) < DEEPEST:
        new = [base for base in one_mark_less(waiting.pop(0)) if base not in found]
        found += new
        waiting += new
    return tuple(found)


def is_sibling(name: str, of: str) -> bool:
    """Whether ``name`` is what a file may be called once it was rotated away from the name ``of``."""
    return of in bases(name)


def is_compressed_name(name: str) -> bool:
    """Whether the name ends like that of a compressed file."""
    return COMPRESSED.fullmatch(name) is not None


def age_order(name: str, modified: Nanos, of: str) -> AgeOrder:
    """What to sort ``of`` and its siblings by, oldest first."""
    date, part = "", 0
    numbers: list[int] = []
    stem = name
    while stem != of and (match := last_mark(stem)):
        stem, mark = match["stem"], match.groupdict()
        if number := mark.get("number"):
            numbers.append(-int(number))
        if mark.get("date"):
            date = re.sub(r"[^0-9a-f]", "", match["date"])
            part = int((mark.get("part") or "0").lstrip("-."))
            break
    return AgeOrder(name == of, modified, date, part, tuple(numbers))


def last_mark(name: str) -> re.Match[str] | None:
    """What a rotation has added to the name, the outermost part of it."""
    return next((match for pattern in MARKS if (match := pattern.fullmatch(name))), None)


def one_mark_less(name: str) -> Iterator[str]:
    """The name before each rotation that may have been the last."""
    for pattern in MARKS:
        if match := pattern.fullmatch(name):
            yield CURRENT if pattern is TAI64N else match["stem"] + (match.groupdict().get("extension") or "")
