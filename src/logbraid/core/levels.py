"""How grave each record is: int8 codes, recognised in a whole column of records by a table of rules.

A level counts only among the first fields of a record (times, numbers, names, brackets) or under a key of JSON or
logfmt; a word in the middle of a text is no level. No Python statement runs per record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from logbraid.core.kernels import matches
from logbraid.core.types import Int8
from logbraid.errors import UsageError

__all__ = ["LEVELS", "NO_LEVEL", "levels", "parse_level"]

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


@dataclass(frozen=True, slots=True)
class Rule:
    """One place where a level may stand, and what it may be.

    Attributes:
        pattern: a regular expression (RE2) with the group ``level``.
        codes: what is found there, in upper case, and the level that it means.
        formats: the timestamp formats with which the rule holds; empty for all.
    """

    pattern: str
    codes: Mapping[str, int]
    formats: frozenset[str] = frozenset()

    def apply(self, heads: pa.Array[Any]) -> Int8:
        """Return the code of each head, NO_LEVEL where the rule finds none."""
        codes = np.full(len(heads), NO_LEVEL, np.int8)
        # A match without groups is several times cheaper than one with them, and most rules fail on most records.
        matching = matches(heads, self.pattern).nonzero()[0]
        if len(matching):
            import pyarrow.compute as pc  # heavy, and only needed where levels are

            rows = heads.take(pa.array(matching, pa.int64()))
            found = pc.struct_field(pc.extract_regex(rows, self.pattern), "level").cast(pa.large_string())
            index = pc.index_in(pc.ascii_upper(found), pa.array([*self.codes], pa.large_string()))
            known = np.array([*self.codes.values(), NO_LEVEL], np.int8)
            codes[matching] = known[pc.fill_null(index, len(self.codes)).to_numpy(zero_copy_only=False)]
        return codes


_RULES: Final = (
    Rule(r"^<(?P<level>[0-9]{1,3})>", _PRIORITIES),
    Rule(r"^(?P<level>[IWEDF])[0-9]{4,8} ", _LETTERS, frozenset({"glog"})),
    # What the last rule would find too, in the commonest place and ten times faster.
    Rule(rf"^\[?[0-9][^\s\[]*\s[0-9][^\s\[]*\s+(?:-\s+)?{_WORD}[\s:]", _NAMES),
    Rule(r"^\S+ \S+\s+(?:[0-9]+\s+[0-9]+\s+)?(?P<level>[VDIWEFA])[ /]", _LETTERS, frozenset({"Android"})),
    Rule(r"^[0-9]+:[XCSM] [^*#]{11,20}:[0-9]{2}\.[0-9]{3} (?P<level>[.*#-]) ", _REDIS, frozenset({"day month year"})),
    Rule(rf'^[\s,\[]*\{{(?s:.*?)"{_KEYS}"\s*:\s*"{_WORD}"', _NAMES),
    Rule(rf'^[\s,\[]*\{{(?s:.*?)"{_KEYS}"\s*:\s*(?P<level>[1-6]0)\b', _PINO),
    Rule(rf'^(?:[\w.@-]+=(?:"(?:[^"\\]|\\.)*"|\S*)\s+)*?{_KEYS}="?{_WORD}\b', _NAMES),
    # After the host and the program.
    Rule(rf"^\S+\s+\S+ \S+ \S+ [^\s:]+: \[?{_WORD}[\]\s:]", _NAMES, frozenset({"syslog"})),
    Rule(rf"{_FIRST_FIELDS}\[(?:[^\]]*[:/ ])??{_WORD}\s*\]", _NAMES),
    Rule(rf"{_FIRST_FIELDS}[(<|]?\s?{_WORD}(?:[\s:)|,>/-]|$)", _NAMES),
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


def levels(heads: pa.BinaryArray | pa.LargeBinaryArray, format_name: str) -> Int8:
    """Return the level of each record, NO_LEVEL where none is recognised.

    Args:
        heads: the first bytes of each record; 256 are enough.
        format_name: name of the timestamp format of their source.
    """
    remaining: pa.Array[Any] = heads.cast(pa.large_binary())
    rows = np.arange(len(heads))
    codes = np.full(len(heads), NO_LEVEL, np.int8)
    for rule in _RULES:
        if not len(rows):
            break
        if not rule.formats or format_name in rule.formats:
            codes[rows] = rule.apply(remaining)
            unknown = np.flatnonzero(codes[rows] == NO_LEVEL)
            if len(unknown) < len(rows):
                rows, remaining = rows[unknown], remaining.take(pa.array(unknown, pa.int64()))
    return codes
