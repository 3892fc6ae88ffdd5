"""Makes text safe for a terminal: control sequences are shown, not obeyed.

Log text keeps its colours, tabs and line ends; names (labels, paths) keep nothing. Nothing here writes, and no
statement runs per character: clean text costs one look at its bytes.
"""

from __future__ import annotations

import json
import re
from typing import Final

__all__ = ["RESET", "visible_json", "visible_name", "visible_text"]

RESET: Final = "\x1b[0m"

_PLAIN: Final = b"\t\n" + bytes(range(0x20, 0x7F))
_BIDI: Final = "\u202a-\u202e\u2066-\u2069"  # characters that reorder what is shown after them
_UNSAFE: Final = re.compile(
    r"\x1b(?!\[[0-9;:]*m)"  # any escape sequence but a colour
    r"|\r(?!\n)"
    rf"|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f{_BIDI}]"
)
_UNSAFE_KIND: Final = re.compile(rf"[\x00-\x1f\x7f-\x9f{_BIDI}]")
_UNSEEN: Final = (  # characters that a terminal does not show, by which one name could pass for another
    "\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028\u2029\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\U000e0000-\U000e0fff"
)
_BYTES: Final = range(0xDC80, 0xDD00)  # how Python writes the bytes of a file name that are not UTF-8
_UNSAFE_IN_NAME: Final = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_BIDI}{_UNSEEN}]")
_UNSAFE_IN_JSON: Final = re.compile(rf"(?!\n){_UNSAFE_IN_NAME.pattern}")
_COLOURED: Final = re.compile(r"\x1b[^\r\n]*")  # of a line whose only controls left are colours and its end


def visible_text(data: bytes | memoryview) -> bytes | memoryview:
    r"""Return log text as it may reach a terminal: lines stay lines, and colours end with the line that set them.

    What is not UTF-8 is shown as ``\xNN``. Nothing is copied where nothing has to change.
    """
    raw = bytes(data)
    if _is_harmless(raw):
        return data
    text = raw.decode("utf-8", "backslashreplace")
    shown = _UNSAFE.sub(_escape, text)
    if "\x1b" in shown:
        shown = _COLOURED.sub(rf"\g<0>{RESET}", shown)
    return shown.encode()


def _is_harmless(raw: bytes) -> bool:
    """Whether nothing has to change, judged by the kinds of characters alone."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    kinds = set(raw.translate(None, _PLAIN).decode())
    if raw.count(b"\r") == raw.count(b"\r\n"):
        kinds.discard("\r")
    return not any(map(_UNSAFE_KIND.match, kinds))


def visible_name(name: str) -> str:
    r"""Return a name as it may reach a terminal, on one line; bytes that are not UTF-8 are shown as ``\xNN``."""
    return _UNSAFE_IN_NAME.sub(_escape, name)


def visible_json(text: str) -> str:
    r"""Return JSON as it may reach a terminal, with the same meaning: what is unsafe there is written ``\\uNNNN``."""
    return _UNSAFE_IN_JSON.sub(_json_escape, text)


def _json_escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    # \xNN above 7f is a byte that is not UTF-8; a character is told apart from it.
    if code < 0x80 or code in _BYTES:
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
