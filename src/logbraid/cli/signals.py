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
from types import FrameType, TracebackType
from typing import Any, Final, NoReturn

__all__ = ["SIGNALLED", "Handler", "Request", "ends_raise", "handled"]

Handler = Callable[[int, FrameType | None], None]

SIGNALLED: Final = 128
"""Added to a signal's number, the exit code of what it ended."""

_SAME: Final = 0.1
"""Seconds within which a second signal is the first one sent twice, as timeout(1) does: to the child and its group."""

_PAUSE: Final = 0.05
"""Seconds after which an exception is raised again that has ended nothing."""

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


class _Ended(SystemExit):
    """What a signal raises that asks a finite command to end."""


@contextmanager
def ends_raise() -> Iterator[None]:
    """While this lasts, a signal that asks the command to end is ``SystemExit``."""
    request = Request()
    insistence = _Insistence()

    def leave(number: int, frame: FrameType | None) -> None:
        if request.is_first(number):
            insistence.end(SIGNALLED + number)

    with insistence, handled(dict.fromkeys(_ENDING, leave)):
        yield


class _Insistence:
    """Raises an exception again until it is on its way out.

    A handler runs amid whatever Python does, also where no exception is passed on: in what it calls when a weak
    reference dies, of which an import has many, and wherever C code takes a failure for an answer. The command would
    never end then.
    """

    def __init__(self) -> None:
        self._ended: _Ended | None = None
        self._report = sys.unraisablehook
        self._alarm: Any = None
        self._timer = (0.0, 0.0)

    def end(self, code: int) -> NoReturn:
        """Raise ``SystemExit``."""
        self._ended = _Ended(code)
        self._alarm = signal.signal(signal.SIGALRM, self._raise_unless_under_way)
        self._timer = signal.setitimer(signal.ITIMER_REAL, _PAUSE, _PAUSE)
        raise self._ended

    def __enter__(self) -> None:
        sys.unraisablehook = self._report_others

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        sys.unraisablehook = self._report
        if self._ended is not None:
            signal.setitimer(signal.ITIMER_REAL, *self._timer)
            signal.signal(signal.SIGALRM, self._alarm)

    def _raise_unless_under_way(self, number: int, frame: FrameType | None) -> None:
        handled_now = sys.exception()
        while handled_now is not None:
            if handled_now is self._ended:
                return  # somebody cleans up
            handled_now = handled_now.__context__
        assert self._ended is not None, "no alarm before"
        raise self._ended

    def _report_others(self, unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_value is not self._ended:
            self._report(unraisable)
