"""A straight-line reader of single lines, to hold the formats (and the vectorised reader) against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import Lock
from logbraid.core.timestamps.format import HEXADECIMAL, Format
from logbraid.core.timestamps.locators import After, Column, Locator, Word
from logbraid.core.types import NO_TIME, SECOND, Nanos


def locate(locator: Locator, line: bytes) -> int | None:
    """Return where in the line a timestamp should be."""
    match locator:
        case Column(column):
            return column
        case Word(index, skip):
            spaces = [place for place, byte in enumerate(line) if byte == 0x20]
            return spaces[index - 1] + 1 + skip if len(spaces) >= index else None
        case After(key):
            return line.index(key) + len(key) if key in line else None


def read_stamp(form: Format, calendar: Calendar, text: bytes, previous: Nanos = NO_TIME) -> Nanos | None:
    """Return the time at the very start of ``text``."""
    match = form.pattern.match(text)
    if match is None:
        return None
    try:
        head = form.read(match)
    except ValueError:
        return None
    base = None if head is None else calendar.place(head, previous)
    if base is None:
        return None
    groups = match.groupdict()
    fraction = groups.get("fraction") or b""
    if form.base == HEXADECIMAL:
        return base + int(fraction, 16)
    return base + int(groups["second"]) * SECOND + int(fraction.ljust(9, b"0"))


def read_lines(lock: Lock, calendar: Calendar, lines: Iterable[bytes]) -> Iterator[Nanos | None]:
    """Yield the time of each line, None where it has none."""
    previous = NO_TIME
    for line in lines:
        place = locate(lock.locator, line)
        time = None if place is None else read_stamp(lock.format, calendar, line[place:], previous)
        yield time
        previous = previous if time is None else time
