"""Pipes and commands: waited for, read once, ended for good."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Thread

import pytest

from logbraid.errors import SourceError, UsageError
from logbraid.system.pipes import CommandSource, PipeSource

from .sources import read_all, read_till_failure


def command(program: str) -> CommandSource:
    return CommandSource(f'"{sys.executable}" -c "{program}"')


def test_a_fifo_is_read_until_its_writer_has_gone(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    source = PipeSource(str(path), path.stat())
    writer = Thread(target=path.write_bytes, args=(b"one\ntwo\n" * 50_000,))
    writer.start()
    assert read_all(source, 65_536) == b"one\ntwo\n" * 50_000
    writer.join()
    assert source.read_into(memoryview(bytearray(1))) == 0
    source.close()


def test_a_device_is_read_like_a_pipe() -> None:
    assert read_all(PipeSource(os.devnull, os.stat(os.devnull))) == b""


def test_stdin_is_read_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"piped")
    os.close(theirs)
    kept = os.dup(0)
    try:
        os.dup2(ours, 0)
        source = PipeSource("-", os.fstat(0))
        assert read_all(source) == b"piped"
        source.close()
        os.fstat(0)
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(ours)


def test_a_non_blocking_pipe_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    both = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    source = PipeSource("-", path.stat())
    kept = os.dup(0)
    os.dup2(both, 0)
    try:
        writer = Thread(target=os.write, args=(both, b"late"))
        writer.start()
        room = memoryview(bytearray(10))
        assert (source.read_into(room), bytes(room[:4])) == (4, b"late")
        writer.join()
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(both)


def test_a_closed_pipe_is_at_its_end(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    source = PipeSource(str(path), path.stat())
    source.close()
    assert source.read_into(memoryview(bytearray(1))) == 0


def test_what_a_command_writes_is_the_source() -> None:
    source = command("print('a b'); print('c')")
    assert read_all(source) == b"a b\nc\n"
    assert source.read_into(memoryview(bytearray(1))) == 0
    source.close()


def test_no_shell_is_involved() -> None:
    source = CommandSource("echo '$HOME' ; *")
    assert read_all(source) == b"$HOME ; *\n"
    source.close()


def test_a_bad_exit_is_reported_after_the_data() -> None:
    source = command("print('so far'); raise SystemExit(3)")
    assert read_till_failure(source) == (b"so far\n", "the command ended with exit status 3")
    source.close()


def test_a_command_killed_by_a_signal_says_which() -> None:
    source = command("import os; os.kill(os.getpid(), 9)")
    assert read_till_failure(source) == (b"", "the command was ended by SIGKILL")
    source.close()


def test_a_command_that_does_not_exist() -> None:
    assert read_till_failure(CommandSource("/nowhere/at-all")) == (b"", "no such file or directory")


def test_closing_ends_and_reaps_the_command() -> None:
    source = command("import os, time; os.write(1, str(os.getpid()).encode()); time.sleep(1000)")
    room = memoryview(bytearray(20))
    child = int(bytes(room[: source.read_into(room)]))
    source.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)  # a zombie would still take it
    assert source.read_into(room) == 0


def test_a_command_never_started_is_not_started_after_closing() -> None:
    source = CommandSource("/nowhere/at-all")
    source.close()
    assert read_all(source) == b""


def test_closing_wakes_a_reader() -> None:
    source = command("import os, time; os.write(1, b'x'); time.sleep(1000)")
    room = memoryview(bytearray(20))
    assert source.read_into(room) == 1
    found: list[int] = []
    reader = Thread(target=lambda: found.append(source.read_into(room)))
    reader.start()
    source.close()
    reader.join()
    assert found == [0]


@pytest.mark.parametrize("text", ["", "  ", "echo 'unclosed"])
def test_a_command_that_cannot_be_split_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        CommandSource(text)


def test_neither_can_be_read_twice() -> None:
    for source in (PipeSource("-", os.stat(os.devnull)), CommandSource("true")):
        with pytest.raises(SourceError, match="cannot be read twice"):
            source.read_at(memoryview(bytearray(1)), 0)
