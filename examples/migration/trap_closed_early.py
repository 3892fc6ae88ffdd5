"""Trap: the handle is closed while the tail is behind, and what was written before that is never read."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from threading import Thread

from naive_threads import run_threads

LINES = 200_000

if __name__ == "__main__":
    threading.excepthook = lambda args: None  # how the tail ends is shown by trap_closed_midread
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "app.log")
        output_path = Path(directory, "merged.log")
        path.touch()
        handle = path.open("rb")
        merge = Thread(target=run_threads, args=([handle], 0.1, output_path))
        merge.start()
        path.write_bytes(b"one of many lines\n" * LINES)
        time.sleep(0.2)  # time enough to begin
        handle.close()
        merge.join()
        merged = output_path.read_bytes().count(b"\n")
        print(f"{LINES - merged} of {LINES} lines lost, all of them written before the close")
