"""Bugs that the simulation must find: each is planted into the real code by hand, and breaks one thing it relies on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final
from unittest.mock import patch

import logbraid.core.succession
from logbraid.core.checkpoint import Commit
from logbraid.core.linelane import _LinePassage
from logbraid.core.live import LivePipeline
from logbraid.core.merge import LiveMerger
from logbraid.core.passage import guard_behind
from logbraid.core.positions import Passed
from logbraid.core.reading import Reading
from logbraid.core.types import Chunk, Sibling, SourceId
from logbraid.sinks.base import Batch
from logbraid.sinks.committed import CommittedSink

__all__ = ["PLANTED"]

Patch = AbstractContextManager[Any]


def positions_before_the_batch_is_written() -> Patch:
    write = CommittedSink.write

    def planted(sink: CommittedSink, batch: Batch) -> None:
        sink._store.save(Commit(None, batch.positions))
        write(sink, batch)

    return patch.object(CommittedSink, "write", planted)


def positions_before_the_output_is_synced() -> Patch:
    def planted(sink: CommittedSink, commit: Commit) -> None:
        sink._store.save(commit)
        sink._file.sync()

    return patch.object(CommittedSink, "_save", planted)


def a_line_that_has_not_ended() -> Patch:
    def planted(passage: _LinePassage) -> Passed:
        guard = guard_behind(passage.guard, memoryview(passage.rest), 0, len(passage.rest))
        return Passed(passage.generation, passage.received, guard, passage.received)

    return patch.object(_LinePassage, "passed", property(planted))


def no_guard() -> Patch:
    accept = Reading.accept

    def planted(reading: Reading, chunk: Chunk) -> bool:
        if len(chunk) >= len(reading.guard):
            memoryview(chunk.buffer)[chunk.start : chunk.start + len(reading.guard)] = reading.guard
        return accept(reading, chunk)

    return patch.object(Reading, "accept", planted)


def siblings_the_newest_first() -> Patch:
    rotated = logbraid.core.succession._rotated

    def planted(siblings: Sequence[Sibling], name: str) -> list[Sibling]:
        return rotated(siblings, name)[::-1]

    return patch.object(logbraid.core.succession, "_rotated", planted)


def a_source_that_is_not_read_counts_as_silent() -> Patch:
    may_read = LivePipeline._may_read

    def planted(pipeline: LivePipeline, source: SourceId) -> bool:
        if may_read(pipeline, source):
            return True
        pipeline._lane.caught_up(source)
        return False

    return patch.object(LivePipeline, "_may_read", planted)


def what_earlier_runs_have_let_go_is_forgotten() -> Patch:
    return patch.object(LiveMerger, "go_on", lambda merger, highest: None)


PLANTED: Final[tuple[Callable[[], Patch], ...]] = (
    positions_before_the_batch_is_written,
    positions_before_the_output_is_synced,
    a_line_that_has_not_ended,
    no_guard,
    siblings_the_newest_first,
    a_source_that_is_not_read_counts_as_silent,
    what_earlier_runs_have_let_go_is_forgotten,
)
