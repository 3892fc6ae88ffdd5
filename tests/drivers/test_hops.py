"""What crosses between threads and loops is counted, and what a sink returns decides its colour."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import logbraid
from logbraid.api.following import afollow
from logbraid.api.merging import amerge
from logbraid.errors import UsageError
from logbraid.sinks.callback import CallbackSink
from logbraid.testing import CollectSink

from .logs import nothing_left_behind
from .runs import BLOCKING, DRIVERS, ON_A_LOOP, QUICK, until
from .scenarios import Fake, Scenario, append, line

# Hops


@pytest.mark.parametrize("driver", DRIVERS)
def test_at_most_two_hops_for_a_batch(tmp_path: Path, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(line("a", second) for second in range(100_000)))
    hops, batches = count_hops(monkeypatch), 0

    async def take(batch: object) -> None:
        nonlocal batches
        batches += 1

    def take_plain(batch: object) -> None:
        nonlocal batches
        batches += 1

    sink: Any = take if driver in ("bottom_up", "aio") else take_plain
    if driver in BLOCKING:
        logbraid.merge(log, sink, driver=driver, tz="UTC")
        assert not hops
    else:
        asyncio.run(amerge(log, sink, driver=driver, tz="UTC"))
        assert len(hops) <= 2 * batches + 6, "and those of the beginning and the end"
    assert batches >= 5


def count_hops(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Count calls from a thread to a loop."""
    hops: list[object] = []
    original = asyncio.BaseEventLoop.call_soon_threadsafe

    def counted(self: asyncio.BaseEventLoop, callback: Any, *arguments: Any, **options: Any) -> asyncio.Handle:
        hops.append(callback)
        return original(self, callback, *arguments, **options)

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_soon_threadsafe", counted)
    return hops


@pytest.mark.parametrize(("driver", "most"), [("aio", 1), ("mixed", 2)])
def test_hops_for_each_line_of_a_live_file(driver: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read, and in mixed a write; each second one more, for a look that nobody has asked for."""
    ground = Fake(Scenario([append("a", second) for second in range(50)]))
    hops, counts = count_hops(monkeypatch), list[int]()

    class Counting(CollectSink):
        def write(self, batch: object) -> None:
            counts.append(len(hops))

    async def main() -> None:
        names = ground.names(["a.log"])
        async with afollow(*names, driver=driver, last=None, order="arrival", **ground.options) as run:
            ground.begin(run, CollectSink())
            await run.into(Counting(takes_lines=True))

    asyncio.run(main())
    assert len(counts) > 25, "all but those that wait until it is known what timestamps look like"
    taken = [second - first for first, second in pairwise(counts[1:])]
    assert sorted(taken)[len(taken) // 2] <= most
    assert max(taken) <= most + 1


@pytest.mark.parametrize("driver", ON_A_LOOP)
def test_no_hops_while_idle(log: Path, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hops = count_hops(monkeypatch)

    async def main() -> None:
        sink = CollectSink()
        async with afollow(log, driver=driver, **QUICK) as run:
            task = asyncio.create_task(run.into(sink))
            await until(lambda: len(sink.lines) == 5)
            await asyncio.sleep(0.2)
            hops.clear()
            await asyncio.sleep(0.3)
            assert not hops
            run.stop()
            await task

    asyncio.run(main())


# The colour of a sink is what it returns


class AsyncObject:
    """An object with an asynchronous call, which ``iscoroutinefunction`` does not know."""

    def __init__(self) -> None:
        self.records = 0

    async def __call__(self, batch: Any) -> None:
        await asyncio.sleep(0)
        self.records += len(batch)


@pytest.mark.parametrize("driver", ["bottom_up", "mixed", "aio", None])
def test_sinks_of_any_colour(log: Path, driver: str | None) -> None:
    plain, asynchronous = CollectSink(), AsyncObject()
    for sink in (plain, asynchronous, lambda batch: asynchronous(batch), CallbackSink(asynchronous)):
        if driver in ("bottom_up", None):
            assert logbraid.merge(log, sink, driver=driver, tz="UTC").records == 5
        if driver != "bottom_up":
            assert asyncio.run(amerge(log, sink, driver=driver, tz="UTC")).records == 5
    assert asynchronous.records == 15 * (2 if driver is None else 1)


def test_threads_refuses_an_asynchronous_sink(log: Path) -> None:
    with nothing_left_behind(), pytest.raises(UsageError, match="bottom_up"):
        logbraid.merge(log, AsyncObject(), driver="threads", tz="UTC")
