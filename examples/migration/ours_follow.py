"""Beyond the handles, for a program that blocks: files are followed by their names, until somebody says stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from scene import scene

import logbraid
from logbraid.handles import confirm_merge


def stop_when_closed(handles: Sequence[BinaryIO], stop: Callable[[], None]) -> None:
    """Pass on the sign that this program has always had."""
    while not all(handle.closed for handle in handles):
        time.sleep(0.1)
    stop()


def run_follow(handles: Sequence[BinaryIO], output_path: Path) -> None:
    """Merge what comes to all files until all handles are closed."""
    paths = [handle.name for handle in handles]
    with logbraid.follow(*paths, order="arrival", last=None) as batches:
        stopper = Thread(target=stop_when_closed, args=(handles, batches.stop))
        stopper.start()
        batches.into(output_path)
        stopper.join()


if __name__ == "__main__":
    with scene() as (handles, output_path):
        run_follow(handles, output_path)
        confirm_merge([handle.name for handle in handles], output_path)
