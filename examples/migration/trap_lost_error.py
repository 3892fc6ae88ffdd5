"""Trap: an error in a thread ends that thread only, and whoever started it goes on as if all were well."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

from naive_threads import run_threads

if __name__ == "__main__":
    threading.excepthook = lambda args: None  # as in a service whose stderr nobody reads
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "app.log")
        output_path = Path(directory, "merged.log")
        path.write_bytes(b"a line\n")
        handle: Any = path.open()  # the mode is wrong: its lines cannot be written to a binary file
        run_threads([handle], 0.01, output_path)
        print(f"no error, and {output_path.stat().st_size} of {path.stat().st_size} bytes merged")
        handle.close()
