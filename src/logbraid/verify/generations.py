"""Where the bytes of a source that have left are today: for each of its generations, the file that holds them.

A file is known by what stands before the offsets that the checkpoint names, under whatever name, copied or compressed;
only files older than all that it remembers are taken by their order, if they hold just what else has left. How the
follower finds them is not looked at: this is its judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from logbraid.core.positions import Mark, Place, Position
from logbraid.core.types import Identity, Sibling
from logbraid.system.followed import Disk
from logbraid.verify.stretch import Stretch, fits, hole_in, length_of

__all__ = ["Whereabouts", "whereabouts", "without_stale"]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the bytes of one source are.

    Attributes:
        position: how far it has left.
        stretches: what of it can be read, oldest first.
        unread: what stands in its rotated files behind all that was read of them, though it went on to the next.
    """

    position: Position
    stretches: tuple[Stretch, ...]
    unread: tuple[Stretch, ...] = ()

    @property
    def gone(self) -> int:
        """How many of the bytes that have left were found in no file; negative: the account knows of too few."""
        account = self.position.account
        return account.bytes_emitted + account.bytes_filtered - sum(map(len, self.stretches))


class _Known(NamedTuple):
    """What a checkpoint says of one generation: up to where it has left, and what stands in its file."""

    generation: int
    identity: Identity
    offset: int
    marks: tuple[Mark, ...]


def whereabouts(disk: Disk, position: Position) -> Whereabouts:
    """Find the files of one source.

    Raises:
        SourceError: a file is there and cannot be read.
    """
    siblings = _siblings(disk, position)
    free = list(siblings)
    found: list[Stretch] = []
    unread: list[Stretch] = []
    done = _done(position)
    oldest = len(siblings)
    for known in _remembered(position):
        file = _matching(disk, free, known)
        if file is not None:
            free.remove(file)
            oldest = min(oldest, siblings.index(file))
            found.insert(0, _stretch(disk, position, known, file))
            rest = found[0].rest if known.generation in done else None
            unread[:0] = [] if rest is None else [rest]
    there = Whereabouts(position, tuple(found), tuple(unread))
    unknown = [file for file in siblings[:oldest] if file in free and file.path != position.source]
    return replace(there, stretches=(*_older(disk, there, unknown), *there.stretches))


def without_stale(disk: Disk, found: Sequence[Whereabouts]) -> list[Whereabouts]:
    """Leave out sources that another one goes on from: the same file, followed by another name since."""
    current = list(found)
    for each in sorted(found, key=partial(_currency, disk)):
        if any(other is not each and _goes_on_from(disk, each, other) for other in current):
            current.remove(each)
    return current


def _currency(disk: Disk, there: Whereabouts) -> tuple[int, bool]:
    """What grows from a stale position to the one that goes on from it."""
    named = disk.stat(there.position.source)
    return there.position.place.offset, named is not None and named.identity == there.position.place.identity


def _goes_on_from(disk: Disk, there: Whereabouts, other: Whereabouts) -> bool:
    """Whether the other source has read the same file as far; where it is gone, there is only its inode to tell."""
    place, inode = there.position.place, there.position.place.identity.inode
    end = Mark(place.offset, place.guard)
    held = [stretch for stretch in other.stretches if stretch.file.stat.identity.inode == inode]
    if held or any(stretch.file.stat.identity.inode == inode for stretch in there.stretches):
        return any(stretch.stop >= place.offset and fits(disk, stretch.file, end) for stretch in held if end.data)
    return other.position.place.identity == place.identity and other.position.place.offset >= place.offset


def _done(position: Position) -> set[int]:
    """Return the generations that nothing more is read of: a later one has followed, and no straggler is expected."""
    past = {past.generation for past in position.past if past.generation < position.place.generation}
    return past - {place.generation for place in position.stragglers}


def _siblings(disk: Disk, position: Position) -> list[Sibling]:
    """All files beside the name, oldest first; a compressed source's name need not say that it is one."""
    place = position.place
    return [
        file._replace(compressed=file.compressed or (place.compressed and file.stat.identity == place.identity))
        for file in disk.siblings(position.source)
    ]


def _remembered(position: Position) -> Iterator[_Known]:
    """Yield the generations of which something has left and something is known, newest first."""
    known = {past.generation: _Known(past.generation, past.identity, past.offset, past.marks) for past in position.past}
    for place in (*position.stragglers, position.place):
        read = known[place.generation].marks if place.generation in known else ()
        marks = (*position.marks, *read) if place is position.place else read
        known[place.generation] = _known_at(place, marks)
    for generation in sorted(known, reverse=True):
        if known[generation].offset:
            yield known[generation]


def _known_at(place: Place, marks: tuple[Mark, ...]) -> _Known:
    """What is known of a file that has left up to a place; some marks may be of what was read behind it."""
    before = [mark for mark in marks if mark.offset < place.offset]
    return _Known(place.generation, place.identity, place.offset, (*before, Mark(place.offset, place.guard)))


def _matching(disk: Disk, files: list[Sibling], known: _Known) -> Sibling | None:
    """Return the file that holds a generation: the one it was, or else its newest copy."""
    newest_first = files[::-1]
    for file in sorted(newest_first, key=lambda file: file.stat.identity != known.identity):
        proven = file.stat.identity == known.identity or any(mark.data for mark in known.marks)
        long_enough = file.compressed or file.stat.size >= known.offset
        if proven and long_enough and all(fits(disk, file, mark) for mark in known.marks):
            return file
    return None


def _stretch(disk: Disk, position: Position, known: _Known, file: Sibling) -> Stretch:
    """Return what has left of a generation; the hole that a truncation leaves was never seen."""
    begun = position.begun
    start = begun.offset if begun is not None and begun.generation == known.generation else 0
    whole = Stretch(disk, file, min(start, known.offset), known.offset)
    if start or not position.holed:
        return whole
    return Stretch(disk, file, hole_in(whole), known.offset)


def _older(disk: Disk, there: Whereabouts, files: list[Sibling]) -> list[Stretch]:
    """Return the files that were read before all that is remembered, oldest first.

    Only their length tells that they were: unless they are just what is looked for, some may be older than the first
    run, and would be missed in the output without a reason.
    """
    found: list[Stretch] = []
    room = there.gone
    for file in reversed(files):
        if room <= 0:
            break
        first = _begins_with(disk, there.position, file)
        length = length_of(disk, file)
        if length is not None and first < length <= first + room:
            found.insert(0, Stretch(disk, file, first, length))
            room -= length - first
    return found if room == 0 else []


def _begins_with(disk: Disk, position: Position, file: Sibling) -> int:
    """Return which byte of a file the first run began with."""
    begun = position.begun
    if begun is None or not begun.offset or not fits(disk, file, Mark(begun.offset, begun.guard)):
        return 0
    return begun.offset
