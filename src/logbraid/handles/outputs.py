"""Where the lesson's functions write: a file that is emptied at the start, and grows as lines come.

Opening, writing and closing may block, so beside a loop all three are done by a thread of the output's own. What is
written is not known here.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager

from logbraid.drivers.errands import Errands
from logbraid.handles.confirming import AnyPath
from logbraid.sinks.append import AppendSink
from logbraid.sinks.base import Batch, TextRenderer

__all__ = ["AwaitedSink", "output", "output_beside_a_loop"]


class AwaitedSink:
    """A blocking sink behind a coroutine function.

    Args:
        sink: writes; opened and closed by somebody else.
        errands: the thread that calls it; None: it is called right here, by a loop that has nothing else to do.
    """

    takes_lines = True

    def __init__(self, sink: AppendSink, errands: Errands | None = None) -> None:
        self._sink = sink
        self._errands = errands

    async def write(self, batch: Batch) -> None:
        """Write a batch."""
        if self._errands is None:
            self._sink.write(batch)
        else:
            await self._errands.ask(self._sink.write, batch)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The sink is somebody else's."""

    def abort(self) -> None:
        """The sink is somebody else's."""


@contextmanager
def output(path: AnyPath) -> Iterator[AppendSink]:
    """Empty the file, or create it, and close it in the end.

    Raises:
        SinkError: it cannot be opened, or not be closed well.
    """
    sink = AppendSink(os.fsdecode(path), TextRenderer(None), fresh=True)
    try:
        yield sink
        sink.close()
    except BaseException:
        sink.abort()
        raise


@asynccontextmanager
async def output_beside_a_loop(path: AnyPath) -> AsyncIterator[tuple[AppendSink, Errands]]:
    """The same in a thread, which may write, too; it ends with the ``async with`` block."""
    errands, opened = Errands("logbraid-output"), ExitStack()
    try:
        yield await errands.ask(opened.enter_context, output(path)), errands
        await errands.ask(opened.close)
    except BaseException as error:
        # Errands are done in turns: this comes behind an opening or a write that nobody waits for any more.
        errands.ask(opened.__exit__, type(error), error, error.__traceback__)
        raise
    finally:
        await errands.close()
