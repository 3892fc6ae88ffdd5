"""The time of this machine, waiting for it or for a descriptor, and the bell that ends a wait from anywhere.

What is waited for, and until when, the core and the drivers know. Importing this module does not import asyncio,
which takes longer than a short run.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from logbraid.core.types import SECOND, Nanos, Now

if TYPE_CHECKING:
    import asyncio

__all__ = ["Bell", "Clock"]

LONGEST: Final = 3600 * SECOND
"""One call waits no longer: poll takes an int of milliseconds."""

LOOK_UP: Final = SECOND // 20
"""How often the descriptors are asked, on a loop that cannot wait for them."""

MILLISECOND: Final = SECOND // 1000


class Clock:
    """The port ``Clock`` on the real time; any number of waits at once, from any thread or task.

    In one loop no two of them may wait for the same descriptor. A wait of hours may end before its time.
    """

    def now(self) -> Now:
        """The time."""
        return Now(time.monotonic_ns(), time.time_ns())

    def wait(self, until: Nanos | None, descriptors: Sequence[int]) -> None:
        """Wait until a descriptor is readable or the tick ``until`` has come (None: for a descriptor only).

        A signal does not end it; the handler may ring a bell that is waited for (see ``Bell.rung_by_signals``).
        """
        _poll(descriptors).poll(None if until is None else _milliseconds(_rest(until)))

    async def wait_async(self, until: Nanos | None, descriptors: Sequence[int]) -> None:
        """The same in the running loop, which goes on meanwhile."""
        from asyncio import get_running_loop

        loop = get_running_loop()
        try:
            await self._wait_in(loop, until, descriptors)
        except NotImplementedError:  # a loop that can wait for sockets only
            await self._look_up(until, descriptors)

    async def _wait_in(self, loop: asyncio.AbstractEventLoop, until: Nanos | None, descriptors: Sequence[int]) -> None:
        woken = loop.create_future()
        timer = None if until is None else loop.call_later(_rest(until) / SECOND, _wake, woken)
        added: list[int] = []
        try:
            for descriptor in descriptors:
                loop.add_reader(descriptor, _wake, woken)
                added.append(descriptor)
            await woken
        finally:
            for descriptor in added:
                loop.remove_reader(descriptor)
            if timer:
                timer.cancel()

    async def _look_up(self, until: Nanos | None, descriptors: Sequence[int]) -> None:
        from asyncio import sleep

        poll = _poll(descriptors)
        while not poll.poll(0):
            rest = LOOK_UP if until is None else min(LOOK_UP, _rest(until))
            await sleep(rest / SECOND)
            if until is not None and not _rest(until):
                return


def _rest(until: Nanos) -> Nanos:
    """The time that is left, and no more than may be waited for at once."""
    return min(max(0, until - time.monotonic_ns()), LONGEST)


def _milliseconds(rest: Nanos) -> int:
    """Whole milliseconds, not less than ``rest``: with less, the last one would be spent in turning round."""
    return -(-rest // MILLISECOND)


def _poll(descriptors: Sequence[int]) -> select.poll:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return poll


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)


class Bell:
    """Ends the wait of a driver, from any thread and from a signal handler; rung often, it is heard once.

    Attributes:
        descriptor: readable from the first ``ring`` to the next ``silence``.
    """

    def __init__(self) -> None:
        # A signal handler may run while its own thread holds the lock, so it is one that lets the same thread in.
        self._lock = threading.RLock()
        self._open = False  # yet: an interrupt may come between any two steps
        self.descriptor, self._ringing = os.pipe()  # no eventfd: signals write single bytes
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._ringing, False)
        self._open = True

    def ring(self) -> None:
        """Make the descriptor readable; never waits, and does nothing once closed."""
        with self._lock:
            if self._open:
                with contextlib.suppress(BlockingIOError):  # it rings already, as loud as it can
                    os.write(self._ringing, b"!")

    @contextlib.contextmanager
    def rung_by_signals(self) -> Iterator[None]:
        """While this lasts, a signal rings it, too, before its handler runs: to be entered before a wait without end.

        A handler only runs between two steps of Python: without the bell, a signal that comes after the last step and
        before the system call that waits would be heeded when the wait ends, if it ever does. Only the main thread
        hears of signals, and where somebody is told of them already (a loop of asyncio), it stays so.
        """
        try:
            before = signal.set_wakeup_fd(self._ringing, warn_on_full_buffer=False)
        except ValueError:  # this is not the main thread
            yield
            return
        if before >= 0:
            signal.set_wakeup_fd(before)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)

    def silence(self) -> None:
        """Make the descriptor unreadable until the next ring; look at what it was rung for after this, not before."""
        with self._lock:
            if self._open:
                with contextlib.suppress(BlockingIOError):
                    while len(os.read(self.descriptor, 4096)) == 4096:
                        pass

    def __del__(self) -> None:
        """A bell that nobody has closed was never rung by anybody who matters."""
        self.close()

    def close(self) -> None:
        """Give the descriptors back; may be called again."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self.descriptor)
                os.close(self._ringing)
