"""Compiles the user's own strptime-like pattern (``--time-format``) into a format.

Literals, spaces included, stand for exactly themselves. The result is a linear-time pattern: every directive has a
bounded width and nothing is repeated. What a pattern lacks or has twice is said in words, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from logbraid.core.timestamps.format import Format, Moment
from logbraid.core.timestamps.pieces import (
    ANY_CASE_LETTERS,
    DIGITS,
    HALF,
    MINUTE,
    MONTH_NAME,
    MONTH_NAMES,
    SECOND,
    WEEKDAY,
    YEAR,
    read_moment,
)
from logbraid.core.types import SECOND as NANOS_PER_SECOND
from logbraid.core.types import Nanos
from logbraid.errors import UsageError

__all__ = ["compile_time_format"]

_SPACE: Final = frozenset(b" ")
_LONG_MONTH: Final = rb"(?P<month>(?i:" + b"|".join(MONTH_NAMES) + rb"))"
_LONG_WEEKDAY: Final = rb"(?i:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)"
_OFFSET: Final = rb"(?P<zone>[Zz]|[+-](?:0[0-9]|1[0-5])(?:[0-5][0-9]|:[0-5][0-9]|(?!:)))"


@dataclass(frozen=True, slots=True)
class Directive:
    """One %-directive: what it matches, what that may begin with, and what it says (so that nothing is said twice)."""

    pattern: bytes
    first: frozenset[int]
    says: str


_DIRECTIVES: Final = {
    "Y": Directive(YEAR, DIGITS, "year"),
    "y": Directive(rb"(?P<year>[0-9]{2})", DIGITS, "year"),
    "m": Directive(rb"(?P<month>1[0-2]|0?[1-9])", DIGITS, "month"),
    "d": Directive(rb"(?P<day>[0-3][0-9]|[1-9])", DIGITS, "day"),
    "e": Directive(rb"(?P<day>[ 1-3][0-9]|[1-9])", DIGITS | _SPACE, "day"),
    "b": Directive(MONTH_NAME, ANY_CASE_LETTERS, "month"),
    "B": Directive(_LONG_MONTH, ANY_CASE_LETTERS, "month"),
    "j": Directive(rb"(?P<yearday>[0-3][0-9][0-9])", DIGITS, "day of the year"),
    "H": Directive(rb"(?P<hour>[01][0-9]|2[0-3]|[0-9])", DIGITS, "hour"),
    "I": Directive(rb"(?P<hour>0[1-9]|1[0-2]|[1-9])", DIGITS, "hour"),
    "p": Directive(HALF, frozenset(b"AaPp"), "half of the day"),
    "M": Directive(MINUTE, DIGITS, "minute"),
    "S": Directive(SECOND, DIGITS, "second"),
    "f": Directive(rb"(?P<fraction>[0-9]{1,9})", DIGITS, "fraction"),
    "z": Directive(_OFFSET, frozenset(b"Zz+-"), "zone"),
    "Z": Directive(rb"(?P<zone>[A-Za-z]{1,5})", ANY_CASE_LETTERS, "zone"),
    "s": Directive(rb"(?P<hundreds>[0-9]{8})" + SECOND, DIGITS, "epoch"),
    "a": Directive(WEEKDAY, ANY_CASE_LETTERS, "weekday"),
    "A": Directive(_LONG_WEEKDAY, ANY_CASE_LETTERS, "weekday"),
}

_SHORTHANDS: Final = {"T": "%H:%M:%S", "D": "%m/%d/%y", "F": "%Y-%m-%d"}

# What the whole pattern must hold, and what must not stand in it without what.
_ALWAYS: Final = (("hour", "%H or %I"), ("minute", "%M"), ("second", "%S"))
_NEEDS: Final = (
    ("year", ("month", "day of the year"), "a month"),
    ("month", ("day",), "a day"),
    ("day", ("month",), "a month"),
    ("day of the year", ("year",), "a year"),
)
_EXCLUDES: Final = (("day of the year", "month"), ("day of the year", "day"))


def compile_time_format(text: str) -> Format:
    """Return the format that a strptime-like pattern means.

    Raises:
        UsageError: the pattern has an unknown directive, says a thing twice, or leaves the time unsaid.
    """
    parts = list(_parts(text))
    said = [part.says for part in parts if part.says]
    _check(text, said)
    _check_fraction(text, parts)
    end = rb"(?![0-9A-Za-z])" if parts[-1].first & ANY_CASE_LETTERS else rb"(?![0-9])"
    expression = b"".join(part.pattern for part in parts) + end
    read = _read_epoch if "epoch" in said else _read_yearday if "day of the year" in said else read_moment
    return Format(text, expression, parts[0].first, read, samples=())


def _parts(text: str) -> Iterator[Directive]:
    """Yield the directives and, each as one that says nothing, the literal characters."""
    characters = iter(re.sub("%([TDF])", lambda found: _SHORTHANDS[found[1]], text.replace("%%", "%\0")))
    for character in characters:
        if character == "\n":
            raise UsageError(f"time format {text!r}: a timestamp does not go over a line end")
        directive = next(characters, "") if character == "%" else None
        if directive is None or directive == "\0":
            literal = _bytes(character, text)
            yield Directive(re.escape(literal), frozenset(literal[:1]), "")
        elif directive in _DIRECTIVES:
            yield _DIRECTIVES[directive]
        else:
            raise UsageError(f"time format {text!r}: there is no directive %{directive}")


def _bytes(character: str, text: str) -> bytes:
    """Return what a literal character is in a log: an argument's bytes need be no text, but half a pair is neither."""
    try:
        return character.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        raise UsageError(f"time format {text!r}: {character!r} is no character") from None


def _check(text: str, said: list[str]) -> None:
    for word in said:
        if said.count(word) > 1:
            raise UsageError(f"time format {text!r} says the {word} more than once")
    if "epoch" in said:
        _check_epoch(text, said)
        return
    for word, directive in _ALWAYS:
        if word not in said:
            raise UsageError(f"time format {text!r} says no {word}: it needs {directive}")
    for word, needed, name in _NEEDS:
        if word in said and not any(other in said for other in needed):
            raise UsageError(f"time format {text!r} says a {word} but not {name}")
    for word, other in _EXCLUDES:
        if word in said and other in said:
            raise UsageError(f"time format {text!r} says both a {word} and a {other}")
    if ("%I" in text) != ("half of the day" in said):
        raise UsageError(f"time format {text!r}: %I and %p need each other")


def _check_epoch(text: str, said: list[str]) -> None:
    others = [word for word in said if word not in {"epoch", "fraction"}]
    if others:
        raise UsageError(f"time format {text!r}: %s says it all, there can be no {others[0]} beside it")


def _check_fraction(text: str, parts: list[Directive]) -> None:
    """Check that the fraction follows the seconds: the two are read together."""
    places = {part.says: number for number, part in enumerate(parts) if part.says}
    if "fraction" not in places:
        return
    seconds = places.get("second", places.get("epoch", -1))
    between = parts[seconds + 1 : places["fraction"]]
    if seconds > places["fraction"] or len(between) > 1 or any(part.says or len(part.first) != 1 for part in between):
        raise UsageError(f"time format {text!r}: %f must follow the seconds, with one character between them at most")


def _read_epoch(match: re.Match[bytes]) -> Nanos:
    return int(match["hundreds"]) * 100 * NANOS_PER_SECOND


def _read_yearday(match: re.Match[bytes]) -> Moment:
    moment = read_moment(match)
    assert moment.year is not None, "checked when the pattern was compiled"
    day = date(moment.year, 1, 1) + timedelta(days=int(match["yearday"]) - 1)
    if day.year != moment.year:
        raise ValueError("the year has no such day")
    return replace(moment, month=day.month, day=day.day)
