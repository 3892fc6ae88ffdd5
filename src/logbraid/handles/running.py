"""The lesson's running functions: each puts handles, a sink and one of the four drivers together.

They differ in who calls and in what the sink is, and in nothing else. What is opened here is closed here, on every way
out; the handles are the caller's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO, Final

from logbraid.api.arguments import ignore
from logbraid.core.types import SECOND, Nanos
from logbraid.drivers import aio, bottom_up, mixed, threads
from logbraid.drivers.control import Control
from logbraid.drivers.handed import HandedPump
from logbraid.errors import UsageError
from logbraid.handles.confirming import AnyPath
from logbraid.handles.lines import LineSink, LineSinkOnALoop, WriteFunc
from logbraid.handles.outputs import AwaitedSink, output, output_beside_a_loop
from logbraid.system.clock import Clock
from logbraid.system.handles import HandleFiles

__all__ = ["run_bottom_up", "run_tasks", "run_tasks_mixed", "run_threads", "tail_async", "tail_file"]

LONGEST: Final = 3600.0
"""Seconds: an interval may be infinite, a number of nanoseconds may not."""


def tail_file(handle: BinaryIO, interval: float, write_func: WriteFunc) -> None:
    """Pass on each line from the handle's position on, until the handle is closed, and then what was written before.

    Only whole lines are passed on; at the close, a last line without a newline gets one. A file that is truncated is
    read from its beginning. On return, unless the handle is closed, its position is behind the last line that
    ``write_func`` took; while this runs, the position is not used.

    Args:
        handle: of a regular file, in binary mode; whoever opened it may close it at any moment, from any thread.
        interval: seconds between two looks at the file, at least a millisecond; a close is seen within a tenth.
        write_func: called here, in the caller's thread, once for each line.

    Raises:
        UsageError: the handle is in text mode or not of a regular file, or the interval is negative.
        SourceError: the file cannot be read.
        Exception: whatever ``write_func`` raises.
    """
    sink = LineSink(write_func)
    with _following([handle], interval) as (pump, control), _leaving_position(handle, sink):
        bottom_up.drive(pump, sink, Clock(), control, ignore)


async def tail_async(handle: BinaryIO, interval: float, write_func: WriteFunc) -> None:
    """``tail_file`` for a coroutine: the loop goes on meanwhile, even while a plain ``write_func`` blocks.

    A plain one is called in a thread of its own. A cancelled run leaves the handle's position behind the last line
    that ``write_func`` took.
    """
    sink = LineSinkOnALoop(write_func)
    with _following([handle], interval) as (pump, control), _leaving_position(handle, sink):
        try:
            await aio.drive(pump, sink, Clock(), control, ignore)
        finally:
            await sink.end()


def run_threads(handles: Sequence[BinaryIO], interval: float, output_path: AnyPath) -> None:
    """Merge what is written to all files into one, in the order of arrival, until all handles are closed.

    Args:
        handles: any number of them, each as for ``tail_file``.
        interval: as for ``tail_file``.
        output_path: created, or emptied.

    Raises:
        UsageError: as for ``tail_file``.
        SourceError: a file cannot be read; the others are not waited for.
        SinkError: the output cannot be written.
    """
    with _following(handles, interval) as (pump, control), output(output_path) as sink:
        threads.drive(pump, sink, Clock(), control, ignore)


async def run_tasks_mixed(handles: Sequence[BinaryIO], interval: float, output_path: AnyPath) -> None:
    """``run_threads`` for a coroutine: the loop keeps the order, and threads of its own read and write."""
    with _following(handles, interval) as (pump, control):
        async with output_beside_a_loop(output_path) as (sink, _):
            await mixed.drive(pump, sink, Clock(), control, ignore)


async def run_tasks(handles: Sequence[BinaryIO], interval: float, output_path: AnyPath) -> None:
    """``run_threads`` for a coroutine, made of tasks only: what blocks goes to a thread in bulk."""
    with _following(handles, interval) as (pump, control):
        async with output_beside_a_loop(output_path) as (sink, errands):
            await aio.drive(pump, AwaitedSink(sink, errands), Clock(), control, ignore)


def run_bottom_up(handles: Sequence[BinaryIO], interval: float, output_path: AnyPath) -> None:
    """``run_threads`` with an output that is a coroutine, run to its end by a loop that a thread owns."""
    with _following(handles, interval) as (pump, control), output(output_path) as sink:
        bottom_up.drive(pump, AwaitedSink(sink), Clock(), control, ignore)


@contextmanager
def _following(handles: Sequence[BinaryIO], interval: float) -> Iterator[tuple[HandedPump, Control]]:
    """Make what a driver turns, and what could stop it; nothing of it outlives the block."""
    pause = _nanos(interval)
    pump = HandedPump(HandleFiles(handles), Clock(), pause)
    control = Control()
    try:
        yield pump, control
    finally:
        pump.close()
        control.close()


def _nanos(interval: float) -> Nanos:
    if not interval >= 0:
        raise UsageError(f"the interval is a number of seconds, and not negative: {interval}")
    return round(min(interval, LONGEST) * SECOND)


@contextmanager
def _leaving_position(handle: BinaryIO, sink: LineSink) -> Iterator[None]:
    """Leave the handle's position behind the last line that was taken."""
    try:
        yield
    finally:
        if sink.taken is not None:
            with suppress(ValueError):  # somebody closed it
                handle.seek(sink.taken)
