"""``follow(checkpoint=...)``: at least once for whoever acknowledges, exactly once for whoever keeps positions."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.live_run import line, lines
from drivers.logs import nothing_left_behind
from logbraid.api import World, afollow, follow
from logbraid.core.positions import Position
from logbraid.errors import CheckpointError, UsageError
from logbraid.sinks.callback import CallbackSink
from logbraid.testing import FakeFiles, ManualClock

FIRST, SECOND_, THIRD = lines("one", 10), lines("two", 10, first=5), lines("three", 10, first=10)


class Machine:
    """Files that outlive the runs that follow them."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.files = FakeFiles(["/logs/*.log"], clock=self.clock)
        self.files.append("/logs/a.log", FIRST)

    @property
    def world(self) -> World:
        self.files._found.clear()  # a new run finds everything anew
        return World(self.files, self.files, self.files, self.clock)

    def follow(self, checkpoint: Any, **options: Any) -> Any:
        return follow("/logs/*.log", last=None, checkpoint=checkpoint, world=self.world, **options)

    def afollow(self, checkpoint: Any) -> Any:
        return afollow("/logs/*.log", last=None, checkpoint=checkpoint, world=self.world)

    def stop_after(self, run: Any, seconds: float = 60) -> None:
        self.clock.at(self.clock.seconds + seconds, run.stop)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    with nothing_left_behind():
        yield


def taken(machine: Machine, checkpoint: Any, *, acknowledge: bool = True) -> bytes:
    """Take all batches of a run that is stopped after a while."""
    with machine.follow(checkpoint) as run:
        machine.stop_after(run)
        found = b""
        for batch in run:
            found += bytes(batch.data)
            if acknowledge:
                run.acknowledge(batch)
    return found


def taken_by_a_coroutine(machine: Machine, checkpoint: Any) -> bytes:
    async def main() -> bytes:
        found = b""
        async with machine.afollow(checkpoint) as run:
            machine.stop_after(run)
            async for batch in run:
                found += bytes(batch.data)
                run.acknowledge(batch)
        return found

    return asyncio.run(main())


@pytest.mark.parametrize("take", [taken, taken_by_a_coroutine])
def test_what_was_acknowledged_does_not_come_again(machine: Machine, tmp_path: Path, take: Any) -> None:
    assert take(machine, tmp_path / "c") == FIRST
    assert take(machine, tmp_path / "c") == b""
    machine.files.append("/logs/a.log", SECOND_)
    assert take(machine, tmp_path / "c") == SECOND_


def test_what_was_not_acknowledged_comes_again(machine: Machine, tmp_path: Path) -> None:
    assert taken(machine, tmp_path / "c", acknowledge=False) == FIRST
    assert taken(machine, tmp_path / "c") == FIRST


def test_a_batch_stands_for_those_before_it_and_for_none_behind_it(machine: Machine, tmp_path: Path) -> None:
    for text in (SECOND_, THIRD):
        machine.clock.at(machine.clock.seconds + 5 * (1 + (text is THIRD)), append(machine, text))
    with machine.follow(tmp_path / "c") as run:
        first, second, third = next(run), next(run), next(run)
        assert b"".join(bytes(batch.data) for batch in (first, second)) != FIRST + SECOND_ + THIRD
        run.acknowledge(second)
        run.acknowledge(first)
        rest = bytes(third.data)
    assert taken(machine, tmp_path / "c").startswith(rest)


def append(machine: Machine, text: bytes) -> Any:
    return lambda: machine.files.append("/logs/a.log", text)


def test_leaving_with_an_error_saves_what_was_acknowledged_before(machine: Machine, tmp_path: Path) -> None:
    def fail_at_the_last_record() -> None:
        with machine.follow(tmp_path / "c") as run:
            for batch in run:
                run.acknowledge(batch)
                if bytes(batch.data).endswith(FIRST[-10:]):
                    raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_the_last_record()
    assert taken(machine, tmp_path / "c") == b""


class Database:
    """Keeps data and positions together, or neither."""

    def __init__(self) -> None:
        self.data = b""
        self.positions: dict[str, Position] = {}

    def keep(self, batch: Any) -> None:
        self.data += bytes(batch.data)
        self.positions |= {position.source: position for position in batch.positions}

    @property
    def kept(self) -> Iterable[Position]:
        return list(self.positions.values())


def test_who_keeps_positions_with_the_data_has_everything_once(machine: Machine) -> None:
    database = Database()
    for text in (b"", SECOND_, THIRD):
        machine.files.append("/logs/a.log", text)
        with machine.follow(database.kept) as run:
            machine.stop_after(run)
            for batch in run:
                database.keep(batch)
                break  # as if it had been killed: what is behind was never kept
        with machine.follow(database.kept) as run:
            machine.stop_after(run)
            for batch in run:
                database.keep(batch)
    assert database.data == FIRST + SECOND_ + THIRD


@pytest.mark.parametrize("coroutine", [False, True])
def test_a_function_is_acknowledged_for_once_it_has_returned(machine: Machine, tmp_path: Path, coroutine: bool) -> None:
    found: list[bytes] = []

    async def take_slowly(batch: Any) -> None:
        await asyncio.sleep(0)
        found.append(bytes(batch.data))

    def take(batch: Any) -> None:
        found.append(bytes(batch.data))

    for _ in range(2):
        with machine.follow(tmp_path / "c") as run:
            machine.stop_after(run)
            run.into(take_slowly if coroutine else take)
    assert b"".join(found) == FIRST


def test_an_asynchronous_run_into_a_function(machine: Machine, tmp_path: Path) -> None:
    found: list[bytes] = []

    async def main() -> None:
        async with machine.afollow(tmp_path / "c") as run:
            machine.stop_after(run)
            await run.into(lambda batch: found.append(bytes(batch.data)))

    asyncio.run(main())
    asyncio.run(main())
    assert b"".join(found) == FIRST


class Holding:
    """A sink that holds back what it is given until it is flushed."""

    def __init__(self) -> None:
        self.held = self.kept = b""

    def write(self, batch: Any) -> None:
        self.held += bytes(batch.data)

    def flush(self) -> None:
        self.kept += self.held
        self.held = b""

    def close(self) -> None:
        raise ZeroDivisionError

    def abort(self) -> None:
        self.held = b""


def test_a_sink_that_holds_back_is_flushed_before_anything_counts(machine: Machine, tmp_path: Path) -> None:
    sink, run = Holding(), machine.follow(tmp_path / "c")
    machine.clock.at(10, append(machine, SECOND_))
    machine.clock.at(10.5, run.stop)  # before it is flushed again
    with pytest.raises(ZeroDivisionError), run:
        run.into(sink)
    assert sink.kept + taken(machine, tmp_path / "c") == FIRST + SECOND_


def test_where_a_silent_source_begins_comes_with_the_next_batch(machine: Machine) -> None:
    database = Database()
    machine.files.append("/logs/b.log", lines("quiet", 10))
    with follow("/logs/*.log", last=0, checkpoint=[], world=machine.world) as run:
        machine.clock.at(10, append(machine, SECOND_))
        for batch in run:
            database.keep(batch)
            break
    assert set(database.positions) == {"/logs/a.log", "/logs/b.log"}
    with machine.follow(database.kept) as run:
        machine.stop_after(run)
        for batch in run:
            database.keep(batch)
    assert database.data == SECOND_


def test_a_sink_that_fails_gets_the_batch_again(machine: Machine, tmp_path: Path) -> None:
    def refuse(batch: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), machine.follow(tmp_path / "c") as run:
        run.into(CallbackSink(refuse))
    assert taken(machine, tmp_path / "c") == FIRST


def test_a_path_goes_on_where_it_stopped(machine: Machine, tmp_path: Path) -> None:
    output = tmp_path / "out"
    for text in (b"", SECOND_):
        machine.files.append("/logs/a.log", text)
        with machine.follow(tmp_path / "c") as run:
            machine.stop_after(run)
            run.into(output)
        with output.open("ab") as file:
            file.write(b"")
    assert output.read_bytes() == FIRST + SECOND_


def test_an_asynchronous_run_into_a_path(machine: Machine, tmp_path: Path) -> None:
    async def main() -> None:
        async with machine.afollow(tmp_path / "c") as run:
            machine.stop_after(run)
            await run.into(tmp_path / "out")

    asyncio.run(main())
    machine.files.append("/logs/a.log", SECOND_)
    asyncio.run(main())
    assert (tmp_path / "out").read_bytes() == FIRST + SECOND_


# Errors


def test_the_checkpoint_of_an_output_is_for_that_output(machine: Machine, tmp_path: Path) -> None:
    with machine.follow(tmp_path / "c") as run:
        machine.stop_after(run)
        run.into(tmp_path / "out")
    machine.files.append("/logs/a.log", line(9, "more"))
    with machine.follow(tmp_path / "c") as run, pytest.raises(UsageError, match="is the checkpoint of an output"):
        next(run)
    with machine.follow(tmp_path / "c") as run, pytest.raises(CheckpointError, match="other"):
        run.into(tmp_path / "other")


def test_two_runs_cannot_share_a_checkpoint(machine: Machine, tmp_path: Path) -> None:
    with (
        machine.follow(tmp_path / "c"),
        pytest.raises(CheckpointError, match="in use by another run"),
        machine.follow(tmp_path / "c"),
    ):
        pass


def test_without_a_checkpoint_there_is_nothing_to_acknowledge(machine: Machine) -> None:
    with machine.follow(None) as run, pytest.raises(UsageError, match="checkpoint= names a file"):
        run.acknowledge(next(run))


def test_a_batch_of_another_run_is_refused(machine: Machine, tmp_path: Path) -> None:
    with machine.follow(None) as run:
        foreign = next(run)
    with machine.follow(tmp_path / "c") as run:
        own = next(run)
        assert own.serial == 1
        for batch in (foreign, dataclasses.replace(own, positions=())):
            with pytest.raises(UsageError, match="not from this run"):
                run.acknowledge(batch)
        run.acknowledge(own)
    with pytest.raises(UsageError, match="the run has ended"):
        run.acknowledge(own)
