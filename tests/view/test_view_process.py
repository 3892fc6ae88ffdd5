"""``logbraid view`` in a real terminal: what it shows, which keys it takes, and how it leaves the terminal."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

pytestmark = [pytest.mark.once, pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")]

PROMPT: Final = 20
"""Seconds that are enough for anything here, also where eight others use the machine."""

RECORDS: Final = 60
SHELL: Final = "env -i PATH=/usr/bin:/bin TERM=$TERM PS1='ready> ' LC_ALL=C.UTF-8 TZ=UTC sh"
VIEW: Final = f"{sys.executable} -m logbraid view app.log; echo exit=$?"


class Terminal:
    """A window of a tmux that nobody else has; a shell runs in it."""

    def __init__(self, directory: Path, columns: int, rows: int) -> None:
        self._directory = directory
        size = ("-x", str(columns), "-y", str(rows))
        self._tmux("-f", os.devnull, "new-session", "-d", *size, SHELL)
        self.wait_for("ready>")

    def run(self, command: str) -> None:
        """Type a command."""
        self._tmux("send-keys", "-l", command)
        self._tmux("send-keys", "Enter")

    def press(self, *keys: str) -> None:
        """Press keys, by the names that tmux has for them."""
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window larger or smaller."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    @property
    def screen(self) -> str:
        """What stands there now."""
        return self._tmux("capture-pane", "-p")

    def wait_for(self, text: str) -> None:
        """Wait until it stands there."""
        self.wait_until(lambda screen: text in screen)

    def wait_until(self, is_so: Callable[[str], bool]) -> None:
        """Wait until the screen is so."""
        limit = time.monotonic() + PROMPT
        while not is_so(screen := self.screen):
            assert time.monotonic() < limit, screen
            time.sleep(0.05)

    def format(self, name: str) -> str:
        """Return what tmux knows of the window."""
        return self._tmux("display-message", "-p", f"#{{{name}}}").strip()

    def close(self) -> None:
        """End the shell, and whatever it runs."""
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        argv = ("tmux", "-S", str(self._directory / "tmux"), *arguments)
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            argv, cwd=self._directory, env=environment, capture_output=True, text=True, check=True, timeout=PROMPT
        ).stdout


def line(number: int) -> str:
    level = "ERROR" if number == 30 else "INFO"
    return f"2026-03-01T08:00:{number:02d}Z {level} record-{number}\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text("".join(map(line, range(RECORDS))))
    return path


@pytest.fixture
def terminal(log: Path) -> Iterator[Terminal]:
    found = Terminal(log.parent, 100, 30)
    try:
        yield found
    finally:
        found.close()


def test_a_session(terminal: Terminal, log: Path) -> None:
    terminal.run(VIEW)
    terminal.wait_for("record-59")
    assert terminal.format("alternate_on") == "1"

    terminal.press("<")
    terminal.wait_for("record-0 ")
    terminal.press("/")
    terminal.press("-l", "record-4")
    terminal.press("Enter")
    terminal.wait_until(lambda screen: marked(screen, "record-4"))
    terminal.press("n")
    terminal.wait_until(lambda screen: marked(screen, "record-40"))
    terminal.press("E")
    terminal.wait_until(lambda screen: marked(screen, "record-30"))
    terminal.press("g")
    terminal.press("-l", "2026-03-01 08:00:15")
    terminal.press("Enter")
    terminal.wait_until(lambda screen: marked(screen, "record-15"))

    terminal.press("F")
    with log.open("a") as file:
        file.write("2026-03-01T08:01:00Z INFO written while it is looked at\n")
    terminal.wait_for("written while it is looked at")
    with log.open("a") as file:
        file.write("2026-03-01T08:01:01Z WARN \x1b[2J\x1b]0;title\x07 tame\n")
    terminal.wait_for("tame")
    terminal.wait_for("written while it is looked at")

    terminal.resize(40, 10)
    terminal.wait_until(lambda screen: "each" not in screen and marked(screen, "WARN \\x"))
    terminal.resize(120, 40)
    terminal.wait_for("record-40")

    terminal.press("q")
    terminal.wait_for("exit=0")
    restored(terminal)


def test_it_is_left_for_the_shell_and_come_back_to(terminal: Terminal) -> None:
    terminal.run(VIEW)
    terminal.wait_for("record-59")
    terminal.press("C-z")
    terminal.wait_for("exit=14")  # a signal that stops, whichever the shell says
    assert terminal.format("alternate_on") == "0"
    terminal.press("-l", "fg")
    terminal.press("Enter")
    terminal.wait_until(lambda screen: marked(screen, "record-59"))
    terminal.press("q")
    terminal.wait_until(lambda screen: "record-59" not in screen)
    restored(terminal)


def test_a_file_that_is_not_there_yet_is_said_and_listed_until_it_is(terminal: Terminal, log: Path) -> None:
    terminal.run(VIEW.replace("app.log", "app.log later.log"))
    terminal.wait_for("later.log: not there yet, waiting for it")
    terminal.press("S")
    terminal.wait_until(lambda screen: any(row.rstrip().endswith("not there yet") for row in screen.splitlines()))
    (log.parent / "later.log").write_text("2026-03-01T08:01:00Z INFO it is there\n")
    terminal.wait_until(lambda screen: "it is there" in screen and "not there yet" not in screen)
    terminal.press("i")
    terminal.wait_for("later.log: not there yet, waiting for it")
    terminal.press("q", "q")
    terminal.wait_for("exit=0")


def marked(screen: str, text: str) -> bool:
    """Whether the current record is the one with this text."""
    return any(row.startswith(">") and row.rstrip(" █▌▐│┃|").endswith(text) for row in screen.splitlines())


def restored(terminal: Terminal) -> None:
    """The terminal is as it was: its own screen, its cursor, no mouse, and the shell takes what is typed."""
    states = ("alternate_on", "mouse_any_flag", "mouse_sgr_flag", "keypad_flag", "cursor_flag")
    assert [terminal.format(state) for state in states] == ["0", "0", "0", "0", "1"]
    terminal.run("stty -a | tr ' ' '\\n' | grep -x -e echo -e icanon | sort | xargs echo modes")
    terminal.wait_for("modes echo icanon")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Terminal, number: signal.Signals) -> None:
    terminal.run(f"{sys.executable} -m logbraid view app.log & echo $! > pid; fg; echo exit=$?")
    terminal.wait_for("record-59")
    directory = Path(terminal.format("pane_current_path"))
    os.kill(int((directory / "pid").read_text()), number)
    terminal.wait_for("exit=0")
    restored(terminal)


def test_standard_input_is_a_source_and_keys_come_from_the_terminal(terminal: Terminal) -> None:
    terminal.run(f"(cat app.log; sleep 60) | {sys.executable} -m logbraid view -; echo exit=$?")
    terminal.wait_for("record-59")
    terminal.press("<")
    terminal.wait_for("record-0 ")
    terminal.press("q")
    terminal.wait_until(lambda screen: "record-0 " not in screen)


def test_without_a_terminal_it_says_so(log: Path) -> None:
    argv = (sys.executable, "-m", "logbraid", "view", str(log))
    ended = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=PROMPT)
    assert ended.returncode == 2
    assert "needs a terminal" in ended.stderr
    assert ended.stdout == ""
