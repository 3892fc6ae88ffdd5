"""Finding sources while following, watching their directories, and seeing where to begin with each.

All of it looks at the machine and may block, so it runs where reads run. Numbers and labels are given by the owner of
the run; nothing here knows what was found before but the finder.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logbraid.core.events import Event, PollingInstead, SourceFailed
from logbraid.core.positions import Place, Position
from logbraid.core.progress import Wanted
from logbraid.core.states import Beginning
from logbraid.core.types import FileStat, Nanos, Source, SourceId
from logbraid.drivers.backlog import OneFile, beginning_at, last_lines, last_records
from logbraid.errors import SourceError
from logbraid.system.content import PlainSource
from logbraid.system.errors import reading
from logbraid.system.files import OpenSource
from logbraid.system.pipes import PipeSource
from logbraid.system.ports import Files, Finder, Found, Notifier

if TYPE_CHECKING:
    from logbraid.core.parse import Start
    from logbraid.core.recognise import Recogniser, Recognisers

__all__ = ["Begin", "Newcomer", "Newcomers"]


@dataclass(frozen=True, slots=True)
class Begin:
    """Where to begin with files that are there before the run; later ones are followed from their first byte.

    Attributes:
        last: with the last so many records; None: with the first.
        since: instead, with the first record from this time on, ns UTC.
    """

    last: int | None = 10
    since: Nanos | None = None

    @property
    def first(self) -> bool:
        """With the first record there is, those in rotated files included."""
        return self.last is None and self.since is None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A source that was found.

    Attributes:
        path: as it was named or found.
        names: how hints may spell it.
        polled: there will be no hints.
        beginning: where to begin in the file that is there; None: at the first byte of whatever comes.
        start: how its records look, where that was seen.
        position: where an earlier run has left off.
        opened: where its bytes come from, if it is no file that can grow: a pipe, a compressed file.
        place: the first byte of what was opened, if it can be read again.
        with_past: its rotated files come first.
    """

    path: str
    names: tuple[str, ...] = ()
    polled: bool = False
    beginning: Beginning | None = None
    start: Start | None = None
    position: Position | None = None
    opened: OpenSource | None = None
    place: Place | None = None
    with_past: bool = False

    @property
    def key(self) -> str:
        """The path without links in its directories: however it is spelled, by this it is known."""
        return self.names[0] if self.names else self.path


class Newcomers:
    """Searches again and again.

    Args:
        finder: finds paths.
        files: looks into them.
        notifier: is told what to watch.
        begin: where to begin.
        recognisers: of the run; None where it moves whole lines and needs no records.
        wanted: says where earlier runs have left off.
    """

    def __init__(
        self,
        finder: Finder,
        files: Files,
        notifier: Notifier,
        begin: Begin,
        recognisers: Recognisers | None,
        wanted: Wanted,
    ) -> None:
        self._finder = finder
        self._files = files
        self._notifier = notifier
        self._begin = begin
        self._recognisers = recognisers
        self._watched: set[str] = set()
        self._polled: dict[str, str] = {}
        self._said: set[str] = set()
        self._first = not wanted.resumed
        self._positions = wanted.positions
        self._by_inode = {each.place.identity.inode: each for each in wanted.positions.values()}
        finder.expect([key for key, position in self._positions.items() if not position.is_archive])

    @property
    def polls(self) -> bool:
        """Whether some directory gives no hints, so that it has to be searched now and then."""
        return bool(self._polled)

    def search(self, directories: Collection[str] | None) -> tuple[list[Newcomer], list[Event]]:
        """Search these directories, or everywhere; return what is new, and what there is to say."""
        found = self._finder.search(directories)
        events = [*found.events]
        newcomers = list(found.files)
        pipes = list(found.pipes)
        if self._watch(found.directories):
            # What came to a directory between the search and the watch has given no hint.
            again = self._finder.search(None)
            self._watch(again.directories)
            newcomers += again.files
            pipes += again.pipes
            events += again.events
        sources = [pipe for each in pipes for pipe in self._pipe(each, events)]
        for each in newcomers:
            newcomer = self._examine(each, events)
            if newcomer.polled:
                events += self._say_polled(newcomer)
            sources.append(newcomer)
        self._first = False
        return sources, events

    def exclude(self, paths: Collection[str]) -> None:
        """Take these paths for no sources, whatever names them."""
        self._finder.exclude(paths)

    def forget(self, directory: str) -> None:
        """Watch this directory anew when it is found again: it was moved or deleted."""
        self._watched.discard(directory)

    def _watch(self, directories: Collection[str]) -> bool:
        """Watch what is not watched yet; return whether that was anything."""
        wanted = set(directories)
        self._watched &= wanted  # one that is gone may come back, and is watched anew then
        self._polled = {directory: reason for directory, reason in self._polled.items() if directory in wanted}
        new = [directory for directory in directories if directory not in self._watched]
        for directory in new:
            self._watched.add(directory)
            reason = self._notifier.watch(directory)
            if reason is not None:
                self._polled[directory] = reason
            else:
                self._polled.pop(directory, None)
        return bool(new)

    def _say_polled(self, newcomer: Newcomer) -> Iterator[Event]:
        reasons = {self._polled[os.path.dirname(name)] for name in newcomer.names if self._is_polled(name)}
        for reason in reasons - self._said:
            self._said.add(reason)
            yield PollingInstead(newcomer.path, reason)

    def _is_polled(self, name: str) -> bool:
        return os.path.dirname(name) in self._polled

    def _pipe(self, found: Found, events: list[Event]) -> list[Newcomer]:
        """Return a pipe, if it is there still."""
        try:
            with reading(found.path):
                status = os.fstat(0) if found.path == "-" else os.stat(found.path)
        except SourceError as error:
            events.append(SourceFailed(found.path, error.reason))
            return []
        return [Newcomer(found.path, opened=PlainSource(PipeSource(found.path, status, lasting=True)))]

    def _examine(self, found: Found, events: list[Event]) -> Newcomer:
        polled = any(map(self._is_polled, found.names))
        newcomer = Newcomer(found.path, found.names, polled=polled, with_past=self._begin.first)
        try:
            position = self._position(found)
            if found.plain and position is not None:
                return replace(newcomer, position=position)
            if found.plain and (self._begin.first or not self._first):
                return newcomer  # followed from its first byte: there is nothing to look for in it
            stat = self._files.stat(found.path)
            if stat is None:
                return newcomer
            if not stat.size:  # if it is rotated before it is looked at again, its bytes are still wanted
                return replace(newcomer, beginning=Beginning(stat, 0, b""))
            file = OneFile(self._files, found.path, stat)
            return self._begun(newcomer, file) if found.plain else self._opened(newcomer, file, position)
        except SourceError as error:
            events.append(SourceFailed(found.path, error.reason))
            return newcomer

    def _position(self, found: Found) -> Position | None:
        """Return where an earlier run has left off, as paths are spelled and the device is numbered now."""
        if not self._positions:
            return None
        known = self._positions.get(found.names[0] if found.names else found.path)
        if known is None or known.is_archive:
            return self._under_another_name(found)
        position = known.spelled(found.path)
        # Whatever stands there now is on the same device as what stood there then, under whichever name.
        stat = self._files.stat(found.path)
        there = [stat] if stat is not None else [each.stat for each in self._files.siblings(found.path)]
        return position.on_device(there[0].identity.device) if there else position

    def _under_another_name(self, found: Found) -> Position | None:
        """Return where an earlier run has left off in the same file, which it knew by another name, or may have."""
        stat = self._files.stat(found.path)
        known = None if stat is None else self._by_inode.get(stat.identity.inode)
        if stat is None or known is None or known.is_archive is found.plain:
            return None
        position = known.spelled(found.path).on_device(stat.identity.device)
        return position if self._holds(stat, position.place, found.path) else None

    def _holds(self, stat: FileStat, place: Place, path: str) -> bool:
        """Whether a file still holds what was read of it, before the place."""
        if place.compressed and stat.modified == place.modified:
            return True  # decoding it up to there would cost as much as reading it
        room = memoryview(bytearray(len(place.guard)))
        offset = place.offset - len(room)
        count = self._files.read(path, stat.identity, room, offset, compressed=place.compressed)
        return count is not None and count > 0 and bytes(room[:count]) == place.guard

    def _opened(self, newcomer: Newcomer, file: OneFile, position: Position | None) -> Newcomer:
        """Read a file front to back, but for what an earlier run has read of it."""
        stat = file.stat
        place = Place(0, newcomer.path, stat.identity, 0, modified=stat.modified, compressed=True)
        return replace(newcomer, opened=PlainSource(file), place=place, position=position)

    def _begun(self, newcomer: Newcomer, file: OneFile) -> Newcomer:
        """Find where to begin with a file that was there before the run."""
        offset, start = self._place(file)
        beginning = beginning_at(file, offset)
        return replace(newcomer, beginning=beginning, start=start if beginning.offset == offset else None)

    def _place(self, file: OneFile) -> tuple[int, Start | None]:
        if self._begin.since is not None and self._recognisers is not None:
            from logbraid.drivers.seek import seek

            start = seek(file, self._recogniser(file), self._begin.since, None)
            return start.offset, start
        count = self._begin.last or 0
        if self._recognisers is None:
            return last_lines(file, count), None
        return last_records(file, count, self._recogniser(file))

    def _recogniser(self, file: OneFile) -> Recogniser:
        assert self._recognisers is not None, "records are wanted"
        return self._recognisers.of(Source(SourceId(0), file.path, "", file.modified, file.size))
