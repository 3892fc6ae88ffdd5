"""What the asynchronous twins have in common: the driver that suits a sink, and a run from its first to its last step.

Imported where there is a loop only, as asyncio takes longer to import than a short run takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Final

from logbraid.api.arguments import Notice
from logbraid.core.account import Account
from logbraid.core.events import Event
from logbraid.drivers import aio, mixed
from logbraid.drivers.control import Control
from logbraid.drivers.errands import Errands
from logbraid.drivers.once import MergePump, Run
from logbraid.sinks.destinations import Destination
from logbraid.system.clock import Clock

__all__ = ["DRIVERS", "merge_on_a_loop", "suited"]

DRIVERS: Final = {"mixed": mixed.drive, "aio": aio.drive}


def suited(sink: Destination) -> str:
    """Return the driver for a sink: where its colour cannot be seen beforehand, the one that serves both."""
    return "aio" if iscoroutinefunction(sink) else "mixed"


async def merge_on_a_loop(
    prepare: Callable[[Notice], tuple[Run | None, dict[str, str]]], driver: str, notice: Notice
) -> Account:
    """Merge in the running loop; finding the sources and opening the sink is an errand, too.

    Args:
        prepare: makes the run; what there is to notice is told when it has come back.
        driver: its name.
        notice: told what was noticed, in the loop.
    """
    noticed: list[Event] = []
    errands = Errands("logbraid-open")
    try:
        prepared = errands.ask(prepare, noticed.append)
        try:
            run, failed = await asyncio.shield(prepared)
        except asyncio.CancelledError:
            prepared.add_done_callback(_discard)
            raise
        for event in noticed:
            notice(event)
        if run is None:
            return Account(failed=failed)
        account = await _drive(run, driver, notice, errands)
        account.failed = failed
        return account
    finally:
        await errands.close()


async def _drive(run: Run, driver: str, notice: Notice, errands: Errands) -> Account:
    control = Control()
    try:
        account = await DRIVERS[driver](MergePump(run), run.sink, Clock(), control, notice)
        await errands.ask(run.sink.close)
    except BaseException:
        run.sink.abort()
        raise
    finally:
        control.close()
    return account


def _discard(prepared: asyncio.Future[tuple[Run | None, dict[str, str]]]) -> None:
    """Give back what was opened for somebody who does not want it any more."""
    if prepared.cancelled() or prepared.exception() is not None:
        return
    run, _ = prepared.result()
    if run is not None:
        run.sink.abort()
        for source in run.opened:
            source.close()
