"""Handlers of signals for as long as a command runs, and what a finite one does when it is asked to end.

It ends by an exception, so that half-written files are removed. What a run that goes on does is in ``steering.py``.
Asked a second time, either ends at once.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Final

__all__ = ["SIGNALLED", "Handler", "Request", "ends_raise", "handled"]

Handler = Callable[[int, FrameType | None], None]

SIGNALLED: Final = 128
"""Added to a signal's number, the exit code of what it ended."""

_SAME: Final = 0.1
"""Seconds within which a second signal is the first one sent twice, as timeout(1) does: to the child and its group."""

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def handled(handlers: Mapping[signal.Signals, Handler]) -> Iterator[None]:
    """Handle signals while this lasts, but for those that the caller wants ignored, as nohup does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in handlers}
    for number, handler in handlers.items():
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, handler_before in before.items():
            signal.signal(number, handler_before)


class Request:
    """Signals that ask a run to end; whoever insists has the process end at once.

    Attributes:
        made: when the first came; None before.
    """

    def __init__(self) -> None:
        self.made: float | None = None

    def is_first(self, number: int) -> bool:
        """Take a signal; return whether it is the first, which the caller has to heed."""
        now = time.monotonic()
        if self.made is None:
            self.made = now
            return True
        if now - self.made > _SAME:
            # Not an exception: whoever would clean up may be what the run is stuck in.
            os._exit(SIGNALLED + number)
        return False


@contextmanager
def ends_raise() -> Iterator[None]:
    """While this lasts, a signal that asks the command to end is ``SystemExit``."""
    request = Request()

    def leave(number: int, frame: FrameType | None) -> None:
        if request.is_first(number):
            sys.exit(SIGNALLED + number)

    with handled(dict.fromkeys(_ENDING, leave)):
        yield
