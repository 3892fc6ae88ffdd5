"""Whoever is cancelled, interrupted or given up leaves nothing torn, lost or running."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from logbraid.api.following import afollow
from logbraid.drivers import errands
from logbraid.system.followed import Disk
from logbraid.testing import CollectSink

from .logs import nothing_left_behind
from .runs import DRIVERS, ON_A_LOOP, QUICK, Stopping, arun_into, only_this_task, until
from .scenarios import line

# 13, 14: cancellation


@pytest.mark.parametrize("driver", ON_A_LOOP)
def test_cancelled_while_waiting(log: Path, driver: str) -> None:
    async def main() -> None:
        sink = CollectSink()
        task = asyncio.create_task(arun_into(driver, log, lambda run: sink))
        await until(lambda: len(sink.lines) == 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert only_this_task()

    with nothing_left_behind():
        asyncio.run(main())


@pytest.mark.parametrize("driver", ON_A_LOOP)
def test_cancelled_while_reading(log: Path, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    began, may_go_on = threading.Event(), threading.Event()
    closed: list[Disk] = []
    closed_under_the_read: list[bool] = []
    read, close = Disk.read, Disk.close

    def slow(self: Disk, *arguments: Any, **options: Any) -> Any:
        began.set()
        may_go_on.wait(5)
        closed_under_the_read.append(bool(closed))
        return read(self, *arguments, **options)

    def closing(self: Disk) -> None:
        closed.append(self)
        close(self)

    monkeypatch.setattr(Disk, "read", slow)
    monkeypatch.setattr(Disk, "close", closing)

    async def main() -> None:
        task = asyncio.create_task(arun_into(driver, log, Stopping))
        await until(began.is_set)
        task.cancel()
        await asyncio.sleep(0.05)
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert only_this_task()

    with nothing_left_behind():
        asyncio.run(main())
    assert closed
    assert not any(closed_under_the_read)


def test_cancelled_while_the_sink_writes(log: Path) -> None:
    began, written = threading.Event(), list[bytes]()

    def slow(batch: Any) -> None:
        began.set()
        time.sleep(0.2)
        written.append(bytes(batch.data))

    async def main() -> None:
        task = asyncio.create_task(arun_into("mixed", log, lambda run: slow))
        await until(began.is_set)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert only_this_task()

    with nothing_left_behind():
        asyncio.run(main())
    assert written, "a batch is written whole"


@pytest.mark.parametrize("driver", ON_A_LOOP)
def test_cancelled_while_an_asynchronous_sink_writes(log: Path, driver: str) -> None:
    began = asyncio.Event()

    async def endless(batch: object) -> None:
        began.set()
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(arun_into(driver, log, lambda run: endless))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert only_this_task()

    with nothing_left_behind():
        asyncio.run(main())


def test_a_wait_that_is_given_up_loses_nothing(log: Path) -> None:
    async def main() -> list[bytes]:
        taken: list[bytes] = []
        second = 5
        async with afollow(log, **QUICK) as batches:
            while len(taken) < 200:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.0005 * (second % 7)):
                        batch = await anext(batches)
                        taken += bytes(batch.data).splitlines(keepends=True)
                        continue
                if second < 200:
                    append_to(log, second)
                    second += 1
                await asyncio.sleep(0.001)
        return taken

    assert asyncio.run(asyncio.wait_for(main(), 30)) == [line("a", second) for second in range(200)]


def append_to(log: Path, second: int) -> None:
    with open(log, "ab") as file:
        file.write(line("a", second))


def test_a_sink_that_never_returns_is_given_up(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "_PATIENCE", 0.3)
    began, end = threading.Event(), threading.Event()

    def endless(batch: object) -> None:
        began.set()
        end.wait(30)

    async def main() -> float:
        task = asyncio.create_task(arun_into("mixed", log, lambda run: endless))
        await until(began.is_set)
        task.cancel()
        start = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - start

    assert 0.2 < asyncio.run(main()) < 2
    end.set()


# 15, 16: signals

PROGRAM = """
import asyncio, signal, sys, logbraid
from logbraid.api.following import follow, afollow
driver, log, out = sys.argv[1:]
options = dict(driver=driver, last=None, lateness=20_000_000, silence=20_000_000, tz="UTC")
def blocking():
    with follow(log, **options) as run:
        signal.signal(signal.SIGTERM, lambda *_: run.stop())
        run.into(out)
async def on_a_loop():
    async with afollow(log, **options) as run:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, run.stop)
        await run.into(out)
try:
    blocking() if driver in ("threads", "bottom_up") else asyncio.run(on_a_loop())
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
@pytest.mark.parametrize("driver", DRIVERS)
def test_one_signal_ends_it_and_what_was_read_is_written(
    tmp_path: Path, log: Path, driver: str, number: int, status: int
) -> None:
    out = tmp_path / "out"
    with subprocess.Popen([sys.executable, "-c", PROGRAM, driver, str(log), str(out)]) as process:
        until = time.monotonic() + 20
        while not out.exists() or out.stat().st_size < log.stat().st_size:
            assert time.monotonic() < until
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(10) == status
    assert out.read_bytes() == log.read_bytes()
