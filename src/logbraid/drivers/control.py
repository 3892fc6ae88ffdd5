"""What somebody outside may ask of a run while it goes on: to stop, to reopen its output, to report.

Every request may come from any thread and from a signal handler: it is only noted here, and a waiting driver is woken.
"""

from __future__ import annotations

from collections.abc import Callable

from logbraid.core.account import Account
from logbraid.core.events import Event, OutputKept
from logbraid.errors import SinkError
from logbraid.system.clock import Bell

__all__ = ["Control"]


class Control:
    """Requests to one run.

    Attributes:
        account: of the run, once it has ended, however that was.

    Args:
        on_report: called by the driver with the account, after ``report``.
    """

    def __init__(self, on_report: Callable[[Account], None] | None = None) -> None:
        self.bell = Bell()
        self.stopping = False
        self.account: Account | None = None
        self._on_report = on_report
        self._reopening = False
        self._reporting = False

    def stop(self) -> None:
        """End well: nothing more is read, what is held leaves, then the run returns."""
        self.stopping = True
        self.bell.ring()

    def reopen(self) -> None:
        """Open the output again under its name, where it has one."""
        self._reopening = True
        self.bell.ring()

    def report(self) -> None:
        """Have the account told as it stands."""
        self._reporting = True
        self.bell.ring()

    def attend(
        self, account: Callable[[], Account], reopen: Callable[[], None] | None, notice: Callable[[Event], None]
    ) -> None:
        """Do what was asked for; the driver calls this between turns. An output that cannot be reopened goes on."""
        self.bell.silence()  # first: what is asked for from now on rings again
        if self.stopping:
            self.bell.ring()  # the driver heeds that before its next turn, for which it must not wait
        if self._reopening:
            self._reopening = False
            try:
                if reopen is not None:
                    reopen()
            except SinkError as error:
                notice(OutputKept(str(error)))
        if self._reporting:
            self._reporting = False
            if self._on_report is not None:
                self._on_report(account())

    def close(self) -> None:
        """Give the bell back; requests that come later are of no effect."""
        self.bell.close()
