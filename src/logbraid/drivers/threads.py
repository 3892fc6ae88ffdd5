"""The driver for a blocking program with a blocking sink: one thread owns the pipeline, others read what may wait.

Files are read by the owner itself: a read from the page cache costs less than a hop between threads. Pipes, commands
and compressed sources are each read one chunk ahead by a thread of their own pool, which nothing else ever shares.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from queue import SimpleQueue
from threading import Thread

from logbraid.core.account import Account
from logbraid.core.actions import Action, Read
from logbraid.core.pipeline import Pipeline
from logbraid.core.types import Chunk, SourceId
from logbraid.drivers.pump import Answer, Pump, Run
from logbraid.errors import UsageError
from logbraid.system.files import OpenSource

__all__ = ["run"]


def run(run: Run) -> Account:
    """Merge until every source has ended and every record is in the sink; close the sources.

    Args:
        run: what to merge, and where to.

    Raises:
        SinkError: the sink refused a batch.
    """
    pipeline = Pipeline(run.sources, run.options, run.starts)
    pump = Pump(pipeline, run.opened, run.starts)
    with ExitStack() as stack:
        ahead = _ReadAhead(pump)
        stack.callback(ahead.close)
        for source in run.opened:
            stack.callback(source.close)  # first, as it ends the reads that wait for a peer
        ahead.open(_readers(run.opened))
        while not pipeline.done:
            here = [action for action in pipeline.actions() if not ahead.takes(action)]
            for action in here:
                pump.do(action)
            moved = _drain(pipeline, run)
            run.progress(pump.bytes_read)
            ahead.deliver(block=not here and not moved)
        _drain(pipeline, run)
    return pipeline.account()


def _drain(pipeline: Pipeline, run: Run) -> bool:
    """Pass on what came out of the pipeline; return whether anything did."""
    batches = pipeline.batches()
    for batch in batches:
        run.sink.write(batch)
    for event in pipeline.events():
        run.notice(event)
    return bool(batches)


class _ReadAhead:
    """Reads of sources that may wait, one chunk ahead of what the pipeline asks for."""

    def __init__(self, pump: Pump) -> None:
        self._pump = pump
        self._slow = {number for number, source in enumerate(pump.opened) if not source.seekable}
        self._asked: dict[SourceId, Read] = {}
        self._running: set[SourceId] = set()
        self._arrived: dict[SourceId, Answer] = {}
        self._reads: SimpleQueue[Read | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[SourceId, Answer | BaseException]] = SimpleQueue()
        self._threads: list[Thread] = []

    def open(self, readers: int) -> None:
        """Start the threads.

        Raises:
            UsageError: the system does not allow so many.
        """
        for number in range(readers):
            thread = Thread(target=self._serve, name=f"logbraid-read-{number}", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                raise UsageError(f"cannot wait for {readers} sources at once: only {number} threads start") from None
            self._threads.append(thread)

    def takes(self, action: Action) -> bool:
        """Whether this action is a read of a source that may wait; starts it unless it runs already."""
        if not isinstance(action, Read) or action.source not in self._slow:
            return False
        self._asked[action.source] = action
        if action.source not in self._running and action.source not in self._arrived:
            self._start(action)
        return True

    def deliver(self, *, block: bool) -> None:
        """Give the pipeline what it asked for and what has come; with ``block``, wait for a chunk if none has."""
        ready = self._asked.keys() & self._arrived.keys()
        while self._running and (not self._answers.empty() or (block and not ready)):
            source, answer = self._answers.get()
            if not isinstance(answer, Answer):
                raise answer
            self._running.discard(source)
            self._arrived[source] = answer
            ready = self._asked.keys() & self._arrived.keys()
        for source in sorted(ready):
            action, answer = self._asked.pop(source), self._arrived.pop(source)
            if isinstance(answer, Chunk) and len(answer):
                self._start(action)
            self._pump.answer(action, answer)

    def close(self) -> None:
        """End the threads; the sources are closed already, so none of them waits for its peer."""
        for _ in self._threads:
            self._reads.put(None)
        for thread in self._threads:
            thread.join()

    def _start(self, action: Read) -> None:
        self._running.add(action.source)
        self._reads.put(action)

    def _serve(self) -> None:
        while (action := self._reads.get()) is not None:
            self._answers.put((action.source, self._read(action)))

    def _read(self, action: Read) -> Answer | BaseException:
        try:
            return self._pump.read(action)
        except BaseException as error:  # whatever it is, the owner has to learn of it, or would wait for ever
            return error


def _readers(opened: Sequence[OpenSource]) -> int:
    """Return how many threads read: one for each source that may wait for its peer for ever, the others take turns."""
    waiting = sum(source.blocking for source in opened)
    decoding = sum(not source.seekable and not source.blocking for source in opened)
    return waiting + min(decoding, os.cpu_count() or 1)
