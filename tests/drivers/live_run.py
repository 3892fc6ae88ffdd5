"""A live run that is turned by hand, over files in memory: it goes on for as long as it is told, and remembers all."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from logbraid.api.plan import Plan, World
from logbraid.core.account import SourceAccount
from logbraid.core.events import Event
from logbraid.core.options import Options
from logbraid.core.types import SECOND
from logbraid.drivers.newcomers import Begin
from logbraid.drivers.pump import turn
from logbraid.testing import FakeFiles, ManualClock

START = 1_767_225_600
"""Seconds of the epoch at which the clock starts."""


def line(second: float, text: str) -> bytes:
    """A line with its time: so many seconds after the start."""
    return f"{START * SECOND + round(second * SECOND)} {text}\n".encode()


def lines(text: str, count: int, first: float = 0.0, step: float = 0.001) -> bytes:
    """Numbered lines, ``step`` seconds apart."""
    return b"".join(line(first + number * step, f"{text} {number:06d}") for number in range(count))


class LiveRun:
    """One run.

    Attributes:
        files: the script's side.
        events: all that was noticed.
        most_held: bytes that were received and had not left, at their most.
    """

    def __init__(
        self,
        *sources: str,
        begin: Begin | None = None,
        whole_lines: bool = False,
        files: FakeFiles | None = None,
        clock: ManualClock | None = None,
        commands: Collection[str] = (),
        **options: Any,
    ) -> None:
        self.clock = clock or ManualClock()
        self.files = files or FakeFiles(sources, clock=self.clock)
        self.events: list[Event] = []
        self.batches: list[Any] = []
        self.most_held = 0
        self._plan = Plan(
            sources,
            Options(order="arrival" if whole_lines else "time", **options),
            begin or Begin(None),
            list(commands),
            world=World(self.files, self.files, self.files, self.clock),
        )
        self._whole_lines = whole_lines
        self._pump: Any = None

    @property
    def pump(self) -> Any:
        """Made when it is wanted first: what is written before that was there before the run."""
        if self._pump is None:
            self._pump = self._plan.pump(lines=self._whole_lines)
        return self._pump

    def go_on(self, seconds: float) -> bytes:
        """Turn for so long; return what has left."""
        before = len(self.data)
        end = self.clock.now().tick + round(seconds * SECOND)
        while True:
            found = self.turn()
            until = self.pump.until()
            if not found and (until is None or until > end):
                break
            if not found:
                self.clock.advance(max(until - self.clock.now().tick, 0) / SECOND)
        self.clock.advance((end - self.clock.now().tick) / SECOND)
        return self.data[before:]

    def turn(self) -> bool:
        """Take one turn; return whether anything has left."""
        found = turn(self.pump)
        self.batches += found
        self.events += self.pump.events()
        self.most_held = max(self.most_held, self.pump._pipeline._lane.size)
        return bool(found)

    def end(self) -> bytes:
        """Stop; return what was held."""
        before = len(self.data)
        self.batches += self.pump.finish()
        self.pump.close()
        return self.data[before:]

    @property
    def data(self) -> bytes:
        """Everything that has left."""
        return b"".join(bytes(batch.data) for batch in self.batches)

    def held(self, source: int = 0) -> int:
        """Bytes of a source that were received and have not left."""
        held: int = self.pump._pipeline._lane.held(source)
        return held

    def account(self, source: int = 0) -> SourceAccount:
        """One source's account."""
        found: SourceAccount = self.pump.account().sources[source]
        return found

    def said(self, kind: type[Event]) -> list[str]:
        """What events of this kind say."""
        return [str(event) for event in self.events if isinstance(event, kind)]
