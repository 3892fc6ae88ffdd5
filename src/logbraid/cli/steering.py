"""What signals mean to a run that goes on until it is stopped: to end well, to reopen its output, to say its account.

Handlers only note what is asked for; asked to end a second time, the process ends at once.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING

from logbraid.cli.signals import Handler, Request

if TYPE_CHECKING:
    from logbraid.cli.lookout import Lookout
    from logbraid.drivers.control import Control

__all__ = ["Steering"]


class Steering:
    """Signals steer a run that follows.

    Args:
        control: of the run.
        lookout: told when the run was asked to end.
        reopens: the output is a file, which SIGHUP reopens.
    """

    def __init__(self, control: Control, lookout: Lookout, *, reopens: bool) -> None:
        self._control = control
        self._lookout = lookout
        self._reopens = reopens
        self._request = Request()
        self._terminals = [descriptor for descriptor in range(3) if os.isatty(descriptor)]

    @property
    def handlers(self) -> Mapping[signal.Signals, Handler]:
        """What each signal does."""
        return {
            signal.SIGINT: self._end,
            signal.SIGTERM: self._end,
            signal.SIGHUP: self._hang_up,
            signal.SIGUSR1: self._report,
        }

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._request.is_first(number):
            self._control.stop()
            self._lookout.hurry()

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        if self._reopens and not self._terminal_is_gone():
            self._control.reopen()
        elif self._request.made is None:  # it often comes along with SIGTERM, and means no more than that
            self._end(number, frame)

    def _report(self, number: int, frame: FrameType | None) -> None:
        self._control.report()

    def _terminal_is_gone(self) -> bool:
        """Whether the terminal that the run was started from was closed: nobody asked for the output then."""
        return bool(self._terminals) and not any(map(os.isatty, self._terminals))
