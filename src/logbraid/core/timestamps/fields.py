"""Where JSON and logfmt lines carry their time: the keys and the ways to write them.

Keys only: what the value looks like is any format's business. Nested objects are not told apart from outer ones; the
first key in the line counts.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["MARKS", "looks_like_fields"]

_KEYS: Final = (
    *(b"ts", b"time", b"timestamp", b"@timestamp", b"asctime"),
    *(b"eventTime", b"datetime", b"date", b"t", b"_time"),
)
_SPELLINGS: Final = (b'"%b":"', b'"%b": "', b'"%b":', b'"%b": ', b' %b="', b" %b=", b'%b="', b"%b=")

MARKS: Final = tuple(spelling % key for key in _KEYS for spelling in _SPELLINGS)
"""What may stand right before a time, the preferred key first. Bare logfmt keys count only where a line starts."""

_FIELDS: Final = re.compile(rb'[\s,\[]*(?:\{|"[^"]{1,64}"\s*:)|[A-Za-z_@][\w.@-]{0,63}=')


def looks_like_fields(line: bytes) -> bool:
    """Whether the line is JSON (also one indented line of it) or logfmt."""
    return _FIELDS.match(line) is not None
