"""Lines that may be of sources which cannot be read again: pipes and commands, of which a checkpoint knows nothing.

Such a line proves nothing, for anybody may have written it. What is known of the sources is never taken for one: the
label that a line bears must be nobody's, or else the bytes must be more than have left all sources.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from logbraid.verify.lines import LineReader

__all__ = ["Strangers"]

MOST_HELD: Final = 1 << 20
"""Bytes of such lines that are held to be looked for in the sources."""


class Strangers:
    """The lines of one output that no source explains.

    Args:
        known: what stands before the lines of each source.

    Attributes:
        size: bytes of these lines.
    """

    def __init__(self, known: Collection[bytes]) -> None:
        self._labels = tuple(prefix for prefix in known if prefix)
        self._lines: set[bytes] = set()
        self._held = 0
        self.size = 0

    def may_have(self, line: bytes) -> bool:
        """Whether a line may be of a source that nothing is known of."""
        return not self._labels or (b" | " in line and not line.startswith(self._labels))

    def add(self, line: bytes) -> None:
        """Take a line that no source explains."""
        self.size += len(line) + 1
        if self._held < MOST_HELD and line not in self._lines:
            self._lines.add(line)
            self._held += len(line)

    def are_unknown_to(self, readers: Iterable[LineReader]) -> bool:
        """Whether one of the lines is in none of these sources; else it may just be one of theirs, once more."""
        lines = set(self._lines)
        for reader in readers:
            while lines and reader.has(0):
                lines.difference_update(reader.rest)
                reader.skip()
        return bool(lines)
