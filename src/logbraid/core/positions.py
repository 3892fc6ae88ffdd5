"""How far each source has left, and how to know its files again: what a checkpoint holds of a source.

Values only, which outlive the run that made them. What they look like in a file is ``checkpoint``'s matter, and what is
made of them at the next start the tail's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from logbraid.core.account import SourceAccount
from logbraid.core.actions import ReadAt
from logbraid.core.types import NO_TIME, Identity, Nanos, Sibling, SourceId

__all__ = ["GUARD", "Mark", "Passed", "Past", "Place", "Position"]

GUARD: Final = 64
"""Bytes before an offset that are compared before anything behind it is believed."""


class Mark(NamedTuple):
    """What stands right before an offset of a file: enough to know the file again under another identity."""

    offset: int
    data: bytes

    def action(self, source: SourceId, sibling: Sibling) -> ReadAt:
        """Ask for the bytes that would stand here in ``sibling``."""
        size = len(self.data)
        identity = sibling.stat.identity
        return ReadAt(source, sibling.path, identity, self.offset - size, size, compressed=sibling.compressed)


class Passed(NamedTuple):
    """How far one generation of a source has left its lane.

    Attributes:
        generation: its number.
        offset: of the first byte that has not left; all before it has left, or was taken out by a filter.
        guard: the up to 64 bytes before it.
        received: offset behind the last byte that the lane was given.
    """

    generation: int
    offset: int
    guard: bytes
    received: int


@dataclass(frozen=True, slots=True)
class Place:
    """A place in one file of a source.

    Attributes:
        generation: of the source that this file holds.
        path: the name under which the file was last seen.
        identity: of the file.
        offset: of the first byte that has not left, in plain bytes.
        guard: the up to 64 bytes before it.
        size: plain bytes that were there for certain.
        modified: a time no later than the last writing to it, ns UTC.
        compressed: it has to be decompressed.
    """

    generation: int
    path: str
    identity: Identity
    offset: int
    guard: bytes = b""
    size: int = 0
    modified: Nanos = 0
    compressed: bool = False


class Past(NamedTuple):
    """A file that was read to its end and left: what tells it, and its copies, from something new.

    Attributes:
        generation: that it held.
        identity: proves nothing alone: another file may have got the inode.
        offset: where it ended.
        left: when it was left, ns UTC.
        marks: what stands at its end and at some places before.
    """

    generation: int
    identity: Identity
    offset: int
    left: Nanos
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a source goes on: whatever comes before has left, whatever comes behind has not.

    Attributes:
        source: its path without links in its directories: by this it is known again, however it is spelled then.
        place: in the file to go on with; the files after it are found from there, and nothing of them has left.
        stragglers: in older files, oldest first, that may still bring more.
        marks: of the place's file: earlier guards, none behind its offset.
        past: files before it.
        holed: its file was truncated before, and the writer may go on at the old offset.
        over: the place is the end of its file, which was left: whatever the name leads to next is new.
        begun: where the first run began with it; None: with the first byte of all that was there.
        time: of the last record that left, ns UTC; NO_TIME where times are not looked at.
        highest: what that was ordered by: no later record has a smaller key.
        account: what was counted up to here; nothing is held.
    """

    source: str
    place: Place
    account: SourceAccount
    stragglers: tuple[Place, ...] = ()
    marks: tuple[Mark, ...] = ()
    past: tuple[Past, ...] = ()
    holed: bool = False
    over: bool = False
    begun: Place | None = None
    time: Nanos = NO_TIME
    highest: Nanos = NO_TIME

    @property
    def is_archive(self) -> bool:
        """Whether the source is a compressed file itself, which is read front to back and never rotated."""
        return self.place.compressed and self.place.path == self.source

    def spelled(self, source: str) -> Position:
        """Return it with another spelling of the source's path, and of all paths in the same directory."""
        if source == self.source:
            return self
        old, new = _directory(self.source), _directory(source)

        def respell(place: Place) -> Place:
            if place.path == self.source:
                return replace(place, path=source)
            inside = place.path.startswith(old)
            return replace(place, path=new + place.path.removeprefix(old)) if inside else place

        return replace(
            self,
            source=source,
            place=respell(self.place),
            stragglers=tuple(map(respell, self.stragglers)),
            begun=None if self.begun is None else respell(self.begun),
        )

    def on_device(self, device: int) -> Position:
        """Return it for the same files on a device that has another number now: the machine was started anew."""
        if self.place.identity.device == device:
            return self
        return replace(
            self,
            place=_on(self.place, device),
            stragglers=tuple(_on(place, device) for place in self.stragglers),
            past=tuple(past._replace(identity=Identity(device, past.identity.inode)) for past in self.past),
        )


def _directory(path: str) -> str:
    """The part of a path before its name, with the slash at its end."""
    return path[: path.rfind("/") + 1]


def _on(place: Place, device: int) -> Place:
    return replace(place, identity=Identity(device, place.identity.inode))
