"""How grave each record is: int8 codes, recognised in a whole column of records by a table of rules.

A level counts only among the first fields of a record (times, numbers, names, brackets) or under a key of JSON or
logfmt; a word in the middle of a text is no level. No Python statement runs per record, and still these patterns are
slow: ``grading.py`` asks them about few records. What lets it answer for others by itself is written beside each rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from logbraid.core.kernels import matches
from logbraid.core.types import Int8, Int64
from logbraid.errors import UsageError

__all__ = ["LEVELS", "NO_LEVEL", "RULES", "Ruling", "holding", "parse_level", "ruled"]

LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal")
"""The names of the codes 0 to 5."""

NO_LEVEL: Final = -1

_TRACE, _DEBUG, _INFO, _WARN, _ERROR, _FATAL = range(6)

_NAMES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("TRACE", "TRC", "VERBOSE", "FINER", "FINEST"), _TRACE),
    **dict.fromkeys(("DEBUG", "DBG", "FINE", "CONFIG"), _DEBUG),
    **dict.fromkeys(("INFO", "INF", "INFORMATION", "NOTICE", "NOTE"), _INFO),
    **dict.fromkeys(("WARN", "WRN", "WARNING"), _WARN),
    **dict.fromkeys(("ERROR", "ERR", "SEVERE"), _ERROR),
    **dict.fromkeys(("CRITICAL", "CRIT", "FATAL", "FTL", "PANIC", "ALERT", "EMERG", "EMERGENCY"), _FATAL),
}

_PINO: Final = {str(number): code for code, number in enumerate(range(10, 70, 10))}
_LETTERS: Final = {"V": _TRACE, "D": _DEBUG, "I": _INFO, "W": _WARN, "E": _ERROR, "F": _FATAL, "A": _FATAL}
_REDIS: Final = {".": _DEBUG, "-": _DEBUG, "*": _INFO, "#": _WARN}
_SEVERITIES: Final = (_FATAL, _FATAL, _FATAL, _ERROR, _WARN, _INFO, _INFO, _DEBUG)
_PRIORITIES: Final = {str(priority): _SEVERITIES[priority % 8] for priority in range(192)}

_KEYS: Final = r"(?:level|lvl|severity|levelname|log\.level)"
# FINE is plain English in lower case.
_WORD: Final = r"(?P<level>(?i:" + "|".join(sorted(_NAMES.keys() - {"FINE"}, key=len, reverse=True)) + ")|FINE)"
_DATE_WORD: Final = r"(?i:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK_WORD: Final = r"(?:[A-Z]{1,4}T|UTC|GMT|Z|[AaPp][Mm])"

# What may stand before the level.
_BEFORE: Final = "|".join(
    (
        r"[^A-Za-z\s\[][^\s\[]*",  # a date, a time, a number, a dash, an address
        r"\[[^\]]*\][:,]?",  # a thread, a process number, a time in brackets
        _DATE_WORD + r",?",
        _CLOCK_WORD,
        r"[A-Za-z_$][\w$/-]*(?:\.[\w$/-]+)+:?",  # a logger or a file with dots in its name
        r"[A-Za-z_$][\w$./-]*\[[0-9]+\]:?",  # a program and its process number
        r"[A-Za-z_][\w.-]*@\S+",  # a user of a database
        r"[A-Za-z_$][\w$./-]* ?[-|]",  # a name set off from the rest
        r"[IWEDF],",  # Ruby's letter, before the word
    )
)
_FIRST_FIELDS: Final = rf"^\s*(?:(?:{_BEFORE})\s*)*?"


_CLOCK: Final = re.compile(_CLOCK_WORD)
_LETTER_WORDS: Final = {letter.encode(): code for letter, code in _LETTERS.items()}
_WORDS: Final = {
    spelled.encode(): code
    for name, code in _NAMES.items()
    for spelled in ((name,) if name == "FINE" else (name, name.lower(), name.capitalize()))
    if not _CLOCK.fullmatch(spelled)  # ALERT and CRIT may be a clock's too: those are for the rules to tell
}
"""What a stencil may show, as it is mostly written, and the level that it means."""


class Way(NamedTuple):
    """A way to be sure that a rule finds the level here, and no earlier rule one elsewhere, whatever else follows.

    Attributes:
        pattern: what the beginning must look like, up to the byte behind the word.
        unless: the bytes of which none may come next.
        without: the bytes of which none may come at all.
    """

    pattern: str
    unless: bytes = b""
    without: bytes = b""


@dataclass(frozen=True, slots=True)
class Rule:
    """One place where a level may stand, and what it may be.

    Attributes:
        pattern: a regular expression (RE2) with the group ``level``.
        codes: what is found there, in upper case, and the level that it means.
        formats: the timestamp formats with which the rule holds; empty for all.
        opening: how a beginning looks of which this rule may still make something, going by what follows, though a
            later rule has found a level at its end; any does where nobody has thought about it.
        ways: how a stencil may say what this rule says; none: it cannot. Only digits may differ where a stencil fits,
            and no rule tells one digit from another, but for priorities and pino's numbers.
        words: what such a stencil shows.
    """

    pattern: str
    codes: Mapping[str, int]
    formats: frozenset[str] = frozenset()
    opening: str = ""
    ways: tuple[Way, ...] = ()
    words: Mapping[bytes, int] = field(default_factory=lambda: _WORDS)

    def apply(self, heads: pa.Array[Any]) -> tuple[Int8, Int64]:
        """Return the code of each head, NO_LEVEL where the rule finds none, and where in the head it was found."""
        codes = np.full(len(heads), NO_LEVEL, np.int8)
        places = np.zeros(len(heads), np.int64)
        # A match without groups is several times cheaper than one with them, and most rules fail on most records.
        matching = matches(heads, self.pattern).nonzero()[0]
        if len(matching):
            import pyarrow.compute as pc  # heavy, and only needed where levels are

            before, level = self.pattern.removeprefix("^").split("(?P<level>")
            pattern = f"^(?P<before>{before})(?P<level>{level}"
            found = pc.extract_regex(heads.take(pa.array(matching, pa.int64())), pattern)
            words = pc.ascii_upper(pc.struct_field(found, "level").cast(pa.large_string()))
            index = pc.index_in(words, pa.array([*self.codes], pa.large_string()))
            known = np.array([*self.codes.values(), NO_LEVEL], np.int8)
            codes[matching] = known[pc.fill_null(index, len(self.codes)).to_numpy(zero_copy_only=False)]
            places[matching] = pc.binary_length(pc.struct_field(found, "before")).to_numpy(zero_copy_only=False)
        return codes, places


# A rule that looks at nothing behind its word, and can find it in one place only, is sure in every way.
_ALWAYS: Final = (Way(""),)
_NUMBERS_FIRST: Final = r"^\[?[0-9][^\s\[]*(?:\s(?:[0-9][^\s\[]*(?:\s+(?:-(?:\s+[A-Za-z]*)?|[A-Za-z]*))?)?)?$"
_JSON_FIRST: Final = r"^[\s,\[]*\{"
# The loop over the first fields cannot go on past a word that a space or a colon ends, as no name is set off from the
# rest there; where it can, it takes a bracket to make a level of what it reaches.
_FIELD_WAYS: Final = (
    Way(r"(?:^|\s)[A-Za-z]+[\s:]$", unless=b"-|"),
    Way(r"(?:^|\s)[(<|]?\s?[A-Za-z]+[\s:)|,>/-]$", without=b"["),
)
# No quote is open where the word stands: it could close behind it, and the key would be a part of a text.
_LOGFMT_WAY: Final = Way(rf'^(?:[\w.@-]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)\s+)*{_KEYS}="?[A-Za-z]+[^\w]$')

RULES: Final = (
    Rule(r"^<(?P<level>[0-9]{1,3})>", _PRIORITIES, opening="^<"),
    Rule(r"^(?P<level>[IWEDF])[0-9]{4,8} ", _LETTERS, frozenset({"glog"})),
    # What the last rule would find too, in the commonest place and ten times faster.
    Rule(rf"^\[?[0-9][^\s\[]*\s[0-9][^\s\[]*\s+(?:-\s+)?{_WORD}[\s:]", _NAMES, opening=_NUMBERS_FIRST, ways=_ALWAYS),
    Rule(
        r"^\S+ \S+\s+(?:[0-9]+\s+[0-9]+\s+)?(?P<level>[VDIWEFA])[ /]",
        _LETTERS,
        frozenset({"Android"}),
        ways=_ALWAYS,
        words=_LETTER_WORDS,
    ),
    Rule(r"^[0-9]+:[XCSM] [^*#]{11,20}:[0-9]{2}\.[0-9]{3} (?P<level>[.*#-]) ", _REDIS, frozenset({"day month year"})),
    Rule(rf'^[\s,\[]*\{{(?s:.*?)"{_KEYS}"\s*:\s*"{_WORD}"', _NAMES, opening=_JSON_FIRST, ways=_ALWAYS),
    Rule(rf'^[\s,\[]*\{{(?s:.*?)"{_KEYS}"\s*:\s*(?P<level>[1-6]0)\b', _PINO, opening=_JSON_FIRST),
    Rule(
        rf'^(?:[\w.@-]+=(?:"(?:[^"\\]|\\.)*"|\S*)\s+)*?{_KEYS}="?{_WORD}\b',
        _NAMES,
        opening=r"^[\w.@-]+(?:=|$)",
        ways=(_LOGFMT_WAY,),
    ),
    # After the host and the program.
    Rule(rf"^\S+\s+\S+ \S+ \S+ [^\s:]+: \[?{_WORD}[\]\s:]", _NAMES, frozenset({"syslog"}), ways=_ALWAYS),
    Rule(
        rf"{_FIRST_FIELDS}\[(?:[^\]]*[:/ ])??{_WORD}\s*\]",
        _NAMES,
        opening=r"\[[^\]]*$",
        ways=(Way(r"^[^@]*\]$"),),  # the name of a database's user may hold a bracket
    ),
    Rule(rf"{_FIRST_FIELDS}[(<|]?\s?{_WORD}(?:[\s:)|,>/-]|$)", _NAMES, ways=_FIELD_WAYS),
)


def parse_level(name: str) -> int:
    """Return the code of a level's name, in any case, or of one of its usual synonyms.

    Raises:
        UsageError: there is no such level.
    """
    try:
        return _NAMES[name.strip().upper()]
    except KeyError:
        raise UsageError(f"there is no level {name!r}: use one of {', '.join(LEVELS)}") from None


class Ruling(NamedTuple):
    """What the rules say of some heads.

    Attributes:
        codes: the level of each, NO_LEVEL where none is recognised.
        rules: the number of the rule that found it.
        places: where in the head it was found.
    """

    codes: Int8
    rules: Int8
    places: Int64


def ruled(heads: pa.BinaryArray | pa.LargeBinaryArray, format_name: str) -> Ruling:
    """Ask the rules alone.

    Args:
        heads: the first bytes of each record; 256 are enough.
        format_name: name of the timestamp format of their source.
    """
    remaining: pa.Array[Any] = heads.cast(pa.large_binary())
    rows = np.arange(len(heads))
    none = np.full(len(heads), NO_LEVEL, np.int8)
    ruling = Ruling(none, none.copy(), np.zeros(len(heads), np.int64))
    for number, rule in holding(format_name):
        if not len(rows):
            break
        ruling.codes[rows], ruling.places[rows] = rule.apply(remaining)
        ruling.rules[rows] = number
        unknown = np.flatnonzero(ruling.codes[rows] == NO_LEVEL)
        if len(unknown) < len(rows):
            rows, remaining = rows[unknown], remaining.take(pa.array(unknown, pa.int64()))
    return ruling


def holding(format_name: str) -> list[tuple[int, Rule]]:
    """Return the rules that hold with this timestamp format, each with its number."""
    return [(i, rule) for i, rule in enumerate(RULES) if not rule.formats or format_name in rule.formats]
