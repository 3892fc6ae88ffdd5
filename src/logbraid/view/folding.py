r"""What is shown of a record: its first line, all its lines, or the JSON in it indented; each line as inert text.

Inert: colours are left out, other controls are written as ``\x1b``, tabs are spaces, so that a line moves nothing on
the screen. Nothing here knows how wide that is, and nothing is unbounded, however long a record may be.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from itertools import islice
from typing import Final, NamedTuple

from logbraid.sinks.visible import visible_name
from logbraid.view.cells import width

__all__ = ["Fold", "Place", "Shown", "has_json", "inert", "is_abridged", "place", "shown"]

LONGEST: Final = 1 << 16
"""Bytes of a line that are shown."""

AROUND: Final = 1 << 12
"""Bytes behind the focus that are shown besides, where there are so many."""

MOST_LINES: Final = 10_000
"""Lines of a record that are shown."""

MOST_JSON: Final = 1 << 18
"""Characters of a record in which JSON is looked for; what goes on behind them is shown as it is."""

MOST_IN_VAIN: Final = 1 << 17
"""Characters that are read, in all, of what turns out to be no JSON."""

MOST_TRIES: Final = 32
"""Brackets at which JSON may begin."""

TAB: Final = 8
INDENT: Final = "  "

_COLOUR: Final = re.compile(r"\x1b\[[0-9;:]*m")
_VARIANT: Final = re.compile("[\ufe0e\ufe0f]")  # changes the width of the character before it, on some terminals only
_OPENING: Final = re.compile(r"[{\[]")
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_JSON: Final = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)  # numbers are shown as they are written


class Fold(Enum):
    """How much of a record is shown."""

    FOLDED = "its first line"
    UNFOLDED = "all its lines"
    PRETTY = "its JSON, indented"


class Shown(NamedTuple):
    """What is shown of a record.

    Attributes:
        lines: inert text, at least one.
        hidden: lines that the record has besides.
    """

    lines: list[str]
    hidden: int


class Place(NamedTuple):
    """Where something stands in what is shown of a record.

    Attributes:
        line: in which of the lines that are shown.
        character: at which of its characters.
    """

    line: int
    character: int


def shown(data: bytes, fold: Fold, focus: int = 0) -> Shown:
    """Return what is shown of a record's bytes.

    Args:
        data: the bytes.
        fold: how much of them.
        focus: one of them, which is among what is shown of lines that are too long, or too many, to be shown as a
            whole; of JSON that is indented, the beginning is shown in any case.
    """
    if fold is Fold.FOLDED:
        return _folded(data, focus)
    data = data.removesuffix(b"\n")
    pretty = _pretty(data) if fold is Fold.PRETTY else None
    if pretty is not None:
        return Shown([*map(_line, pretty[:MOST_LINES]), *_left_out(pretty[MOST_LINES:])], 0)
    line, at = _line_of(data, focus)
    skipped = _skipped(line)
    lines = data.split(b"\n", skipped + MOST_LINES)[skipped:]
    pieces = [_line(each, at if number == line else 0) for number, each in enumerate(lines[:MOST_LINES], skipped)]
    before = [f"[{skipped:,} lines before]"] if skipped else []
    return Shown([*before, *pieces, *_left_out(lines[MOST_LINES:])], 0)


def is_abridged(data: bytes) -> bool:
    """Whether some of a record's bytes may not be shown even where it is unfolded."""
    return len(data) > min(LONGEST, MOST_LINES)


def place(data: bytes, focus: int) -> Place:
    """Return where one of a record's bytes stands in what is shown with it as the focus, unless as indented JSON."""
    line, at = _line_of(data, focus)
    skipped = _skipped(line)
    text = data[focus - at :].split(b"\n", 1)[0].removesuffix(b"\r")
    begin, _ = _piece(text, at)
    return Place(line - skipped + bool(skipped), len(_before(begin)) + len(inert(_decoded(text[begin:at]))))


def _line_of(data: bytes, focus: int) -> tuple[int, int]:
    """Return on which line a byte stands, and as which of it."""
    return data.count(b"\n", 0, focus), focus - (data.rfind(b"\n", 0, focus) + 1)


def _skipped(line: int) -> int:
    """Return how many lines are left out before the one with the focus."""
    return 0 if line < MOST_LINES else line - MOST_LINES // 2


def _folded(data: bytes, focus: int) -> Shown:
    """Return the first line, without a copy of all the others."""
    end = len(data) - data.endswith(b"\n")
    first = data.find(b"\n", 0, end)
    if first < 0:
        return Shown([_line(data[:end], focus)], 0)
    return Shown([_line(data[:first], focus if focus < first else 0)], data.count(b"\n", first, end))


def has_json(data: bytes) -> bool:
    """Whether there is an object or an array in a record's bytes, on whichever of its lines it begins."""
    return _find_json(data) is not None


def inert(text: str) -> str:
    """Return a line as it may be shown."""
    if text.isascii() and text.isprintable():
        return text
    plain = _VARIANT.sub("", _COLOUR.sub("", text))
    first, *others = map(visible_name, plain.split("\t"))
    if not others:
        return first
    cells = width(first)
    pieces = [first]
    for piece in others:
        gap = TAB - cells % TAB
        pieces += (" " * gap, piece)
        cells += gap + width(piece)
    return "".join(pieces)


def _line(data: bytes, focus: int = 0) -> str:
    """Return a line as it may be shown, of a very long one the beginning, or the piece around the focus."""
    data = data.removesuffix(b"\r")
    if len(data) <= LONGEST:
        return inert(_decoded(data))
    begin, end = _piece(data, focus)
    behind = f" [{len(data) - end:,} more bytes]" if end < len(data) else ""
    return f"{_before(begin)}{inert(_decoded(data[begin:end]))}{behind}"


def _piece(data: bytes, focus: int) -> tuple[int, int]:
    """Return from which byte on a line is shown, and up to which."""
    if len(data) <= LONGEST:
        return 0, len(data)
    begin = 0 if focus < LONGEST - AROUND else _edge(data, min(focus - LONGEST // 2, len(data) - LONGEST))
    return begin, _edge(data, min(begin + LONGEST, len(data)))


def _edge(data: bytes, at: int) -> int:
    """Return the nearest place before a byte that is not in the middle of a character."""
    edge = at
    while at < len(data) and edge > max(at - 4, 0) and data[edge] & 0xC0 == 0x80:
        edge -= 1
    return edge


def _before(begin: int) -> str:
    """Say what is left out before a piece."""
    return f"[{begin:,} bytes before] " if begin else ""


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _left_out(lines: list[bytes]) -> list[str]:
    """Return a line that says how many are not shown, if any are; the last of them may be several."""
    count = sum(line.count(b"\n") + 1 for line in lines)
    return [f"[{count:,} more lines]"] if count else []


def _pretty(data: bytes) -> list[bytes] | None:
    """Return a record's lines with the JSON in it indented, what is around it left as it is; None: there is none."""
    found = _find_json(data)
    if found is None:
        return None
    before, text, behind = found
    return f"{before}{_indented(text)}{behind}".encode().split(b"\n")


def _find_json(data: bytes) -> tuple[str, str, str] | None:
    """Return JSON and what is around it: an object anywhere, an array at the end, since ``[7]`` is rarely JSON."""
    text = data.decode("utf-8", "replace")
    head, in_vain = text[:MOST_JSON], 0
    for opening in islice(_OPENING.finditer(head), MOST_TRIES):
        start = opening.start()
        value, end = _json_at(head, start)
        if value and (text[start] == "{" or not text[end:].strip()):
            return text[:start], text[start:end], text[end:]
        in_vain += end - start
        if in_vain > MOST_IN_VAIN:
            break
    return None


def _json_at(text: str, start: int) -> tuple[object, int]:
    """Return the JSON that begins somewhere, None where there is none, and up to where that was read."""
    try:
        return _JSON.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return None, error.pos
    except RecursionError:  # nobody says how far it came
        return None, len(text)


def _indented(text: str) -> str:
    """Return JSON with a line for each value. What is written stays: numbers, escapes, keys that occur twice."""
    lines, depth = [""], 0
    for token in _TOKEN.findall(text):
        if token in ("{", "["):
            depth += 1
            lines[-1] += token
            lines.append(INDENT * depth)
        elif token in ("}", "]"):
            depth -= 1
            if lines[-1].isspace():  # nothing was in it
                lines.pop()
                lines[-1] += token
            else:
                lines.append(INDENT * depth + token)
        elif token == ",":
            lines[-1] += token
            lines.append(INDENT * depth)
        else:
            lines[-1] += ": " if token == ":" else token
    return "\n".join(lines)
