from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable

import pytest

from logbraid.core.records import RecordBatch
from logbraid.errors import UsageError
from logbraid.sinks.callback import CallbackSink

from .batches import batch

BATCH = batch(b"2026-03-01T08:00:00Z a\n")


def test_a_plain_function_gets_each_batch() -> None:
    got: list[RecordBatch] = []
    sink = CallbackSink(got.append)
    sink.write(BATCH)
    sink.flush()
    sink.close()
    assert got == [BATCH]


def test_a_coroutine_is_run_to_its_end_always_on_the_same_loop() -> None:
    loops = []

    async def write(whole: RecordBatch) -> None:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())

    sink = CallbackSink(write)
    sink.write(BATCH)
    sink.write(BATCH)
    sink.close()
    assert len(set(loops)) == 1
    assert loops[0].is_closed()


def test_colour_is_judged_by_the_result() -> None:
    done = []

    class Writer:
        def __call__(self, whole: RecordBatch) -> Awaitable[None]:
            return self

        def __await__(self):  # type: ignore[no-untyped-def]
            done.append(True)
            return iter(())

    sink = CallbackSink(Writer())
    sink.write(BATCH)
    sink.close()
    assert done


@pytest.mark.parametrize("asynchronous", [False, True])
def test_errors_are_passed_on(asynchronous: bool) -> None:
    def plain(whole: RecordBatch) -> None:
        raise LookupError("mine")

    async def coroutine(whole: RecordBatch) -> None:
        raise LookupError("mine")

    sink = CallbackSink(coroutine if asynchronous else plain)
    with pytest.raises(LookupError, match="mine"):
        sink.write(BATCH)
    sink.abort()


def test_waiting_in_the_thread_of_a_running_loop_is_refused() -> None:
    async def write(whole: RecordBatch) -> None: ...

    async def program() -> None:
        CallbackSink(write).write(BATCH)

    with pytest.raises(UsageError, match="running loop"):
        asyncio.run(program())


def test_context_variables_reach_the_coroutine() -> None:
    variable = contextvars.ContextVar("variable", default="")
    seen = []

    async def write(whole: RecordBatch) -> None:
        seen.append(variable.get())

    sink = CallbackSink(write)
    variable.set("here")
    sink.write(BATCH)
    sink.close()
    assert seen == ["here"]
