"""A process of ``logbraid`` that a test starts, hits and ends, and how to wait for what it does.

Waiting is looking, again and again, for what ought to be seen; nobody waits for a time that is hoped to be long enough.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

__all__ = ["PROMPT", "Process", "until"]

PROMPT: Final = 30.0
"""Seconds that are enough for anything here, also where many others use the machine."""

_LOGBRAID: Final = (sys.executable, "-m", "logbraid")
_TIED: Final = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
"""Before a command: it dies with the tests, should they be killed."""

_LOOK: Final = 0.01


def until(seen: Callable[[], bool], *, within: float = PROMPT) -> bool:
    """Wait until something is seen; say whether it was."""
    limit = time.monotonic() + within
    while not (found := seen()) and time.monotonic() < limit:
        time.sleep(_LOOK)
    return found


class Process:
    """A running ``logbraid``.

    Args:
        said: the file that standard error goes to, behind what other runs said.
        arguments: of the command.
        before: what the command is started through.
        variables: of the environment, beside those of the tests.
        stdout: where standard output goes.
    """

    def __init__(
        self,
        said: Path,
        arguments: Sequence[str | Path],
        *,
        before: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        stdout: int = subprocess.DEVNULL,
    ) -> None:
        self._said = said
        self._start = said.stat().st_size if said.exists() else 0
        with said.open("ab") as errors:
            self.popen = subprocess.Popen(
                [*_TIED, *before, *_LOGBRAID, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=errors,
                env=os.environ | (variables or {}),
            )

    @property
    def said(self) -> str:
        """What it has said on standard error."""
        return self._said.read_bytes()[self._start :].decode(errors="replace")

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.popen.poll() is not None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to a process that has to be there."""
        assert not self.ended, f"it ended by itself, with {self.popen.returncode}: {self.said}"
        self.popen.send_signal(number)

    def kill(self) -> None:
        """Kill it, which had no reason to end before."""
        self.send(signal.SIGKILL)
        self.popen.wait(PROMPT)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; the exit code."""
        self.send(number)
        return self.code()

    def code(self) -> int:
        """Wait for its end; the exit code."""
        return self.popen.wait(PROMPT)

    def end(self) -> None:
        """Leave nothing of it, whatever it is doing."""
        self.popen.kill()
        self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()
