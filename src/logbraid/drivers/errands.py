"""A thread of its own for what a loop must not do itself: it does one errand after the other and tells the loop.

The thread belongs to one run and to nobody else, so an errand can never wait behind somebody's endless one; it is a
daemon, so one that never comes back cannot keep the program alive. One errand costs one hop there and back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

__all__ = ["Errands"]

T = TypeVar("T")

_PATIENCE: Final = 2.0
"""Seconds that an errand under way has to come back when the run is closed."""


@dataclass(frozen=True, slots=True)
class _Errand:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    context: Context
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop

    def do(self) -> None:
        """Do it, in this thread, and tell the loop; nobody is told where the loop has gone."""
        try:
            result, error = self.context.run(self.function, *self.arguments), None
        except BaseException as caught:  # whatever it is, the loop has to learn of it, or would wait for ever
            result, error = None, caught
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(_tell, self.answer, result, error)


class Errands:
    """Does blocking calls for the running loop, in the order in which they are asked for.

    Args:
        name: of the thread.

    Attributes:
        hops: errands so far.
    """

    def __init__(self, name: str) -> None:
        self.hops = 0
        self._name = name
        self._errands: SimpleQueue[_Errand | None] = SimpleQueue()
        self._thread: Thread | None = None

    def ask(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Have a function called; the caller's context variables hold there."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        if self._thread is None:
            self._thread = Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        self.hops += 1
        self._errands.put(_Errand(function, arguments, copy_context(), answer, loop))
        return answer

    async def close(self) -> bool:
        """End the thread; return whether it has ended: an errand that does not come back is left behind."""
        thread, self._thread = self._thread, None
        if thread is None:
            return True
        over = self._end(thread)
        await asyncio.wait([over], timeout=_PATIENCE)
        if not over.done():
            over.cancel()
            return False
        thread.join()  # it has said its last word already
        return True

    def _end(self, thread: Thread) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        over: asyncio.Future[None] = loop.create_future()
        self._errands.put(_Errand(_nothing, (), copy_context(), over, loop))
        self._errands.put(None)
        return over

    def _serve(self) -> None:
        while (errand := self._errands.get()) is not None:
            errand.do()


def _nothing() -> None:
    """Come after all that was asked before."""


def _tell(answer: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if answer.done():  # whoever asked was cancelled
        return
    if error is None:
        answer.set_result(result)
    elif isinstance(error, StopIteration):  # which no future takes
        answer.set_exception(RuntimeError(f"an errand raised {error!r}"))
    else:
        answer.set_exception(error)
