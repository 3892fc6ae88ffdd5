"""The driver for an asynchronous program with an asynchronous sink: the loop owns the run, order and time.

The one thing that blocks, looking and reading, is done in bulk by a thread of its own: one hop a turn, none while
nothing happens. Whoever is cancelled while waiting for a batch may ask again, and nothing is lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from inspect import isawaitable
from types import TracebackType
from typing import Any

from logbraid.core.account import Account
from logbraid.core.events import Event
from logbraid.drivers.control import Control
from logbraid.drivers.errands import Errands
from logbraid.drivers.pump import Pump
from logbraid.sinks.base import Batch, Sink
from logbraid.system.ports import Clock

__all__ = ["AsyncBatches", "drive", "pour"]


class AsyncBatches:
    """The batches of a run, one after the other; closing it ends the run and leaves nothing behind.

    Args:
        pump: closed with this.
        clock: waits.
        control: ends it from outside.
        notice: told what was noticed.
        reopen: what a request to reopen the output does.

    Attributes:
        errands: the thread that reads.
    """

    def __init__(
        self,
        pump: Pump,
        clock: Clock,
        control: Control,
        notice: Callable[[Event], None],
        reopen: Callable[[], None] | None = None,
    ) -> None:
        self.errands = Errands("logbraid-read")
        self._pump = pump
        self._clock = clock
        self._control = control
        self._notice = notice
        self._reopen = reopen
        self._batches: deque[Batch] = deque()
        self._answers: asyncio.Future[Sequence[Any]] | None = None
        self._finished = False

    def __aiter__(self) -> AsyncIterator[Batch]:
        return self

    async def __anext__(self) -> Batch:
        while not self._batches:
            if self._finished:
                raise StopAsyncIteration
            await self._step()
        return self._batches.popleft()

    async def __aenter__(self) -> AsyncBatches:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    @property
    def account(self) -> Account:
        """What was done so far."""
        return self._pump.account()

    async def aclose(self) -> None:
        """End the run: what is held is dropped, every thread and descriptor given back. May be called again."""
        self._finished = True
        self._control.account = self._pump.account()
        self._batches.clear()
        await self.errands.close(self._pump.close)

    async def begin(self) -> None:
        """Find the sources and where each begins; what is written from now on will be read."""
        while not self._pump.begun and not self._finished:
            self._batches.extend(await self._turn())
        self._notice_all()

    def _notice_all(self) -> None:
        for event in self._pump.events():
            self._notice(event)

    async def _step(self) -> None:
        """Take a turn, or the last; wait where it brought nothing."""
        if self._control.stopping or self._pump.done:
            self._finished = True
            self._batches.extend(self._pump.finish())
        else:
            self._batches.extend(await self._turn())
            self._control.attend(lambda: self._pump.account(), self._reopen, self._notice)
        self._notice_all()
        if not self._batches and not self._finished:
            await self._clock.wait_async(self._pump.until(), [*self._pump.descriptors, self._control.bell.descriptor])

    async def _turn(self) -> Sequence[Batch]:
        if self._answers is None:
            work = self._pump.work()
            if not work:
                return self._pump.accept([])
            self._answers = self.errands.ask(self._pump.perform, work)
        # The answers belong to the run, not to whoever waits for them: a caller that is cancelled may come back.
        answers = await asyncio.shield(self._answers)
        self._answers = None
        return self._pump.accept(answers)


async def drive(pump: Pump, sink: Sink, clock: Clock, control: Control, notice: Callable[[Event], None]) -> Account:
    """Turn the pump until its sources end or the control says stop; hand every batch to the sink, and await it.

    Raises:
        SinkError: the sink refused a batch.
    """
    async with AsyncBatches(pump, clock, control, notice, getattr(sink, "reopen", None)) as batches:
        return await pour(batches, sink)


async def pour(batches: AsyncBatches, sink: Sink) -> Account:
    """Hand every batch to the sink, and await what it returns; return the account.

    Raises:
        SinkError: the sink refused a batch.
    """
    async for batch in batches:
        if isawaitable(result := sink.write(batch)):
            await result
    return batches.account
