"""Does one action of the core and feeds the answer back: the only place where actions meet open sources.

``read`` blocks and may run on any thread; everything else belongs to the one thread that owns the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from logbraid.core.actions import Action, Close, Read, Sample
from logbraid.core.events import Event
from logbraid.core.options import Options
from logbraid.core.parse import Start
from logbraid.core.pipeline import LEAST_READ, Pipeline
from logbraid.core.types import Chunk, Source
from logbraid.errors import SourceError
from logbraid.sinks.base import Sink
from logbraid.system.files import OpenSource
from logbraid.system.probes import sample_lines

__all__ = ["Answer", "Pump", "Run"]

Answer = Chunk | SourceError


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


class Pump:
    """The sources of a run, and the pipeline that they feed.

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
