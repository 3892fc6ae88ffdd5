"""Where it begins: a thread for each file, and a lock around the writes. Naive on purpose: see docs/migration.md."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock, Thread
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
