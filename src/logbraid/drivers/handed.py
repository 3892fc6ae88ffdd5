"""The pump over handles that somebody else opened: they are followed until that somebody closes them.

Nobody gives hints about a handle, so all of them are surveyed now and then, and what has changed is hinted at. What a
look or a read means is the core's matter; the handles themselves are neither read, moved nor closed here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from logbraid.core.account import Account
from logbraid.core.actions import FindSiblings, LetGo, LiveAction, Look, Read, ReadAt, Sample
from logbraid.core.events import Event
from logbraid.core.linelane import LineLane
from logbraid.core.live import LivePipeline
from logbraid.core.options import MOST_RECORD, Options
from logbraid.core.states import Beginning
from logbraid.core.types import SECOND, Chunk, FileStat, Nanos, Source, SourceId
from logbraid.drivers.backlog import OneFile, beginning_at
from logbraid.sinks.base import Batch
from logbraid.system.handles import HandleFiles
from logbraid.system.ports import Clock

__all__ = ["HandedPump"]

LEAST_PAUSE: Final = SECOND // 1000
"""Between two surveys, even where the caller would not wait at all."""

SURVEY_COST: Final = SECOND // 20_000
"""For each handle the pause is at least so long, so that idle handles take a few per cent of a core at most."""

HEED: Final = SECOND // 10
"""How soon a close is noticed at the latest: it costs no call of the system to ask whether a handle is closed."""


@dataclass(frozen=True, slots=True)
class _Begin:
    """See where to begin with this handle."""

    path: str


@dataclass(frozen=True, slots=True)
class _Survey:
    """See how these files look now."""

    sources: Sequence[SourceId]


_Work = LiveAction | Read | Sample | _Begin | _Survey
_Answer = tuple[_Work, Any]


class HandedPump:
    """Passes on whole lines until every handle is closed and read to its end; see ``pump.Pump``.

    A file that cannot be read ends the run: ``perform`` raises ``SourceError``.

    Args:
        files: the handles; closed with this.
        clock: tells the time.
        interval: between two looks at each file, as far as there are not too many.
    """

    descriptors: Sequence[int] = ()
    begun = True

    def __init__(self, files: HandleFiles, clock: Clock, interval: Nanos) -> None:
        self._files = files
        self._clock = clock
        self._sources: list[Source] = []
        # A line is whole however long it is: whoever handed over the handles would have had it in memory, too.
        options = Options(order="arrival", max_record=MOST_RECORD)
        self._pipeline = LivePipeline(options, LineLane(self._sources, options), self._sources)
        self._pause = max(interval, LEAST_PAUSE, SURVEY_COST * len(files.paths))
        self._unbegun = list(files.paths)
        self._open: dict[SourceId, str] = {}
        self._seen: dict[SourceId, FileStat | None] = {}
        self._tick: Nanos = 0
        self._survey_at: Nanos = 0
        self._performances: dict[type, Callable[[Any], Any]] = {
            ReadAt: self._read,
            Look: lambda item: files.stat(item.path),
            FindSiblings: lambda item: files.siblings(item.path),
            LetGo: lambda item: files.let_go(item.identity),
            _Begin: self._beginning,
            _Survey: lambda item: [files.stat(self._sources[source].path) for source in item.sources],
        }
        self._acceptances: dict[type, Callable[[Any, Any], None]] = {
            ReadAt: self._pipeline.receive_data,
            Look: lambda item, answer: self._pipeline.receive_stat(item.source, answer),
            FindSiblings: lambda item, answer: self._pipeline.receive_siblings(item.source, answer),
            LetGo: lambda item, answer: None,
            _Begin: self._add,
            _Survey: self._compare,
        }

    @property
    def done(self) -> bool:
        """Whether every handle is closed, and all that was written before is out."""
        return not self._unbegun and self._pipeline.done

    def until(self) -> Nanos | None:
        """The tick at which to take the next turn at the latest."""
        ticks = (self._pipeline.deadline(), self._survey_at, self._tick + HEED)
        return min(tick for tick in ticks if tick is not None)

    def work(self) -> list[_Work]:
        """Heed what was closed, take the time, and return what to do in this turn."""
        now = self._clock.now()
        self._tick = now.tick
        self._pipeline.advance(now)
        if self._unbegun:
            return [_Begin(path) for path in self._unbegun]
        # What is written before a close is there when the close is seen: whatever is read from now on includes it.
        for source in [source for source, path in self._open.items() if self._files.closed(path)]:
            del self._open[source]
            self._pipeline.end(source)
        return [*self._surveys(), *self._pipeline.actions()]

    def perform(self, work: Sequence[_Work]) -> list[_Answer]:
        """Do it: the part that blocks."""
        return [(item, self._performances[type(item)](item)) for item in work]

    def accept(self, answers: Sequence[_Answer]) -> list[Batch]:
        """Take the answers; return what may leave."""
        for item, answer in answers:
            self._acceptances[type(item)](item, answer)
        return [*self._pipeline.batches()]

    def finish(self) -> list[Batch]:
        """Return what is held: nothing more is read."""
        self._pipeline.finish()
        return [*self._pipeline.last_batches()]

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        return self._pipeline.events()

    def account(self) -> Account:
        """Return the account as it stands."""
        return self._pipeline.account()

    def close(self) -> None:
        """Give the duplicates back."""
        self._files.close()

    def _surveys(self) -> list[_Survey]:
        if self._tick < self._survey_at or not self._open:
            return []
        self._survey_at = self._tick + self._pause
        return [_Survey(tuple(self._open))]

    def _compare(self, survey: _Survey, stats: Sequence[FileStat | None]) -> None:
        for source, stat in zip(survey.sources, stats, strict=True):
            if stat != self._seen[source]:
                self._seen[source] = stat
                self._pipeline.hint(source, renamed=True)

    def _beginning(self, item: _Begin) -> Beginning | None:
        stat = self._files.stat(item.path)
        return stat and beginning_at(OneFile(self._files, item.path, stat), self._files.offset(item.path))

    def _add(self, item: _Begin, beginning: Beginning | None) -> None:
        self._unbegun.remove(item.path)
        source = Source(SourceId(len(self._sources)), item.path, item.path, self._clock.now().wall)
        self._open[source.id] = item.path
        self._seen[source.id] = beginning and beginning.stat
        self._pipeline.add(source, beginning)

    def _read(self, item: ReadAt) -> Chunk | None:
        chunk = Chunk(item.size)
        count = self._files.read(item.path, item.identity, chunk.room(), item.offset, compressed=item.compressed)
        return None if count is None else chunk.filled(count)
