"""The pytest plugin: the fixture ``braid`` follows the logs of whatever a test tests, and shows them when it fails.

Here is what a test sees, and the thread that turns the pump for it; how records are found and ordered is decided as in
any other run. pytest imports this wherever logbraid is installed, so nothing heavy is imported before it is used.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Unpack, cast

import pytest

if TYPE_CHECKING:
    from logbraid.api.arguments import Reading
    from logbraid.api.plan import Plan
    from logbraid.core.records import Record, RecordBatch
    from logbraid.sinks.base import Batch

__all__ = ["Braid", "braid", "pytest_addoption", "pytest_runtest_makereport"]

SECTION: Final = "braided logs"
_LINES: Final = 200
_FEW: Final = 10
"""Lines that a wait in vain shows by itself; all of them follow in their own section."""

_PATIENCE: Final = 1.0
"""Seconds at the end in which what was written before is still read."""

_MILLISECOND: Final = 1_000_000


class Braid:
    """The logs of one test in time order, from the moment on that it is called."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._records: list[Record] = []
        self._notices: list[str] = []
        self._following: _Following | None = None

    def __call__(
        self,
        *sources: str | os.PathLike[str],
        lateness: int = 50 * _MILLISECOND,
        silence: int = 100 * _MILLISECOND,
        **reading: Unpack[Reading],
    ) -> None:
        """Begin to follow: what is written from now on is seen, also in files that are not there yet.

        Args:
            sources: files, directories, globs.
            lateness: as in ``logbraid.follow``, but shorter, as tests wait for it.
            silence: the same.
            reading: since, until, level, include, exclude, tz and so on, as in ``logbraid.follow``.

        Raises:
            UsageError: the arguments contradict each other or mean nothing, or this test is followed already.
        """
        from logbraid.api.arguments import options_from
        from logbraid.api.plan import Plan
        from logbraid.drivers.newcomers import Begin
        from logbraid.errors import UsageError

        if self._following is not None:
            raise UsageError("this test is followed already: name all its sources at once")
        if not sources:
            raise UsageError("name at least one source")
        options = options_from("time", reading, lateness=lateness, silence=silence)
        # Absolute, for the test may change its directory.
        plan = Plan([os.path.abspath(source) for source in sources], options, Begin(last=0))
        self._following = _Following(plan, self)

    def records(self) -> list[Record]:
        """Return all records so far."""
        with self._news:
            return list(self._records)

    def lines(self) -> list[str]:
        """Return all lines so far, each with its source's label: ``app.log | GET /cart``."""
        # splitlines would also split at a form feed.
        return [f"{record.source} | {line}" for record in self.records() for line in record.text.split("\n")]

    def wait_for(self, pattern: str | re.Pattern[str], timeout: float = 5.0) -> Record:
        """Return the first record in which a pattern is found; fail the test if none has come in time.

        Args:
            pattern: a regular expression.
            timeout: seconds.
        """
        __tracebackhide__ = True
        wanted = re.compile(pattern)
        record = self._found(wanted, time.monotonic() + timeout)
        if record is None:
            self._raise()
            seen = "\n".join(self.lines()[-_FEW:]) or "nothing was logged"
            pytest.fail(f"no record with {wanted.pattern!r} within {timeout:g} s; the last lines are:\n{seen}")
        return record

    def close(self) -> None:
        """Follow no more, once what is written already was read. May be called again.

        Raises:
            Exception: whatever has ended it too early.
        """
        if self._following is not None:
            self._following.close()
            self._raise()

    def shown(self, most: int) -> str:
        """Return the last so many lines, and what was noticed: what a report shows."""
        lines = self.lines()
        hidden = max(len(lines) - most, 0)
        head = [f"({hidden:,} lines before)"] if hidden else []
        return "\n".join(head + lines[hidden:] + [f"({notice})" for notice in self._notices])

    def take(self, batches: Iterable[Batch], notices: Iterable[object]) -> None:
        """Take what has come, or the news that nothing more will: called by the thread that follows."""
        with self._news:
            for batch in batches:
                self._records += cast("RecordBatch", batch).records()
            self._notices += map(str, notices)
            self._news.notify_all()

    def _found(self, wanted: re.Pattern[str], until: float) -> Record | None:
        """Wait for the first record in which a pattern is found, as long as there is hope."""
        looked_at = 0
        with self._news:
            while True:
                for record in self._records[looked_at:]:
                    if wanted.search(record.text):
                        return record
                looked_at = len(self._records)
                left = until - time.monotonic()
                if left <= 0 or self._following is None or self._following.over:
                    return None
                self._news.wait(left)

    def _raise(self) -> None:
        if self._following is not None and self._following.error is not None:
            raise self._following.error


class _Following:
    """The thread that turns the pump.

    Its first turns are taken by the caller: where to begin is settled when the test goes on.

    Args:
        plan: what to follow.
        braid: takes the records.

    Attributes:
        over: nothing more will come.
        error: what has ended it too early.
    """

    def __init__(self, plan: Plan, braid: Braid) -> None:
        from logbraid.drivers.control import Control

        self.over = False
        self.error: BaseException | None = None
        self._braid = braid
        self._clock = plan.clock
        self._control = Control()
        self._pump = plan.pump()
        try:
            self._read_on()
        except BaseException:
            self._give_back()
            raise
        self._thread = threading.Thread(target=self._run, name="logbraid-braid", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read what is written already, then end the thread and give everything back."""
        self._control.stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._control.stopping:
                self._clock.wait(self._pump.until(), [*self._pump.descriptors, self._control.bell.descriptor])
                self._turn()
            self._read_on()
            self._braid.take(self._pump.finish(), self._pump.events())
        except Exception as error:  # whatever it is, the test has to learn of it
            self.error = error
        finally:
            self._give_back()
            self.over = True
            self._braid.take([], [])

    def _turn(self) -> None:
        from logbraid.drivers.pump import turn

        self._braid.take(turn(self._pump), self._pump.events())

    def _read_on(self) -> None:
        """Take one more turn, for what is hinted at, and others while there is more: a rotation takes several."""
        end = time.monotonic() + _PATIENCE
        self._turn()
        while self._is_due() and time.monotonic() < end:
            self._turn()

    def _is_due(self) -> bool:
        until = self._pump.until()
        return until is not None and until <= self._clock.now().tick

    def _give_back(self) -> None:
        self._pump.close()
        self._control.close()


_BRAID: Final = pytest.StashKey[Braid]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option."""
    parser.getgroup("logbraid").addoption(
        "--braid-lines",
        type=int,
        default=_LINES,
        metavar="N",
        help=f"Show the last N lines of the braided logs of a failed test (default: {_LINES}).",
    )


@pytest.fixture
def braid(request: pytest.FixtureRequest) -> Iterator[Braid]:
    """Follow logs: ``braid("logs/*.log")``, then ``braid.wait_for("ready")``; see ``Braid``."""
    braid = request.node.stash[_BRAID] = Braid()
    yield braid
    braid.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Show the logs of a test that failed, once; following ends here, for what it holds is shown, too."""
    report = yield
    if report.failed and _BRAID in item.stash:
        braid = item.stash[_BRAID]
        del item.stash[_BRAID]
        with suppress(Exception):  # the fixture will say it
            braid.close()
        if shown := braid.shown(item.config.getoption("braid_lines")):
            report.sections.append((SECTION, shown))
    return report
