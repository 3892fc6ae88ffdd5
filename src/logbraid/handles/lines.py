"""Line by line: the next one of a handle, and batches that are handed to a function one line at a time.

This is the one place where a Python statement runs for each line, as a function that takes lines asks for nothing
else. Who calls it, and in which thread, is a driver's matter.
"""

from __future__ import annotations

import io
import os
from collections.abc import Awaitable, Callable, Iterator
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import BinaryIO

from logbraid.core.linewise import LineBatch
from logbraid.drivers.errands import Errands
from logbraid.errors import NoNewData
from logbraid.system.handles import refuse_text

__all__ = ["LineSink", "LineSinkOnALoop", "WriteFunc", "readline"]

WriteFunc = Callable[[bytes], object]
"""Takes one line with its newline, as ``def`` or ``async def``: what it returns is awaited where it can be."""


def readline(handle: BinaryIO) -> bytes:
    """Return the next whole line from the handle's position on, which moves behind it.

    A file that is shorter than that position was truncated: it is read from its beginning. One that has grown past it
    again since then cannot be told from one that only grew; ``tail_file`` and all others here can.

    Raises:
        NoNewData: there is no line, or only a part of one; the position stays.
        UsageError: the handle is in text mode.
        ValueError: the handle is closed.
    """
    refuse_text(handle)
    position = handle.tell()
    line = handle.readline()
    if not line.endswith(b"\n") and handle.seek(0, os.SEEK_END) < position:
        position = handle.seek(0)
        line = handle.readline()
    if not line.endswith(b"\n"):
        handle.seek(position)
        raise NoNewData
    return line


class LineSink:
    """Calls a function with each line; whatever it returns that can be awaited is left to the driver.

    Attributes:
        taken: where the line that the function took last ends in its file; None: it took none.
    """

    takes_lines = True

    def __init__(self, write_func: WriteFunc) -> None:
        self.taken: int | None = None
        self._write_func = write_func

    def write(self, batch: LineBatch) -> object:
        """Hand over the lines; return what is to be awaited."""
        lines = _lines(batch)
        pending = self._hand_over(lines)
        return None if pending is None else self._await(*pending, lines)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to close."""

    def abort(self) -> None:
        """Nothing to undo: what was taken was taken."""

    def _hand_over(self, lines: Iterator[tuple[bytes, int]]) -> tuple[Awaitable[object], int] | None:
        """Hand over lines up to the first whose taking is to be awaited; return that, and where its line ends."""
        for line, end in lines:
            if isawaitable(taking := self._write_func(line)):
                return taking, end
            self.taken = end
        return None

    async def _await(self, taking: Awaitable[object], end: int, lines: Iterator[tuple[bytes, int]]) -> None:
        """Await the taking of a line, and hand over those behind it."""
        await taking
        self.taken = end
        for line, line_end in lines:
            if isawaitable(result := self._write_func(line)):
                await result
            self.taken = line_end


class LineSinkOnALoop(LineSink):
    """The same for a coroutine: a function that may block is called by a thread of its own.

    A coroutine function is called right here, as calling it does nothing yet. Of any other nobody knows its colour
    before its first line, and then for the rest of a batch.
    """

    def __init__(self, write_func: WriteFunc) -> None:
        super().__init__(write_func)
        self._errands = Errands("logbraid-write")
        self._ended = False

    async def write(self, batch: LineBatch) -> None:
        """Hand over the lines."""
        lines = _lines(batch)
        if iscoroutinefunction(self._write_func):
            pending = self._hand_over(lines)
        else:
            pending = await self._errands.ask(self._hand_over, lines)
        if pending is not None:
            await self._await(*pending, lines)

    async def end(self) -> None:
        """Hand over nothing more; return when the function has, or is given up."""
        self._ended = True
        await self._errands.close()

    def _hand_over(self, lines: Iterator[tuple[bytes, int]]) -> tuple[Awaitable[object], int] | None:
        pending = super()._hand_over(self._until_ended(lines))
        if pending is not None and self._ended and iscoroutine(pending[0]):
            pending[0].close()  # nobody is there any more who would await it
        return pending

    def _until_ended(self, lines: Iterator[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
        for line in lines:
            yield line
            if self._ended:
                return


def _lines(batch: LineBatch) -> Iterator[tuple[bytes, int]]:
    """Yield each line, and where it ends in its file: a newline that was added is not there."""
    for part in batch.parts:
        end, last = part.offset, part.offset + part.size
        for line in io.BytesIO(part.data):
            end += len(line)
            yield line, min(end, last)
