"""The pump of a follower: hints and newcomers in, looks and reads done, until somebody stops it.

What is hinted at is taken without waiting, by the owner; looking, searching and reading block, and may be done by any
thread. What a look or a read means is the core's matter, and who waits for the next hint the driver's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from logbraid.core.account import Account
from logbraid.core.actions import FindSiblings, LetGo, LiveAction, Look, Read, ReadAt, Sample
from logbraid.core.events import Event, SourceFailed
from logbraid.core.labels import label_beside, labels, printable
from logbraid.core.live import LivePipeline
from logbraid.core.types import SECOND, Chunk, FileStat, Nanos, Source, SourceId
from logbraid.drivers.backlog import OneFile
from logbraid.drivers.newcomers import Newcomer, Newcomers
from logbraid.drivers.pump import closed_unless_made
from logbraid.drivers.readers import Answer, Readers
from logbraid.errors import SourceError
from logbraid.sinks.base import Batch
from logbraid.system.clock import Bell
from logbraid.system.files import OpenSource
from logbraid.system.ports import Clock, Files, Notifier
from logbraid.system.probes import sample_lines

__all__ = ["FollowPump"]

SEARCH: Final = 10 * SECOND
"""Between two searches everywhere, where there are not too many sources: a name may appear without a hint."""

SEARCH_POLLED: Final = SECOND
"""The same where some directories give no hints."""

SEARCH_COST: Final = SECOND // 500
"""For each source the pause between two searches everywhere is at least so long: a search looks at every name."""

SEARCH_GROWN: Final = SECOND
"""How soon to search where a file was written that is no source: it may be one that was overlooked."""


@dataclass(frozen=True, slots=True)
class _Search:
    """Look for new sources: in these directories, or everywhere."""

    directories: frozenset[str] | None


_Work = LiveAction | Sample | _Search
_Answer = tuple[_Work, object]


class FollowPump:
    """Follows until it is told to stop; see ``pump.Pump``.

    Args:
        pipeline: decides.
        newcomers: finds sources.
        files: where their bytes are.
        notifier: gives hints.
        clock: tells the time.
        sources: the pipeline's own list.
        commands: sources that are there from the beginning.
        path_labels: label the sources with their whole paths.
    """

    def __init__(
        self,
        pipeline: LivePipeline,
        newcomers: Newcomers,
        files: Files,
        notifier: Notifier,
        clock: Clock,
        sources: list[Source],
        *,
        commands: Sequence[OpenSource] = (),
        path_labels: bool = False,
    ) -> None:
        self._pipeline = pipeline
        self._newcomers = newcomers
        self._files = files
        self._notifier = notifier
        self._clock = clock
        self._sources = sources
        self._path_labels = path_labels
        self._bell = Bell()
        self._readers = Readers(self._bell)
        self._by_name: dict[str, SourceId] = {}
        self._links: set[SourceId] = set()
        self._labels: set[str] = set()
        self._events: list[Event] = []
        self._changed: set[str] = set()  # directories to search
        self._search_at: Nanos = 0  # tick of the next search everywhere
        self._look_into: Nanos | None = None  # tick at which to search the changed directories
        self._searching = False
        self._closed = False
        self._performances: dict[type, Callable[[Any], object]] = {
            ReadAt: self._read,
            Look: self._look,
            FindSiblings: lambda item: files.siblings(item.path),
            LetGo: lambda item: files.let_go(item.identity),
            Sample: self._sample,
            _Search: lambda item: newcomers.search(item.directories),
        }
        self._acceptances: dict[type, Callable[[Any, Any], None]] = {
            ReadAt: pipeline.receive_data,
            Look: lambda item, answer: self._accept_look(item, *answer),
            FindSiblings: lambda item, answer: pipeline.receive_siblings(item.source, answer),
            LetGo: lambda item, answer: None,
            Sample: lambda item, answer: pipeline.receive_sample(item.source, answer),
            _Search: lambda item, answer: self._welcome(*answer),
        }
        with closed_unless_made(self):
            self._add([Newcomer(command.path, opened=command) for command in commands])

    @property
    def begun(self) -> bool:
        """Whether the first search has come back."""
        return self._search_at > 0 and not self._searching

    def exclude(self, paths: Sequence[str]) -> None:
        """Never follow these: they belong to the output."""
        self._newcomers.exclude(paths)

    @property
    def done(self) -> bool:
        """Whether every source has ended: there are only pipes, and all of them were read to their end."""
        return bool(self._sources) and not self._searching and self._search_at > 0 and self._pipeline.done

    @property
    def descriptors(self) -> Sequence[int]:
        """Readable when there are hints or a slow source has answered."""
        notifier = self._notifier.descriptor
        return (self._bell.descriptor,) if notifier is None else (self._bell.descriptor, notifier)

    def until(self) -> Nanos | None:
        """The tick at which to take the next turn at the latest."""
        ticks = (self._pipeline.deadline(), self._search_at, self._look_into)
        return min(tick for tick in ticks if tick is not None)

    def work(self) -> list[_Work]:
        """Take hints and the time; return what to do in this turn."""
        self._bell.silence()
        self._take_hints()
        now = self._clock.now()
        self._pipeline.advance(now)
        work: list[_Work] = [*self._searches(now.tick)]
        for action in self._pipeline.actions():
            if isinstance(action, Read):
                self._readers.ask(action)
            else:
                work.append(action)
        return work

    def perform(self, work: Sequence[_Work]) -> list[_Answer]:
        """Do it: the part that blocks."""
        return [(item, self._perform(item)) for item in work]

    def accept(self, answers: Sequence[_Answer]) -> list[Batch]:
        """Take the answers; return what may leave."""
        for item, answer in answers:
            self._accept(item, answer)
        for action, answer in self._readers.answers():
            self._accept_chunk(action, answer)
        return self._pipeline.batches()

    def finish(self) -> list[Batch]:
        """Return what is held: nothing more is read, but what readers have taken out of a pipe is there no more."""
        for action, answer in self._readers.taken():
            self._accept_chunk(action, answer)
        self._pipeline.finish()
        return self._pipeline.last_batches()

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        events, self._events = self._events, []
        return events + self._pipeline.events()

    def account(self) -> Account:
        """Return the account as it stands."""
        return self._pipeline.account()

    def close(self) -> None:
        """Give back what the system lent."""
        if not self._closed:
            self._closed = True
            self._readers.close()
            self._notifier.close()
            self._files.close()
            self._bell.close()

    # Hints and newcomers

    def _take_hints(self) -> None:
        hints = self._notifier.hints()
        if hints.lost:
            self._pipeline.hint_all()
            self._search_at = min(self._search_at, self._clock.now().tick)
        for name in hints.written:
            source = self._by_name.get(name)
            if source is not None:
                self._pipeline.hint(source, renamed=False)
            else:
                self._search_in(name, SEARCH_GROWN)
        for name in hints.renamed:
            source = self._by_name.get(name)
            if source is not None:
                self._pipeline.hint(source, renamed=True)
            else:
                self._newcomers.forget(name)
            self._search_in(name, 0)

    def _search_in(self, name: str, pause: Nanos) -> None:
        """Search the directory of this name, and the name itself if it is one, soon."""
        self._changed.add(os.path.dirname(name))
        tick = self._clock.now().tick + pause
        self._look_into = tick if self._look_into is None else min(tick, self._look_into)

    def _searches(self, tick: Nanos) -> list[_Search]:
        if self._searching:
            return []
        if tick >= self._search_at:
            self._changed.clear()
            self._look_into = None
            pause = SEARCH_POLLED if self._newcomers.polls else SEARCH
            self._search_at = tick + max(pause, SEARCH_COST * len(self._sources))
            self._searching = True
            return [_Search(None)]
        if self._look_into is not None and tick >= self._look_into:
            directories, self._changed = frozenset(self._changed), set()
            self._look_into = None
            self._searching = True
            return [_Search(directories)]
        return []

    def _welcome(self, newcomers: Sequence[Newcomer], events: Sequence[Event]) -> None:
        self._searching = False
        self._events += events
        self._add(newcomers)

    def _add(self, newcomers: Sequence[Newcomer]) -> None:
        names = self._names(newcomers)
        for newcomer, label in zip(newcomers, names, strict=True):
            number, now = SourceId(len(self._sources)), self._clock.now().wall
            source = Source(number, newcomer.path, label, now, key=newcomer.key)
            for name in newcomer.names:
                self._by_name.setdefault(name, source.id)
            if len(newcomer.names) > 1:
                self._links.add(source.id)
            if newcomer.opened is not None:
                self._readers.add(source.id, newcomer.opened)
                self._pipeline.add_pipe(
                    source, waits=newcomer.opened.blocking, place=newcomer.place, position=newcomer.position
                )
            else:
                self._pipeline.add(
                    source,
                    newcomer.beginning,
                    newcomer.start,
                    position=newcomer.position,
                    polled=newcomer.polled,
                    with_past=newcomer.with_past,
                )

    def _names(self, newcomers: Sequence[Newcomer]) -> list[str]:
        """Return labels for new sources; those that have theirs keep them, also from an earlier run."""
        paths = [newcomer.path for newcomer in newcomers]
        if self._path_labels:
            return [printable(path) for path in paths]
        kept = {each.path: each.position.account.label for each in newcomers if each.position is not None}
        self._labels.update(kept.values())
        if not self._labels:
            kept = dict(zip(paths, labels(paths), strict=True))
            self._labels.update(kept.values())
        return [kept[path] if path in kept else self._label_beside(path) for path in paths]

    def _label_beside(self, path: str) -> str:
        label = label_beside(path, self._labels)
        self._labels.add(label)
        return label

    # Work

    def _perform(self, item: _Work) -> object:
        try:
            return self._performances[type(item)](item)
        except SourceError as error:
            return error

    def _read(self, item: ReadAt) -> Chunk | None:
        chunk = Chunk(item.size)
        count = self._files.read(item.path, item.identity, chunk.room(), item.offset, compressed=item.compressed)
        return None if count is None else chunk.filled(count)

    def _look(self, item: Look) -> tuple[FileStat | None, tuple[str, ...]]:
        """See what the name leads to, and if it is a link, how hints spell that now."""
        stat = self._files.stat(item.path)
        return stat, self._files.names(item.path) if item.source in self._links else ()

    def _sample(self, item: Sample) -> list[bytes]:
        path = self._sources[item.source].path
        stat = self._files.stat(path)
        return [] if stat is None else sample_lines(OneFile(self._files, path, stat))

    def _accept(self, item: _Work, answer: Any) -> None:
        if isinstance(answer, SourceError):
            self._fail(item, answer)
        else:
            self._acceptances[type(item)](item, answer)

    def _accept_look(self, item: Look, stat: FileStat | None, names: tuple[str, ...]) -> None:
        for name in names:
            self._by_name.setdefault(name, item.source)
        self._pipeline.receive_stat(item.source, stat)

    def _fail(self, item: _Work, error: SourceError) -> None:
        if isinstance(item, Sample):
            self._pipeline.receive_sample(item.source, [])
        elif isinstance(item, Look | FindSiblings | ReadAt):
            self._pipeline.receive_failure(item, error.reason)
        elif isinstance(item, _Search):
            self._welcome([], [SourceFailed(error.path, error.reason)])

    def _accept_chunk(self, action: Read, answer: Answer) -> None:
        if isinstance(answer, SourceError):
            self._pipeline.receive_end(action.source, answer.reason)
        elif len(answer):
            self._pipeline.receive_chunk(action, answer)
        else:
            self._pipeline.receive_end(action.source)
