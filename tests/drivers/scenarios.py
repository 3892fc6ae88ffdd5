"""What happens to the sources of a run, as data, and the two grounds on which it is played: memory and disk.

A step is a verb, paths (text) and what is written (bytes). Every line bears its source and its second, so that whoever
judges a run needs no more than the script; nothing here knows what a driver is.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from logbraid.api.plan import World
from logbraid.core.types import SECOND
from logbraid.testing import FakeFiles, ManualClock
from logbraid.testing.sinks import Collected

START: Final = datetime(2025, 12, 31, tzinfo=UTC)
"""A day before ManualClock's: no line is ahead of the clock, on either ground."""

PATIENCE: Final = 20.0

Step = tuple[str | bytes, ...]
"""A verb of ``Fake`` and ``Real``, and its arguments."""

SETTLE: Final[Step] = ("settle",)
"""Wait until everything that is whole has reached the sink."""

STOP: Final[Step] = ("stop",)


def line(source: str, second: float) -> bytes:
    """The line of a source at a second."""
    return f"{START + timedelta(seconds=second):%Y-%m-%dT%H:%M:%S.%fZ} {source} {second:g}\n".encode()


def append(source: str, *seconds: float) -> Step:
    """Write whole lines."""
    return "append", f"{source}.log", b"".join(line(source, second) for second in seconds)


def torn(source: str, second: float, cut: int = 12) -> tuple[Step, Step]:
    """Write a line in two parts."""
    whole = line(source, second)
    return ("append", f"{source}.log", whole[:cut]), ("append", f"{source}.log", whole[cut:])


@dataclass(frozen=True, slots=True)
class Scenario:
    """A script and what is special about it.

    Attributes:
        script: the steps; the run is stopped behind the last one, when all has settled.
        before: how many of the steps happen before the run begins.
        sources: what is followed.
        lost: lines that physics may have taken: nobody could be sure to read them.
        whole: whether everything must have come; otherwise a part of each source, without gaps.
        fails_at: the batch at which the sink fails.
        seconds: that the sink takes for each batch.
        grounds: where it can be played.
    """

    script: Sequence[Step]
    before: int = 0
    sources: Sequence[str] = ("*.log",)
    lost: frozenset[bytes] = frozenset()
    whole: bool = True
    fails_at: int | None = None
    seconds: float = 0.0
    grounds: Sequence[str] = ("fake", "real")

    @property
    def written(self) -> dict[bytes, list[bytes]]:
        """The whole lines of each source: the oracle, which reads the script from the first step to the last."""
        lines: dict[bytes, list[bytes]] = {}
        open_lines: dict[str | bytes, bytes] = {}
        for _, path, *parts in [step for step in self.script if step[-1:] and isinstance(step[-1], bytes)]:
            text = open_lines.pop(path, b"") + b"".join(part for part in parts if isinstance(part, bytes))
            whole, newline, rest = text.rpartition(b"\n")
            if rest:
                open_lines[path] = rest
            for each in (whole + newline).splitlines(keepends=True):
                lines.setdefault(each.split()[1], []).append(each)
        return lines


class Run(Protocol):
    """What a script does to a run."""

    def stop(self) -> None: ...


class Ground(Protocol):
    """Where a script is played."""

    options: dict[str, Any]
    sink_options: dict[str, Any]

    def names(self, sources: Sequence[str]) -> list[str]:
        """Where the sources are."""

    def begin(self, run: Run, sink: Collected) -> None:
        """Let the rest of the script happen while the run goes on."""

    def end(self) -> None:
        """Say what went wrong."""


@dataclass(slots=True)
class Fake:
    """Files in memory and a clock turned by hand: a second goes by with a ``settle``, and a moment with a step."""

    scenario: Scenario
    clock: ManualClock = field(default_factory=ManualClock)
    files: FakeFiles = field(init=False)
    options: dict[str, Any] = field(init=False)
    sink_options: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.files = FakeFiles(self.names(self.scenario.sources), clock=self.clock)
        self.options = {"world": World(self.files, self.files, self.files, self.clock)}
        self.sink_options = {"clock": self.clock, "seconds": self.scenario.seconds}
        for step in self.scenario.script[: self.scenario.before]:
            self.do(step)

    def names(self, sources: Sequence[str]) -> list[str]:
        return [f"/logs/{source}" for source in sources]

    def begin(self, run: Run, sink: Collected) -> None:
        seconds = 0.0
        for step in self.scenario.script[self.scenario.before :]:
            if step == SETTLE:
                seconds += 60
            elif step == STOP:
                self.clock.at(seconds, run.stop)
            else:
                self.clock.at(seconds, lambda step=step: self.do(step))  # type: ignore[misc]
            seconds += 0.01
        self.clock.at(seconds + 60, run.stop)

    def do(self, step: Step) -> None:
        verb, *arguments = step
        getattr(self.files, str(verb))(*[f"/logs/{each}" if isinstance(each, str) else each for each in arguments])

    def end(self) -> None:
        assert not self.files.open_files


@dataclass(slots=True)
class Real:
    """Files on the disk, written by a thread of the test."""

    scenario: Scenario
    root: Path
    start: Callable[[Callable[[], object]], Callable[[], None]]
    options: dict[str, Any] = field(default_factory=lambda: {"lateness": SECOND // 50, "silence": SECOND // 50})
    sink_options: dict[str, Any] = field(default_factory=dict)
    finish: Callable[[], None] = field(init=False)

    def __post_init__(self) -> None:
        self.root.mkdir()
        for step in self.scenario.script[: self.scenario.before]:
            self.do(step)

    def names(self, sources: Sequence[str]) -> list[str]:
        return [str(self.root / source) for source in sources]

    def begin(self, run: Run, sink: Collected) -> None:
        self.finish = self.start(lambda: self._play(run, sink))

    def end(self) -> None:
        self.finish()

    def _play(self, run: Run, sink: Collected) -> None:
        played = list(self.scenario.script[: self.scenario.before])
        try:
            for step in [*self.scenario.script[self.scenario.before :], SETTLE]:
                if step == STOP:
                    return
                if step == SETTLE:
                    self._settle(played, sink)
                else:
                    self.do(step)
                    played.append(step)
        finally:
            run.stop()

    def _settle(self, played: Sequence[Step], sink: Collected) -> None:
        lines = {each for lines in Scenario(played).written.values() for each in lines} - self.scenario.lost
        until = time.monotonic() + PATIENCE
        while not sink.ended and (missing := lines - set(sink.lines)):
            assert time.monotonic() < until, f"not there: {sorted(missing)[:5]}"
            time.sleep(0.002)  # this is the writers' thread: nothing tells it when a sink has written

    def do(self, step: Step) -> None:
        verb, *arguments = step
        getattr(self, str(verb))(*[str(self.root / each) if isinstance(each, str) else each for each in arguments])

    # The verbs, as FakeFiles has them

    def append(self, path: str, data: bytes) -> None:
        with open(path, "ab", buffering=0) as file:
            file.write(data)

    def create(self, path: str, data: bytes = b"") -> None:
        new = Path(path).with_name(".new")
        new.write_bytes(data)
        new.replace(path)

    def fifo(self, path: str) -> None:
        os.mkfifo(path)

    def symlink(self, path: str, target: str) -> None:
        new = Path(path).with_name(".link")
        new.symlink_to(target)
        new.replace(path)

    def rename(self, old: str, new: str) -> None:
        os.rename(old, new)

    def delete(self, path: str) -> None:
        os.unlink(path)

    def truncate(self, path: str) -> None:
        os.truncate(path, 0)

    def copy_truncate(self, path: str, to: str, between: bytes = b"") -> None:
        shutil.copyfile(path, to)
        self.append(path, between)
        self.truncate(path)


BOTH = (append("a", 1), append("b", 2))

SCENARIOS: Final = {
    "append": Scenario([*BOTH, SETTLE, append("a", 3, 4), append("b", 5)]),
    "what was there before": Scenario([append("a", 1, 3), append("b", 2, 4), append("a", 5)], before=2),
    "torn append": Scenario(
        [*BOTH, SETTLE, torn("a", 3)[0], append("b", 2.5), torn("a", 3)[1], SETTLE, append("b", 5)]
    ),
    "rotate by rename": Scenario(
        [*BOTH, SETTLE, append("a", 3), ("rename", "a.log", "a.log.1"), append("a", 4), SETTLE, append("b", 5)]
    ),
    "rotate twice at once": Scenario(
        [
            *BOTH,
            SETTLE,
            append("a", 3),
            ("rename", "a.log", "a.log.1"),
            append("a", 4),
            ("rename", "a.log.1", "a.log.2"),
            ("rename", "a.log", "a.log.1"),
            append("a", 5),
        ]
    ),
    "copytruncate": Scenario(
        [*BOTH, SETTLE, ("copy_truncate", "a.log", "a.log.1"), append("a", 3), SETTLE, append("b", 4)]
    ),
    "copytruncate while it is written": Scenario(
        [*BOTH, SETTLE, ("copy_truncate", "a.log", "a.log.1", line("a", 3)), append("a", 4), SETTLE, append("b", 5)],
        lost=frozenset([line("a", 3)]),
        grounds=("fake",),  # on a disk, the line may be read before it is truncated: the next scenario
    ),
    "copytruncate, read further than it was copied": Scenario(
        [
            *BOTH,
            SETTLE,
            ("create", "a.log.1", line("a", 1)),
            append("a", 3),
            SETTLE,
            ("truncate", "a.log"),
            append("a", 4),
            SETTLE,
            append("b", 5),
        ]
    ),
    "truncate": Scenario([*BOTH, SETTLE, ("truncate", "a.log"), append("a", 3), SETTLE, append("b", 4)]),
    "delete and create": Scenario([*BOTH, SETTLE, ("delete", "a.log"), SETTLE, append("a", 3), SETTLE, append("b", 4)]),
    "create over": Scenario([*BOTH, SETTLE, ("create", "a.log", line("a", 3)), SETTLE, append("a", 4)]),
    "symlink swap": Scenario(
        [
            ("append", "one", line("a", 1)),
            ("symlink", "a.log", "one"),
            append("b", 2),
            SETTLE,
            ("append", "two", line("a", 3)),
            ("symlink", "a.log", "two"),
            SETTLE,
            ("append", "two", line("a", 4)),
        ],
        before=2,
        sources=("a.log", "b.log"),
    ),
    "new file by glob": Scenario([append("a", 1), SETTLE, append("c", 2), SETTLE, append("b", 3), append("c", 4)]),
    "a name that is waited for": Scenario([append("a", 1), SETTLE, append("b", 2)], sources=("a.log", "b.log")),
    "nothing found yet": Scenario([SETTLE, append("a", 1)]),
    "nothing ever": Scenario([]),
    "burst": Scenario(
        [
            *BOTH,
            SETTLE,
            append("a", *range(3, 20_001)),
            SETTLE,
            append("b", 30_000),
            SETTLE,
            append("a", *range(30_001, 35_000)),
        ]
    ),
    "silence": Scenario([append("a", 1), *[SETTLE] * 60, append("b", 3600), append("a", 3601)], grounds=("fake",)),
    "equal times": Scenario(
        [append("a", 1, 1), append("b", 1, 1), SETTLE, append("a", 2), append("b", 2), append("a", 3), append("b", 3)]
    ),
    "stop in the middle": Scenario([*BOTH, SETTLE, append("a", 3), append("b", 4), STOP, append("a", 5)], whole=False),
    "stop at once": Scenario([append("a", 1), append("b", 2), STOP], before=2, whole=False),
    "slow sink": Scenario([append("a", *range(100)), *(append("b", n) for n in range(100, 150))], seconds=0.1),
    "failing sink": Scenario([*BOTH, SETTLE, append("a", 3), SETTLE, append("b", 4)], fails_at=2, whole=False),
    "failing source": Scenario(
        [*BOTH, SETTLE, ("fail", "a.log"), append("a", 3), append("b", 4)],
        lost=frozenset([line("a", 3)]),
        grounds=("fake",),
    ),
    "a pipe and a file": Scenario(
        [("fifo", "p.log"), append("a", 1), SETTLE, append("p", 2), SETTLE, append("a", 3), SETTLE, append("p", 4, 5)],
        before=2,
        sources=("a.log", "p.log"),
        grounds=("real",),
    ),
    "a pipe alone": Scenario(
        [("fifo", "p.log"), append("p", 1), SETTLE, append("p", 2), append("p", 3, 4)],
        before=1,
        sources=("p.log",),
        grounds=("real",),
    ),
}
