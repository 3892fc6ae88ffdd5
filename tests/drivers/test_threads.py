"""One owner and readers ahead: pipes, commands and compressed files beside plain ones, and how it all ends."""

from __future__ import annotations

import gzip
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import logbraid
from logbraid.api import merge_into
from logbraid.core.options import Options
from logbraid.drivers import readers
from logbraid.errors import SinkError
from logbraid.sinks.callback import CallbackSink
from logbraid.system import compressed
from logbraid.system.clock import Clock

from .logs import iso, nothing_left_behind, steady, write

WAIT = 20


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@pytest.fixture
def held_fifo(fifo: Path) -> Iterator[Path]:
    """A FIFO whose writer is there and never writes."""
    both = os.open(fifo, os.O_RDWR)
    yield fifo
    os.close(both)


def fail(batch: object) -> None:
    raise SinkError("enough")


def test_all_kinds_of_sources_at_once(tmp_path: Path, fifo: Path) -> None:
    names = ["file", "gzip", "fifo", "command"]
    lines = {name: steady(name, 3000, 1, number / 4) for number, name in enumerate(names)}
    plain = write(tmp_path / "file.log", lines["file"])
    packed = tmp_path / "gzip.log"
    packed.write_bytes(gzip.compress("".join(lines["gzip"]).encode()))
    printed = write(tmp_path / "command.log", lines["command"])
    writer = threading.Thread(target=write, args=(fifo, lines["fifo"]))
    writer.start()
    out = tmp_path / "out"
    account = logbraid.merge([plain, packed, fifo], out, commands=[f"cat '{printed}'"], tz="UTC")
    writer.join()
    assert out.read_text() == "".join(sorted(line for each in lines.values() for line in each))
    assert account.whole
    assert account.bytes_seen == account.bytes_emitted == out.stat().st_size


def test_a_slow_pipe_keeps_the_order(tmp_path: Path, fifo: Path) -> None:
    plain = write(tmp_path / "file.log", steady("file", 60_000))
    lines = steady("fifo", 600, 100, 0.5)
    seen = threading.Event()

    def write_slowly() -> None:
        with open(fifo, "w", buffering=1) as pipe:
            pipe.writelines(lines[:300])
            assert seen.wait(WAIT), "what the pipe has passed may leave while it is open"
            pipe.writelines(lines[300:])

    writer = threading.Thread(target=write_slowly)
    writer.start()
    got: list[bytes] = []

    def take(batch: logbraid.RecordBatch) -> None:
        got.append(bytes(batch.data))
        seen.set()

    logbraid.merge([plain, fifo], take, tz="UTC")
    writer.join()
    assert b"".join(got).decode() == "".join(sorted(plain.read_text().splitlines(True) + lines))


def test_more_pipes_than_processors(tmp_path: Path) -> None:
    pipes = [tmp_path / f"{number}.fifo" for number in range(40)]
    for pipe in pipes:
        os.mkfifo(pipe)
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(iso(5, "packed").encode()))

    def write_to_the_last_first() -> None:
        with ExitStack() as stack:
            opened = [stack.enter_context(open(pipe, "w")) for pipe in reversed(pipes)]
            for number, pipe in enumerate(opened):
                pipe.write(iso(number, "pipe"))

    with nothing_left_behind():
        writer = threading.Thread(target=write_to_the_last_first)
        writer.start()
        account = logbraid.merge([*pipes, packed], tmp_path / "out", tz="UTC")
        writer.join()
    assert account.records == 41


# Ends


@pytest.mark.parametrize("error", [SinkError, KeyboardInterrupt, ZeroDivisionError])
def test_what_the_sink_raises_ends_everything(tmp_path: Path, error: type[BaseException]) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress("".join(steady("packed", 200_000)).encode(), 1))

    def refuse(batch: object) -> None:
        raise error("enough")

    with nothing_left_behind(), pytest.raises(error, match="enough"):
        logbraid.merge([packed], refuse, commands=["yes"], tz="UTC", order="arrival")


def test_an_error_does_not_wait_for_a_silent_pipe(tmp_path: Path, held_fifo: Path) -> None:
    plain = write(tmp_path / "file.log", steady("file", 1000))
    began = time.monotonic()
    with nothing_left_behind(), pytest.raises(SinkError):
        logbraid.merge([held_fifo, plain], fail, tz="UTC", order="arrival")
    assert time.monotonic() - began < 2


def test_an_error_does_not_wait_for_a_pipe_without_writer(tmp_path: Path, fifo: Path) -> None:
    plain = write(tmp_path / "file.log", steady("file", 1000))
    with nothing_left_behind(), pytest.raises(SinkError):
        logbraid.merge([fifo, plain], fail, tz="UTC", order="arrival")


def test_an_error_does_not_wait_for_what_a_command_left_running(tmp_path: Path) -> None:
    plain = write(tmp_path / "file.log", steady("file", 1000))
    began = time.monotonic()
    with pytest.raises(SinkError):
        logbraid.merge([plain], fail, commands=["sh -c 'sleep 5; true'"], tz="UTC", order="arrival")
    assert time.monotonic() - began < 4


def test_an_interrupt_while_waiting(tmp_path: Path, held_fifo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Clock, "wait", interrupted)
    out = write(tmp_path / "out", ["what stood here before\n"])
    with nothing_left_behind(), pytest.raises(KeyboardInterrupt):
        logbraid.merge([held_fifo], out, tz="UTC")
    assert out.read_text() == "what stood here before\n"
    assert sorted(os.listdir(tmp_path)) == ["fifo", "out"]


@pytest.mark.parametrize("started", [True, False])
@pytest.mark.parametrize("run", ["merge", "follow"])
def test_an_interrupt_while_a_thread_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: str, started: bool
) -> None:
    class Interrupted(threading.Thread):
        def start(self) -> None:
            if started:
                super().start()
            raise KeyboardInterrupt

    def go() -> None:
        if run == "merge":
            logbraid.merge([], tmp_path / "out", commands=["sleep 60"])
        else:
            logbraid.follow(commands=["sleep 60"]).into(tmp_path / "out")

    monkeypatch.setattr(readers, "Thread", Interrupted)
    with nothing_left_behind(), pytest.raises(KeyboardInterrupt):
        go()
    assert os.listdir(tmp_path) == []


def test_a_command_that_fails_is_named_after_its_data(tmp_path: Path) -> None:
    line = iso(1, "said").strip()
    told: list[str] = []
    command = f"sh -c 'echo \"{line}\"; exit 3'"
    account = logbraid.merge([], tmp_path / "out", commands=[command], notice=lambda event: told.append(str(event)))
    assert (tmp_path / "out").read_text() == line + "\n"
    assert not account.whole
    assert [each for each in told if "exit status 3" in each]


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    account = logbraid.merge([], tmp_path / "out", commands=["no-such-command-at-all"], tz="UTC")
    assert account.sources[0].reasons == ["no such file or directory"]


def test_an_error_that_is_no_source_error_reaches_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(b"text\n"))

    def broken(*_: object) -> None:
        raise MemoryError("none left")

    monkeypatch.setitem(compressed.DECODERS, "gzip", broken)
    with nothing_left_behind(), pytest.raises(MemoryError, match="none left"):
        logbraid.merge(packed, tmp_path / "out")


def test_progress_counts_every_byte(tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress("".join(steady("x", 100)).encode()))
    told: list[tuple[int, int | None]] = []
    merge_into(
        [str(packed)],
        lambda _: CallbackSink(lambda batch: None),
        Options(),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (len("".join(steady("x", 100))), None)


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads of this process")
def test_as_many_threads_as_may_wait(tmp_path: Path, held_fifo: Path) -> None:
    plain = write(tmp_path / "file.log", steady("file", 10))
    most = 0

    def count(batch: object) -> None:
        nonlocal most
        most = max(most, sum(thread.name.startswith("logbraid-read") for thread in threading.enumerate()))
        raise SinkError("enough")

    with pytest.raises(SinkError):
        logbraid.merge([held_fifo, plain], count, tz="UTC", order="arrival")
    assert most == 1
