"""Time order while following, a million records long: none out of place that was written within the lateness.

The clock is turned by hand. A writer writes its own lines in their order, each some time after the moment that it
bears; how long decides whether the line may be late.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest

from logbraid.api.plan import Plan, World
from logbraid.core.options import Options
from logbraid.core.types import SECOND, Int64
from logbraid.drivers.newcomers import Begin
from logbraid.drivers.pump import turn
from logbraid.testing import FakeFiles, ManualClock

pytestmark = pytest.mark.once

SOURCES: Final = 20
STEP: Final = SECOND // 20
"""Between two writes of one source."""

LATENESS: Final = SECOND // 5
TAIL: Final = b" something was served, and nothing else is to be told of it\n"


class Writers:
    """Sources that write each line between ``delay - STEP`` and ``delay`` after its time, at random.

    Attributes:
        overdue: lines that were written later than the lateness allows.
    """

    def __init__(self, files: FakeFiles, clock: ManualClock, records: int, rate: int, delay: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.overdue = 0
        self._files = files
        self._clock = clock
        self._delay = delay
        start, self.seconds = clock.now().wall, records / rate
        times = np.sort(self.random.integers(0, int(self.seconds * SECOND), (SOURCES, records // SOURCES)), axis=1)
        self._times: Int64 = start + times
        self._places = [0] * SOURCES

    def write(self) -> None:
        """Write what is due now; what has waited for the whole delay is, the rest perhaps."""
        now = self._clock.now().wall
        for source, times in enumerate(self._times):
            upto = now - int(self.random.integers(0, max(self._delay - STEP, 1)))
            first, last = self._places[source], int(np.searchsorted(times, upto))
            if last > first:
                due = times[first:last]
                self.overdue += int((now - due > LATENESS).sum())
                self._files.append(f"/logs/{source:02d}.log", b"".join(b"%d%s" % (time, TAIL) for time in due.tolist()))
                self._places[source] = last


def followed(records: int, rate: int, delay: int, seed: int = 1) -> tuple[Writers, Int64, Any]:
    """Follow while they write; return them, the times in the order in which they left, and the account."""
    clock = ManualClock()
    files = FakeFiles([f"/logs/{source:02d}.log" for source in range(SOURCES)], clock=clock)
    options = Options(lateness=LATENESS)
    pump = Plan([], options, Begin(None), world=World(files, files, files, clock)).pump()
    writers = Writers(files, clock, records, rate, delay, seed)
    left: list[Any] = []
    for _ in range(int((writers.seconds + 1) * SECOND / STEP)):
        writers.write()
        for _ in range(4):
            left += turn(pump)
        clock.advance(STEP / SECOND)
    left += [*turn(pump), *pump.finish()]
    pump.close()
    return writers, np.concatenate([batch.time for batch in left]), pump.account()


def late(times: Int64) -> int:
    """How many came after one with a later time: the oracle."""
    highest = np.maximum.accumulate(times)
    return int((times < highest).sum())


def test_a_million_records_within_the_lateness_are_all_in_their_place() -> None:
    writers, times, account = followed(1_000_000, 40_000, LATENESS)
    assert writers.overdue == 0
    assert (len(times), late(times), account.late) == (1_000_000, 0, 0)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_written_later_is_counted_exactly(seed: int) -> None:
    writers, times, account = followed(50_000, 10_000, 3 * LATENESS, seed)
    assert len(times) == account.records == 50_000
    assert 0 < account.late == late(times) <= writers.overdue
