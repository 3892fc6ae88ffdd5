"""What is wrong at the first line that does not fit: missing, doubled, swapped, cut, foreign, mislabelled.

Only called once a difference is certain, at the end of a run: the readers are read on as far as it takes. The place
is exact; the kind is the likeliest of the stories that end there.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from logbraid.verify.lines import LineReader, Reopenable, opened
from logbraid.verify.verdict import Difference, Kind, excerpt

__all__ = ["difference_at", "name_difference"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader stood when the difference was met, and the line it had next (None at its end)."""

    reader: LineReader
    offset: int
    line: bytes | None

    @classmethod
    def of(cls, reader: LineReader) -> Place:
        return cls(reader, reader.offset(), reader.rest[-1] if reader.has(0) else None)

    def difference(self, kind: Kind, output_offset: int) -> Difference:
        shown = excerpt(self.reader.bare(self.line or b""))
        return Difference(kind, self.reader.origin.path, self.offset, output_offset, shown)


def difference_at(kind: Kind, reader: LineReader, output_offset: int) -> Difference:
    """A difference about the next line of a source."""
    return Place.of(reader).difference(kind, output_offset)


def name_difference(output: LineReader, readers: Sequence[LineReader]) -> Difference:
    """Name what is wrong with the output's next line, which no source has next, or which is torn."""
    line, at = output.rest[-1], output.offset()
    following = output.rest[-2] if output.has(1) else None
    places = [Place.of(reader) for reader in readers]
    for place in places:
        if line == place.line:
            return place.difference(Kind.CUT, at)  # it fits but for the newline that it lacks
        if _bears_wrong_label(line, place):
            return place.difference(Kind.MISLABELLED, at)
    doubled = _doubled(line, places, at)
    if doubled and any(place.line == following for place in places):
        return doubled  # without this line, the output would go on well
    for place in places:
        if place.line is not None and _reads_on_to(line, place.reader):
            return place.difference(Kind.SWAPPED if _reads_on_to(place.line, output) else Kind.MISSING, at)
    for place in places:
        if not doubled and _is_part(line, place.line):
            return place.difference(Kind.CUT, at)
    return doubled or Difference(Kind.FOREIGN, None, None, at, excerpt(line))


def _bears_wrong_label(line: bytes, place: Place) -> bool:
    """Whether the line is this source's next one but for its label."""
    if not place.reader.prefix or place.line is None:
        return False
    bare = place.reader.bare(place.line)
    return line == bare or line.endswith(b" | " + bare)


def _is_part(line: bytes, whole: bytes | None) -> bool:
    """Whether the line is the beginning or the end of the whole one, or runs on after it into another."""
    if not whole:
        return False
    return line.startswith(whole) or (bool(line) and (whole.startswith(line) or whole.endswith(line)))


def _doubled(line: bytes, places: Sequence[Place], output_offset: int) -> Difference | None:
    """The difference where the line was taken before, if it was."""
    for place in places:
        offset = _first_offset(line, place.reader)
        if offset is not None and offset < place.offset:
            shown = excerpt(place.reader.bare(line))
            return Difference(Kind.DOUBLED, place.reader.origin.path, offset, output_offset, shown)
    return None


def _first_offset(line: bytes, reader: LineReader) -> int | None:
    """Where the source has the line first; None where it has not, or cannot be read a second time."""
    again = reader.origin.reopen() if isinstance(reader.origin, Reopenable) else None
    if again is None:
        return None
    with ExitStack() as stack:
        fresh = reader.renewed(opened(again, stack))
        if not _reads_on_to(line, fresh):
            return None
        while fresh.rest[-1] != line:
            fresh.take()
        return fresh.offset()


def _reads_on_to(line: bytes, reader: LineReader) -> bool:
    """Read on until the line is among those at hand; False at the end of the source."""
    while reader.has(0):
        if line in reader.rest:
            return True
        reader.skip()
    return False
