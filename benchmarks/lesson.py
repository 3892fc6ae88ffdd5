"""The lesson's own programs, a line at a time, beside ``logbraid.handles`` on the same files.

They are kept as slow as they are taught: each line is sought, asked for and handed on by itself. What is timed is from
the call until everything is out; then the handles are closed, which ends either program.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, BinaryIO, Final

from benchmarks.follow_report import Report, Scale, ratio
from benchmarks.follow_running import fresh, size_of, take_turns
from benchmarks.measure import CommandFailed

__all__ = ["lesson"]

FILES: Final = 5
INTERVAL: Final = 0.1
PATIENCE: Final = 120.0
LINE: Final = b"%s says line %07d of what it has to say, which is not so very much after all\n"

Program = Callable[[Sequence[BinaryIO], float, Path], None]


def lesson(scale: Scale) -> Report:
    """Threads beside threads, tasks beside tasks."""
    report = Report(
        "Handles: the lesson's programs, line by line",
        f"{FILES} open files, read to their ends into one file. The aim is 50 times the lesson's lines per second.",
        ("program", "lines", "median", "lines/s", "x lesson", "aim"),
    )
    for name, slow, lines in (
        ("run_threads", _lesson_threads, scale.choose(500_000, 50_000)),
        ("run_tasks", _lesson_tasks, scale.choose(50_000, 5_000)),
    ):
        programs = {f"the lesson's `{name}`": slow, f"`logbraid.handles.{name}`": _ours(name)}
        _compare(report, scale, programs, lines)
    return report


def _compare(report: Report, scale: Scale, programs: dict[str, Program], lines: int) -> None:
    out = fresh(scale.directory / "lesson")
    sources = [_written(out.with_name(f"{number}.log"), lines // FILES) for number in range(FILES)]
    times = take_turns(programs, min(3, scale.rounds), lambda name, _: _seconds(programs[name], sources, out))
    shutil.rmtree(out.parent)
    slow, _ = times.values()
    for name, taken in times.items():
        if isinstance(taken, CommandFailed):
            report.skip(name, why=str(taken))
            continue
        took = median(taken)
        faster = "-" if isinstance(slow, CommandFailed) else ratio(slow, taken)
        report.add(name, f"{lines:,}", f"{took:.3f} s", f"{lines / took:,.0f}", faster, "" if taken is slow else "50")


def _written(path: Path, lines: int) -> Path:
    name = path.name.encode()
    path.write_bytes(b"".join(LINE % (name, number) for number in range(lines)))
    return path


def _seconds(program: Program, sources: list[Path], out: Path) -> float:
    """Run a program until all is out but what its buffer may hold, then close its handles and check the whole."""
    out.unlink(missing_ok=True)
    size = sum(size_of(source) for source in sources)
    with ThreadPoolExecutor(1) as executor, ExitStack() as stack:
        handles = [stack.enter_context(source.open("rb")) for source in sources]
        begin = time.perf_counter()
        running = executor.submit(program, handles, INTERVAL, out)
        while size_of(out) < size - io.DEFAULT_BUFFER_SIZE and not running.done() and _patient(begin):
            time.sleep(0.001)
        took = time.perf_counter() - begin
        time.sleep(2 * INTERVAL)  # the last lines; and nobody is within a read when the handles are closed
    if error := running.exception():
        raise CommandFailed(f"{type(error).__name__} {error}") from error
    if size_of(out) != size:
        raise CommandFailed(f"{size_of(out):,} of {size:,} bytes are out")
    return took


def _patient(begin: float) -> bool:
    return time.perf_counter() - begin < PATIENCE


def _ours(name: str) -> Program:
    """Logbraid's program of this name; a coroutine is given a loop."""

    def program(handles: Sequence[BinaryIO], interval: float, out: Path) -> None:
        result = getattr(import_module("logbraid.handles"), name)(handles, interval, out)
        if inspect.isawaitable(result):
            asyncio.run(_awaited(result))

    return program


async def _awaited(result: Awaitable[None]) -> None:
    await result


class _NothingNew(Exception):
    """The handle stands at the end of its file."""


def _next_line(handle: BinaryIO) -> bytes:
    place = handle.tell()
    if handle.seek(0, io.SEEK_END) == place:
        raise _NothingNew
    handle.seek(place)
    return handle.readline()


def _follow_in_thread(handle: BinaryIO, interval: float, write: Callable[[bytes], None]) -> None:
    while not handle.closed:
        try:
            line = _next_line(handle)
        except _NothingNew:
            time.sleep(interval)
        else:
            write(line)


def _lesson_threads(handles: Sequence[BinaryIO], interval: float, out: Path) -> None:
    """A thread for each handle, a lock around each line's write."""
    lock = threading.Lock()
    with out.open("wb") as output:

        def write(line: bytes) -> None:
            with lock:
                output.write(line)

        threads = [threading.Thread(target=_follow_in_thread, args=(handle, interval, write)) for handle in handles]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


async def _follow_in_task(
    handle: BinaryIO, interval: float, write: Callable[[bytes], Coroutine[Any, Any, None]]
) -> None:
    loop = asyncio.get_running_loop()
    while not handle.closed:
        try:
            line = await loop.run_in_executor(None, _next_line, handle)
        except _NothingNew:
            await asyncio.sleep(interval)
        else:
            await write(line)


async def _run_lesson_tasks(handles: Sequence[BinaryIO], interval: float, out: Path) -> None:
    loop = asyncio.get_running_loop()
    with out.open("wb") as output:

        async def write(line: bytes) -> None:
            await loop.run_in_executor(None, output.write, line)

        await asyncio.gather(*(_follow_in_task(handle, interval, write) for handle in handles))


def _lesson_tasks(handles: Sequence[BinaryIO], interval: float, out: Path) -> None:
    """A task for each handle, a hop to a thread for each line's read and another for its write."""
    asyncio.run(_run_lesson_tasks(handles, interval, out))
