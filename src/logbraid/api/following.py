"""``follow`` and ``afollow``: live, until somebody stops it.

What is followed and how is one value, from which a pump is made when the first batch is asked for; the class that is
iterated over then belongs to one driver.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar, Unpack, cast

from logbraid.api.acknowledging import Checkpointing, Unkept, checkpointing
from logbraid.api.arguments import Notice, Path, Reading, ignore, refuse_own
from logbraid.api.plan import Plan, World, plan_from
from logbraid.api.running import BLOCKING, ON_A_LOOP, POURS
from logbraid.core.account import Account
from logbraid.core.options import Order
from logbraid.core.types import Nanos, Source
from logbraid.drivers.control import Control
from logbraid.drivers.live import FollowPump
from logbraid.drivers.threads import Batches
from logbraid.errors import UsageError
from logbraid.sinks.base import Batch, Sink
from logbraid.sinks.destinations import Destination, OutputFormat, lines_will_do, own_paths

if TYPE_CHECKING:
    from logbraid.core.records import RecordBatch
    from logbraid.drivers.aio import AsyncBatches

T = TypeVar("T")

__all__ = ["AsyncFollowing", "Following", "afollow", "follow"]


class Following:
    """The batches of a live run: a context manager, and an iterator that waits for the next one.

    What is written after the ``with`` block was entered is seen. Leaving it, by its end, by ``break`` or by an
    exception, leaves no thread and no descriptor behind.
    """

    def __init__(self, plan: Plan, driver: str | None, notice: Notice, checkpoint: Checkpointing) -> None:
        self._plan = plan
        self._driver = driver
        self._notice = notice
        self._checkpoint = checkpoint
        self._kept = Unkept()
        self._control = Control()
        self._batches: Batches | None = None
        self._pump: FollowPump | None = None
        self._taken = self._closed = False

    def __enter__(self) -> Self:
        try:
            self._open().begin()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __iter__(self) -> Iterator[RecordBatch]:
        return self

    def __next__(self) -> RecordBatch:
        if self._closed:
            raise StopIteration
        self._taken = True
        batches = self._open()
        while True:
            batch = self._kept.deliver(next(batches))
            if batch is not None:
                return cast("RecordBatch", batch)
            self._kept.save()

    def acknowledge(self, batch: Batch) -> None:
        """Say that a batch was taken care of, and so were all before it: after a restart, they do not come again.

        What was acknowledged is saved about once a second, while the next batch is waited for, and at the end.

        Raises:
            UsageError: ``checkpoint=`` names no file, or the batch is from another run.
        """
        self._kept.acknowledge(batch)

    @property
    def sources(self) -> Sequence[Source]:
        """Those found so far."""
        return self._plan.sources

    @property
    def account(self) -> Account:
        """What was done so far."""
        return Account() if self._batches is None else self._batches.account

    def stop(self) -> None:
        """End well: what is held comes as the last batches. May be called from any thread."""
        self._control.stop()

    def into(self, sink: Destination, *, labels: str | None = None, output_format: OutputFormat = "text") -> Account:
        """Write every batch to a sink until ``stop`` is called or all pipes have ended.

        Args:
            sink: a path (which must not hold anything yet, or belong to the checkpoint), a binary file, a function,
                which may be a coroutine function, or a ``Sink``.
            labels: ``name``: put the source's label before each line.
            output_format: ``text`` or ``jsonl``.

        Raises:
            SinkError: the sink refused a batch.
            UsageError: batches were asked for already.
        """
        _check(labels, taken=self._taken or self._closed)
        refuse_own(self._plan.specs, own := own_paths(sink))
        self._taken = True
        batches = self._open(lines=lines_will_do(sink, output_format), own=own)
        made = self._kept.sink(sink, self._plan.sources, output_format, labelled=labels is not None)
        try:
            account = POURS[self._driver or "bottom_up"](batches, made)
            made.close()
        except BaseException:
            made.abort()
            raise
        return account

    def close(self) -> None:
        """End at once: what is held is dropped. May be called again."""
        self._closed = True
        try:
            if self._batches is not None:
                self._batches.close()
        finally:
            self._control.close()
            self._kept.close()

    def _open(self, *, lines: bool = False, own: Sequence[str] = ()) -> Batches:
        if self._batches is None or self._pump is None:
            self._kept = checkpointing(self._checkpoint)
            self._pump = self._plan.pump(lines=lines, wanted=self._kept.wanted)
            self._pump.exclude(self._kept.own_paths)
            self._batches = Batches(self._pump, self._plan.clock, self._control, self._notice)
        self._pump.exclude(own)
        return self._batches


class AsyncFollowing:
    """The twin of ``Following`` for a loop: an asynchronous context manager and iterator.

    Whoever is cancelled while waiting for the next batch may ask again, and no record is lost.
    """

    def __init__(self, plan: Plan, driver: str | None, notice: Notice, checkpoint: Checkpointing) -> None:
        self._plan = plan
        self._driver = driver
        self._notice = notice
        self._checkpoint = checkpoint
        self._kept = Unkept()
        self._control = Control()
        self._batches: AsyncBatches | None = None
        self._pump: FollowPump | None = None
        self._taken = self._closed = False

    async def __aenter__(self) -> Self:
        try:
            await (await self._open()).begin()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> AsyncIterator[RecordBatch]:
        return self

    async def __anext__(self) -> RecordBatch:
        if self._closed:
            raise StopAsyncIteration
        self._taken = True
        batches = await self._open()
        while True:
            batch = self._kept.deliver(await anext(batches))
            if batch is not None:
                return cast("RecordBatch", batch)
            await batches.errands.ask(self._kept.save)

    def acknowledge(self, batch: Batch) -> None:
        """Say that a batch was taken care of, and so were all before it: after a restart, they do not come again.

        What was acknowledged is saved about once a second, while the next batch is waited for, and at the end.

        Raises:
            UsageError: ``checkpoint=`` names no file, or the batch is from another run.
        """
        self._kept.acknowledge(batch)

    @property
    def sources(self) -> Sequence[Source]:
        """Those found so far."""
        return self._plan.sources

    @property
    def account(self) -> Account:
        """What was done so far."""
        return Account() if self._batches is None else self._batches.account

    def stop(self) -> None:
        """End well: what is held comes as the last batches. May be called from any thread."""
        self._control.stop()

    async def into(
        self, sink: Destination, *, labels: str | None = None, output_format: OutputFormat = "text"
    ) -> Account:
        """Write every batch to a sink until ``stop`` is called or all pipes have ended.

        Args:
            sink: a path (which must not hold anything yet, or belong to the checkpoint), a binary file, a function,
                which may be a coroutine function, or a ``Sink``. What may block is called by a thread of its own.
            labels: ``name``: put the source's label before each line.
            output_format: ``text`` or ``jsonl``.

        Raises:
            SinkError: the sink refused a batch.
            UsageError: batches were asked for already.
        """
        from logbraid.api.loops import pour_on_a_loop, suited

        _check(labels, taken=self._taken or self._closed)
        refuse_own(self._plan.specs, own := own_paths(sink))
        self._taken = True
        batches = await self._open(lines=lines_will_do(sink, output_format), own=own)

        def make() -> Sink:
            return self._kept.sink(sink, self._plan.sources, output_format, labelled=labels is not None)

        return await pour_on_a_loop(batches, make, self._driver or suited(sink))

    async def aclose(self) -> None:
        """End at once: what is held is dropped. May be called again."""
        self._closed = True
        try:
            if self._batches is not None:
                await self._batches.aclose()
        finally:
            self._control.close()
            if self._checkpoint is not None:
                await _as_errand(self._kept.close)

    async def _open(self, *, lines: bool = False, own: Sequence[str] = ()) -> AsyncBatches:
        if self._batches is None or self._pump is None:
            from logbraid.drivers.aio import AsyncBatches

            if self._checkpoint is not None:
                self._kept = await _as_errand(lambda: checkpointing(self._checkpoint))
            self._pump = self._plan.pump(lines=lines, wanted=self._kept.wanted)
            self._pump.exclude(self._kept.own_paths)
            self._batches = AsyncBatches(self._pump, self._plan.clock, self._control, self._notice)
        self._pump.exclude(own)
        return self._batches


def follow(
    *sources: Path,
    order: Order = "time",
    last: int | None = 10,
    lateness: Nanos | None = None,
    silence: Nanos | None = None,
    driver: str | None = None,
    commands: Sequence[str] = (),
    checkpoint: Checkpointing = None,
    notice: Notice = ignore,
    world: World | None = None,
    **reading: Unpack[Reading],
) -> Following:
    """Follow growing, rotating files and merge them as they are written.

        with logbraid.follow("/var/log/app/*.log") as batches:
            for batch in batches:
                for record in batch.records():
                    print(record.source, record.text)

    Args:
        sources: files, directories, globs, FIFOs, ``-`` for stdin. What is not there yet is waited for.
        order: ``time``: a record leaves when no earlier one can come any more; ``arrival``: as read.
        last: begin with the last so many records of each source; None: with its first, rotated files included.
            Where ``since`` is given, that counts.
        lateness: how long after its time a record may come and still find its place, ns; default: 200 ms.
        silence: a record of several lines is whole when its source has been silent for so long, ns; default: 500 ms.
        driver: ``threads`` or ``bottom_up``; None picks it.
        commands: their standard output is a source. It cannot be resumed, nor can a FIFO.
        checkpoint: a file, in which it is saved where each source goes on, once ``acknowledge`` says that a batch was
            taken care of: at least once. Or the positions that the caller has kept of each source, from
            ``batch.positions``, together with the data: exactly once; none of them the first time. What stands there
            counts more than ``last`` and ``since``.
        notice: told what was noticed: a rotation, lost bytes, a source that failed.
        world: files, notifications and time of the caller's, see ``logbraid.testing``.
        reading: since, until, level, include, exclude, tz, skews, time_format, max_record, buffer: see ``Reading``.

    Raises:
        UsageError: the arguments contradict each other or mean nothing.
    """
    plan = plan_from(sources, order, last, lateness, silence, commands, world, reading)
    return Following(plan, _driver(driver, tuple(BLOCKING)), notice, checkpoint)


def afollow(
    *sources: Path,
    order: Order = "time",
    last: int | None = 10,
    lateness: Nanos | None = None,
    silence: Nanos | None = None,
    driver: str | None = None,
    commands: Sequence[str] = (),
    checkpoint: Checkpointing = None,
    notice: Notice = ignore,
    world: World | None = None,
    **reading: Unpack[Reading],
) -> AsyncFollowing:
    """Follow growing, rotating files in a loop: the twin of ``follow``, with the same arguments.

        async with logbraid.afollow("/var/log/app/*.log") as batches:
            async for batch in batches:
                ...

    Args:
        sources: as in ``follow``.
        order: as in ``follow``.
        last: as in ``follow``.
        lateness: as in ``follow``.
        silence: as in ``follow``.
        driver: ``mixed`` or ``aio``; None picks it.
        commands: as in ``follow``.
        checkpoint: as in ``follow``.
        notice: as in ``follow``; called in the loop.
        world: as in ``follow``.
        reading: as in ``follow``.

    Raises:
        UsageError: the arguments contradict each other or mean nothing.
    """
    plan = plan_from(sources, order, last, lateness, silence, commands, world, reading)
    return AsyncFollowing(plan, _driver(driver, ON_A_LOOP), notice, checkpoint)


async def _as_errand(do: Callable[[], T]) -> T:
    """Do what blocks in a thread of its own."""
    from logbraid.drivers.errands import Errands

    errands = Errands("logbraid-checkpoint")
    try:
        return await errands.ask(do)
    finally:
        await errands.close()


def _driver(driver: str | None, drivers: Sequence[str]) -> str | None:
    if driver is not None and driver not in drivers:
        raise UsageError(f"no such driver here: {driver}: there are {' and '.join(drivers)}")
    return driver


def _check(labels: str | None, *, taken: bool) -> None:
    if taken:
        raise UsageError("the batches are being taken already, or the run is closed: a run has one taker")
    if labels not in (None, "name"):
        raise UsageError(f"labels are 'name' or None here, not {labels!r}: sources may come that nobody knows yet")
