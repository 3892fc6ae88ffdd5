"""What every driver turns: a run in three steps, so that a driver may say which thread does which.

The two pumps are ``once.MergePump`` and ``live.FollowPump``; the four drivers know no more of them than stands here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from logbraid.core.account import Account
from logbraid.core.events import Event
from logbraid.core.types import Nanos
from logbraid.sinks.base import Batch

__all__ = ["Pump", "closed_unless_made", "turn"]


class Pump(Protocol):
    """A run: what to do is decided and taken in by the thread that owns it, and may be done by another."""

    @property
    def begun(self) -> bool:
        """Whether it is known where each source that was there begins: what is written from now on will be read."""

    @property
    def done(self) -> bool:
        """Whether every source has come to its end; call ``finish`` then."""

    @property
    def descriptors(self) -> Sequence[int]:
        """Readable when there is something to do."""

    def until(self) -> Nanos | None:
        """The tick at which to take the next turn at the latest; None: when a descriptor is readable."""

    def work(self) -> Sequence[Any]:
        """Return what to do in this turn. Never blocks."""

    def perform(self, work: Sequence[Any], /) -> Sequence[Any]:
        """Do it, and return the answers: the one step that blocks, on any thread."""

    def accept(self, answers: Sequence[Any], /) -> Sequence[Batch]:
        """Take the answers; return what may leave now, in order. Never blocks."""

    def finish(self) -> Sequence[Batch]:
        """Return what is held: nothing more is read. Never blocks."""

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""

    def account(self) -> Account:
        """Return the account as it stands."""

    def close(self) -> None:
        """Give back what the system lent; may be called again."""


def turn(pump: Pump) -> Sequence[Batch]:
    """Take a whole turn in this thread."""
    return pump.accept(pump.perform(pump.work()))


@contextmanager
def closed_unless_made(pump: Pump) -> Iterator[None]:
    """Close a pump whose making is interrupted: threads that it has started must end."""
    try:
        yield
    except BaseException:
        pump.close()
        raise
