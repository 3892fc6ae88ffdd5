"""Handlers of signals for as long as a command runs, and what a finite one does when it is asked to end.

It ends by an exception, so that half-written files are removed. What a run that goes on does is in ``steering.py``.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Final, NoReturn

__all__ = ["SIGNALLED", "Handler", "ends_raise", "handled"]

Handler = Callable[[int, FrameType | None], None]

SIGNALLED: Final = 128
"""Added to a signal's number, the exit code of what it ended."""

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


@contextmanager
def ends_raise() -> Iterator[None]:
    """While this lasts, a signal that asks the command to end is ``SystemExit``; a second one ends it at once."""
    with handled(dict.fromkeys(_ENDING, _leave)):
        yield


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    for ending in _ENDING:
        signal.signal(ending, signal.SIG_DFL)
    sys.exit(SIGNALLED + number)
