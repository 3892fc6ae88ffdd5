"""CollectSink and AsyncCollectSink: what came in can be asked for, and they are slow or failing as they were told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import logbraid
from logbraid.core.linewise import LineBatch, LinePart
from logbraid.core.types import Source, SourceId
from logbraid.errors import SinkError
from logbraid.sinks.base import Sink
from logbraid.testing import AsyncCollectSink, CollectSink, ManualClock

LOGS = (b"2026-01-01 00:00:01 one\r one\n", b"2026-01-01 00:00:02 two\n")


def line_batch(data: bytes) -> LineBatch:
    source = Source(SourceId(0), "a.log", "a.log", 0)
    return LineBatch((LinePart(source.id, 0, 0, memoryview(data), len(data), data.count(b"\n")),), [source])


def test_it_remembers_what_it_was_given(tmp_path: Path) -> None:
    for number, log in enumerate(LOGS):
        (tmp_path / f"{number}.log").write_bytes(log)
    sink = CollectSink()
    assert isinstance(sink, Sink)
    logbraid.merge([tmp_path], sink)
    sink.flush()
    sink.close()
    assert sink.data == b"".join(LOGS)
    assert sink.lines == list(LOGS)
    assert [record.data for record in sink.records] == list(LOGS)
    assert [time // 10**9 % 60 for time in sink.times] == [1, 2]
    assert (sink.flushes, sink.ended) == (1, "closed")


def test_whole_lines_have_no_records() -> None:
    sink = CollectSink(takes_lines=True)
    sink.write(line_batch(b"one\ntwo\n"))
    assert (sink.lines, sink.records) == ([b"one\n", b"two\n"], [])


def test_a_failing_sink_fails_for_good() -> None:
    sink = CollectSink(fails_at=2)
    sink.write(line_batch(b"one\n"))
    for _ in range(2):
        with pytest.raises(SinkError, match="failing at batch 2"):
            sink.write(line_batch(b"two\n"))
    sink.abort()
    assert (sink.data, sink.ended) == (b"one\n", "aborted")


def test_a_slow_sink_takes_its_time() -> None:
    clock = ManualClock()
    sink = CollectSink(clock=clock, seconds=0.5)
    sink.write(line_batch(b"one\n"))
    sink.write(line_batch(b"two\n"))
    assert clock.seconds == 1.0


def test_an_asynchronous_sink_lets_others_go_first() -> None:
    sink, heard = AsyncCollectSink(), list[bytes]()

    async def other() -> None:
        heard.append(sink.data)

    async def main() -> None:
        task = asyncio.create_task(other())
        await sink(line_batch(b"one\n"))
        await task

    asyncio.run(main())
    assert (sink.data, heard) == (b"one\n", [b""])
