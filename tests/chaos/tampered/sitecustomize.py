"""What Python loads first in a process that the tests tamper with: its clock can be stepped, its notifier kept short.

Found through ``PYTHONPATH``; the environment says what to do. No part of logbraid is changed beyond that.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

CLOCK = os.environ.get("CHAOS_CLOCK")
"""A file: as long as it is there, the clock on the wall goes by as many seconds ahead as it says."""

QUEUE = int(os.environ.get("CHAOS_QUEUE", "0"))
"""How many notifications the kernel is made to hold; one that finds no place is lost, and that is told."""


def step_clock(path: Path) -> None:
    """Let the file say how far the clock on the wall is off."""
    true_time = time.time_ns

    def time_ns() -> int:
        try:
            return true_time() + int(path.read_text()) * 1_000_000_000
        except OSError:
            return true_time()

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9


def shorten_queue(length: int) -> None:
    """Let notifiers read what a queue of ``length`` would have kept: the limit itself is one of the whole machine."""
    from logbraid.system import notify

    overflow = b"".join(number.to_bytes(4, "little") for number in (0xFFFF_FFFF, notify.Q_OVERFLOW, 0, 0))
    read = notify.Notifier._read

    def read_short(self: notify.Notifier) -> bytes:
        events = list(notify.pieces(read(self)))
        if len(events) <= length:
            return b"".join(events)
        os.write(2, b"the queue has overflowed\n")
        return b"".join([*events[:length], overflow])

    notify.Notifier._read = read_short  # type: ignore[method-assign]


if CLOCK:
    step_clock(Path(CLOCK))
if QUEUE:
    shorten_queue(QUEUE)
