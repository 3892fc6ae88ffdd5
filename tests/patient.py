"""``timeout`` and ``sleep`` for the examples of the documentation, which shall be true on a busy machine, too.

A reader's ``timeout -s INT 2 logbraid follow`` has followed for more than a second when it is stopped; here, starting
alone may take two. So the seconds of ``timeout`` count from when its command follows, and ``sleep`` is not over before
each run that was started beside it follows. Run as a program, by the standard library alone; nothing imports it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
STARTING: Final = 30.0
"""A run that does not follow after so many seconds does not ask for notifications at all."""


def timeout(option: str, name: str, seconds: str, *command: str) -> None:
    """Stop a command as ``timeout -s NAME SECONDS COMMAND`` does: a signal to it, and one to its whole group."""
    assert option == "-s"
    number = signal.Signals[f"SIG{name}"]
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    with subprocess.Popen(command) as running:
        wait_until_they_follow([running.pid])
        try:
            running.wait(float(seconds))
        except subprocess.TimeoutExpired:
            running.send_signal(number)
            if number != signal.SIGKILL:
                signal.signal(number, signal.SIG_IGN)
            os.kill(0, number)


def sleep(seconds: str) -> None:
    """Sleep, and then until each run that the same shell has started follows."""
    time.sleep(float(seconds))
    own = os.getsid(0)
    wait_until_they_follow([pid for pid in pids() if is_a_run(pid) and session(pid) == own])


def wait_until_they_follow(runs: Iterable[int]) -> None:
    limit = time.monotonic() + STARTING
    for pid in runs:
        while not follows_or_is_gone(pid) and time.monotonic() < limit:
            time.sleep(0.02)


def follows_or_is_gone(pid: int) -> bool:
    """Whether a process has asked to be notified of what is written."""
    try:
        opened = [os.readlink(one) for one in (PROC / str(pid) / "fd").iterdir()]
    except OSError:
        return not is_alive(pid)
    return "anon_inode:inotify" in opened or not is_alive(pid)


def pids() -> Iterable[int]:
    return (int(path.name) for path in PROC.glob("[0-9]*"))


def is_alive(pid: int) -> bool:
    """Whether it runs: what has ended and was not waited for does not."""
    return status(pid)[:1] not in ([], ["Z"])


def session(pid: int) -> int:
    found = status(pid)
    return int(found[3]) if found else 0


def status(pid: int) -> list[str]:
    """What the system says of a process behind its name: state, parent, group, session; nothing if there is none."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def is_a_run(pid: int) -> bool:
    """Whether a process is ``logbraid follow``."""
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return words[1:2] != [] and words[1].endswith(b"/logbraid") and words[2:3] == [b"follow"]


if __name__ == "__main__":
    (timeout if sys.argv[1] == "timeout" else sleep)(*sys.argv[2:])
