"""Threads that read what may wait: pipes, commands and compressed sources, one chunk ahead of what is asked for.

Each source that may wait for its peer for ever has a thread to itself, and those that only take long share a few; no
thread here ever does anything else, so nothing can wait for one that is taken.
"""

from __future__ import annotations

import os
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from logbraid.core.actions import Read
from logbraid.core.types import Chunk, SourceId
from logbraid.errors import SourceError, UsageError
from logbraid.system.clock import Bell
from logbraid.system.files import OpenSource

__all__ = ["Answer", "Readers"]

Answer = Chunk | SourceError
"""What a read brought; an empty chunk: the end."""


class Readers:
    """Reads of slow sources, answered later.

    Args:
        bell: rung with each answer.
    """

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._sources: dict[SourceId, OpenSource] = {}
        self._asked: dict[SourceId, Read] = {}
        self._running: set[SourceId] = set()
        self._arrived: dict[SourceId, Answer] = {}
        self._reads: SimpleQueue[Read | None] = SimpleQueue()
        self._answers: SimpleQueue[tuple[SourceId, Answer | BaseException]] = SimpleQueue()
        self._threads: list[Thread] = []
        self._decoding = 0

    def __contains__(self, source: SourceId) -> bool:
        return source in self._sources

    def add(self, number: SourceId, source: OpenSource) -> None:
        """Read this source from now on, see that there are threads enough.

        Raises:
            UsageError: the system does not allow so many threads.
        """
        self._sources[number] = source
        self._decoding += not source.blocking
        if source.blocking or self._decoding <= (os.cpu_count() or 1):
            self._begin_thread()

    def ask(self, action: Read) -> None:
        """Read a chunk, unless that is under way already; the answer comes with ``answers``."""
        self._asked[action.source] = action
        if action.source not in self._running and action.source not in self._arrived:
            self._start(action)

    def answers(self) -> list[tuple[Read, Answer]]:
        """Return what was asked for and has come; the next chunk of each is read meanwhile.

        Raises:
            BaseException: whatever went wrong in a thread beyond what a source may do.
        """
        self._collect()
        found = []
        for source in sorted(self._asked.keys() & self._arrived.keys()):
            action, arrived = self._asked.pop(source), self._arrived.pop(source)
            if isinstance(arrived, Chunk) and len(arrived):
                self._start(action)
            found.append((action, arrived))
        return found

    def taken(self) -> list[tuple[Read, Answer]]:
        """Return what has been read, asked for or not; call it once, at the end."""
        self._collect()
        arrived, self._arrived = self._arrived, {}
        return [(Read(source, len(answer)), answer) for source, answer in arrived.items() if isinstance(answer, Chunk)]

    def _collect(self) -> None:
        while not self._answers.empty():
            source, answer = self._answers.get()
            if not isinstance(answer, Answer):
                raise answer
            self._running.discard(source)
            self._arrived[source] = answer

    def close(self) -> None:
        """Close the sources, which ends the reads that wait for a peer, then the threads."""
        for source in self._sources.values():
            source.close()
        for _ in self._threads:
            self._reads.put(None)
        for thread in self._threads:
            with suppress(RuntimeError):  # an interrupt has kept it from starting
                thread.join()
        self._threads.clear()

    def _begin_thread(self) -> None:
        thread = Thread(target=self._serve, name=f"logbraid-read-{len(self._threads)}", daemon=True)
        self._threads.append(thread)  # first: an interrupt may come when it has started, and it must be ended then
        try:
            thread.start()
        except RuntimeError:
            self._threads.remove(thread)
            raise UsageError(
                f"cannot wait for {len(self._sources)} sources at once: only {len(self._threads)} threads start"
            ) from None

    def _start(self, action: Read) -> None:
        self._running.add(action.source)
        self._reads.put(action)

    def _serve(self) -> None:
        while (action := self._reads.get()) is not None:
            self._answers.put((action.source, self._read(action)))
            self._bell.ring()

    def _read(self, action: Read) -> Answer | BaseException:
        chunk = Chunk(action.size)
        try:
            return chunk.filled(self._sources[action.source].read_into(chunk.room()))
        except SourceError as error:
            return error
        except BaseException as error:  # whatever it is, the owner has to learn of it, or would wait for ever
            return error
