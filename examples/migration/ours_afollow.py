"""Beyond the handles, on a loop: files are followed by their names, until somebody says stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from scene import scene

import logbraid
from logbraid.handles import confirm_merge


async def stop_when_closed(handles: Sequence[BinaryIO], stop: Callable[[], None]) -> None:
    """Pass on the sign that this program has always had."""
    while not all(handle.closed for handle in handles):  # noqa: ASYNC110 (nobody tells of a close)
        await asyncio.sleep(0.1)
    stop()


async def run_follow(handles: Sequence[BinaryIO], output_path: Path) -> None:
    """Merge what comes to all files until all handles are closed."""
    paths = [handle.name for handle in handles]
    async with logbraid.afollow(*paths, order="arrival", last=None) as batches:
        stopper = asyncio.create_task(stop_when_closed(handles, batches.stop))
        await batches.into(output_path)
        await stopper


if __name__ == "__main__":
    with scene() as (handles, output_path):
        asyncio.run(run_follow(handles, output_path))
        confirm_merge([handle.name for handle in handles], output_path)
