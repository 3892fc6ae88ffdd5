"""How far one file has been read, and how to know its bytes again: the guard and the marks.

Nothing here knows about names, rotation or time. The guard is all that tells a file that has grown from one that was
truncated and written anew, so no byte is accepted whose guard does not fit.
"""

from __future__ import annotations

from typing import Final

from logbraid.core.actions import ReadAt
from logbraid.core.positions import GUARD, Mark, Place
from logbraid.core.types import Chunk, FileStat, Sibling, SourceId

__all__ = ["Reading"]

FIRST_MARK: Final = 128
"""Marks before this offset would take every file with the same opening lines for a copy."""


class Reading:
    """One generation of a source: the file that holds it, and how far it was read.

    Attributes:
        generation: its number.
        path: the name under which its file was last seen.
        identity: of that file; another one where the bytes were copied or compressed meanwhile.
        compressed: that file is compressed.
        offset: of the first byte not yet read, in plain bytes.
        guard: the up to 64 bytes before it.
        marks: a few earlier guards, of which one is before half of the offset: they tell a copy that was made before
            our last reads, and so is too short to hold the guard.
        seen: what the last look says; it may be of what has replaced our bytes.
        size: plain bytes that were there for certain: by a look before a good read, or before a look that says less.
        modified: when they were last written, by the same token: no later than a copy that holds more than was read.
        holed: skip NUL bytes until another byte comes.
        truncated: its file was cut; if bytes still come, they are found in a copy.
        forsaken: its file is not to be found, or not to be read.
        over: it was left, and is known only as what came before.
        proven: the guard was seen where it should stand, or there never was another run that might have been wrong.
    """

    __slots__ = (
        "_asked",
        "_doubted",
        "_withheld",
        "compressed",
        "forsaken",
        "generation",
        "guard",
        "holed",
        "identity",
        "marks",
        "modified",
        "offset",
        "over",
        "path",
        "proven",
        "seen",
        "size",
        "truncated",
    )

    def __init__(self, generation: int, path: str, stat: FileStat, *, offset: int = 0, guard: bytes = b"") -> None:
        self.generation = generation
        self.path = path
        self.identity = stat.identity
        self.compressed = False
        self.offset = offset
        self.guard = guard
        self.marks: tuple[Mark, ...] = (Mark(offset, guard),) if offset >= FIRST_MARK else ()
        self.seen = self._asked = stat
        self.size = offset
        self.modified = stat.modified
        self.holed = False
        self._doubted = False
        self._withheld: Chunk | None = None
        self.truncated = False
        self.forsaken = False
        self.over = False
        self.proven = True

    @classmethod
    def whole(cls, generation: int, sibling: Sibling, *, holed: bool, doubted: bool = False) -> Reading:
        """Read a file from its first byte.

        Args:
            generation: its number.
            sibling: the file.
            holed: what stood at the name was truncated before.
            doubted: it may have been since it was looked at.
        """
        reading = cls(generation, sibling.path, sibling.stat)
        reading.compressed = sibling.compressed
        reading.seen = _plain(sibling)
        reading.holed = holed
        reading._doubted = (holed or doubted) and not sibling.compressed
        return reading

    @classmethod
    def at(cls, place: Place, marks: tuple[Mark, ...] = (), *, holed: bool = False, doubted: bool = False) -> Reading:
        """Read on where an earlier run has left off.

        Args:
            place: where.
            marks: of its file; those behind the place would take for read what was not.
            holed: see ``whole``; it matters to the first bytes only.
            doubted: other bytes may have stood in the file, and be in a copy now; only a guard would tell.
        """
        stat = FileStat(place.identity, 0 if place.compressed else place.size, place.modified)
        reading = cls(place.generation, place.path, stat, offset=place.offset, guard=place.guard)
        reading.compressed = place.compressed
        reading.proven = False
        reading.size = max(place.size, place.offset)
        reading.marks = (*(mark for mark in marks if mark.offset < place.offset), *reading.marks)
        reading.holed = holed and not place.offset
        reading._doubted = (holed or doubted) and not place.offset and not place.compressed
        return reading

    def again(self, generation: int, sibling: Sibling) -> Reading:
        """Read on at the same offset, as another generation."""
        return Reading(generation, sibling.path, sibling.stat, offset=self.offset, guard=self.guard)

    @property
    def missing(self) -> int:
        """Bytes that were seen to be there and were not read."""
        return max(self.size - self.offset, 0)

    def see(self, stat: FileStat) -> bool:
        """Note how its file looks now; say whether there may be something to read, be it proof of a truncation."""
        if stat.size < self.seen.size:
            self.size = max(self.size, self.seen.size)
        written = stat.modified != self.seen.modified
        self.seen = stat
        return written or stat.size != self.offset

    def action(self, source: SourceId, size: int) -> ReadAt:
        """Ask for the guard and up to ``size`` bytes behind it."""
        kept = len(self.guard)
        self._asked = self.seen
        return ReadAt(source, self.path, self.identity, self.offset - kept, kept + size, compressed=self.compressed)

    def move_to(self, sibling: Sibling) -> None:
        """Read on in the file that holds the same bytes now."""
        self.path = sibling.path
        self.identity = sibling.stat.identity
        self.compressed = sibling.compressed
        self.seen = _plain(sibling)
        self._withheld = None

    def trust_look(self) -> None:
        """Count the last look as certain: what it saw was never read, but nothing says that it was something else."""
        self.size = max(self.size, self.seen.size)

    def forsake(self) -> int:
        """Give up; return how many bytes that were there for certain will not be read."""
        self.forsaken = True
        return self.write_off()

    def write_off(self) -> int:
        """Return how many bytes that were there for certain will not be read, and expect them no more."""
        missing, self.size = self.missing, self.offset
        self.seen = self._asked = self.seen._replace(size=min(self.seen.size, self.offset))
        return missing

    def withholds(self, chunk: Chunk) -> bool:
        """Whether these are the first bytes of a file that may be a copy, or may have been copied; they are kept."""
        withheld, self._doubted = self._doubted and len(chunk) > 0, self._doubted and not len(chunk)
        self._withheld = chunk if withheld else None
        return withheld

    def withheld_mark(self, sibling: Sibling) -> Mark:
        """What stands in ``sibling``, as far as it is there, if it is a copy of the bytes that are withheld."""
        chunk = self._withheld or Chunk(0)
        end = len(chunk) if sibling.compressed else min(len(chunk), sibling.stat.size)
        return Mark(end, _before(chunk, end))

    def release(self, twin: Sibling | None) -> Chunk:
        """Return the bytes that were withheld; ``twin``: the file that holds them, too, and is read from now on."""
        chunk, self._withheld = self._withheld or Chunk(0), None
        if twin is not None:
            self.move_to(twin)
        return chunk

    def accept(self, chunk: Chunk) -> bool:
        """Take the answer to ``action``, and move the chunk's start behind the guard and a hole.

        Returns:
            Whether the guard stands there; if not, nothing has changed.
        """
        kept = len(self.guard)
        if chunk.buffer[chunk.start : min(chunk.start + kept, chunk.stop)].tobytes() != self.guard:
            return False
        self.proven = True
        if len(chunk) > kept:
            self._remember(chunk)
        if self.offset >= self._asked.size:  # else a copy that holds what comes next may be older than the look
            self.modified = self._asked.modified  # no later look: the read may be older
        self.size = max(self.size, self._asked.size, self.offset)
        chunk.start += kept
        self._skip_hole(chunk)
        return True

    def _remember(self, chunk: Chunk) -> None:
        """Take the new guard, and a mark at each of the last two powers of two that were passed."""
        base, passed = self.offset - len(self.guard), self.offset
        self.offset = base + len(chunk)
        self.guard = _before(chunk, len(chunk))
        power = 1 << (self.offset.bit_length() - 1)
        fresh = [at for at in (power // 2, power) if at >= FIRST_MARK and at > passed]
        if fresh:
            kept = [mark for mark in self.marks if mark.offset >= power // 2]
            self.marks = (*kept, *(Mark(at, _before(chunk, at - base)) for at in fresh))

    def _skip_hole(self, chunk: Chunk) -> None:
        if not self.holed or not len(chunk):
            return
        written = chunk.buffer[chunk.start : chunk.stop] != 0
        self.holed = not written.any()
        chunk.start = chunk.stop if self.holed else chunk.start + int(written.argmax())


def _plain(sibling: Sibling) -> FileStat:
    """The look at a file, without a size where that would not count plain bytes."""
    return sibling.stat._replace(size=0) if sibling.compressed else sibling.stat


def _before(chunk: Chunk, position: int) -> bytes:
    end = chunk.start + position
    return chunk.buffer[max(end - GUARD, chunk.start) : end].tobytes()
