"""The pump of a merge: every source is read once, to its end.

``read`` blocks and may run on any thread, one read of a source at a time; all else belongs to the one thread that
owns the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from logbraid.core.account import Account
from logbraid.core.actions import Action, Close, Read, Sample
from logbraid.core.events import Event
from logbraid.core.options import Options
from logbraid.core.parse import Start
from logbraid.core.pipeline import LEAST_READ, Pipeline
from logbraid.core.records import RecordBatch
from logbraid.core.types import Chunk, Nanos, Source, SourceId
from logbraid.drivers.control import Control
from logbraid.drivers.pump import Pump, closed_unless_made
from logbraid.drivers.readers import Answer, Readers
from logbraid.errors import SourceError
from logbraid.sinks.base import Sink
from logbraid.system.clock import Bell, Clock
from logbraid.system.files import OpenSource
from logbraid.system.probes import sample_lines

__all__ = ["MergePump", "Reads", "Run", "merge_once"]

Drive = Callable[[Pump, Sink, Clock, Control, Callable[[Event], None]], Account]
"""A driver of a blocking program."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as every driver gets it.

    Attributes:
        sources: numbered from 0.
        opened: where the bytes of each come from.
        starts: where to begin with each.
        options: what to merge and how.
        sink: takes the batches; closing it is the caller's matter.
        notice: told what was noticed.
        progress: told now and then how many bytes are done.
    """

    sources: Sequence[Source]
    opened: Sequence[OpenSource]
    starts: Sequence[Start]
    options: Options
    sink: Sink
    notice: Callable[[Event], None]
    progress: Callable[[int], None]


class Reads:
    """The sources of a run and the pipeline that they feed, one action at a time.

    Args:
        pipeline: numbers its sources as ``opened`` does.
        opened: where the bytes of each source come from.
        starts: where to begin with each; at its first byte by default.
        stops: for each an offset behind which little will be wanted: reads that pass it are short.

    Attributes:
        bytes_read: of all sources together, so far.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        opened: Sequence[OpenSource],
        starts: Sequence[Start] | None = None,
        stops: Sequence[int] | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.opened = opened
        self.bytes_read = 0
        self._offsets = [start.offset for start in starts] if starts else [0] * len(opened)
        self._stops = stops

    def do(self, action: Action) -> None:
        """Do one action, here and now."""
        if isinstance(action, Read):
            self.answer(action, self.read(action))
        elif isinstance(action, Sample):
            self.pipeline.receive_sample(action.source, sample_lines(self.opened[action.source]))
        elif isinstance(action, Close):
            self.opened[action.source].close()

    def read(self, action: Read) -> Answer:
        """Read the next chunk of a source; empty at its end. Blocks."""
        chunk = Chunk(self._size(action))
        opened = self.opened[action.source]
        try:
            if not opened.seekable:
                return chunk.filled(opened.read_into(chunk.room()))
            count = opened.read_at(chunk.room(), self._offsets[action.source])
            self._offsets[action.source] += count
            return chunk.filled(count)
        except SourceError as error:
            return error

    def _size(self, action: Read) -> int:
        if self._stops is None:
            return action.size
        return min(action.size, max(self._stops[action.source] - self._offsets[action.source], LEAST_READ))

    def answer(self, action: Read, answer: Answer) -> None:
        """Tell the pipeline what a read brought."""
        if isinstance(answer, SourceError):
            self.pipeline.receive_failure(action.source, answer.reason)
        elif len(answer):
            self.bytes_read += len(answer)
            self.pipeline.receive_data(action.source, answer)
        else:
            self.pipeline.receive_eof(action.source)


class MergePump:
    """Turns a run once through; see ``pump.Pump``."""

    begun = True

    def __init__(self, run: Run) -> None:
        self._run = run
        self._pipeline = Pipeline(run.sources, run.options, run.starts)
        self._reads = Reads(self._pipeline, run.opened, run.starts)
        self._bell = Bell()
        self._readers = Readers(self._bell)
        self._moved = True
        with closed_unless_made(self):
            for number, source in enumerate(run.opened):
                if not source.seekable:
                    self._readers.add(SourceId(number), source)

    @property
    def done(self) -> bool:
        """Whether every source was read to its end."""
        return self._pipeline.done

    @property
    def descriptors(self) -> Sequence[int]:
        """Readable when a slow source has answered."""
        return (self._bell.descriptor,)

    def until(self) -> Nanos | None:
        """At once, as long as anything moves; then when a slow source answers."""
        return 0 if self._moved else None

    def work(self) -> list[Action]:
        """Return what to do in this turn; slow sources are asked by the way."""
        self._bell.silence()
        here: list[Action] = []
        for action in self._pipeline.actions():
            if isinstance(action, Read) and action.source in self._readers:
                self._readers.ask(action)
            else:
                here.append(action)
        return here

    def perform(self, work: Sequence[Action]) -> list[tuple[Action, Answer | list[bytes] | None]]:
        """Do it: the part that blocks."""
        return [(action, self._perform(action)) for action in work]

    def _perform(self, action: Action) -> Answer | list[bytes] | None:
        if isinstance(action, Read):
            return self._reads.read(action)
        if isinstance(action, Sample):
            return sample_lines(self._run.opened[action.source])
        self._run.opened[action.source].close()
        return None

    def accept(self, answers: Sequence[tuple[Action, Answer | list[bytes] | None]]) -> list[RecordBatch]:
        """Take the answers; return what may leave."""
        late = self._readers.answers()
        for action, answer in [*answers, *late]:
            if isinstance(action, Read) and isinstance(answer, Answer):
                self._reads.answer(action, answer)
            elif isinstance(answer, list):
                self._pipeline.receive_sample(action.source, answer)
        batches = self._pipeline.batches()
        self._moved = bool(answers or late or batches)
        self._run.progress(self._reads.bytes_read)
        return batches

    def finish(self) -> list[RecordBatch]:
        """Return what is left, after the end of every source."""
        return self._pipeline.batches()

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        return self._pipeline.events()

    def account(self) -> Account:
        """Return the account as it stands."""
        return self._pipeline.account()

    def close(self) -> None:
        """Give back what the system lent."""
        self._readers.close()
        for source in self._run.opened:
            source.close()
        self._bell.close()


def merge_once(run: Run, drive: Drive) -> Account:
    """Merge until every source has ended and every record is in the sink; close the sources.

    Raises:
        SinkError: the sink refused a batch.
    """
    control = Control()
    try:
        return drive(MergePump(run), run.sink, Clock(), control, run.notice)
    finally:
        control.close()
