"""Hands each batch to a function, which may be plain or a coroutine function.

The function's colour is judged by what it returns. An awaitable is run to its end on a loop that this sink owns, so
that a program without a loop can use an asynchronous sink; programs with one await it themselves and never come here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable, iscoroutine
from typing import TYPE_CHECKING, Any

from logbraid.core.records import RecordBatch
from logbraid.errors import UsageError

if TYPE_CHECKING:
    import asyncio  # which takes 15 ms to import, and most sinks are plain functions

__all__ = ["CallbackSink"]


class CallbackSink:
    """Calls ``function`` with each batch; what it raises is passed on.

    All methods belong to one thread: the loop, made when first needed, is that thread's.
    """

    def __init__(self, function: Callable[[RecordBatch], Any]) -> None:
        self._function = function
        self._runner: asyncio.Runner | None = None

    def write(self, batch: RecordBatch) -> None:
        """Call the function and wait until it is done.

        Raises:
            UsageError: the function is asynchronous and this thread's loop is running: waiting here would hang it.
        """
        result = self._function(batch)
        if isawaitable(result):
            self._run(result)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Close the loop, if there is one."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    def abort(self) -> None:
        """Close the loop, if there is one."""
        self.close()

    def _run(self, result: Awaitable[object]) -> None:
        if _loop_is_running():
            if iscoroutine(result):
                result.close()
            raise UsageError("an asynchronous sink cannot be waited for in the thread of a running loop: use amerge")
        if self._runner is None:
            from asyncio import Runner

            self._runner = Runner()
        self._runner.run(_wait(result))


def _loop_is_running() -> bool:
    from asyncio import get_running_loop

    try:
        get_running_loop()
    except RuntimeError:
        return False
    return True


async def _wait(awaitable: Awaitable[object]) -> None:
    await awaitable
