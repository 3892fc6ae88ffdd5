"""Trap: tails that never end hold every thread of the pool, and each of them waits for a write in that pool."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from threading import Thread

from naive_mixed import run_tasks_mixed

SECONDS = 3.0
DEFAULT_THREADS = min(32, (getattr(os, "process_cpu_count", os.cpu_count)() or 1) + 4)


def bytes_merged(files: int, seconds: float) -> int:
    """Merge files of one line each, close them, and return how much the output got before time was up."""
    with tempfile.TemporaryDirectory() as directory:
        output_path = Path(directory, "merged.log")
        paths = [Path(directory, f"{number}.log") for number in range(files)]
        for path in paths:
            path.write_bytes(b"one line\n")
        handles = [path.open("rb") for path in paths]
        merge = Thread(target=lambda: asyncio.run(run_tasks_mixed(handles, 0.01, output_path)), daemon=True)
        merge.start()
        time.sleep(seconds / 3)
        for handle in handles:
            handle.close()
        merge.join(seconds * 2 / 3)
        return output_path.stat().st_size


if __name__ == "__main__":
    fewer = bytes_merged(DEFAULT_THREADS - 1, SECONDS)
    print(f"{fewer} bytes of {DEFAULT_THREADS - 1} files", end="; ")
    as_many = bytes_merged(DEFAULT_THREADS, SECONDS)
    print(f"{as_many} bytes after {SECONDS:.0f} s with {DEFAULT_THREADS} files", flush=True)
    os._exit(0)  # a plain exit would wait for the threads that hang
