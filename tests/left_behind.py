"""What a test leaves behind in this process: open descriptors, counted so that those of other tests do not matter."""

from __future__ import annotations

import gc
import os


def descriptors() -> set[int]:
    """Return what is open now, once what nobody can reach any more is closed.

    An earlier test may have left a file to the collector of garbage, which would close it at any moment. What is still
    reachable is never looked at again: among all that thousands of tests have left, each count would take a fifth of a
    second.
    """
    gc.collect()
    gc.freeze()
    return {number for name in os.listdir("/dev/fd") if _is_open(number := int(name))}


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:  # that of the listing itself
        return False
    return True
