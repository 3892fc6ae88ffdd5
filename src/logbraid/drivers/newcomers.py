"""Finding sources while following, watching their directories, and seeing where to begin with each.

All of it looks at the machine and may block, so it runs where reads run. Numbers and labels are given by the owner of
the run; nothing here knows what was found before but the finder.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logbraid.core.events import Event, PollingInstead, SourceFailed
from logbraid.core.positions import Place, Position
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
        positions: by key, where earlier runs have left off, if there were any; what is in none of them has come since.
    """

    def __init__(
        self,
        finder: Finder,
        files: Files,
        notifier: Notifier,
        begin: Begin,
        recognisers: Recognisers | None,
        positions: Mapping[str, Position] | None = None,
    ) -> None:
        self._finder = finder
        self._files = files
        self._notifier = notifier
        self._begin = begin
        self._recognisers = recognisers
        self._watched: set[str] = set()
        self._polled: dict[str, str] = {}
        self._said: set[str] = set()
        self._first = not positions
        self._positions = positions or {}
        finder.expect(self._positions)

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
        position = self._position(found)
        newcomer = Newcomer(found.path, found.names, polled=polled, with_past=self._begin.first, position=position)
        if found.plain and position is not None:
            return newcomer
        if found.plain and (self._begin.first or not self._first):
            return newcomer  # followed from its first byte: there is nothing to look for in it
        try:
            stat = self._files.stat(found.path)
            if stat is None:
                return newcomer
            if not stat.size:  # if it is rotated before it is looked at again, its bytes are still wanted
                return replace(newcomer, beginning=Beginning(stat, 0, b""))
            file = OneFile(self._files, found.path, stat)
            return self._begun(newcomer, file) if found.plain else self._opened(newcomer, file, stat)
        except SourceError as error:
            events.append(SourceFailed(found.path, error.reason))
            return newcomer

    def _position(self, found: Found) -> Position | None:
        """Return where an earlier run has left off, as paths are spelled and the device is numbered now."""
        path = found.path
        known = self._positions.get(found.names[0] if found.names else path)
        if known is None:
            return None
        position = known.spelled(path)
        # Whatever stands there now is on the same device as what stood there then, under whichever name.
        return next((position.on_device(each.stat.identity.device) for each in self._files.siblings(path)), position)

    def _opened(self, newcomer: Newcomer, file: OneFile, stat: FileStat) -> Newcomer:
        """Read a file front to back; what an earlier run has read of it counts if it is still the same."""
        place = Place(0, newcomer.path, stat.identity, 0, modified=stat.modified, compressed=True)
        known = newcomer.position
        same = known is not None and (known.place.identity, known.place.modified) == (stat.identity, stat.modified)
        return replace(newcomer, opened=PlainSource(file), place=place, position=known if same else None)

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
