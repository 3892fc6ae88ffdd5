"""The thread through which records come in: it follows the sources, and gives each batch to shelf, index and rates.

Everything else in the view only reads what it has brought. It draws nothing, and no error leaves it: what failed is
kept, and said by whoever draws.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from logbraid.core.account import Account
from logbraid.core.events import Event
from logbraid.core.records import RecordBatch
from logbraid.core.types import NO_TIME, Source
from logbraid.drivers.control import Control
from logbraid.sinks.base import Sink
from logbraid.sinks.callback import CallbackSink
from logbraid.view.endings import Endings
from logbraid.view.index import Index
from logbraid.view.rates import Rates
from logbraid.view.shelf import Shelf

__all__ = ["Intake", "Run", "SourceAwaited"]

MOST_NOTICES: Final = 1000

MOST_LOOKED_AT: Final = 1000
"""Sources of a run that is looked at again and again, though all is in: with more of them, a look costs too much."""


class Run(Protocol):
    """Follows into the sink that it has made of the list of sources, which grows, until the control says stop."""

    def __call__(
        self, make_sink: Callable[[list[Source]], Sink], /, *, notice: Callable[[Event], None], control: Control
    ) -> Account:
        """Return the account. Raises LogbraidError."""


@dataclass(frozen=True, slots=True)
class SourceAwaited(Event):
    """A source that was named is not there yet."""

    def __str__(self) -> str:
        return f"{self.path}: not there yet, waiting for it"


class Intake:
    """The records, as they come.

    Args:
        run: follows the sources.
        index: takes the numbers of records.
        shelf: makes sure that their text can be read again.
        endings: finds last lines that lack their newline; None: they are not shown.
        whole: the run begins with the first byte of each source, so that sizes tell how far it has come.
        named: files, as their user named them: it is noticed where there is none.

    Attributes:
        sources: those found so far.
        rates: of the sources.
        awaited: paths of those that were named and were not there, as of the last look.
        held: bytes that were read and are in no record yet, as of the last look: the ends of files that lack a newline.
        notices: what was noticed and not said yet; the oldest ones go where there are too many.
        failure: what ended it, if it was not asked to stop.
    """

    def __init__(
        self,
        run: Run,
        index: Index,
        shelf: Shelf,
        endings: Endings | None = None,
        *,
        whole: bool = True,
        named: Collection[str] = (),
    ) -> None:
        self._run = run
        self._index = index
        self._shelf = shelf
        self._endings = endings
        self._whole = whole
        self._named = frozenset(named)
        self._sizes: dict[str, int] = {}
        self._share = 0.0
        self.awaited: frozenset[str] = frozenset()
        self.held = 0
        self._control = Control(self._look)
        self._thread = threading.Thread(target=self._follow, name="logbraid-intake", daemon=True)
        self._own: set[str] = set()
        self.sources: Sequence[Source] = ()
        self.rates = Rates()
        self.notices: deque[Event] = deque(maxlen=MOST_NOTICES)
        self.failure: Exception | None = None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until nothing is left behind."""
        self._control.stop()
        self._thread.join()

    @property
    def running(self) -> bool:
        """Whether more may come."""
        return self._thread.is_alive()

    @property
    def share(self) -> float:
        """How much of what was there at the start has come in, as of the last look; 1.0: all of it.

        Sizes that nobody knows (of pipes) do not count.
        """
        return self._share

    def look(self) -> None:
        """Have it looked how far the run has come; only the run's own thread can do that."""
        if self.running and (self._share < 1 or len(self.sources) <= MOST_LOOKED_AT):
            self._control.report()

    def exclude(self, path: str) -> None:
        """Take nothing from a file that this view has written itself, where the run should find it."""
        self._own = {*self._own, os.path.realpath(path)}

    def _follow(self) -> None:
        try:
            account = self._run(self._sink, notice=self.notices.append, control=self._control)
            self._measure(account)
        except Exception as error:  # whatever it is: nothing may be written over the screen, and somebody is told
            self.failure = error

    def _sink(self, sources: list[Source]) -> Sink:
        self.sources = sources
        return CallbackSink(self._take)

    def _take(self, batch: RecordBatch) -> None:
        if self._own:
            found = (part.source for part in batch.parts)
            batch = batch.without({one.id for one in found if os.path.realpath(one.path) in self._own})
        if len(batch):
            self._shelf.keep(batch)
            self.rates.add(batch)
            self._index.append(batch)
            if self._endings is not None:
                self._endings.take(batch)

    def _look(self, account: Account) -> None:
        self._measure(account)
        if self._endings is not None and self._share == 1:  # else it would stand between records that are older
            for batch in self._endings.look(account, self.sources):
                self._take_unended(batch)

    def _take_unended(self, batch: RecordBatch) -> None:
        """Show a line that has not ended, behind all that has come; it is no record of its source yet."""
        if os.path.realpath(batch.parts[0].source.path) in self._own:
            return
        reached = self._index.blocks[-1].top if len(self._index) else NO_TIME
        self._shelf.keep(batch)
        self._index.append_unended(replace(batch, late=batch.time < reached))

    def _measure(self, account: Account) -> None:
        """Take how far the run has come: what it has read is in the index soon."""
        self.held = sum(one.bytes_held for one in account.sources)
        self._await([one.path for one in account.sources if not one.bytes_seen and one.path in self._named])
        if self._share == 1 or not account.sources:
            return
        came = sum(min(one.bytes_seen, self._size(one.path)) for one in account.sources)
        size = sum(self._size(one.path) for one in account.sources)
        self._share = came / size if size and self._whole else 1.0

    def _await(self, paths: Sequence[str]) -> None:
        """Notice which of some files are not there; nothing was read of them."""
        missing = [path for path in paths if not os.path.exists(path)]
        self.notices += [SourceAwaited(path) for path in missing if path not in self.awaited]
        self.awaited = frozenset(missing)

    def _size(self, path: str) -> int:
        """Return how long a file was when it was first asked about."""
        if path not in self._sizes:
            try:
                self._sizes[path] = os.stat(path).st_size
            except OSError:  # gone, or no file at all
                self._sizes[path] = 0
        return self._sizes[path]
