"""Whoever may write beside an output, or name a command, gains no more by it than that."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

import logbraid
from logbraid.errors import CheckpointError, SinkError
from logbraid.sinks.file import NewFile
from logbraid.system.pipes import CommandSource
from logbraid.system.store import Store, paths
from system.sources import read_all

LINE: Final = b"2026-03-01T10:00:00Z one\n"
SECRET: Final = b"a file of somebody else\n"
UMASKS: Final = [0o000, 0o002, 0o022, 0o027, 0o077]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(LINE)
    return path


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "victim"
    path.parent.mkdir()
    path.write_bytes(SECRET)
    return path


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def follow_until_committed(log: Path, out: Path, *options: str, mask: int = 0o022) -> int:
    """Follow a log into a file until it holds the line; return how the command ended."""
    argv = (sys.executable, "-m", "logbraid", "follow", *options, "-o", str(out), str(log))
    child = subprocess.Popen(argv, stderr=subprocess.DEVNULL, umask=mask)
    try:
        deadline = time.monotonic() + 30
        while child.poll() is None and time.monotonic() < deadline and not (out.is_file() and out.stat().st_size):
            time.sleep(0.02)
        child.send_signal(signal.SIGTERM)
        return child.wait(30)
    finally:
        child.kill()


# Modes


@pytest.mark.parametrize("mask", UMASKS, ids=oct)
def test_a_new_output_follows_the_umask(tmp_path: Path, log: Path, mask: int) -> None:
    with umask(mask):
        logbraid.merge(log, tmp_path / "out", tz="UTC")
    assert mode(tmp_path / "out") == 0o666 & ~mask


@pytest.mark.parametrize("mask", UMASKS, ids=oct)
def test_a_new_checkpoint_is_never_wider_than_0640(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "out.checkpoint"
    with umask(mask):
        store = Store(str(path))
        try:
            assert mode(path) == 0o640 & ~mask
        finally:
            store.close()


@pytest.mark.parametrize("mask", [0o000, 0o077], ids=oct)
def test_what_a_follower_makes_follows_the_umask(tmp_path: Path, log: Path, mask: int) -> None:
    out = tmp_path / "out"
    assert follow_until_committed(log, out, mask=mask) == 0
    assert mode(out) == 0o666 & ~mask
    assert mode(tmp_path / "out.checkpoint") == 0o640 & ~mask


def test_an_output_that_is_replaced_keeps_its_mode(tmp_path: Path, log: Path) -> None:
    out = tmp_path / "out"
    out.touch(mode=0o600)
    logbraid.merge(log, out, tz="UTC")
    assert mode(out) == 0o600
    assert out.read_bytes() == LINE


# Links


def test_a_temporary_is_made_and_never_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags, opened = [], os.open

    def opening(path: str, flag: int, mode: int = 0o777) -> int:
        flags.append(flag)
        return opened(path, flag, mode)

    monkeypatch.setattr(os, "open", opening)
    NewFile(str(tmp_path / "out")).discard()
    (made,) = flags
    assert made & os.O_EXCL
    assert made & os.O_CREAT
    assert made & os.O_NOFOLLOW
    assert not list(tmp_path.iterdir())


def test_a_link_at_a_temporary_name_is_not_followed(
    tmp_path: Path, log: Path, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guessed = iter(["planted", "another"])
    monkeypatch.setattr("tempfile._RandomNameSequence.__next__", lambda self: next(guessed))
    monkeypatch.setattr("tempfile._name_sequence", None)
    (tmp_path / ".out.planted.partial").symlink_to(victim)
    logbraid.merge(log, tmp_path / "out", tz="UTC")
    assert victim.read_bytes() == SECRET
    assert (tmp_path / "out").read_bytes() == LINE


@pytest.mark.parametrize("dangling", [False, True])
@pytest.mark.parametrize("number", [0, 1], ids=["checkpoint", "journal"])
def test_a_link_at_a_name_of_the_checkpoint_is_refused(
    tmp_path: Path, victim: Path, number: int, *, dangling: bool
) -> None:
    if dangling:
        victim.unlink()
    planted = Path(paths(str(tmp_path / "out.checkpoint"))[number])
    planted.symlink_to(victim)
    with pytest.raises(CheckpointError, match="is a link"):
        Store(str(tmp_path / "out.checkpoint"))
    assert victim.exists() != dangling
    assert dangling or victim.read_bytes() == SECRET
    assert planted.is_symlink()


def test_a_link_at_the_checkpoint_of_a_follower_is_refused(tmp_path: Path, log: Path, victim: Path) -> None:
    (tmp_path / "out.checkpoint").symlink_to(victim)
    assert follow_until_committed(log, tmp_path / "out") == 3
    assert victim.read_bytes() == SECRET


def test_an_output_is_not_made_where_a_dangling_link_says(tmp_path: Path, log: Path, victim: Path) -> None:
    victim.unlink()
    (tmp_path / "out").symlink_to(victim)
    assert follow_until_committed(log, tmp_path / "out") == 3
    assert not victim.exists()


def test_a_file_that_is_no_checkpoint_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "out.checkpoint"
    path.write_bytes(SECRET * 99)
    store = Store(str(path))
    try:
        for use in (store.load, store.forget):
            with pytest.raises(CheckpointError, match="not a checkpoint"):
                use()
    finally:
        store.close()
    assert path.read_bytes() == SECRET * 99


def test_an_output_of_somebody_else_is_an_error(tmp_path: Path, log: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(SinkError):
        logbraid.merge(log, tmp_path / "out", tz="UTC")


# Commands


PLAIN: Final = [";", "$(touch made)", "`touch made`", "*", "?", "~", "$HOME", "|", "&&", ">made", "{a,b}", "a\nb", "!x"]
PRINTS: Final = "import sys; print(*map(ascii, sys.argv[1:]), sep=chr(10))"


@pytest.mark.parametrize("argument", PLAIN)
def test_a_command_never_meets_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str) -> None:
    monkeypatch.chdir(tmp_path)
    source = CommandSource(f"'{sys.executable}' -c '{PRINTS}' '{argument}' \"x\"")
    assert read_all(source).decode().splitlines() == [ascii(argument), "'x'"]
    assert not list(tmp_path.iterdir())


def test_an_unquoted_command_is_words_and_no_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    argv = (
        sys.executable,
        "-m",
        "logbraid",
        "merge",
        "--exec",
        "echo a; touch made $(touch made) `touch made` * > made",
    )
    done = subprocess.run(argv, capture_output=True, check=False)
    assert done.stdout == b"a; touch made $(touch made) `touch made` * > made\n"
    assert not list(tmp_path.iterdir())
