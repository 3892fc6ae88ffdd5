"""Trap: after a truncation the position is past the end for ever, so every look finds a line of no bytes."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from threading import Thread

from naive_threads import tail_file

SECONDS = 1.0

if __name__ == "__main__":
    threading.excepthook = lambda args: None  # how the tail ends is shown by trap_closed_midread
    lines: list[bytes] = []
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "app.log")
        path.write_bytes(b"a line that was long enough\n")
        handle = path.open("rb")
        tail = Thread(target=tail_file, args=(handle, 0.1, lines.append))
        tail.start()
        time.sleep(0.3)
        path.write_bytes(b"a new line\n")
        time.sleep(SECONDS)
        handle.close()
        tail.join()
    seen = "seen" if b"a new line\n" in lines else "never seen"
    print(f"{lines.count(b'') / SECONDS:.0f} empty lines a second, and the new line {seen}")
