"""A thread of its own for what a loop must not do itself: it does one errand after the other and tells the loop.

The thread belongs to one run and to nobody else, so an errand can never wait behind somebody's endless one; it is a
daemon, so one that never comes back cannot keep the program alive. One errand costs one hop there and back. Nothing
here knows what the errands are.
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

from logbraid.errors import UsageError

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
        self._over: asyncio.Future[None] | None = None

    def ask(self, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:
        """Have a function called; the caller's context variables hold there.

        Raises:
            UsageError: the thread has ended; in a forked child there is none.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        if self._thread is None:
            self._thread = Thread(target=self._serve, name=self._name, daemon=True)
            self._thread.start()
        elif not self._thread.is_alive():
            raise UsageError("this run is over, or belongs to the process that this one was forked from")
        self.hops += 1
        self._errands.put(_Errand(function, arguments, copy_context(), answer, loop))
        return answer

    async def close(self, last: Callable[[], None] | None = None) -> bool:
        """End the thread; return whether it has ended: an errand that does not come back is left behind.

        Args:
            last: done behind all that was asked for, by the thread, even if nobody waits for it any more; so what an
                errand uses is never closed under its hands.
        """
        if self._over is None:
            if self._thread is None and last is None:
                return True
            self._over = self.ask(last or _nothing)
            self._errands.put(None)
        await asyncio.wait([self._over], timeout=_PATIENCE)
        if not self._over.done():
            return False
        if self._thread is not None:
            self._thread.join()  # it has said its last word already
        self._over.result()
        return True

    def _serve(self) -> None:
        while (errand := self._errands.get()) is not None:
            errand.do()


def _nothing() -> None:
    """Come behind all that was asked for."""


def _tell(answer: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if answer.done():  # whoever asked was cancelled
        return
    if error is None:
        answer.set_result(result)
    elif isinstance(error, StopIteration):  # which no future takes
        answer.set_exception(RuntimeError(f"an errand raised {error!r}"))
    else:
        answer.set_exception(error)
