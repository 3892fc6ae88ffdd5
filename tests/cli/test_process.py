"""The command as a process: how it starts, and the ways in which it ends."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

COMMAND: Final = (sys.executable, "-m", "logbraid")
LINE: Final = "2026-03-01T08:00:00Z a line of a log that is neither long nor short\n"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough lines to fill any pipe."""
    path = tmp_path_factory.mktemp("logs") / "app.log"
    path.write_text(LINE * 20_000)
    return path


def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], stderr=subprocess.PIPE, text=True, check=False, **options)


def shell(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a shell command in which ``logbraid`` stands for the command and $1, $2 for arguments."""
    script = f'set -o pipefail; logbraid() {{ "{sys.executable}" -m logbraid "$@"; }}; {command}'
    return subprocess.run(["bash", "-c", script, "bash", *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments", [(), ("--help",), ("merge", "--help"), ("verify", "-h"), ("merge",), ("--version",)]
)
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    program = (
        "import sys, logbraid.__main__ as command\n"
        "try: command.main()\n"
        "finally: print(*sorted({'numpy', 'pyarrow', 'asyncio'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert "logbraid" in (result.stdout or result.stderr)
    assert result.stderr.splitlines()[-1] == ""


def test_records_go_to_standard_output_and_notices_beside_it(log: Path) -> None:
    result = run("merge", log, "nowhere.log", stdout=subprocess.PIPE)
    assert result.returncode == 1
    assert result.stdout == LINE * 20_000
    assert result.stderr == "logbraid: nowhere.log: no such file or directory\n"


def test_a_reader_that_has_seen_enough_ends_the_run_quietly(log: Path) -> None:
    result = shell('logbraid merge "$1" | head -n 1', log)
    assert (result.returncode, result.stdout, result.stderr) == (0, LINE, "")


def test_a_full_disk_is_said_in_a_line(log: Path) -> None:
    result = shell('logbraid merge "$1" > /dev/full', log)
    assert (result.returncode, result.stderr) == (3, "logbraid: standard output: No space left on device\n")


def test_a_closed_output_is_said_in_a_line(log: Path) -> None:
    result = shell('logbraid merge "$1" >&-', log)
    assert (result.returncode, result.stderr) == (3, "logbraid: standard output is closed\n")


def test_a_closed_error_output_and_input_do_no_harm(log: Path) -> None:
    result = shell('logbraid merge "$1" nowhere.log 2>&- <&- | wc -l', log)
    assert (result.returncode, result.stdout.strip()) == (1, "20000")


def test_the_file_that_output_goes_to_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(LINE)
    result = shell('cd "$1" && logbraid merge -q "*.log" > all.log', tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "all.log").read_text() == LINE


def test_standard_input_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(LINE)
    result = run("merge", "-", tmp_path, input=LINE.replace("08:00", "07:00"), stdout=subprocess.PIPE)
    assert (result.returncode, result.stdout, result.stderr) == (0, LINE.replace("08:00", "07:00") + LINE, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_and_leaves_no_half_file(log: Path, tmp_path: Path, number: signal.Signals) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    command = ["merge", "-o", str(tmp_path / "out.log"), str(log), "--exec", f"sh -c 'echo > {ready}; exec sleep 60'"]
    with subprocess.Popen([*COMMAND, *command], stderr=subprocess.PIPE, text=True) as process:
        ready.read_text()  # blocks until the run has begun
        process.send_signal(number)
        try:
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, said) == (128 + number, "")
    assert os.listdir(tmp_path) == ["ready"]


def test_on_a_terminal_lines_have_labels_and_colours(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("2026-03-01T08:00:00Z ERROR \x1b]0;title\x07\n")
    (tmp_path / "db.log").write_text("2026-03-01T08:00:01Z ok\n")
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"}
    result = run("merge", tmp_path, stdout=theirs, env=environment)
    os.close(theirs)
    lines = os.read(ours, 4096).decode().splitlines()
    os.close(ours)
    assert (result.returncode, result.stderr) == (0, "")
    assert lines[0].endswith("app.log\x1b[0m | \x1b[31m2026-03-01T08:00:00Z ERROR \\x1b]0;title\\x07\x1b[0m")
    assert lines[1].endswith("db.log \x1b[0m | 2026-03-01T08:00:01Z ok")


def test_parquet_is_not_for_a_terminal(log: Path) -> None:
    ours, theirs = pty.openpty()
    result = run("merge", log, "--output-format", "parquet", stdout=theirs)
    os.close(ours)
    os.close(theirs)
    assert result.returncode == 2
    assert "parquet is not for a terminal" in result.stderr


def test_the_account_is_not_the_output(log: Path, tmp_path: Path) -> None:
    result = run("merge", log, "-o", tmp_path / "one", "--account", tmp_path / "one")
    assert result.returncode == 2
    assert "account" in result.stderr
    assert shell('logbraid merge "$1" --account "$2" > "$2"', log, tmp_path / "two").returncode == 2


def test_standard_input_is_not_the_output(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text(LINE)
    with path.open() as file:
        assert run("merge", "-", "-o", path, stdin=file).returncode == 2
    assert path.read_text() == LINE


@pytest.mark.parametrize("command", ["verify {0} {0}.copy", "simulate {1}/logs --size 10k"])
def test_a_verdict_that_cannot_be_written_is_said(log: Path, tmp_path: Path, command: str) -> None:
    copy = log.with_name(log.name + ".copy")
    copy.write_bytes(log.read_bytes())
    result = shell(f"logbraid {command.format(log, tmp_path)} > /dev/full")
    assert (result.returncode, result.stderr) == (3, "logbraid: standard output: No space left on device\n")


def test_a_file_of_the_kernel_that_tells_no_size_is_read() -> None:
    result = shell("logbraid merge -q /proc/meminfo")
    assert result.returncode == 0
    assert "MemTotal" in result.stdout
