"""Stencils: what stands before a word, with a hole where the word shows; laid over many records at once.

A stencil fits a record whose bytes before the hole are the same, but for digits, which may be any. What the words mean,
and why a record that fits means the same as another, is not known here. No Python statement runs per record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from logbraid.core.lines import find_byte, holds, windows
from logbraid.core.types import FOREVER, Bool, Bytes8, Int8, Int64, UInt64

__all__ = ["NOT_SURE", "Stencil", "outline"]

NOT_SURE: Final = -1

_WORD: Final = 8
_LONG_WORD: Final = 16
_EVERY_BYTE: Final = np.uint64(0x0101010101010101)
_TOP_BITS: Final = np.uint64(0x8080808080808080)
_ONE: Final = np.uint64(1)
_DIGIT_TO_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")


def outline(before: bytes) -> bytes:
    """Return what the records that a stencil fits have in common: the same bytes, with a 0 for each digit."""
    return before.translate(_DIGIT_TO_ZERO)


@dataclass(frozen=True)
class Stencil:
    """Goal: 40 ns a record, so all of it is a few comparisons of eight bytes at a time.

    Attributes:
        before: the outline of what stands before the word.
        behind: the byte that ends it.
        words: what may show in the hole, and the code of each; at most 14 bytes long, letters only.
        unless: the bytes of which none may stand behind that byte.
        without: the bytes of which none may stand anywhere behind the word.
    """

    before: bytes
    behind: int
    words: Mapping[bytes, int] = field(repr=False, hash=False)
    unless: bytes = b""
    without: bytes = b""

    def read(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Int8:
        """Return the code of the word that each record shows, NOT_SURE where the stencil does not fit.

        Args:
            buffer: what holds the records.
            starts: where each starts, ascending.
            ends: where each ends.
        """
        # One byte behind the word and the one after it are looked at; so nothing outside the record ever is.
        roomy = ends - starts >= len(self.before) + _WORD + 2
        return _where(roomy, self._read_roomy, buffer, starts, ends)

    def _read_roomy(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Int8:
        return _where(self._fits(buffer, starts), self._read_fitting, buffer, starts, ends)

    def _read_fitting(self, buffer: Bytes8, starts: Int64, ends: Int64) -> Int8:
        codes, behind = self._words_at(buffer, starts + len(self.before), ends)
        for byte in self.unless:
            codes[buffer[behind] == byte] = NOT_SURE
        for byte in self.without:
            codes[_next(buffer, behind, int(ends[-1]), byte) < ends] = NOT_SURE
        return codes

    def _fits(self, buffer: Bytes8, starts: Int64) -> Bool:
        if not self.before:
            return np.ones(len(starts), np.bool_)
        values, carries, masks = self._comparands
        words = windows(buffer, starts, _WORD * len(values)).view(np.uint64)
        wrong = np.zeros(len(starts), np.uint64)
        for column, (value, carry, mask) in enumerate(zip(values, carries, masks, strict=True)):
            differing = words[:, column] ^ value
            overflowing = differing + carry
            overflowing |= differing
            overflowing &= mask
            wrong |= overflowing
        return np.asarray(wrong == 0)

    def _words_at(self, buffer: Bytes8, positions: Int64, ends: Int64) -> tuple[Int8, Int64]:
        """Return the code of the word at each position, and where the byte behind what ends it is."""
        keys, known, lengths = self._short
        shown = self._cut(windows(buffer, positions, _WORD).view(np.uint64).ravel())
        nearest = np.searchsorted(keys, shown)
        codes = np.where(keys[nearest] == shown, known[nearest], np.int8(NOT_SURE))
        behind = positions + lengths[nearest]
        rest = np.flatnonzero(codes == NOT_SURE)
        rest = rest[ends[rest] - positions[rest] >= _LONG_WORD]
        for text, code in self._long if len(rest) else ():
            here = rest[holds(buffer, positions[rest], text)]
            codes[here] = code
            behind[here] = positions[here] + len(text)
        return codes, behind

    def _cut(self, shown: UInt64) -> UInt64:
        """Return what shows in each hole up to the byte that ends it, then zeros; all of it where no such byte is."""
        differing = shown ^ (_EVERY_BYTE * np.uint64(self.behind))
        # The lowest bit that stays set is the top bit of the first byte that is 0 here.
        ended = (differing - _EVERY_BYTE) & ~differing & _TOP_BITS
        return np.asarray(shown & (ended ^ (ended - _ONE)))

    @cached_property
    def _comparands(self) -> tuple[UInt64, UInt64, UInt64]:
        """For each eight bytes: what they are, what carries a wrong digit over, and the bits that must stay 0.

        Where ``x`` is a byte of the record and ``v`` the outline's, ``y = x ^ v`` must be 0, or below 10 where ``v`` is
        the digit 0: then neither ``y`` nor ``y + 6`` has one of its high four bits.
        """
        width = -(-len(self.before) // _WORD) * _WORD
        value = np.frombuffer(self.before.ljust(width, b"\0"), np.uint8)
        digit = value == ord("0")
        mask = np.where(digit, 0xF0, 0xFF).astype(np.uint8)
        mask[len(self.before) :] = 0
        carry = np.where(digit, 6, 0).astype(np.uint8)
        return value.view(np.uint64), carry.view(np.uint64), mask.view(np.uint64)

    @cached_property
    def _short(self) -> tuple[UInt64, Int8, Int64]:
        """The words that fit into eight bytes with what ends them, ascending as numbers: number, code and length.

        The last number is no word; no search leads behind it.
        """
        texts = {word + bytes([self.behind]): code for word, code in self.words.items() if len(word) < _WORD}
        numbers = {int.from_bytes(text, "little"): (code, len(text)) for text, code in texts.items()}
        numbers[2**64 - 1] = (NOT_SURE, _WORD)
        keys = sorted(numbers)
        codes, lengths = zip(*(numbers[key] for key in keys), strict=True)
        return np.array(keys, np.uint64), np.array(codes, np.int8), np.array(lengths, np.int64)

    @cached_property
    def _long(self) -> list[tuple[bytes, int]]:
        return [(word + bytes([self.behind]), code) for word, code in self.words.items() if len(word) >= _WORD]


def _where(
    test: Bool, read: Callable[[Bytes8, Int64, Int64], Int8], buffer: Bytes8, starts: Int64, ends: Int64
) -> Int8:
    """Read the records that pass the test, of which there are mostly all, or none; NOT_SURE for the others."""
    passing = int(np.count_nonzero(test))
    if passing and passing == len(test):
        return read(buffer, starts, ends)
    codes = np.full(len(starts), NOT_SURE, np.int8)
    if passing:
        codes[test] = read(buffer, starts[test], ends[test])
    return codes


def _next(buffer: Bytes8, positions: Int64, stop: int, byte: int) -> Int64:
    """Return where the byte next stands from each position on, before ``stop``; FOREVER where it does not."""
    found = np.append(find_byte(buffer, int(positions[0]), stop, byte), FOREVER)
    return np.asarray(found[np.searchsorted(found, positions)])
