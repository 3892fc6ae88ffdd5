"""The driver for a blocking program with an asynchronous sink: threads on top, a loop at the bottom.

The caller's thread turns the pump as in ``threads``, and runs each coroutine of the sink to its end on a loop that it
owns and keeps. A plain sink is simply called, so this driver serves a sink whose colour nobody knows beforehand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable, iscoroutine
from types import TracebackType
from typing import TYPE_CHECKING

from logbraid.core.account import Account
from logbraid.core.events import Event
from logbraid.drivers.control import Control
from logbraid.drivers.pump import Pump
from logbraid.drivers.threads import Batches
from logbraid.errors import UsageError
from logbraid.sinks.base import Sink
from logbraid.system.ports import Clock

if TYPE_CHECKING:
    import asyncio  # which takes 15 ms to import, and most sinks are plain

__all__ = ["OwnLoop", "drive", "pour"]


class OwnLoop:
    """A loop that belongs to one thread: made when it is first needed, closed with the ``with`` block."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None

    def __enter__(self) -> OwnLoop:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._runner is not None:
            self._runner.close()

    def run(self, awaitable: Awaitable[object]) -> None:
        """Run to its end what the sink returned.

        Raises:
            UsageError: this thread's loop is running: waiting for it here would hang it.
        """
        if _loop_is_running():
            if iscoroutine(awaitable):
                awaitable.close()
            raise UsageError(
                "an asynchronous sink cannot be waited for in the thread of a running loop: use amerge or afollow"
            )
        if self._runner is None:
            from asyncio import Runner

            self._runner = Runner()
        self._runner.run(_wait(awaitable))


def drive(pump: Pump, sink: Sink, clock: Clock, control: Control, notice: Callable[[Event], None]) -> Account:
    """Turn the pump until its sources end or the control says stop; run what the sink returns to its end.

    Raises:
        SinkError: the sink refused a batch.
    """
    with Batches(pump, clock, control, notice, getattr(sink, "reopen", None)) as batches:
        return pour(batches, sink)


def pour(batches: Batches, sink: Sink) -> Account:
    """Write every batch, and run what the sink returns to its end; return the account.

    Raises:
        SinkError: the sink refused a batch.
    """
    with OwnLoop() as loop:
        for batch in batches:
            if isawaitable(result := sink.write(batch)):
                loop.run(result)
    return batches.account


def _loop_is_running() -> bool:
    from asyncio import get_running_loop

    try:
        get_running_loop()
    except RuntimeError:
        return False
    return True


async def _wait(awaitable: Awaitable[object]) -> None:
    await awaitable
