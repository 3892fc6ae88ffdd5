from __future__ import annotations

import asyncio
from inspect import iscoroutine

import pytest

from logbraid.core.records import RecordBatch
from logbraid.sinks.base import takes_lines
from logbraid.sinks.callback import CallbackSink

from .batches import batch

BATCH = batch(b"2026-03-01T08:00:00Z a\n")


def test_a_plain_function_gets_each_batch() -> None:
    got: list[RecordBatch] = []
    sink = CallbackSink(got.append)
    sink.write(BATCH)
    sink.flush()
    sink.close()
    sink.abort()
    assert got == [BATCH]


def test_what_can_be_awaited_is_the_drivers_to_await() -> None:
    got: list[RecordBatch] = []

    async def write(whole: RecordBatch) -> None:
        got.append(whole)

    result = CallbackSink(write).write(BATCH)
    assert iscoroutine(result)
    assert got == []
    asyncio.run(result)
    assert got == [BATCH]


def test_errors_are_passed_on() -> None:
    def write(whole: RecordBatch) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        CallbackSink(write).write(BATCH)


def test_a_function_gets_records_never_bare_lines() -> None:
    assert not takes_lines(CallbackSink(print))
