"""A thread that sees what a run cannot see that waits for lines, or is stuck in a write.

It only looks: at the far end of the output, and at whether the output still takes bytes. Records never pass here.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar, runtime_checkable

from logbraid.cli.errors import FAILED
from logbraid.system.clock import Bell

if TYPE_CHECKING:
    from logbraid.drivers.control import Control

__all__ = ["Lookout", "Writing"]

AnySink = TypeVar("AnySink")

PATIENCE: Final = 2.0
"""Seconds that an output may take nothing once the run was asked to end."""

_LOOK: Final = 0.1
_STDERR: Final = 2


@runtime_checkable
class Writing(Protocol):
    """A sink, as far as one can look at it from outside."""

    @property
    def name(self) -> str:
        """What to call the output."""

    @property
    def descriptor(self) -> int:
        """Where the bytes go."""

    @property
    def unwritten(self) -> int:
        """Bytes of the batch being written that the output has not taken yet; 0 when nothing is being written."""


class Lookout:
    """Stops a run whose reader has gone, and ends one that was asked to end and cannot.

    Args:
        control: of the run.
        patience: seconds that an output may take nothing once the run was asked to end.
        leave: ends the process at once, with this exit code.

    Attributes:
        reader_gone: nobody reads the output any more.
    """

    def __init__(
        self, control: Control, *, patience: float = PATIENCE, leave: Callable[[int], object] = os._exit
    ) -> None:
        self.reader_gone = False
        self._control = control
        self._patience = patience
        self._leave = leave
        self._bell = Bell()
        self._sink: Writing | None = None
        self._hurried = False
        self._closed = False
        self._unwritten = 0
        self._since = 0.0  # when ``_unwritten`` was last seen to change
        self._thread = threading.Thread(target=self._run, name="logbraid-lookout", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._bell.ring()
        self._thread.join()
        self._bell.close()

    def watch_over(self, sink: AnySink) -> AnySink:
        """Look at this sink from now on, if there is anything to see; return it."""
        if isinstance(sink, Writing):
            self._sink = sink
            self._bell.ring()
        return sink

    def hurry(self) -> None:
        """The run was asked to end. Safe in a signal handler."""
        self._hurried = True
        self._bell.ring()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._bell.descriptor, select.POLLIN)
        output = None
        while not self._closed:
            if output is None and self._sink is not None:
                output = self._sink.descriptor
                poll.register(output, 0)  # errors and hang-ups are told unasked
            for descriptor, happened in poll.poll(_LOOK * 1000 if self._hurried else None):
                if descriptor == self._bell.descriptor:
                    self._bell.silence()
                    continue
                poll.unregister(descriptor)
                if not happened & select.POLLNVAL:  # that would be a sink which was closed
                    self.reader_gone = True
                    self._control.stop()
            if self._hurried and self._is_stuck():
                self._give_up()
                return

    def _is_stuck(self) -> bool:
        unwritten = 0 if self._sink is None else self._sink.unwritten
        now = time.monotonic()
        if not unwritten or unwritten != self._unwritten:
            self._unwritten, self._since = unwritten, now
        return now - self._since >= self._patience

    def _give_up(self) -> None:
        name = "the output" if self._sink is None else self._sink.name
        text = (
            f"logbraid: {name} takes nothing any more: {self._unwritten:,} bytes, "
            "and what would have come behind them, were not written\n"
        )
        # Not by sys.stderr, whose lock the run's own thread may hold; and stderr may be as stuck as the output.
        poll = select.poll()
        poll.register(_STDERR, select.POLLOUT)
        if poll.poll(0):
            with suppress(OSError):
                os.write(_STDERR, text.encode(errors="replace"))
        self._leave(FAILED)
