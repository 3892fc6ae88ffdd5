"""The driver for an asynchronous program with a blocking sink: the loop owns order and time, threads do what blocks.

One thread reads, another one writes, and neither does anything else, so the two can never wait for each other. A sink
that turns out to be asynchronous after all is run by the loop, which the writing thread waits for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from inspect import isawaitable

from logbraid.core.account import Account
from logbraid.core.events import Event
from logbraid.drivers.aio import AsyncBatches
from logbraid.drivers.control import Control
from logbraid.drivers.errands import Errands
from logbraid.drivers.pump import Pump
from logbraid.sinks.base import Batch, Sink
from logbraid.system.ports import Clock

__all__ = ["drive", "pour"]


async def drive(pump: Pump, sink: Sink, clock: Clock, control: Control, notice: Callable[[Event], None]) -> Account:
    """Turn the pump until its sources end or the control says stop; write every batch, away from the loop.

    Raises:
        SinkError: the sink refused a batch.
    """
    async with AsyncBatches(pump, clock, control, notice, getattr(sink, "reopen", None)) as batches:
        return await pour(batches, sink)


async def pour(batches: AsyncBatches, sink: Sink) -> Account:
    """Write every batch, away from the loop; return the account.

    Raises:
        SinkError: the sink refused a batch.
    """
    writing = _Writing(sink)
    try:
        async for batch in batches:
            await writing.write(batch)
        return batches.account
    finally:
        await writing.close()


class _Writing:
    """The thread that writes."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._errands = Errands("logbraid-write")
        self._loop = asyncio.get_running_loop()
        self._awaited: Future[object] | None = None

    async def write(self, batch: Batch) -> None:
        """Have a batch written, and wait until it is; a write that has begun is not torn by a cancellation."""
        answer = self._errands.ask(self._write, batch)
        try:
            await asyncio.shield(answer)
        except asyncio.CancelledError:
            answer.add_done_callback(_heed)
            raise

    async def close(self) -> None:
        """Wait for a write that is under way; give up one that does not end, and cancel a coroutine at once."""
        self._cancel()
        if not await self._errands.close():
            self._cancel()  # it was not begun yet a moment ago
            await self._errands.close()

    def _cancel(self) -> None:
        if self._awaited is not None:
            self._awaited.cancel()

    def _write(self, batch: Batch) -> None:
        if isawaitable(result := self._sink.write(batch)):
            self._awaited = asyncio.run_coroutine_threadsafe(_wait(result), self._loop)
            self._awaited.result()


async def _wait(awaitable: Awaitable[object]) -> object:
    return await awaitable


def _heed(answer: asyncio.Future[None]) -> None:
    """Look at an error that nobody waits for any more, so that the loop does not report it."""
    if not answer.cancelled():
        answer.exception()
