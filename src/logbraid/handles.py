"""The lesson's functions, made right: they merge what is written to files that somebody else opened, until they close.

Their names and arguments are those of the programs in ``examples/migration``, so that such a program changes its
imports and nothing else. How lines are followed and handed over is decided below, in the core and the drivers: none of
it here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import BinaryIO, Final

from logbraid.errors import LogbraidError, UsageError
from logbraid.system.errors import reading
from logbraid.verify import Difference, Truth, verify
from logbraid.verify.verdict import excerpt

__all__ = [
    "NoNewData",
    "confirm_merge",
    "readline",
    "run_bottom_up",
    "run_tasks",
    "run_tasks_mixed",
    "run_threads",
    "tail_async",
    "tail_file",
]

AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]
WriteFunc = Callable[[bytes], object]
"""Takes one line with its newline, as ``def`` or ``async def``: what it returns is awaited where it can be."""

_BLOCK: Final = 1 << 20


class NoNewData(LogbraidError):
    """There is no whole line to read yet."""


def readline(handle: BinaryIO) -> bytes:
    """Return the next whole line from the handle's position on, which moves behind it.

    A file that is shorter than that position was truncated: it is read from its beginning. One that has grown past it
    again since then cannot be told from one that only grew; ``tail_file`` and all others here can.

    Raises:
        NoNewData: there is no line, or only a part of one; the position stays.
        UsageError: the handle is in text mode.
        ValueError: the handle is closed.
    """
    _refuse_text(handle)
    position = handle.tell()
    line = handle.readline()
    if not line.endswith(b"\n") and handle.seek(0, os.SEEK_END) < position:
        position = handle.seek(0)
        line = handle.readline()
    if not line.endswith(b"\n"):
        handle.seek(position)
        raise NoNewData
    return line


def tail_file(handle: BinaryIO, interval: float, write_func: WriteFunc) -> None:
    """Pass on each line from the handle's position on, until the handle is closed, and then what was written before.

    Only whole lines are passed on; at the close, a last line without a newline gets one. A file that is truncated is
    read from its beginning. On return, unless the handle is closed, its position is behind the last line that
    ``write_func`` took; while this runs, the position is not used.

    Args:
        handle: of a regular file, in binary mode; whoever opened it may close it at any moment, from any thread.
        interval: seconds between two looks at a file about which the system tells nothing.
        write_func: called here, in the caller's thread, once for each line.

    Raises:
        UsageError: the handle is in text mode or not of a regular file, or the interval is negative.
        SourceError: the file cannot be read.
        Exception: whatever ``write_func`` raises.
    """
    raise NotImplementedError


async def tail_async(handle: BinaryIO, interval: float, write_func: WriteFunc) -> None:
    """``tail_file`` for a coroutine: the loop goes on meanwhile, even while a plain ``write_func`` blocks.

    A cancelled one leaves the handle's position behind the last line that ``write_func`` took.
    """
    raise NotImplementedError


def run_threads(handles: Sequence[BinaryIO], interval: float, output_path: AnyPath) -> None:
    """Merge what is written to all files into one, in the order of arrival, until all handles are closed.

    Args:
        handles: any number of them, each as for ``tail_file``.
        interval: as for ``tail_file``.
        output_path: created, or replaced.

    Raises:
        UsageError: as for ``tail_file``.
        SourceError: a file cannot be read; the others are not waited for.
        SinkError: the output cannot be written.
    """
    raise NotImplementedError


async def run_tasks_mixed(handles: Sequence[BinaryIO], interval: float, output_path: AnyPath) -> None:
    """``run_threads`` for a coroutine: the loop keeps the order, and threads of its own read and write."""
    raise NotImplementedError


async def run_tasks(handles: Sequence[BinaryIO], interval: float, output_path: AnyPath) -> None:
    """``run_threads`` for a coroutine, made of tasks only."""
    raise NotImplementedError


def run_bottom_up(handles: Sequence[BinaryIO], interval: float, output_path: AnyPath) -> None:
    """``run_threads`` with an output that is a coroutine, run to its end by a loop that a thread owns."""
    raise NotImplementedError


def confirm_merge(input_paths: Sequence[AnyPath], output_path: AnyPath) -> None:
    """Check that the output holds every line of every input, whole, in its input's order, once, and nothing else.

    Where several inputs have the same line next, all ways are followed. An input's last line may lack its newline.

    Raises:
        AssertionError: it does not. The first difference is named: the input and its line, and what the output has
            instead. Or too many equal lines leave it undecided.
        SourceError: a file cannot be read.
    """
    output = os.fsdecode(output_path)
    verdict = verify(output, [os.fsdecode(path) for path in input_paths])
    if verdict.difference is not None:
        raise AssertionError(_told(verdict.difference, output))
    if verdict.truth is not Truth.TRUE:
        raise AssertionError(str(verdict))


def _told(difference: Difference, output: str) -> str:
    """The difference with what can be looked up once it is known: the line's number, and what the output has there."""
    line = f"this line {difference.kind.value}: {difference.excerpt}"
    if difference.source is not None and difference.source_offset is not None:
        number = _newlines_before(difference.source, difference.source_offset) + 1
        line = f"{difference.source}, line {number} at byte {difference.source_offset}: {line}"
    return f"{line}; {output} has at byte {difference.output_offset}: {_line_at(output, difference.output_offset)}"


def _newlines_before(path: str, offset: int) -> int:
    with reading(path), open(path, "rb") as file:
        sizes = (min(_BLOCK, offset - start) for start in range(0, offset, _BLOCK))
        return sum(file.read(size).count(b"\n") for size in sizes)


def _line_at(path: str, offset: int) -> str:
    with reading(path), open(path, "rb") as file:
        file.seek(offset)
        return excerpt(file.readline(_BLOCK).removesuffix(b"\n")) if file.peek(1) else "its end"


def _refuse_text(handle: BinaryIO) -> None:
    """Say at once what would fail much later: lines of text cannot be found by their offsets."""
    if hasattr(handle, "encoding"):
        name = getattr(handle, "name", "the handle")
        raise UsageError(f"{name} is open in text mode, and has to be in binary mode: open(..., 'rb')")
