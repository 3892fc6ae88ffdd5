"""Whole lines as they came, many at a time: the fast lane of arrival order, which never looks inside a line.

A batch here is a few chunks that end at line ends, and no columns. Nothing here imports Arrow, so that a run which
needs no records starts at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from logbraid.core.positions import Position
from logbraid.core.types import Source, SourceId

__all__ = ["LineBatch", "LinePart"]


@dataclass(frozen=True, slots=True)
class LinePart:
    """Consecutive lines of one source.

    Attributes:
        source: whose they are.
        generation: of the source's file.
        offset: of the first byte in that file.
        data: the lines; the last one lacks its newline only where ``torn``.
        size: bytes of the file; less than ``data`` where a newline was added.
        lines: how many end here.
        torn: the last line was longer than a line may be in memory, and goes on in a later part.
        joins: the first line goes on with what a part before has torn.
    """

    source: SourceId
    generation: int
    offset: int
    data: memoryview
    size: int
    lines: int
    torn: bool = False
    joins: bool = False


@dataclass(frozen=True, eq=False)
class LineBatch:
    """Lines of many sources, in the order in which they leave.

    Attributes:
        parts: none is empty.
        sources: every source of the run so far; a part's source is an index into it.
        open_before: whose line the batch before left without its newline, if it did.
        positions: where the sources go on whose position has changed since the last batch, where that is wanted.
        serial: the number of the batch in its run, from 1 on, where positions are wanted.
        piped: something came up to here from sources that no later run can go on with.
        due: all positions up to here should be saved now; such a batch may hold nothing else.
    """

    parts: tuple[LinePart, ...]
    sources: Sequence[Source]
    open_before: SourceId | None = None
    positions: tuple[Position, ...] = ()
    serial: int = 0
    piped: bool = False
    due: bool = False

    def __len__(self) -> int:
        return sum(part.lines for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes of the sources."""
        return sum(part.size for part in self.parts)

    @property
    def origins(self) -> set[SourceId]:
        """Whose lines these are."""
        return {part.source for part in self.parts}

    @cached_property
    def data(self) -> memoryview:
        """The bytes to write: every line behind the other."""
        return self.text()

    @property
    def open_after(self) -> SourceId | None:
        """Whose line the last part leaves open."""
        if not self.parts:
            return self.open_before
        return self.parts[-1].source if self.parts[-1].torn else None

    def text(self, prefixes: Sequence[bytes] | None = None) -> memoryview:
        """Return the bytes to write.

        Args:
            prefixes: for each source what goes before each of its lines; None for the bare lines.
        """
        if prefixes is None and self.open_before is None and not any(part.joins or part.torn for part in self.parts):
            data = [part.data for part in self.parts]
            return data[0] if len(data) == 1 else memoryview(b"".join(data))
        text = bytearray()
        torn = self.open_before
        for part in self.parts:
            goes_on = part.joins and torn == part.source
            if torn is not None and not goes_on:
                text += b"\n"
            text += part.data if prefixes is None else _prefixed(part, prefixes[part.source], goes_on=goes_on)
            torn = part.source if part.torn else None
        return memoryview(text)


def _prefixed(part: LinePart, prefix: bytes, *, goes_on: bool) -> bytes:
    """Put the prefix before each line that begins in this part; most of the work is one pass of ``replace``."""
    data = bytes(part.data)
    ended = data.endswith(b"\n")
    text = (data[:-1] if ended else data).replace(b"\n", b"\n" + prefix) + (b"\n" if ended else b"")
    return text if goes_on else prefix + text
