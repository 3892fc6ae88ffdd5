"""What the asynchronous twins have in common: the driver that suits a sink, and a run from its first to its last step.

Imported where there is a loop only, as asyncio takes longer to import than a short run takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import iscoroutinefunction
from typing import Final

from logbraid.api.arguments import Notice
from logbraid.core.account import Account
from logbraid.core.events import Event
from logbraid.drivers import aio, mixed
from logbraid.drivers.control import Control
from logbraid.drivers.errands import Errands
from logbraid.drivers.once import MergePump, Run
from logbraid.sinks.base import Sink
from logbraid.sinks.destinations import Destination
from logbraid.system.clock import Clock

__all__ = ["DRIVERS", "POURS", "merge_on_a_loop", "pour_on_a_loop", "suited"]

DRIVERS: Final = {"mixed": mixed.drive, "aio": aio.drive}
POURS: Final = {"mixed": mixed.pour, "aio": aio.pour}


def suited(sink: Destination) -> str:
    """Return the driver for a sink: where its colour cannot be seen beforehand, the one that serves both."""
    return "aio" if iscoroutinefunction(sink) else "mixed"


async def merge_on_a_loop(
    prepare: Callable[[Notice], tuple[Run | None, dict[str, str]]], driver: str, notice: Notice
) -> Account:
    """Merge in the running loop; all that blocks at its beginning and its end is an errand, too.

    Args:
        prepare: makes the run; what there is to notice is told when it has come back.
        driver: its name.
        notice: told what was noticed, in the loop.
    """
    noticed: list[Event] = []
    runs: list[Run] = []

    def begin() -> tuple[Run | None, dict[str, str]]:
        run, failed = prepare(noticed.append)
        runs.extend([run] if run else [])
        return run, failed

    errands = Errands("logbraid-open")
    try:
        run, failed = await errands.ask(begin)
        for event in noticed:
            notice(event)
        account = Account() if run is None else await _drive(run, driver, notice)
        await errands.ask(_close, runs)
        account.failed = failed
        return account
    except BaseException:
        errands.ask(_abort, runs)  # behind whatever is under way: a cancellation does not reach the thread
        raise
    finally:
        await errands.close()


async def _drive(run: Run, driver: str, notice: Notice) -> Account:
    control = Control()
    try:
        return await DRIVERS[driver](MergePump(run), run.sink, Clock(), control, notice)
    finally:
        control.close()


async def pour_on_a_loop(batches: aio.AsyncBatches, make_sink: Callable[[], Sink], driver: str) -> Account:
    """Write every batch to a sink, which is opened and closed as an errand.

    Args:
        batches: of a live run; not closed here.
        make_sink: opens the sink.
        driver: its name.
    """
    made: list[Sink] = []
    errands = Errands("logbraid-open")
    try:
        await errands.ask(lambda: made.append(make_sink()))
        account = await POURS[driver](batches, made[0])
        await errands.ask(made[0].close)
        return account
    except BaseException:
        errands.ask(_give_up, made)
        raise
    finally:
        await errands.close()


def _give_up(sinks: Sequence[Sink]) -> None:
    for sink in sinks:
        sink.abort()


def _close(runs: Sequence[Run]) -> None:
    for run in runs:
        run.sink.close()


def _abort(runs: Sequence[Run]) -> None:
    """Give back what was opened."""
    for run in runs:
        run.sink.abort()
        for source in run.opened:
            source.close()
