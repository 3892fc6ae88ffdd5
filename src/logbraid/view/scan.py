"""Which records match a pattern: found block by block, whenever somebody has the time, and kept as one bool a record.

The text is read for that and forgotten again. Nothing here decides what is shown, or what is to be scanned first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import Lock
from typing import Any, Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logbraid.core.kernels import matches
from logbraid.core.types import Bool, Bytes8, Int64
from logbraid.errors import UsageError
from logbraid.view.index import Block, Index
from logbraid.view.shelf import Shelf, portions

__all__ = ["Scan"]

PORTION: Final = 16 << 20
"""Bytes that are read at once, or a single record."""

_LONGEST: Final = 4096
"""Characters of a shown text in which matches are looked for, so that no line can hold up the screen."""

_OPEN: Final = b"\xfe"
_CLOSE: Final = b"\xff"
"""What is put around each match; neither byte occurs in UTF-8."""

# What holds a capital letter without asking for one: \S, \x{1F}, \pL, \p{Greek}, (?P<Name>...), (?U:...).
_NOT_LITERAL: Final = re.compile(r"\\[pP](?:\{[^}]*\}|.)|\\x(?:\{[^}]*\}|..)|\\.|\(\?P?<\w+>|\(\?[imsU-]+[:)]")

Texts: TypeAlias = "pa.Array[Any]"


class Scan:
    """Which records match a regular expression, as far as that is known.

    Any thread may ask, and any may scan; what two of them scan at the same time counts once. A pattern means what it
    means to ``merge -e``, but for smart case, and for letters beyond ASCII: with one of these in it the text is read as
    UTF-8, so that classes and case hold for them, too.

    Args:
        pattern: RE2; ``^`` and ``$`` are those of each line. Case matters only where it has a capital letter.
        index: of the records.
        shelf: their text.

    Raises:
        UsageError: it is no regular expression.
    """

    def __init__(self, pattern: str, index: Index, shelf: Shelf) -> None:
        self.pattern = pattern
        self._index = index
        self._shelf = shelf
        self._expression = f"(?{'m' if _minds_case(pattern) else 'mi'}){pattern}"
        self._masks: dict[int, Bool] = {}
        self._count = self._reach = 0
        self._publishing = Lock()
        try:
            self._matches(pa.array([b""], pa.large_binary()))
        except (pa.ArrowInvalid, UnicodeEncodeError) as error:
            reason = str(error).replace(self._expression, pattern)
            raise UsageError(f"not a regular expression: {pattern}: {reason}") from None

    @property
    def count(self) -> int:
        """Matches so far."""
        return self._count

    @property
    def reach(self) -> int:
        """Records that are scanned."""
        return self._reach

    def mask(self, block: Block) -> Bool | None:
        """Return which of a block's first records match, as far as they are scanned; None: none of them is."""
        return self._masks.get(block.number)

    def is_done(self, block: Block) -> bool:
        """Whether all records that the block has now are scanned."""
        return self._done(block) == len(block)

    def scan(self, block: Block) -> None:
        """Scan what of the block is not scanned yet: reads files, for some 50 ms a block."""
        done = self._done(block)
        records = np.arange(done, len(block), dtype=np.int64) + block.first
        for portion in portions(self._index, records, PORTION):
            batch = self._shelf.batch(self._index, records[portion])
            self._publish(block, done + portion.start, self._matches(batch.payload))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where a line matches, as it is shown: from which character on and up to which; none is empty."""
        data = text[:_LONGEST].encode("utf-8", "replace")
        marked = self._marked(data)
        return _characters(data, _spans(marked))

    def _done(self, block: Block) -> int:
        mask = self._masks.get(block.number)
        return 0 if mask is None else len(mask)

    def _matches(self, texts: Texts) -> Bool:
        return matches(texts if self.pattern.isascii() else _as_utf8(texts), self._expression)

    def _publish(self, block: Block, begin: int, found: Bool) -> None:
        """Keep of what was found what is not known yet: another thread may have been faster, at the same rows."""
        with self._publishing:
            known = self._masks.get(block.number, found[:0])
            new = found[len(known) - begin :] if begin <= len(known) else found[:0]
            if len(new):
                self._masks[block.number] = np.concatenate([known, new])
                self._count += int(np.count_nonzero(new))
                self._reach += len(new)

    def _marked(self, data: bytes) -> bytes:
        """Return a text with marks around each match: RE2 is linear in time, where Python's ``re`` is not."""
        texts: Texts = pa.array([data], pa.large_binary())
        if not self.pattern.isascii():
            texts = _as_utf8(texts)
        # The stubs know a replacement of text only; Arrow takes bytes, and needs bytes that are no text.
        around = cast(str, _OPEN + rb"\0" + _CLOSE)
        marked = pc.replace_substring_regex(texts, self._expression, around)
        return marked.cast(pa.large_binary())[0].as_py()


def _minds_case(pattern: str) -> bool:
    return any(letter.isupper() for letter in _NOT_LITERAL.sub("", pattern))


def _as_utf8(texts: Texts) -> Texts:
    """Look at bytes as text without a check: to RE2, what is not UTF-8 is no character and matches nothing."""
    return pa.Array.from_buffers(pa.large_string(), len(texts), texts.buffers())


def _spans(marked: bytes) -> Iterator[tuple[int, int]]:
    """Yield from which byte on and up to which each match stood before the marks came in."""
    before, *rest = marked.split(_OPEN)
    at = len(before)
    for piece in rest:
        match, _, between = piece.partition(_CLOSE)
        if match:
            yield at, at + len(match)
        at += len(match) + len(between)


def _characters(data: bytes, spans: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans of bytes as spans of whole characters, joined where they would share one."""
    octets: Bytes8 = np.frombuffer(data, np.uint8)
    begun: Int64 = np.append(0, np.cumsum(octets & 0xC0 != 0x80))  # characters that begin before each byte
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        first, last = int(begun[start + 1]) - 1, int(begun[end])
        if joined and first < joined[-1][1]:
            first = joined.pop()[0]
        joined.append((first, last))
    return joined
