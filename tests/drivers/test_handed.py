"""HandedPump, turned by hand: what is looked at and when, and that nothing written before a close is lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from left_behind import descriptors
from logbraid.core.types import SECOND
from logbraid.drivers.handed import HandedPump
from logbraid.drivers.pump import turn
from logbraid.errors import SourceError
from logbraid.system.handles import HandleFiles
from logbraid.testing import ManualClock


class Run:
    """A pump over handles of new files, and a clock that passes an interval whenever it is asked to go on."""

    def __init__(self, directory: Path, *contents: bytes, interval: float = 1.0) -> None:
        self.paths = [directory / f"{number}.log" for number in range(len(contents))]
        for path, content in zip(self.paths, contents, strict=True):
            path.write_bytes(content)
        self.handles: list[BinaryIO] = [path.open("rb") for path in self.paths]
        self.clock = ManualClock()
        self.interval = interval
        self.files = HandleFiles(self.handles)
        self.pump = HandedPump(self.files, self.clock, round(interval * SECOND))
        self.written = 0

    def go_on(self) -> bytes:
        """Let an interval pass, and take turns until there is nothing to do; return what left."""
        self.clock.advance(self.interval)
        data = b"".join(self.turns())
        assert not self.pump.descriptors
        return data

    def turns(self) -> Iterator[bytes]:
        until: int | None = 0
        while not self.pump.done and until is not None and until <= self.clock.now().tick:
            yield from (bytes(batch.data) for batch in turn(self.pump))
            until = self.pump.until()

    def write(self, number: int, data: bytes, mode: str = "ab") -> None:
        """Write, at a moment of its own: what the clock of a file system cannot tell apart, nobody can."""
        self.written += 1
        with self.paths[number].open(mode) as file:
            file.write(data)
        os.utime(self.paths[number], ns=(0, self.written))

    def close(self) -> None:
        for handle in self.handles:
            handle.close()
        self.pump.close()


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(*contents: bytes, interval: float = 1.0) -> Run:
        runs.append(Run(tmp_path, *contents, interval=interval))
        return runs[-1]

    yield begin
    for run in runs:
        run.close()


def test_what_is_there_comes_first_and_what_is_written_then_with_the_next_survey(begin: Callable[..., Run]) -> None:
    run = begin(b"one\n", b"two\npart")
    assert run.go_on() == b"one\ntwo\n"
    run.write(1, b" of three\n")
    assert b"".join(run.turns()) == b""
    assert run.go_on() == b"part of three\n"


def test_a_quiet_file_is_looked_at_and_not_read(begin: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(b"one\n")
    run.go_on()
    run.go_on()  # a file that has just been begun with is read once more
    monkeypatch.setattr(run.files, "read", None)
    assert run.go_on() == b""


def test_a_run_is_done_when_all_are_closed_and_read(begin: Callable[..., Run]) -> None:
    run = begin(b"one\n", b"two\n")
    run.go_on()
    run.handles[0].close()
    run.write(0, b"last words")
    assert run.go_on() == b"last words\n"
    assert not run.pump.done
    run.handles[1].close()
    assert run.go_on() == b""
    assert run.pump.done
    assert [run.pump.finish(), run.pump.account().bytes_lost] == [[], 0]


def test_no_handles_are_done_at_once(begin: Callable[..., Run]) -> None:
    assert begin().pump.done


def test_a_close_is_seen_long_before_a_long_interval_is_over(begin: Callable[..., Run]) -> None:
    run = begin(b"one\n", interval=3600)
    run.go_on()
    run.handles[0].close()
    run.clock.advance(0.1)
    list(run.turns())
    assert run.pump.done


def test_what_was_read_to_its_end_is_given_back_while_others_go_on(begin: Callable[..., Run]) -> None:
    run = begin(b"one\n", b"two\n")
    run.go_on()
    before = len(descriptors())
    run.handles[0].close()
    run.go_on()
    assert len(descriptors()) == before - 2


def test_no_interval_is_a_short_one_and_many_handles_a_longer_one(begin: Callable[..., Run]) -> None:
    for count, pause in ((1, SECOND // 1000), (100, SECOND // 200)):
        run = begin(*[b"one\n"] * count, interval=0)
        run.go_on()
        list(run.turns())
        assert run.pump.until() == pause
        run.close()


def test_a_position_behind_the_end_means_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"new\n")
    with path.open("rb") as handle:
        handle.seek(1000)
        pump = HandedPump(HandleFiles([handle]), ManualClock(), SECOND)
        assert [bytes(batch.data) for _ in range(3) for batch in turn(pump)] == [b"new\n"]
        pump.close()


def test_a_file_that_cannot_be_read_ends_the_run(begin: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "")

    run = begin(b"one\n")
    monkeypatch.setattr(os, "preadv", fail)
    with pytest.raises(SourceError, match=r"0\.log: input/output error"):
        run.go_on()


STEPS = st.tuples(st.sampled_from(["append", "truncate", "go on"]), st.integers(0, 1), st.integers(0, 300))


@given(script=st.lists(STEPS))
def test_whatever_is_written_and_truncated_comes_out_once_and_whole(
    tmp_path_factory: pytest.TempPathFactory, script: list[tuple[str, int, int]]
) -> None:
    run = Run(tmp_path_factory.mktemp("run"), b"", b"")
    generations: list[list[bytes]] = [[b""], [b""]]
    got = b""
    for step, (what, number, length) in enumerate(script):
        got += run.go_on() if what != "append" else b""
        data = b"%d %s %d" % (number, b"x" * length, step) + (b"\n" if length % 3 else b"")
        if what == "truncate":
            run.write(number, data, "wb")
            generations[number].append(data)
        elif what == "append":
            run.write(number, data)
            generations[number][-1] += data
    for handle in run.handles:
        handle.close()
    got += run.go_on()
    assert run.pump.done
    run.close()
    for number, each in enumerate(generations):
        wanted = b"".join(data + b"\n" if data and not data.endswith(b"\n") else data for data in each)
        assert b"".join(line for line in got.splitlines(keepends=True) if line.startswith(b"%d" % number)) == wanted
