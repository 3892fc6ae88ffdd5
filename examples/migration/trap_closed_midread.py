"""Trap: another thread closes the handle between two steps of one read, and the read fails."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from naive_readline import NoNewData, readline

ROUNDS = 100


def close_soon(handle: BinaryIO) -> None:
    """Close it as the lesson does: from another thread, whatever the tail may be doing."""
    time.sleep(0.002)
    handle.close()


def end_of_tail(path: Path) -> str:
    """Look for lines without a pause until the handle is closed; return how that ended."""
    handle = path.open("rb")
    closer = Thread(target=close_soon, args=(handle,))
    closer.start()
    try:
        while not handle.closed:
            try:
                readline(handle)
            except NoNewData:
                continue
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        closer.join()
    return "well"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "app.log")
        path.touch()
        ends = [end_of_tail(path) for _ in range(ROUNDS)]
    failures = [end for end in ends if end != "well"]
    print(f"{len(failures)} of {ROUNDS} closes met a read: {failures[0] if failures else 'none'}")
