"""``logbraid follow`` as a process: signals, pipes, terminals, and what it leaves behind."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

COMMAND: Final = (sys.executable, "-m", "logbraid", "follow")
LINE: Final = "2026-03-01T08:00:00Z a line of a log that is neither long nor short\n"
DRIVERS: Final = ("threads", "mixed", "aio", "bottom_up")
PAGE: Final = 4096
PROMPT: Final = 20
"""Seconds that are enough for anything here, also where eight others use the machine."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text(LINE)
    return path


@pytest.fixture
def long_log(tmp_path: Path) -> Path:
    """Enough lines to fill any pipe."""
    path = tmp_path / "long.log"
    path.write_text(LINE * 20_000)
    return path


@contextmanager
def following(*arguments: str | Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    outputs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | options
    with subprocess.Popen([*COMMAND, *arguments], text=True, **outputs) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """Wait for the first line; the run is under way then, and its signals are handled."""
    assert process.stdout is not None
    return process.stdout.readline()


def end_of(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for the end: the exit code, and the rest of both outputs."""
    # Not communicate(), which would pass over what was read ahead with the first line.
    out, err = (file.read() if file else "" for file in (process.stdout, process.stderr))
    return process.wait(PROMPT), out, err


def wait_for(path: Path, text: str) -> None:
    """Wait until a file holds a text."""
    limit = time.monotonic() + PROMPT
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < limit, f"{path} holds {path.read_text() if path.exists() else None!r}"
        time.sleep(0.02)


def fill(process: subprocess.Popen[str]) -> None:
    """Wait until the pipe that is the output can take no more."""
    assert process.stdout is not None
    limit = time.monotonic() + PROMPT
    waiting = array("i", [0])
    while waiting[0] < fcntl.fcntl(process.stdout, fcntl.F_GETPIPE_SZ) - PAGE:
        assert time.monotonic() < limit
        time.sleep(0.02)
        fcntl.ioctl(process.stdout, termios.FIONREAD, waiting)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_out_what_is_held_and_says_the_account(log: Path, driver: str, number: signal.Signals) -> None:
    log.write_text(LINE * 100)
    with following(log, "-n", "+1", "--silence", "1h", "--driver", driver) as process:
        assert first_line(process) == LINE
        process.send_signal(number)
        code, out, err = end_of(process)
    assert (code, out) == (0, LINE * 99)
    row = next(line.split() for line in err.splitlines() if line.startswith("app.log"))
    assert row[-3:] == ["0", "0", "B"]
    assert "100" in row


def test_a_half_line_that_is_held_leaves_as_a_whole_one(log: Path) -> None:
    with following(log, "-n", "+1", "-q", "--order", "arrival") as process:
        assert first_line(process) == LINE
        with log.open("a") as file:
            file.write("half")
        time.sleep(0.5)  # nothing shows that half a line was read
        process.send_signal(signal.SIGTERM)
        assert end_of(process) == (0, "half\n", "")


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_pipe_that_nobody_empties_is_given_up(long_log: Path, driver: str) -> None:
    with following(long_log, "-n", "+1", "--driver", driver) as process:
        fill(process)
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(PROMPT) == 3
        assert time.monotonic() - begin > 1.5
        assert process.stderr is not None
        assert "standard output takes nothing any more" in process.stderr.read()


def test_a_second_signal_ends_it_at_once(long_log: Path) -> None:
    with following(long_log, "-n", "+1") as process:
        fill(process)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)  # sooner, it would count as the first one sent twice
        process.send_signal(signal.SIGINT)
        assert process.wait(PROMPT) == 128 + signal.SIGINT


def test_a_slow_reader_gets_everything(long_log: Path) -> None:
    with following(long_log, "-n", "+1", "-q") as process:
        fill(process)
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        seen = 0
        while data := os.read(process.stdout.fileno(), 128 << 10):
            seen += len(data)
            time.sleep(0.1)
        assert process.wait(PROMPT) == 0
    assert seen % len(LINE) == 0


def test_a_hangup_reopens_the_output(log: Path, tmp_path: Path) -> None:
    out, old = tmp_path / "out.log", tmp_path / "out.log.1"
    with following(log, "-q", "-o", out, "--order", "arrival") as process:
        wait_for(out, LINE)
        out.rename(old)
        process.send_signal(signal.SIGHUP)
        wait_for(out, "")
        with log.open("a") as file:
            file.write("next\n")
        wait_for(out, "next\n")
        process.send_signal(signal.SIGTERM)
        assert end_of(process) == (0, "", "")
    assert (old.read_text(), out.read_text()) == (LINE, "next\n")


def test_a_hangup_ends_what_has_nothing_to_reopen(log: Path) -> None:
    with following(log, "-q") as process:
        assert first_line(process) == LINE
        process.send_signal(signal.SIGHUP)
        assert end_of(process) == (0, "", "")


def test_a_hangup_that_nohup_ignores_stays_ignored(log: Path) -> None:
    command = ["bash", "-c", "trap '' HUP; exec \"$@\"", "bash", *COMMAND, str(log), "-q"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert first_line(process) == LINE
            process.send_signal(signal.SIGHUP)
            with log.open("a") as file:
                file.write("2026-03-01T08:00:01Z still here\n")
            assert first_line(process).endswith("still here\n")
            process.send_signal(signal.SIGTERM)
            assert end_of(process)[0] == 0
        finally:
            process.kill()


def test_sigusr1_says_the_account_and_the_run_goes_on(log: Path) -> None:
    with following(log, "--order", "arrival") as process:
        assert first_line(process) == LINE
        process.send_signal(signal.SIGUSR1)
        assert process.stderr is not None
        assert [process.stderr.readline().split()[0] for _ in range(3)] == ["logbraid:", "source", "app.log"]
        with log.open("a") as file:
            file.write("next\n")
        assert first_line(process) == "next\n"
        process.send_signal(signal.SIGTERM)
        assert end_of(process)[0] == 0


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_reader_that_goes_away_ends_a_run_that_has_nothing_to_say(log: Path, driver: str) -> None:
    with following(log, "--driver", driver) as process:
        assert first_line(process) == LINE
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(PROMPT) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_reader_that_has_seen_enough_ends_the_run_quietly(long_log: Path) -> None:
    with following(long_log, "-q", "-n", "+1") as process:
        assert first_line(process) == LINE
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(PROMPT) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_an_output_that_takes_no_more_is_said(log: Path) -> None:
    with open("/dev/full", "w") as full, following(log, "-q", stdout=full) as process:
        assert end_of(process) == (3, "", "logbraid: standard output: No space left on device\n")


def test_a_file_that_holds_something_is_not_written_to_unasked(log: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine\n")
    with following(log, "-o", tmp_path / "out") as process:
        code, _, err = end_of(process)
    assert code == 3
    assert "--append" in err
    assert "--fresh" in err
    assert (tmp_path / "out").read_text() == "mine\n"


def test_the_account_adds_up(log: Path, long_log: Path, tmp_path: Path) -> None:
    account, out = tmp_path / "account.json", tmp_path / "out"
    with following(log, long_log, "-q", "-o", out, "--account", account) as process:
        wait_for(out, LINE)
        process.send_signal(signal.SIGTERM)
        assert end_of(process) == (0, "", "")
    whole = json.loads(account.read_text())
    assert [source["label"] for source in whole["sources"]] == ["app.log", "long.log"]
    assert whole["bytes_emitted"] == out.stat().st_size
    assert whole["bytes_lost"] == 0


def test_sources_that_end_end_the_run(log: Path) -> None:
    with following("-", "-q", "--exec", f"cat {log}", stdin=subprocess.PIPE) as process:
        out, err = process.communicate(LINE, timeout=PROMPT)
    assert (process.returncode, out, err) == (0, LINE * 2, "")


def test_a_source_that_fails_is_said_and_the_others_are_followed(log: Path) -> None:
    with following(log, "-q", "--exec", "false") as process:
        assert first_line(process) == LINE
        assert process.stderr is not None
        assert process.stderr.readline() == "logbraid: false: the command ended with exit status 1\n"
        process.send_signal(signal.SIGTERM)
        assert end_of(process)[:2] == (1, "")


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    with following(tmp_path / "later.log", "-q", "--order", "arrival") as process:
        (tmp_path / "later.log").write_text(LINE)
        assert first_line(process) == LINE
        process.send_signal(signal.SIGTERM)
        assert end_of(process) == (0, "", "")


def test_on_a_terminal_the_account_comes_after_the_records(log: Path, tmp_path: Path) -> None:
    (tmp_path / "db.log").write_text("2026-03-01T08:00:01Z ok\n")
    ours, theirs = pty.openpty()
    with following(tmp_path, "--color", "never", stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = ""
        while "ok" not in shown:
            shown += os.read(ours, 4096).decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(PROMPT) == 0
    while "\r\nall" not in shown:
        shown += os.read(ours, 4096).decode()
    os.close(ours)
    lines = shown.split("\r\n")
    assert lines[:2] == [f"app.log | {LINE.rstrip()}", "db.log  | 2026-03-01T08:00:01Z ok"]
    assert "2 records" in lines[2]


def test_arrival_order_starts_without_arrow(log: Path) -> None:
    program = (
        "import atexit, sys, logbraid.__main__ as command\n"
        "atexit.register(lambda: print(*sorted({'pyarrow', 'asyncio'} & set(sys.modules)), file=sys.stderr))\n"
        "command.main()"
    )
    arguments = [sys.executable, "-c", program, "follow", str(log), "-q", "--order", "arrival"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert first_line(process) == LINE
            process.send_signal(signal.SIGTERM)
            assert end_of(process) == (0, "", "\n")
        finally:
            process.kill()
