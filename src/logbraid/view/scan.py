"""Which records match a pattern: found piece by piece, whenever somebody has the time, and kept as one bool a record.

The text is read for that and forgotten again. Nothing here decides what is shown, or what is to be scanned first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeAlias, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logbraid.core.kernels import matches
from logbraid.core.types import Bool, Bytes8, Int64
from logbraid.errors import UsageError
from logbraid.view.index import Block, Index
from logbraid.view.masks import Masks
from logbraid.view.shelf import Shelf, portions

__all__ = ["SECTION", "Scan"]

PIECE: Final = 1 << 14
"""Records that are scanned at once, at most: nobody who is to end waits for more than that."""

PORTION: Final = 2 << 20
"""Bytes that are read at once, or a single record: of a cold disk, at most 512 places."""

SECTION: Final = 2048
"""Characters of a line: matches are looked for in one section and as much around it, so that no line can hold up the
screen."""

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
        self._masks = Masks()
        self._renewed: dict[int, int] = {}
        self.renewals = 0
        try:
            self._matches(pa.array([b""], pa.large_binary()))
        except (pa.ArrowInvalid, UnicodeEncodeError) as error:
            reason = str(error).replace(self._expression, pattern)
            raise UsageError(f"not a regular expression: {pattern}: {reason}") from None

    @property
    def count(self) -> int:
        """Matches so far."""
        return self._masks.count

    @property
    def reach(self) -> int:
        """Records that are scanned."""
        return self._masks.reach

    def mask(self, block: Block) -> Bool:
        """Return which of a block's first records match, as far as they are scanned."""
        return self._masks.mask(block.number)

    def known(self, block: Block) -> int:
        """Return how many of a block's first records are scanned."""
        return self._masks.known(block.number)

    def renewed(self, block: Block) -> int:
        """Return how many of the block's changes are in the mask."""
        return self._renewed.get(block.number, 0)

    def is_done(self, block: Block) -> bool:
        """Whether all records that the block has now are scanned, as they are now."""
        return self.known(block) == len(block) and self.renewed(block) == len(block.changed)

    def scan(self, block: Block) -> None:
        """Scan the next piece of what of the block is not scanned yet: reads files, for some 5 ms."""
        changes = self._renew(block)
        done = self.known(block)
        records = np.arange(done, min(len(block), done + PIECE), dtype=np.int64) + block.first
        for portion in islice(portions(self._index, records, PORTION), 1):
            batch = self._shelf.batch(self._index, records[portion])
            self._masks.add(block.number, done, self._matches(batch.payload))
        self._renewed[block.number] = changes  # what has grown meanwhile may have been read before

    def _renew(self, block: Block) -> int:
        """Scan records again that have grown; return how many changes that were."""
        changes, known = len(block.changed), self.known(block)
        rows = sorted({row for row in block.changed[self.renewed(block) : changes] if row < known})
        if rows:
            batch = self._shelf.batch(self._index, np.array(rows, np.int64) + block.first)
            self._masks.change(block.number, rows, self._matches(batch.payload))
            self.renewals += 1
        self._renewed[block.number] = changes
        return changes

    def find(self, text: bytes) -> int | None:
        """Return at which byte of a record's text the first match begins; None: there is none."""
        texts = cast("pa.LargeBinaryArray", self._array(text))
        at = int(pc.find_substring_regex(texts, self._expression)[0].as_py())
        return None if at < 0 else at

    def spans(self, text: str, near: int = 0) -> list[tuple[int, int]]:
        """Return where a line matches, as it is shown: from which character on and up to which; none is empty.

        Args:
            text: the line.
            near: a character; of a long line, only the section that it is in is looked at, and what is around that.
        """
        begin = max(near // SECTION * SECTION - SECTION // 2, 0)
        data = text[begin : begin + 2 * SECTION].encode("utf-8", "replace")
        marked = self._marked(data)
        return [(begin + first, begin + last) for first, last in _characters(data, _spans(marked))]

    def _matches(self, texts: Texts) -> Bool:
        return matches(texts if self.pattern.isascii() else _as_utf8(texts), self._expression)

    def _array(self, data: bytes) -> Texts:
        """Return a text as the pattern is to see it."""
        texts: Texts = pa.array([data], pa.large_binary())
        return texts if self.pattern.isascii() else _as_utf8(texts)

    def _marked(self, data: bytes) -> bytes:
        """Return a text with marks around each match: RE2 is linear in time, where Python's ``re`` is not."""
        texts = self._array(data)
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
