"""A live run from its first to its last step, into a sink that somebody has made: what the command stands on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from logbraid.api.arguments import Notice, ignore, refuse_own
from logbraid.api.plan import Plan
from logbraid.core.account import Account
from logbraid.core.options import Options
from logbraid.core.progress import Told, Wanted
from logbraid.core.types import Source
from logbraid.drivers import bottom_up, threads
from logbraid.drivers.control import Control
from logbraid.drivers.live import FollowPump
from logbraid.drivers.newcomers import Begin
from logbraid.drivers.pump import Pump
from logbraid.sinks.base import Sink, takes_lines
from logbraid.sinks.committed import CommittedSink
from logbraid.system.ports import Clock

__all__ = ["BLOCKING", "ON_A_LOOP", "POURS", "follow_into", "run_into"]

MakeLiveSink = Callable[[list[Source]], Sink]
"""Makes the sink of a run from the list of its sources, which grows."""

BLOCKING: Final = {"threads": threads.drive, "bottom_up": bottom_up.drive}
POURS: Final = {"threads": threads.pour, "bottom_up": bottom_up.pour}
ON_A_LOOP: Final = ("mixed", "aio")


def follow_into(
    specs: Sequence[str],
    make_sink: MakeLiveSink,
    options: Options,
    *,
    commands: Sequence[str] = (),
    own: Sequence[str] = (),
    path_labels: bool = False,
    beginning: int | None = 10,
    driver: str | None = None,
    notice: Notice = ignore,
    control: Control,
) -> Account:
    """Follow into a sink until the control says stop: what the command stands on.

    Args:
        specs: what names the sources.
        make_sink: called once, with the list of sources, which grows.
        options: what to follow and how.
        commands: their standard output is a source.
        own: the output's own paths, never followed.
        path_labels: label the sources with their whole paths.
        beginning: with the last so many records; None: with the first, or the first since ``options.since``.
        driver: any of the four; None picks it.
        notice: told what was noticed.
        control: of the run; closed at its end.
    """
    refuse_own(specs, own)
    begin = Begin(beginning, options.since if beginning is None else None)
    plan = Plan(specs, options, begin, commands, own, path_labels)
    sink = make_sink(plan.sources)
    try:
        return run_into(sink, lambda pump: _drive(pump, sink, plan.clock, control, notice, driver), plan)
    finally:
        control.close()


def _drive(pump: Pump, sink: Sink, clock: Clock, control: Control, notice: Notice, driver: str | None) -> Account:
    if driver in ON_A_LOOP:
        import asyncio

        from logbraid.api.loops import DRIVERS

        return asyncio.run(DRIVERS[driver](pump, sink, clock, control, notice))
    return BLOCKING[driver or "threads"](pump, sink, clock, control, notice)


def wanted_by(sink: Sink) -> Wanted:
    """Return what a sink wants to know of where sources go on."""
    if not isinstance(sink, CommittedSink):
        return Wanted()
    return Wanted(Told.WHEN_DUE, sink.positions, sink.resumed, sink.group)


def run_into(sink: Sink, drive: Callable[[FollowPump], Account], plan: Plan) -> Account:
    """Drive a run into a sink that is made already; it is closed when all went well and aborted otherwise.

    A sink that has ``positions``, where earlier runs into it have left off, is told new ones with each batch.
    """
    try:
        account = drive(plan.pump(lines=takes_lines(sink), wanted=wanted_by(sink)))
        sink.close()
    except BaseException:
        sink.abort()
        raise
    return account
