"""Top-down, last step: a task for each file, and no thread of its own. Naive on purpose: see docs/migration.md."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
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


async def run_tasks(handles: Sequence[BinaryIO], interval: float, output_path: Path) -> None:
    """Merge what comes from all handles until all of them are closed."""
    loop = asyncio.get_running_loop()
    with await loop.run_in_executor(None, output_path.open, "wb") as output:

        async def write_async(line: bytes) -> None:
            await loop.run_in_executor(None, output.write, line)

        await asyncio.gather(*(tail_async(handle, interval, write_async) for handle in handles))


if __name__ == "__main__":
    with scene() as (handles, output_path):
        asyncio.run(run_tasks(handles, 0.1, output_path))
