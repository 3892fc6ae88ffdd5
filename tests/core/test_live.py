"""The live pipeline where its buffer is full: whatever fills it, all is read, and nothing waits for the clock."""

from __future__ import annotations

from typing import Any, Final

import pytest

from logbraid.api.plan import Plan, World
from logbraid.core.options import MEBIBYTE, Options
from logbraid.core.types import SECOND, Nanos
from logbraid.drivers.newcomers import Begin
from logbraid.drivers.pump import turn
from logbraid.testing import FakeFiles, ManualClock

HOUR: Final = 3600 * SECOND
PATIENCE: Final = 30
"""Seconds of the clock in which everything must have left."""


class Run:
    """A run with the smallest buffer there is, turned by hand.

    Attributes:
        batches: what has left.
    """

    def __init__(self, **options: Any) -> None:
        self.clock = ManualClock()
        self.files = FakeFiles(["/logs/*.log"], clock=self.clock)
        self.batches: list[Any] = []
        self._pump: Any = None
        self._options = Options(buffer=MEBIBYTE, **options)

    @property
    def now(self) -> Nanos:
        return self.clock.now().wall

    def write(self, name: str, data: bytes) -> None:
        self.files.append(f"/logs/{name}.log", data)

    def go_on(self, seconds: float) -> None:
        """Turn for so long."""
        world = World(self.files, self.files, self.files, self.clock)
        self._pump = self._pump or Plan([], self._options, Begin(None), world=world).pump(lines=False)
        end = self.clock.now().tick + round(seconds * SECOND)
        while (tick := self.clock.now().tick) <= end:
            if not self._turn():
                until = self._pump.until()
                until = end + 1 if until is None else min(until, end + 1)
                self.clock.advance(max(until - tick, 0) / SECOND)

    def _turn(self) -> bool:
        found = turn(self._pump)
        self.batches += found
        return bool(found)

    def finish(self) -> None:
        """Let go what is held."""
        self.batches += self._pump.finish()
        self._pump.close()

    @property
    def lines(self) -> list[bytes]:
        return b"".join(bytes(batch.data) for batch in self.batches).splitlines(keepends=True)

    @property
    def account(self) -> Any:
        return self._pump.account()


def stamped(first: Nanos, name: str, count: int) -> list[bytes]:
    """Lines a millisecond apart."""
    return [b"%d %s %s\n" % (first + number * SECOND // 1000, name.encode(), b"." * 60) for number in range(count)]


@pytest.mark.parametrize("order", ["arrival", "time"])
@pytest.mark.parametrize("text", [b"nothing happened at all\n" * 900, b"no newline" * 2000])
def test_what_sources_hold_back_keeps_no_other_from_being_read(order: str, text: bytes) -> None:
    run = Run(order=order)
    for number in range(100):
        run.write(f"{number:03}", text)
    run.go_on(PATIENCE)
    assert run.account.bytes_seen == 100 * len(text)
    run.finish()
    assert run.account.bytes_emitted == 100 * len(text)


def test_records_that_do_not_fill_the_buffer_are_whole_however_many_sources_there_are() -> None:
    run = Run(order="arrival")
    record = b"".join(stamped(run.now, "a", 1)) + b"  and more\n" * 50
    for number in range(300):
        run.write(f"{number:03}", record * 40)
    run.go_on(PATIENCE)
    run.finish()
    assert b"".join(run.lines) == record * 40 * 300


def test_a_backlog_ahead_of_the_clock_leaves_in_its_order_though_it_does_not_fit() -> None:
    run = Run()
    ahead = sorted(stamped(run.now + 2 * HOUR, "a", 20_000) + stamped(run.now + 2 * HOUR, "b", 20_000))
    for name in "ab":
        run.write(name, b"".join(line for line in ahead if f" {name} ".encode() in line))
    run.write("quiet", b"")
    written = []
    for _ in range(40):  # others that have the right time find their places meanwhile
        written += stamped(run.now, "c", 1)
        run.write("c", written[-1])
        run.go_on(0.1)
    assert not set(ahead) - set(run.lines)
    most = len(ahead) - 2 * MEBIBYTE // len(ahead[0])  # what comes last was read to its end, and is ordered by that
    assert [line for line in run.lines if b" c " not in line][:most] == ahead[:most]
    run.finish()
    assert [line for line in run.lines if b" c " in line] == written
    assert (run.account.late, run.account.records) == (0, 40_040)
    assert sum(source.ahead for source in run.account.sources) == 40_000
