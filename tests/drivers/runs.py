"""One way to run each of the four drivers, and to judge what came out: they differ in nothing else here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import logbraid.api
from logbraid.api.following import afollow, follow
from logbraid.core.account import Account
from logbraid.core.options import Order
from logbraid.core.types import SECOND
from logbraid.errors import SinkError
from logbraid.testing import AsyncCollectSink, CollectSink
from logbraid.testing.sinks import Collected

from .scenarios import Fake, Ground, Real, Scenario

BLOCKING: Final = ("threads", "bottom_up")
ON_A_LOOP: Final = ("mixed", "aio")
DRIVERS: Final = (*BLOCKING, *ON_A_LOOP)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: an account, or the error that ended it."""

    sink: Collected
    account: Account | None
    error: SinkError | None

    @property
    def by_source(self) -> dict[bytes, list[bytes]]:
        lines: dict[bytes, list[bytes]] = {}
        for each in self.sink.lines:
            lines.setdefault(each.split()[1], []).append(each)
        return lines

    @property
    def late(self) -> bool:
        """Whether a stall made something late: every line here is older than the lateness when it is written."""
        return self.account is not None and self.account.late > 0

    def ordered(self, order: Order) -> list[bytes]:
        """The lines as far as their order is promised: in order of arrival, that of each source alone."""
        if order == "time":
            return self.sink.lines
        return sorted(self.sink.lines, key=lambda each: each.split()[1])


def play(scenario: Scenario, driver: str, order: Order, disk: Path | None = None) -> Outcome:
    """Play a scenario for a driver, in memory or on a disk."""
    ground: Ground = Fake(scenario) if disk is None else Real(scenario, disk, in_a_thread)
    sink = _sink(driver, fails_at=scenario.fails_at, takes_lines=order == "arrival", **ground.sink_options)
    names = ground.names(scenario.sources)
    options: dict[str, Any] = {"order": order, "last": None, "driver": driver, "tz": "UTC", **ground.options}
    account = error = None
    try:
        account = _follow(names, options, sink, lambda run: ground.begin(run, sink))
    except SinkError as caught:
        error = caught
        sink.ended = "aborted"
    ground.end()
    return Outcome(sink, account, error)


def _sink(driver: str, **options: Any) -> Collected:
    return (AsyncCollectSink if driver in ("bottom_up", "aio") else CollectSink)(**options)


def _follow(names: list[str], options: dict[str, Any], sink: Any, begin: Callable[[Any], None]) -> Account:
    if options["driver"] in BLOCKING:
        with follow(*names, **options) as blocking:
            begin(blocking)
            return blocking.into(sink)

    async def run() -> Account:
        async with afollow(*names, **options) as following:
            begin(following)
            account = await following.into(sink)
            assert only_this_task()
            return account

    return asyncio.run(run())


def merged_by(driver: str, sources: Any, order: Order) -> Collected:
    """Merge once through."""
    sink: Any = _sink(driver)
    if driver in BLOCKING:
        logbraid.merge(sources, sink, order=order, driver=driver, tz="UTC")
    else:
        asyncio.run(logbraid.api.amerge(sources, sink, order=order, driver=driver, tz="UTC"))
    return cast(Collected, sink)


def in_a_thread(function: Callable[[], object]) -> Callable[[], None]:
    """Run a function beside the test; what is returned waits for it, and raises what it raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:  # the test has to learn of it, whatever it is
            raised.append(error)

    def finish() -> None:
        thread.join()
        if raised:
            raise raised[0]

    thread = threading.Thread(target=run)
    thread.start()
    return finish


# Short runs on real files

QUICK: Final[dict[str, Any]] = {"last": None, "lateness": SECOND // 50, "silence": SECOND // 50, "tz": "UTC"}


def run_into(driver: str, log: Path | Sequence[Path], make: Callable[[Any], Any], **options: Any) -> Account:
    """Follow into the sink that ``make`` makes of the run, which it may stop."""
    names = [log] if isinstance(log, Path) else log
    if driver in BLOCKING:
        with follow(*names, driver=driver, **(QUICK | options)) as run:
            return run.into(make(run))
    return asyncio.run(arun_into(driver, log, make, **options))


async def arun_into(driver: str, log: Path | Sequence[Path], make: Callable[[Any], Any], **options: Any) -> Account:
    names = [log] if isinstance(log, Path) else log
    async with afollow(*names, driver=driver, **(QUICK | options)) as run:
        return await run.into(make(run))


class Stopping(CollectSink):
    """A sink that stops its run when it has five lines."""

    def __init__(self, run: Any) -> None:
        super().__init__()
        self._run = run

    def write(self, batch: Any) -> None:
        super().write(batch)
        if len(self.lines) >= 5:
            self._run.stop()


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that a thread does."""
    for _ in range(4000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it does not happen")


def only_this_task() -> bool:
    return asyncio.all_tasks() == {asyncio.current_task()}


# Judges


def judge(scenario: Scenario, outcome: Outcome, order: Order) -> None:
    """Hold an outcome against what was written: each line once, in order, whole, and nothing else."""
    found = outcome.by_source
    assert found.keys() <= scenario.written.keys()
    for source, written in scenario.written.items():
        got = found.get(source, [])
        if scenario.whole:
            taken = scenario.lost - set(got)
            assert got == [each for each in written if each not in taken]
        else:
            assert got == written[: len(got)]
    if order == "time" and not outcome.late:
        assert outcome.sink.lines == sorted(outcome.sink.lines, key=lambda each: each.split()[0])
    if outcome.account is not None:
        assert outcome.account.bytes_emitted == len(outcome.sink.data)
    assert (outcome.error is not None) == (scenario.fails_at is not None)
