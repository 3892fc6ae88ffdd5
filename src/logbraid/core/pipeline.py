"""The one object that a driver pumps: facts about sources go in, actions, batches and events come out.

It owns a parser for each source and the merger between them, and decides what to read next. It never reads, waits or
looks at a clock; every method returns at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from logbraid.core.account import Account, SourceAccount
from logbraid.core.actions import Action, Close, Read, Sample
from logbraid.core.events import Event, SourceFailed
from logbraid.core.filters import Filter
from logbraid.core.merge import ArrivalMerger, Merger
from logbraid.core.options import MEBIBYTE, Options
from logbraid.core.parse import Parser, Start
from logbraid.core.recognise import Recognisers
from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import Chunk, Source, SourceId
from logbraid.core.window import Window

__all__ = ["LEAST_READ", "Pipeline"]

ROUND: Final = 16 * MEBIBYTE
"""Bytes of all sources together that are merged in one go: array operations pay, and caches hold it."""

LEAST_READ: Final = 64 << 10
MOST_READ: Final = MEBIBYTE


class Pipeline:
    """Merges sources to their end.

    Do what ``actions()`` asks, answer with the ``receive_*`` method that the action names, write ``batches()``, and go
    on until ``done``.

    Args:
        sources: every source of the run, numbered from 0.
        options: what to merge and how.
        starts: where to begin with each source; from the first byte by default.
        window: the part of time to merge; all of it by default.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        options: Options,
        starts: Sequence[Start] | None = None,
        window: Window | None = None,
    ) -> None:
        self._sources = sources
        self._window = window
        starts = starts or [Start()] * len(sources)
        recognisers = Recognisers(options)
        self._parsers = [
            Parser(source, recognisers.of(source), options.max_record, start)
            for source, start in zip(sources, starts, strict=True)
        ]
        self._until = [start.until for start in starts]
        self._filter = Filter(options) if options.filters else None
        self._merger = Merger(sources) if options.order == "time" else ArrivalMerger(sources)
        self._accounts = [SourceAccount(source.label, source.path) for source in sources]
        self._events: list[Event] = []
        self._open = {source.id for source in sources}
        self._asked: set[SourceId] = set()
        self._closing: list[Action] = []
        self._read_size = max(LEAST_READ, min(MOST_READ, min(ROUND, options.buffer // 4) // max(len(sources), 1)))

    @property
    def done(self) -> bool:
        """Whether every source has ended; drain ``batches()`` once more then."""
        return not self._open

    @property
    def has_hesitated(self) -> bool:
        """Whether some source's format was looked for again in vain, which makes a fresh pipeline see it otherwise."""
        return any(parser.recogniser.has_hesitated for parser in self._parsers)

    # Facts in

    def receive_data(self, source: SourceId, chunk: Chunk) -> None:
        """Take the next bytes of a source. Call ``batches()`` and ``actions()`` next."""
        self._asked.discard(source)
        self._accounts[source].bytes_seen += len(chunk)
        self._take(source, self._parsers[source].receive(chunk, self._sources[source].modified))

    def receive_eof(self, source: SourceId) -> None:
        """Say that a source has no more bytes."""
        self._asked.discard(source)
        self._take(source, self._parsers[source].finish(self._sources[source].modified))
        if self._window is not None:
            self._window.reach_end(source, self._parsers[source].offset)
        self._end(source)

    def receive_failure(self, source: SourceId, reason: str) -> None:
        """Say that a source cannot be read any further: what was read stands."""
        account = self._accounts[source]
        account.reasons.append(reason)
        read = self._parsers[source].offset + self._parsers[source].held
        lost = max((self._sources[source].size or 0) - read, 0)
        account.bytes_lost += lost
        account.bytes_seen += lost
        self._events.append(SourceFailed(self._sources[source].path, reason))
        self.receive_eof(source)

    def receive_sample(self, source: SourceId, lines: Sequence[bytes]) -> None:
        """Take lines from all over a source, in its order."""
        self._asked.discard(source)
        self._parsers[source].recogniser.history(lines)

    def _take(self, source: SourceId, batch: SourceBatch | None) -> None:
        if batch is None:
            return
        if self._window is not None:
            batch = self._window.cut(batch)
        kept = batch if self._filter is None else self._filter.keep(batch)
        if kept is not batch:
            self._accounts[source].bytes_filtered += batch.size - kept.size
        self._merger.add(kept)
        if batch.upto > self._until[source] or (self._window is not None and self._window.is_past(batch)):
            self._end(source)

    def _end(self, source: SourceId) -> None:
        self._merger.finish(source)
        self._open.discard(source)
        self._closing.append(Close(source))

    # Work out

    def actions(self) -> list[Action]:
        """Return what to do next. A source is asked for again only when it has answered."""
        actions, self._closing = self._closing, []
        for source in sorted(self._open - self._asked):
            if self._parsers[source].recogniser.history_wanted:
                actions.append(Sample(source))
            elif self._merger.waiting(source) < self._read_size:
                actions.append(Read(source, self._read_size))
            else:
                continue
            self._asked.add(source)
        return actions

    def batches(self) -> list[RecordBatch]:
        """Return the records that may leave, in order."""
        batch = self._merger.release()
        if batch is None:
            return []
        for part in batch.parts:
            account = self._accounts[part.source.id]
            account.records += len(part)
            account.bytes_emitted += part.size
        return [batch]

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        events, self._events = self._events, []
        for parser in self._parsers:
            events += parser.events()
        return events

    def account(self) -> Account:
        """Return the account as it stands."""
        for account, parser in zip(self._accounts, self._parsers, strict=True):
            account.cut, account.leaps = parser.cut, parser.maximum.leaps
        return Account(self._accounts)
