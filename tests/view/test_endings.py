"""Last lines without their newline: seen after a while, once, as long as they are, and whole when they have ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.api import follow_into
from logbraid.core.account import Account, SourceAccount
from logbraid.core.options import Options
from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.types import PADDING, SECOND, Nanos, Source, SourceId
from logbraid.drivers.control import Control
from logbraid.sinks.base import Sink
from logbraid.view.endings import PATIENCE, Endings
from logbraid.view.index import Index
from logbraid.view.intake import Intake
from logbraid.view.nearby import Nearby
from logbraid.view.saving import save
from logbraid.view.scan import Scan
from logbraid.view.selection import Selection
from logbraid.view.shelf import Shelf

from .build import blocks_of

START = 1_772_352_000 * SECOND  # 2026-03-01T08:00:00Z
ONE = b"2026-03-01T08:00:00Z INFO one\n"
TWO = b"2026-03-01T08:00:01Z WARN two\n"


@dataclass
class Log:
    """A file that a run reads as it is written: what has ended it gives as records, and holds the rest."""

    path: Path
    source: Source
    sources: list[Source]
    data: bytes = b""
    given: int = 0

    def write(self, data: bytes) -> RecordBatch | None:
        """Append something; return the records that it completes."""
        with self.path.open("ab") as file:
            file.write(data)
        self.data += data
        begin, self.given = self.given, self.data.rfind(b"\n") + 1
        return self.batch(begin, self.data[begin : self.given]) if begin < self.given else None

    def batch(self, base: int, text: bytes) -> RecordBatch:
        lines = text.splitlines(keepends=True)
        ends = np.cumsum([len(line) for line in lines])
        starts = ends - np.array([len(line) for line in lines])
        times = START + base + starts
        buffer = np.frombuffer(text + bytes(PADDING), np.uint8)
        limit = base + len(text)
        part = SourceBatch(self.source, 0, buffer, base, starts, ends, times, times, int(times[-1]), limit)
        return RecordBatch((part,), np.arange(len(part)), self.sources)

    @property
    def account(self) -> SourceAccount:
        size = len(self.data)
        return SourceAccount(self.source.label, self.source.path, bytes_seen=size, bytes_held=size - self.given)


class World:
    """Some logs, and a view of them whose thread does what the test says."""

    def __init__(self, directory: Path, shelf: Shelf, count: int = 1, options: Options | None = None) -> None:
        paths = [directory / f"{number}.log" for number in range(count)]
        sources = [Source(SourceId(n), str(path), path.name, START) for n, path in enumerate(paths)]
        self.logs = [Log(path, source, sources) for path, source in zip(paths, sources, strict=True)]
        self.shelf = shelf
        self.index = Index()
        self.tick: Nanos = 0
        self.endings = Endings(options or Options(), shelf, lambda: self.tick)

    def run(self, script: Callable[[], None]) -> None:
        def run(make_sink: Callable[[list[Source]], Sink], *, control: Control, **_: object) -> Account:
            self._sink, self._control = make_sink([log.source for log in self.logs]), control
            script()
            return Account()

        intake = Intake(run, self.index, self.shelf, self.endings, whole=False)
        intake.start()
        intake.stop()
        if intake.failure is not None:
            raise intake.failure

    def write(self, data: bytes, number: int = 0) -> None:
        batch = self.logs[number].write(data)
        if batch is not None:
            self._sink.write(batch)

    def wait(self, time: Nanos = PATIENCE) -> None:
        """Look, let some time go by, and look again."""
        for pause in (time, 0):
            self._control.report()
            self._control.attend(lambda: Account([log.account for log in self.logs]), None, lambda event: None)
            self.tick += pause

    @property
    def texts(self) -> list[bytes]:
        batch = self.shelf.batch(self.index, range(len(self.index)))
        return [record.data for record in batch.records()] if len(batch) else []


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(Shelf()) as shelf:
        yield World(tmp_path, shelf)


WRITES = st.lists(
    st.tuples(st.integers(0, 1), st.text("ab\n", min_size=1, max_size=6), st.booleans()), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(WRITES, st.integers(1, 5))
def test_each_line_is_seen_once_however_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, str, bool]], size: int
) -> None:
    with closing(Shelf()) as shelf, blocks_of(size):
        world = World(tmp_path_factory.mktemp("logs"), shelf, count=2)
        search = Scan("b", world.index, shelf)
        hides = Selection(world.index).with_scans((), (search,))

        def check() -> None:
            assert sorted(world.texts) == sorted(lines_of(world))
            found = [record for record, text in enumerate(world.texts) if b"b" in text]
            assert scanned(search, world.index) == found
            assert search.count == len(found)
            assert [*hides.walk(0, 1)] == [record for record in range(len(world.index)) if record not in found]
            assert hides.count == len(world.index) - len(found)

        def script() -> None:
            for number, text, waits in writes:
                world.write(text.encode(), number)
                if waits:
                    world.wait()
                    check()
            for number in range(2):
                world.write(b"\n", number)
            check()
            assert not world.index.unended

        world.run(script)


def lines_of(world: World) -> list[bytes]:
    return [line for log in world.logs for line in log.data.splitlines(keepends=True)]


def scanned(search: Scan, index: Index) -> list[int]:
    """Scan all there is, and return what was found."""
    for block in index.blocks:
        while not search.is_done(block):
            search.scan(block)
    return [block.first + row for block in index.blocks for row, is_found in enumerate(search.mask(block)) if is_found]


def test_a_level_is_looked_at_again_and_what_is_on_the_screen_is_read_again(world: World) -> None:
    graver = Selection(world.index, least=4)
    nearby = Nearby(world.index, world.shelf)

    def script() -> None:
        world.write(TWO[:-1])
        world.wait()
        assert [*graver.walk(0, 1)] == []
        assert nearby.read(0, ()).data == TWO[:-1]
        world.write(b" or more\n")
        assert nearby.read(0, ()).data == TWO[:-1] + b" or more\n"
        world.write(b"2026-03-01T08:00:02Z ")
        world.wait()
        assert [*graver.walk(0, 1)] == [1], "what has no level stays"
        nearby.read(0, [1])
        world.write(b"INFO no error\n")
        assert [*graver.walk(0, 1)] == []
        assert graver.count == 0
        assert nearby.read(1, ()).data == b"2026-03-01T08:00:02Z INFO no error\n"
        assert not nearby.read(1, ()).may_change

    world.run(script)


@pytest.mark.parametrize("name", ["out.log", "out.jsonl"])
def test_what_is_saved_is_what_is_there(world: World, tmp_path: Path, name: str) -> None:
    saved = tmp_path / name

    def save_now() -> bytes:
        saved.unlink(missing_ok=True)
        save(str(saved), Selection(world.index), world.shelf, [log.source for log in world.logs], lambda: False)
        return saved.read_bytes()

    def script() -> None:
        world.write(ONE + TWO[:-5])
        world.wait()
        half = save_now()
        assert half.count(b"INFO one") == half.count(b"WARN") == 1
        world.write(TWO[-5:])
        whole = save_now()
        assert whole.count(b"WARN two") == whole.count(b"WARN") == 1

    world.run(script)


def test_a_line_is_a_record_after_a_second_and_grows_in_its_place(world: World) -> None:
    def script() -> None:
        world.write(ONE + TWO[:-6])
        world.wait(PATIENCE - 1)
        assert world.texts == [ONE]
        world.wait(1)
        assert world.texts == [ONE, TWO[:-6]]
        assert world.index.time(1) == START + SECOND
        assert world.index.unended == {1}
        world.write(TWO[-6:-2])
        world.wait()
        assert world.texts == [ONE, TWO[:-2]]
        world.write(TWO[-2:] + ONE)
        assert world.texts == [ONE, TWO, ONE]
        assert (world.index.unended, world.index.changes) == (frozenset(), 2)

    world.run(script)


def test_a_line_that_grows_is_waited_for(world: World) -> None:
    def script() -> None:
        world.write(b"a")
        for _ in range(5):
            world.wait(PATIENCE - 1)
            world.write(b"b")
        assert world.texts == []

    world.run(script)


def test_the_only_line_of_a_file_is_seen_and_so_is_one_without_a_time(world: World) -> None:
    def script() -> None:
        world.write(b"no time")
        world.wait()
        assert (world.texts, world.index.time(0)) == ([b"no time"], START)

    world.run(script)


def test_its_level_is_the_one_that_it_has_in_the_end(world: World) -> None:
    def script() -> None:
        world.write(b"2026-03-01T08:00:00Z ")
        world.wait()
        assert world.index.blocks[0].level.tolist() == [-1]
        world.write(b"ERROR x")
        world.wait()
        assert world.index.blocks[0].level.tolist() == [4]

    world.run(script)


def test_what_is_shown_behind_later_records_is_late(tmp_path: Path) -> None:
    with closing(Shelf()) as shelf:
        world = World(tmp_path, shelf, count=2)

        def script() -> None:
            world.write(b"x\n" * 9, 1)
            world.write(b"old")
            world.wait()
            block = world.index.blocks[0]
            assert (len(block), list(block.late)) == (10, [9])

        world.run(script)


def test_whole_lines_that_the_run_still_holds_are_not_touched(world: World) -> None:
    def script() -> None:
        world.write(ONE)
        log = world.logs[0]
        log.data += b"held\nand more"
        log.path.write_bytes(log.data)
        world.wait()
        assert world.texts == [ONE]

    world.run(script)


def test_a_line_of_a_file_that_is_another_now_is_not_looked_for(world: World) -> None:
    def script() -> None:
        world.write(ONE + b"tail")
        world.logs[0].path.write_bytes(b"another file")
        world.wait()
        assert len(world.index) == 1

    world.run(script)


def test_since_holds_for_such_a_line_too(tmp_path: Path) -> None:
    with closing(Shelf()) as shelf:
        world = World(tmp_path, shelf, options=Options(since=START + 2 * SECOND))

        def script() -> None:
            world.write(TWO[:-1])
            world.wait()
            assert world.texts == []

        world.run(script)


def test_a_real_run_shows_the_last_line_of_an_old_log(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(ONE + TWO[:-1])
    with closing(Shelf()) as shelf:
        index, ticks = Index(), count(0, PATIENCE)
        run = partial(follow_into, [str(log)], options=Options(), beginning=None)
        intake = Intake(run, index, shelf, Endings(Options(), shelf, lambda: next(ticks)))

        def until(text: bytes) -> None:
            deadline = time.monotonic() + 20
            while len(index) != 2 or next(shelf.batch(index, [1]).records()).data != text:
                assert time.monotonic() < deadline
                intake.look()
                time.sleep(0.002)

        intake.start()
        until(TWO[:-1])
        with log.open("ab") as file:
            file.write(b"!\n")
        until(TWO[:-1] + b"!\n")
        intake.stop()
        assert len(index) == 2
