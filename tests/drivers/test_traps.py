"""The ways in which threads and loops that meet hang or lose something: one test for each, named after it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster

import logbraid
from logbraid.api.following import afollow, follow
from logbraid.api.merging import amerge
from logbraid.errors import SinkError, UsageError
from logbraid.testing import CollectSink

from .logs import nothing_left_behind
from .runs import BLOCKING, DRIVERS, ON_A_LOOP, QUICK, Stopping, arun_into, in_a_thread, only_this_task, run_into
from .scenarios import line

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


# 1, 4: executors


@pytest.mark.parametrize("driver", ON_A_LOOP)
def test_the_default_executor_is_never_used(log: Path, driver: str) -> None:
    class Forbidden(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("the default executor is somebody else's")

    async def main() -> logbraid.Account:
        asyncio.get_running_loop().set_default_executor(Forbidden())
        await amerge(log, CollectSink(), driver=driver, tz="UTC")
        return await arun_into(driver, log, Stopping)

    assert asyncio.run(main()).records == 5


@pytest.mark.parametrize("driver", DRIVERS)
def test_more_endless_pipes_than_the_default_executor_has_threads(tmp_path: Path, driver: str) -> None:
    pipes = [tmp_path / f"p{number:02}.log" for number in range(min(32, (os.cpu_count() or 1) + 4) + 2)]
    for pipe in pipes:
        os.mkfifo(pipe)
    ends = [os.open(pipe, os.O_RDWR) for pipe in pipes]
    for number, end in enumerate(ends):
        os.write(end, line(f"p{number:02}", number))
    taken: set[bytes] = set()

    def make(run: Any) -> Callable[[Any], None]:
        def take(batch: Any) -> None:
            taken.update(bytes(batch.data).splitlines())
            if len(taken) == len(pipes):
                run.stop()

        return take

    with nothing_left_behind():
        run_into(driver, pipes, make)
    assert len(taken) == len(pipes)
    for end in ends:
        os.close(end)


# 2, 3, 21: waiting for a loop in its own thread


async def take_nothing(batch: object) -> None:
    await asyncio.sleep(0)


def test_waiting_for_the_loop_in_its_own_thread_is_refused(log: Path, nothing_blocks_a_loop: BlockBuster) -> None:
    nothing_blocks_a_loop.deactivate()  # a blocking call in a loop is the very mistake that is made here

    async def main() -> None:
        with nothing_left_behind(), pytest.raises(UsageError, match="use amerge or afollow"):
            logbraid.merge(log, take_nothing, tz="UTC")
        with pytest.raises(UsageError, match="use amerge or afollow"), follow(log, **QUICK) as run:
            run.into(take_nothing)

    asyncio.run(main())


# 5: a blocking sink and the loop


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """Beat every few milliseconds; what is yielded holds the longest gap."""
    longest = [0.0]

    async def beat() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest[0], last = max(longest[0], now - last), now

    task = asyncio.create_task(beat())
    yield longest
    task.cancel()


def test_a_sink_that_blocks_does_not_block_the_loop(tmp_path: Path, log: Path) -> None:
    def sleepy(batch: object) -> None:
        time.sleep(0.5)

    async def main() -> float:
        await amerge(log, take_nothing, tz="UTC")  # what is imported on the way is
        async with heartbeat() as longest:
            await amerge(log, sleepy, driver="mixed", tz="UTC")
        return longest[0]

    assert asyncio.run(main()) < 0.1


# 6: what others see of a descriptor


@pytest.mark.parametrize("driver", [*BLOCKING, "mixed"])  # with aio, a file is written by the loop, as it was asked
def test_an_inherited_descriptor_keeps_its_flags(log: Path, driver: str) -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as _, open(writing, "wb", buffering=0) as file:
        if driver in BLOCKING:
            logbraid.merge(log, file, driver=driver, tz="UTC")
        else:
            asyncio.run(amerge(log, file, driver=driver, tz="UTC"))
        assert os.get_blocking(writing)
        assert os.read(reading, 1 << 16) == log.read_bytes()


# 10, 11, 12: what goes wrong reaches the caller


class Wrong(Exception):
    pass


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("error", [SinkError("enough"), Wrong("enough"), KeyboardInterrupt("enough")], ids=repr)
def test_what_a_sink_raises_reaches_the_caller(log: Path, driver: str, error: BaseException) -> None:
    def fail(batch: object) -> None:
        raise error

    with nothing_left_behind(), pytest.raises(type(error), match="enough"):
        run_into(driver, log, lambda run: fail)


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_a_notice_raises_reaches_the_caller(tmp_path: Path, log: Path, driver: str) -> None:
    def fail(event: object) -> None:
        raise Wrong("heard enough")

    untimed = tmp_path / "b.log"
    untimed.write_text("no time at all\n" * 20_000)
    with nothing_left_behind(), pytest.raises(Wrong, match="heard enough"):
        run_into(driver, tmp_path / "*.log", Stopping, notice=fail)


@pytest.mark.parametrize("driver", DRIVERS)
def test_what_a_reading_thread_raises_reaches_the_caller(
    log: Path, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("none left")

    monkeypatch.setattr("logbraid.system.followed.Disk.read", fail)
    with nothing_left_behind(), pytest.raises(MemoryError, match="none left"):
        run_into(driver, log, Stopping)


# 17, 18: threads and contexts


@pytest.mark.parametrize("driver", DRIVERS)
def test_the_sink_sees_the_callers_context(log: Path, driver: str) -> None:
    seen: list[str] = []

    def plain(batch: object) -> None:
        seen.append(WHO.get())

    async def asynchronous(batch: object) -> None:
        await asyncio.sleep(0)
        seen.append(WHO.get())

    sinks: list[Callable[[Any], Any]] = [plain] if driver == "threads" else [plain, asynchronous]
    token = WHO.set("caller")
    for sink in sinks:
        run_into(driver, log, partial(stop_after, sink))
    WHO.reset(token)
    assert set(seen) == {"caller"}


def stop_after(sink: Callable[[Any], Any], run: Any) -> Callable[[Any], Any]:
    """The sink, and a stop behind its first batch."""

    def take(batch: Any) -> Any:
        run.stop()
        return sink(batch)

    return take


@pytest.mark.parametrize("driver", ON_A_LOOP)
def test_a_loop_in_a_thread_that_is_not_the_first(log: Path, driver: str) -> None:
    accounts: list[logbraid.Account] = []
    with nothing_left_behind():
        in_a_thread(lambda: accounts.append(run_into(driver, log, Stopping)))()
    assert [account.records for account in accounts] == [5]


# 22: fork


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_run_refuses_to_go_on_in_a_forked_child(log: Path) -> None:
    with follow(log, **QUICK) as batches:
        next(batches)
        child = os.fork()
        if not child:
            status = 1
            with contextlib.suppress(BaseException):
                try:
                    next(batches)
                except UsageError:
                    batches.close()
                    status = 0
            os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        with open(log, "ab") as file:
            file.write(line("a", 5))
        batches.stop()
        list(batches)


# 23: the end of an iteration


def test_nothing_runs_on_after_break(log: Path) -> None:
    with nothing_left_behind():
        with follow(log, **QUICK) as batches:
            for _ in batches:
                break

        async def main() -> None:
            async with afollow(log, **QUICK) as batches:
                async for _ in batches:
                    break
            assert only_this_task()
            assert not [each for each in threading.enumerate() if each.name.startswith("logbraid")]

        asyncio.run(main())


def test_a_run_that_was_never_asked_leaves_nothing(log: Path) -> None:
    async def main() -> None:
        async with afollow(log, **QUICK):
            await asyncio.sleep(0)

    with nothing_left_behind():
        asyncio.run(main())
        with follow(log, **QUICK):
            pass
