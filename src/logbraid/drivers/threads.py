"""The driver for a blocking program with a blocking sink: the caller's own thread turns the pump and writes.

Files are read right here, since a read from the page cache costs less than a hop to another thread; what may wait for
a peer is read by threads of its own. As an iterator, nothing runs but while somebody asks for the next batch.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from inspect import isawaitable, iscoroutine
from types import TracebackType
from typing import Any, NoReturn

from logbraid.core.account import Account
from logbraid.core.events import Event
from logbraid.drivers.control import Control
from logbraid.drivers.pump import Pump
from logbraid.errors import UsageError
from logbraid.sinks.base import Batch, Sink
from logbraid.system.ports import Clock

__all__ = ["Batches", "drive", "pour"]


class Batches:
    """The batches of a run, one after the other; closing it ends the run and leaves nothing behind.

    Args:
        pump: closed with this.
        clock: waits.
        control: ends it from outside.
        notice: told what was noticed.
        reopen: what a request to reopen the output does.
    """

    def __init__(
        self,
        pump: Pump,
        clock: Clock,
        control: Control,
        notice: Callable[[Event], None],
        reopen: Callable[[], None] | None = None,
    ) -> None:
        self._pump = pump
        self._clock = clock
        self._control = control
        self._notice = notice
        self._reopen = reopen
        self._batches: deque[Batch] = deque()
        self._work: Sequence[Any] | None = None
        self._finished = False
        self._process = os.getpid()

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        while not self._batches:
            if self._finished:
                raise StopIteration
            self._step()
        return self._batches.popleft()

    def __enter__(self) -> Batches:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def account(self) -> Account:
        """What was done so far."""
        return self._pump.account()

    def close(self) -> None:
        """End the run: what is held is dropped, every thread and descriptor given back. May be called again."""
        self._finished = True
        self._control.account = self._pump.account()
        self._batches.clear()
        if os.getpid() == self._process:  # a forked child has the run's commands and threads in its memory only
            self._pump.close()

    def begin(self) -> None:
        """Find the sources and where each begins; what is written from now on will be read."""
        while not self._pump.begun and not self._finished:
            self._batches.extend(self._turn())
        self._notice_all()

    def _turn(self) -> Sequence[Batch]:
        if self._work is None:
            self._work = self._pump.work()
        # Whoever interrupts this may come back: what was asked for is answered then, or it would never be asked again.
        answers = self._pump.perform(self._work)
        self._work = None
        return self._pump.accept(answers)

    def _notice_all(self) -> None:
        for event in self._pump.events():
            self._notice(event)

    def _step(self) -> None:
        """Take a turn, or the last; wait where it brought nothing."""
        if os.getpid() != self._process:
            raise UsageError("this run belongs to the process that this one was forked from")
        if self._control.stopping or self._pump.done:
            self._finished = True
            self._batches.extend(self._pump.finish())
        else:
            self._batches.extend(self._turn())
            self._control.attend(lambda: self._pump.account(), self._reopen, self._notice)
        self._notice_all()
        if not self._batches and not self._finished:
            self._wait()

    def _wait(self) -> None:
        bell = self._control.bell
        with bell.rung_by_signals():  # a handler that ends the run, or rings, must not have to wait for a log
            self._clock.wait(self._pump.until(), [*self._pump.descriptors, bell.descriptor])


def drive(pump: Pump, sink: Sink, clock: Clock, control: Control, notice: Callable[[Event], None]) -> Account:
    """Turn the pump until its sources end or the control says stop; write every batch.

    Raises:
        SinkError: the sink refused a batch.
    """
    with Batches(pump, clock, control, notice, getattr(sink, "reopen", None)) as batches:
        return pour(batches, sink)


def pour(batches: Batches, sink: Sink) -> Account:
    """Write every batch; return the account.

    Raises:
        SinkError: the sink refused a batch.
        UsageError: the sink is asynchronous.
    """
    for batch in batches:
        if isawaitable(result := sink.write(batch)):
            _refuse(result)
    return batches.account


def _refuse(result: Awaitable[object]) -> NoReturn:
    if iscoroutine(result):
        result.close()
    raise UsageError("this sink is asynchronous: the driver bottom_up waits for it, and threads cannot")
