"""Whole runs of ``follow`` under random writers and rotators, held against a plain model of what they wrote.

The clock is turned by hand, the files are in memory or on the disk, and things happen between two turns of the run or
in the middle of one. The model excuses what no reader could have had, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from follow_grounds import Ground, Memory, OnDisk, Run
from logbraid.core.options import Order
from logbraid.testing import ManualClock

LINE: Final = re.compile(rb"\d{19} ([a-d]) (\d{6}) \.*end\n")
SOURCES: Final = ("a", "b", "c")
MOST_CALLS: Final = 3000
"""Of the ports, within one moment."""

LEAST_COPIED: Final = 600
"""Bytes: a shorter copy than that cannot be told from other files with the same opening."""


class Written(RuleBasedStateMachine):
    """Four writers, a rotator, and a run that is stalled, interrupted and robbed of its hints."""

    ground_type: type[Memory] | type[OnDisk] = Memory

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.numbers = dict.fromkeys((*SOURCES, "d"), 0)
        self.excused: set[tuple[str, int]] = set()
        self.lines: dict[tuple[str, int], bytes] = {}
        self.torn: dict[str, bytes] = {}
        self.announced: set[str] = set()
        self.truncated: set[str] = set()
        self.known: set[str] = set()  # that the run knows to have been truncated once
        self.swaps = 0
        self.calls = 0  # of the ports before the interruption
        self.spins, self.tick = 0, -1
        self.interruption: Callable[[], object] | None = None

    @initialize(
        kind=st.sampled_from(["thread", "coroutine", "lines"]),
        order=st.sampled_from(["time", "arrival"]),
        hints=st.sampled_from(["all", "dropped", "lost"]),
        past=st.booleans(),
    )
    def begin(self, kind: str, order: Order, hints: str, past: bool) -> None:
        self.order: Order = "arrival" if kind == "lines" else order
        self.ground: Ground = self.ground_type(self.clock, self.interrupt, hints)
        self.write("a", 8)
        self.swap()
        if past:
            self.rotate("a", late=False, again=True)
        self.run = Run(kind, self.order, self.ground.world, self.clock)
        self.run.go_on(0.01)

    # The model

    def text(self, source: str, count: int) -> bytes:
        lines = b""
        for number in range(self.numbers[source], self.numbers[source] + count):
            if self.interruption is None:  # else the pause that is due might be taken in the middle of a turn
                self.clock.advance(0.000_001)
            stamp = self.clock.now().wall
            line = b"%d %s %06d %send\n" % (stamp, source.encode(), number, b"." * (number % 40))
            lines += line
            self.lines[source, number] = line
        self.numbers[source] += count
        return lines

    @property
    def delivered(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {source: [] for source in self.numbers}
        for batch in self.run.batches if hasattr(self, "run") else ():
            for source, number in LINE.findall(batch.data):
                found[source.decode()].append(int(number))
        return found

    def unread(self, data: bytes | None) -> set[tuple[str, int]]:
        delivered = self.delivered
        lines = [(source.decode(), int(number)) for source, number in LINE.findall(data or b"")]
        return {(source, number) for source, number in lines if number not in delivered[source]}

    def has_begun(self, name: str) -> bool:
        """Whether the run has read the beginning of a file, and so can tell it from what replaces it."""
        data = self.ground.content(name) or b""
        head = data[: data.find(b"\n") + 1]
        return bool(head) and not self.unread(head)

    def is_there(self, name: str) -> bool:
        return self.ground.content(name) is not None

    # Writers

    def write(self, source: str, count: int) -> None:
        self.finish_line(source)
        self.ground.append(f"{source}.log", self.text(source, count))

    def finish_line(self, source: str) -> None:
        """Write the rest of a torn line before anything else happens to its file."""
        if rest := self.torn.pop(source, b""):
            self.ground.append(f"{source}.log", rest)

    @rule(source=st.sampled_from(SOURCES), count=st.sampled_from([1, 2, 5, 30]))
    def append(self, source: str, count: int) -> None:
        self.write(source, count)

    @rule(source=st.sampled_from(SOURCES))
    def append_torn(self, source: str) -> None:
        self.finish_line(source)
        data = self.text(source, 2)
        self.ground.append(f"{source}.log", data[:-9])
        self.torn[source] = data[-9:]

    @rule()
    def append_through_link(self) -> None:
        self.ground.append(f"d-{self.swaps}", self.text("d", 2))

    # The rotator

    def make_way(self, name: str) -> None:
        """Number the rotated files anew, so that ``.1`` is free."""
        there = set(self.ground.names())
        for number in range(len(there), 0, -1):
            for suffix in ("", ".gz"):
                if f"{name}.{number}{suffix}" in there:
                    self.ground.rename(f"{name}.{number}{suffix}", f"{name}.{number + 1}{suffix}")

    @rule(source=st.sampled_from(SOURCES), late=st.booleans(), again=st.booleans())
    def rotate(self, source: str, late: bool, again: bool) -> None:
        """Rename; perhaps the writer has the old file open for a while yet."""
        name = f"{source}.log"
        if self.is_there(name):
            self.finish_line(source)
            self.make_way(name)
            self.ground.rename(name, f"{name}.1")
            if late:
                self.ground.append(f"{name}.1", self.text(source, 1))
            if again:
                self.write(source, 3)

    @rule(
        source=st.sampled_from(SOURCES),
        between=st.integers(0, 3),
        read=st.booleans(),
        after=st.sampled_from([0, 1, 40]),
    )
    def copytruncate(self, source: str, between: int, read: bool, after: int) -> None:
        """What is written between copying and truncating is lost, unless it is read in time."""
        name = f"{source}.log"
        if not self.is_there(name) or not (self.has_begun(name) or source in self.known):
            return
        self.finish_line(source)
        content = self.ground.content(name) or b""
        self.make_way(name)
        self.ground.append(f"{name}.1", content)
        if len(content) >= LEAST_COPIED:
            data = self.text(source, between)
            self.ground.append(name, data)
            if read and self.interruption is None:
                self.run.go_on(0.1)
            self.excused |= self.unread(data)
        self.ground.truncate(name)
        self.truncated.add(source)
        self.write(source, after)

    @rule(source=st.sampled_from(SOURCES), after=st.sampled_from([0, 1, 40]))
    def truncate(self, source: str, after: int) -> None:
        name = f"{source}.log"
        if self.is_there(name):
            self.finish_line(source)
            lost = self.unread(self.ground.content(name))
            self.excused |= lost
            self.announced |= {source} if lost and self.has_begun(name) else set()
            self.ground.truncate(name)
            self.write(source, after)

    @rule(source=st.sampled_from(SOURCES), rotated=st.booleans())
    def delete(self, source: str, rotated: bool) -> None:
        """What was not read is lost, unless the file is open."""
        name = f"{source}.log.2" if rotated else f"{source}.log"
        if self.is_there(name):
            self.finish_line(source)
            if not self.ground.is_open(name):
                self.excused |= self.unread(self.ground.content(name))
            self.ground.delete(name)

    @rule(source=st.sampled_from(SOURCES))
    def compress(self, source: str) -> None:
        name = f"{source}.log.2"
        if self.is_there(name) and self.has_begun(name):
            self.ground.compress(name)

    @rule()
    def swap(self) -> None:
        """Let the link lead to another file; only what was opened can be read on."""
        before = f"d-{self.swaps}"
        if self.swaps and not self.ground.is_open(before):
            self.excused |= self.unread(self.ground.content(before))
        self.swaps += 1
        self.ground.append(f"d-{self.swaps}", self.text("d", 3))
        self.ground.symlink("link.log", f"d-{self.swaps}")

    # The run

    @rule(seconds=st.sampled_from([0.02, 0.3, 1, 5, 15]))
    def go_on(self, seconds: float) -> None:
        self.run.go_on(seconds)
        self.known |= {source for source in self.truncated if seconds > 10 and self.has_begun(f"{source}.log")}

    @rule(seconds=st.sampled_from([0.01, 1, 20]))
    def stall(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(calls=st.integers(1, 8), source=st.sampled_from(SOURCES), what=st.sampled_from(["rotate", "write", "copy"]))
    def go_on_interrupted(self, calls: int, source: str, what: str) -> None:
        """Something happens between a look and a read."""
        operations: dict[str, Callable[[], None]] = {
            "rotate": lambda: self.rotate(source, late=False, again=True),
            "write": lambda: self.write(source, 5),
            "copy": lambda: self.copytruncate(source, 0, read=False, after=1),
        }
        self.calls, self.interruption = calls, operations[what]
        self.run.go_on(1)
        self.interruption = None

    def interrupt(self) -> None:
        tick = self.clock.now().tick
        self.spins, self.tick = self.spins + 1 if tick == self.tick else 0, tick
        assert self.spins < MOST_CALLS, "the run spins: nothing waits any more"
        self.calls -= 1
        if self.calls == 0 and self.interruption is not None:
            self.interruption()

    # What must hold

    @invariant()
    def each_line_comes_once_and_in_order(self) -> None:
        for numbers in self.delivered.values():
            assert all(before < after for before, after in pairwise(numbers))

    def teardown(self) -> None:
        if not hasattr(self, "run"):
            return
        for source in SOURCES:
            self.write(source, 1)
        self.append_through_link()
        self.run.go_on(40)
        account = self.run.end()
        self.ground.close()
        self.each_line_comes_once_and_in_order()
        self.nothing_else_came()
        delivered = self.delivered
        for source, written in self.numbers.items():
            missing = {(source, number) for number in set(range(written)) - set(delivered[source])}
            assert missing <= self.excused
        for one in account.sources:
            assert one.bytes_seen == one.bytes_emitted
            assert one.reasons or Path(one.path).name[0] not in self.announced

    def nothing_else_came(self) -> None:
        """Only a line that was cut off while it was written may have come in part."""
        torn = LINE.sub(b"", b"".join(batch.data for batch in self.run.batches))
        excused = [self.lines[line] for line in self.excused]
        assert all(any(line.startswith(part) for line in excused) for part in torn.splitlines())
        if self.order == "time":
            assert late_ones(self.run.batches) == [record.late for record in records(self.run.batches)]


def records(batches: Sequence[Any]) -> Iterator[Any]:
    return (record for batch in batches for record in batch.records())


def late_ones(batches: Sequence[Any]) -> list[bool]:
    """For each record, whether one with a later time came before it."""
    highest, late = 0, []
    for record in records(batches):
        late.append(record.time < highest)
        highest = max(highest, record.time)
    return late


class WrittenOnDisk(Written):
    """The same on the disk: the times of its files come in the ticks of a coarse clock."""

    ground_type = OnDisk


TestInMemory = Written.TestCase
TestInMemory.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestOnDisk = WrittenOnDisk.TestCase
TestOnDisk.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
