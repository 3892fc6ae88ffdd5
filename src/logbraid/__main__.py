"""``python -m logbraid``, and the installed command: prepares the process before anything heavy is imported."""

from __future__ import annotations

import gc
import os
import signal

__all__ = ["main"]


def main() -> None:
    """Run the command and exit with its code."""
    # Imports make many objects and no garbage: looking for some again and again is a tenth of the time to start.
    gc.set_threshold(50_000, 50, 100)
    # numpy's linear algebra, never used here, would start a thread a core: slow to begin, and unsafe to fork beside.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _fill_standard_descriptors()
    _let_interrupts_end()
    from logbraid.cli import main as command

    command()


def _let_interrupts_end() -> None:
    """An interrupt ends the process as SIGTERM does: in silence, for as long as no command has anything to finish.

    Python would raise an exception, which may come anywhere in an import, and even be lost there.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _fill_standard_descriptors() -> None:
    """Open what was closed before the start, or the first file opened would become standard output."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


if __name__ == "__main__":
    main()
