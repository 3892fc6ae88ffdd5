"""Top-down, first step: a loop runs tails and writes in threads. Naive on purpose: see docs/migration.md."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from naive_readline import NoNewData, readline
from scene import scene


def tail_file(handle: BinaryIO, interval: float, write_func: Callable[[bytes], object]) -> None:
    """Pass on each new line until somebody closes the handle."""
    while not handle.closed:
        try:
            line = readline(handle)
        except NoNewData:
            time.sleep(interval)
        except ValueError:  # closed while it was read
            break
        else:
            write_func(line)


async def run_tasks_mixed(handles: Sequence[BinaryIO], interval: float, output_path: Path) -> None:
    """Merge what comes from all handles until all of them are closed."""
    loop = asyncio.get_running_loop()
    with await loop.run_in_executor(None, output_path.open, "wb") as output:

        async def write_async(line: bytes) -> None:
            await loop.run_in_executor(None, output.write, line)

        def write(line: bytes) -> None:
            asyncio.run_coroutine_threadsafe(write_async(line), loop).result()

        await asyncio.gather(*(loop.run_in_executor(None, tail_file, handle, interval, write) for handle in handles))


if __name__ == "__main__":
    with scene() as (handles, output_path):
        asyncio.run(run_tasks_mixed(handles, 0.1, output_path))
