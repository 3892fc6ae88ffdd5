"""``python -m logbraid``, and the installed command: prepares the process before anything heavy is imported."""

from __future__ import annotations

import gc
import os
import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command and exit with its code."""
    # Imports make many objects and no garbage: looking for some again and again is a tenth of the time to start.
    gc.set_threshold(50_000, 50, 100)
    # numpy's linear algebra, never used here, would start a thread a core: slow to begin, and unsafe to fork beside.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _fill_standard_descriptors()
    try:
        from logbraid.cli import main as command

        command()
    except KeyboardInterrupt:  # while modules were imported
        sys.exit(128 + signal.SIGINT)


def _fill_standard_descriptors() -> None:
    """Open what was closed before the start, or the first file opened would become standard output."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


if __name__ == "__main__":
    main()
