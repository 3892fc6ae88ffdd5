"""A run goes on where an earlier one was broken off: each byte leaves once, over however many runs."""

from __future__ import annotations

import select
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.api.plan import Plan, World
from logbraid.core.account import SourceAccount
from logbraid.core.checkpoint import decode_position, encode_position
from logbraid.core.events import BytesLost, Event, Resumed
from logbraid.core.options import Options
from logbraid.core.positions import Position
from logbraid.core.progress import Told, Wanted
from logbraid.core.types import SECOND
from logbraid.drivers.newcomers import Begin
from logbraid.drivers.pump import turn
from logbraid.testing import FakeFiles, ManualClock

from .live_run import line, lines

orders = pytest.mark.parametrize("order", ["time", "arrival"])


class Runs:
    """One output over many runs: a broken run leaves what was saved with it, and not a byte more."""

    def __init__(self, *sources: str, begin: Begin | None = None, **options: Any) -> None:
        self.clock = ManualClock()
        self.files = FakeFiles(sources, clock=self.clock)
        self.output = b""
        self.positions: dict[str, Position] = {}
        self.events: list[Event] = []
        self._sources = sources
        self._begin = begin or Begin(None)
        self._options = Options(**{"order": "time"} | options)
        self._start()

    def _start(self) -> None:
        world = World(self.files, self.files, self.files, self.clock)
        self.files._found.clear()
        plan = Plan(self._sources, self._options, self._begin, world=world)
        self.pump = plan.pump(
            lines=self._options.order == "arrival",
            wanted=Wanted(Told.EACH, self.positions, resumed=bool(self.positions)),
        )
        self._written = b""  # since the last commit
        self._moved: dict[str, Position] = {}

    def go_on(self, seconds: float = 5.0) -> None:
        """Turn for so long."""
        end = self.clock.now().tick + round(seconds * SECOND)
        while (until := self._turn()) <= end:
            self.clock.advance(max(until - self.clock.now().tick, 0) / SECOND)
        self.clock.advance(max(end - self.clock.now().tick, 0) / SECOND)

    def _turn(self) -> int:
        for batch in turn(self.pump):
            self._write(batch)
        self.events += self.pump.events()
        until = self.pump.until()
        assert until is not None
        return until

    def _write(self, batch: Any) -> None:
        self._written += bytes(batch.data)
        self._moved |= {position.source: decode_position(encode_position(position)) for position in batch.positions}
        if batch.due:
            self.commit()

    def commit(self) -> None:
        """Let what was written stay."""
        self.output += self._written
        self.positions |= self._moved
        self._written = b""
        self._moved = {}

    def crash(self) -> None:
        """Break off, and begin again."""
        self.pump.close()
        self._start()

    def stop(self) -> None:
        """End well."""
        for batch in self.pump.finish():
            self._write(batch)
        self.events += self.pump.events()
        self.pump.close()

    def account(self, source: int = 0) -> SourceAccount:
        found: SourceAccount = self.pump.account().sources[source]
        return found

    def said(self, kind: type[Event]) -> list[str]:
        return [str(event) for event in self.events if isinstance(event, kind)]


@orders
def test_what_was_saved_does_not_come_again(order: str) -> None:
    runs = Runs("/logs/a.log", order=order)
    runs.files.append("/logs/a.log", lines("one", 100))
    runs.go_on()
    runs.crash()
    runs.files.append("/logs/a.log", lines("two", 100, first=1))
    runs.go_on()
    assert runs.output == lines("one", 100) + lines("two", 100, first=1)
    assert runs.said(Resumed) == [f"/logs/a.log: goes on at byte {len(lines('one', 100))}"]


@orders
def test_what_was_not_saved_comes_again(order: str) -> None:
    runs = Runs("/logs/a.log", order=order)
    runs.files.append("/logs/a.log", lines("one", 100))
    runs.go_on(0.5)
    assert runs.output == b""
    assert runs._written != b""
    runs.crash()
    runs.go_on()
    assert runs.output == lines("one", 100)


@orders
@pytest.mark.parametrize("times", [1, 3])
def test_files_that_were_rotated_away_meanwhile_come_first(order: str, times: int) -> None:
    runs = Runs("/logs/*.log", order=order)
    runs.files.append("/logs/a.log", written := lines("0", 10))
    runs.go_on()
    runs.pump.close()
    for number in range(times):
        runs.files.append("/logs/a.log", more := lines("x", 10, first=number + 1))
        runs.files.rotate("/logs/a.log")
        runs.clock.advance(1)
        written += more
    runs._start()
    runs.go_on(30)
    assert runs.output == written


@orders
def test_a_torn_line_waits_for_the_next_run(order: str) -> None:
    runs = Runs("/logs/a.log", order=order)
    runs.files.append("/logs/a.log", line(0, "whole") + line(1, "torn")[:-3])
    runs.go_on()
    runs.stop()
    assert runs.output == line(0, "whole")
    runs.files.append("/logs/a.log", line(1, "torn")[-3:])
    runs._start()
    runs.go_on()
    assert runs.output == line(0, "whole") + line(1, "torn")


def test_a_file_that_is_gone_is_a_loss_that_the_account_names() -> None:
    runs = Runs("/logs/*.log")
    runs.files.append("/logs/a.log", lines("x", 10))
    runs.go_on()
    runs.files.append("/logs/a.log", lines("y", 10, first=1))
    runs.go_on(0.1)  # seen, and not written
    runs.crash()
    runs.files.delete("/logs/a.log")
    runs.go_on(30)
    assert runs.output == lines("x", 10)
    account = runs.account()
    assert account.bytes_seen == account.bytes_emitted + account.bytes_lost
    assert account.bytes_emitted == len(runs.output)
    assert len(runs.said(BytesLost)) == 1


def test_with_the_last_records_a_quiet_source_is_not_read_from_its_beginning_later() -> None:
    runs = Runs("/logs/a.log", begin=Begin(0))
    runs.files.append("/logs/a.log", lines("old", 10))
    runs.go_on()
    runs.crash()
    runs.files.append("/logs/a.log", lines("new", 10, first=1))
    runs.go_on()
    assert runs.output == lines("new", 10, first=1)


def test_where_a_source_begins_is_saved_before_anything_is_written() -> None:
    runs = Runs("/logs/a.log", begin=Begin(0))
    runs.files.append("/logs/a.log", lines("old", 10))
    runs.go_on(0)
    runs.files.append("/logs/a.log", new := lines("new", 10, first=1))
    runs.go_on(0.5)
    assert runs.output == b""
    runs.crash()
    runs.go_on()
    assert runs.output == new


@orders
def test_a_file_that_was_renamed_to_another_name_that_is_followed_is_nothing_new(order: str) -> None:
    runs = Runs("/logs/*.log", order=order)
    runs.files.append("/logs/a.log", text := lines("x", 10))
    runs.go_on()
    runs.files.rename("/logs/a.log", "/logs/b.log")
    runs.go_on(30)
    runs.crash()
    runs.go_on(30)
    assert runs.output == text


def test_what_a_filter_takes_out_has_left() -> None:
    runs = Runs("/logs/a.log", include=("keep",))
    runs.files.append("/logs/a.log", lines("drop", 10))
    runs.go_on()
    assert runs.positions["/logs/a.log"].place.offset == len(lines("drop", 10))
    runs.crash()
    runs.files.append("/logs/a.log", lines("keep", 10, first=1))
    runs.go_on()
    account = runs.account()
    assert runs.output == lines("keep", 10, first=1)
    assert (account.bytes_filtered, account.bytes_emitted) == (len(lines("drop", 10)), len(runs.output))
    assert account.bytes_seen == account.bytes_filtered + account.bytes_emitted


@pytest.mark.parametrize("meanwhile", ["nothing", "touched", "renamed", "another"])
def test_an_archive_is_read_over_up_to_where_it_was_left(meanwhile: str) -> None:
    runs = Runs("/logs/*.gz")
    runs.files.append("/logs/old.1", text := lines("x", 5000))
    runs.files.compress("/logs/old.1")
    read_to_the_end(runs)
    assert runs.output == text
    runs.clock.advance(10)
    if meanwhile == "touched":
        runs.files.write_at("/logs/old.1.gz", 0, b"")
    elif meanwhile == "renamed":
        runs.files.rename("/logs/old.1.gz", "/logs/old.2.gz")
    elif meanwhile == "another":
        runs.files.append("/logs/old.2", new := lines("y", 10))
        runs.files.compress("/logs/old.2")
        text += new
    runs._start()
    read_to_the_end(runs)
    assert runs.output == text


def read_to_the_end(runs: Runs) -> None:
    while not runs.pump.done:
        runs._turn()
        select.select(runs.pump.descriptors, [], [], 0.01)  # archives are read by threads of their own
    runs.stop()


@given(st.data())
def test_over_any_number_of_runs_each_line_leaves_once(data: st.DataObject) -> None:
    runs = Runs("/logs/*.log", order=data.draw(st.sampled_from(["time", "arrival"])))
    written: dict[str, list[bytes]] = {"a": [], "b": []}
    second = 0.0
    for _ in range(data.draw(st.integers(1, 12))):
        name = data.draw(st.sampled_from("ab"))
        what = data.draw(st.sampled_from(["write", "torn", "rotate", "crash", "stop", "wait", "commit"]))
        if what in ("write", "torn"):
            second += 1
            new = lines(name, data.draw(st.integers(1, 30)), first=second)
            cut = len(new) // 2 if what == "torn" else len(new)
            runs.files.append(f"/logs/{name}.log", new[:cut])
            runs.go_on(data.draw(st.sampled_from([0.0, 0.3])))
            runs.files.append(f"/logs/{name}.log", new[cut:])
            written[name] += new.splitlines(keepends=True)
        elif what == "rotate" and runs.files.stat(f"/logs/{name}.log"):
            runs.files.rotate(f"/logs/{name}.log")
        elif what == "crash":
            runs.crash()
        elif what == "stop":
            runs.stop()
            runs._start()
        elif what == "commit":
            runs.commit()
        runs.go_on(data.draw(st.sampled_from([0.0, 0.01, 0.25, 1.5, 12.0])))
    for name in written:  # a file that was rotated away before anything was saved is found when its name is there again
        last = line(second + 1, f"{name} last")
        runs.files.append(f"/logs/{name}.log", last)
        written[name].append(last)
    runs.go_on(30)
    for name, expected in written.items():
        found = [each for each in runs.output.splitlines(keepends=True) if f" {name} ".encode() in each]
        assert found == expected
    for account in runs.pump.account().sources:
        assert account.bytes_seen == account.bytes_emitted == sum(map(len, written[account.label[0]]))
    runs.stop()
    assert not runs.files.open_files


@orders
def test_a_deleted_file_that_was_read_to_its_end_is_no_loss(order: str) -> None:
    runs = Runs("/logs/*.log", order=order)
    runs.files.append("/logs/a.log", lines("one", 10))
    runs.go_on()
    runs.files.delete("/logs/a.log")
    runs.go_on(30)
    runs.crash()
    runs.go_on(30)
    assert runs.said(BytesLost) == []
    assert runs.positions["/logs/a.log"].over
    runs.files.append("/logs/a.log", lines("two", 10, first=60))
    runs.go_on(30)
    runs.crash()
    runs.go_on(30)
    assert runs.output == lines("one", 10) + lines("two", 10, first=60)
    assert runs.said(BytesLost) == []


@orders
def test_the_device_has_another_number_after_a_restart_of_the_machine(order: str) -> None:
    runs = Runs("/logs/a.log", order=order)
    runs.files.append("/logs/a.log", lines("one", 100))
    runs.go_on()
    runs.positions = {path: position.on_device(77) for path, position in runs.positions.items()}
    runs.crash()
    runs.files.append("/logs/a.log", lines("two", 100, first=1))
    runs.go_on(30)
    assert runs.output == lines("one", 100) + lines("two", 100, first=1)
    assert runs.said(BytesLost) == []


@orders
def test_what_is_lost_is_counted_once_over_all_runs(order: str) -> None:
    runs = Runs("/logs/*.log", order=order)
    runs.files.append("/logs/a.log", lines("x", 10))
    runs.go_on()
    runs.files.append("/logs/a.log", lines("y", 10, first=1))
    runs.go_on(0.1)
    runs.crash()
    runs.files.delete("/logs/a.log")
    runs.go_on(30)
    lost = runs.account().bytes_lost
    for _ in range(2):
        runs.crash()
        runs.go_on(30)
    assert runs.account().bytes_lost == lost


@orders
def test_a_source_that_is_named_by_a_link_now_is_the_same(order: str) -> None:
    runs = Runs("/logs/a.log", order=order)
    runs.files.append("/logs/a.log", text := lines("x", 10))
    runs.go_on()
    runs.pump.close()
    runs.files.symlink("/logs/link", "/logs/a.log")
    runs._sources = ("/logs/link",)
    runs.files._sources = runs._sources
    runs._start()
    runs.files.append("/logs/a.log", new := lines("y", 10, first=1))
    runs.go_on(30)
    assert runs.output == text + new


@orders
def test_an_inode_that_another_source_has_now_is_not_taken_for_that_of_an_earlier_run(order: str) -> None:
    runs = Runs("/logs/*.log", order=order)
    runs.files.reuse = True
    for name in "ab":
        runs.files.append(f"/logs/{name}.log", lines(name, 100))
    runs.go_on()
    for name in "ab":
        runs.files.append(f"/logs/{name}.log", lines(name, 50, first=1))
    runs.pump.close()
    runs.files.rename("/logs/a.log", "/logs/a.log.1")
    runs.files.compress("/logs/a.log.1")  # which frees its inode
    runs.files.rename("/logs/b.log", "/logs/b.log.1")
    runs.files.compress("/logs/b.log.1")
    for name in "ab":
        runs.files.append(f"/logs/{name}.log", lines(name, 10, first=2))
    runs._start()
    runs.go_on(60)
    for name in "ab":
        found = [each for each in runs.output.splitlines(keepends=True) if f" {name} ".encode() in each]
        assert b"".join(found) == lines(name, 100) + lines(name, 50, first=1) + lines(name, 10, first=2)
    assert runs.said(BytesLost) == []
