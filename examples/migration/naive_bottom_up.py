"""Bottom-up, first step: threads that run coroutines, a loop in each. Naive on purpose: see docs/migration.md."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from threading import Lock, Thread
from typing import BinaryIO

from naive_readline import NoNewData, readline
from scene import scene


async def tail_async(handle: BinaryIO, interval: float, write_func: Callable[[bytes], Awaitable[object]]) -> None:
    """Pass on each new line until somebody closes the handle."""
    loop = asyncio.get_running_loop()
    while not handle.closed:
        try:
            line = await loop.run_in_executor(None, readline, handle)
        except NoNewData:
            await asyncio.sleep(interval)
        except ValueError:  # closed while it was read
            break
        else:
            await write_func(line)


def tail_file(handle: BinaryIO, interval: float, write_func: Callable[[bytes], object]) -> None:
    """Do the same for a thread: run the coroutine to its end."""

    async def write_async(line: bytes) -> None:
        write_func(line)

    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(tail_async(handle, interval, write_async))
    finally:
        loop.close()


def run_threads(handles: Sequence[BinaryIO], interval: float, output_path: Path) -> None:
    """Merge what comes from all handles until all of them are closed."""
    lock = Lock()
    with output_path.open("wb") as output:

        def write(line: bytes) -> None:
            with lock:
                output.write(line)

        threads = [Thread(target=tail_file, args=(handle, interval, write)) for handle in handles]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    with scene() as (handles, output_path):
        run_threads(handles, 0.1, output_path)
