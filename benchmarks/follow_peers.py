"""Who follows files: logbraid and its peers, each as a command line and a word on how its output is observed.

Tables only; what is done with a peer stands in ``follow_running.py``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["LOGBRAID", "Peer", "logbraid", "multitail", "once", "rsyslog", "tail"]

LOGBRAID: Final = (sys.executable, "-m", "logbraid")
RECORD_ROOM: Final = 1 << 20

Argv = Callable[[Sequence[str], Path | None], list[str]]


@dataclass(frozen=True)
class Peer:
    """One program that follows.

    Attributes:
        name: as the table shows it.
        argv: the command line, told the sources and the output's path; None asks for standard output.
        missing: why it cannot run here; empty where it can.
        writes: it opens the output itself; what does not has its standard output led there.
        terminal: it wants a terminal to draw on, which nobody reads.
    """

    name: str
    argv: Argv
    missing: str = ""
    writes: bool = False
    terminal: bool = False


def once(*words: str) -> Peer:
    """A program that ends at the end of its files."""
    return Peer(f"`{' '.join(words)}`", lambda sources, _: [*words, *sources], _program(words[0]))


def tail(*flags: str, name: str = "") -> Peer:
    """GNU tail, following names."""
    shown = name or " ".join(("tail", *flags, "-F"))
    return Peer(f"`{shown}`", lambda sources, _: ["tail", *flags, "-F", *sources], _program("tail"))


def logbraid(*flags: str, name: str) -> Peer:
    """Logbraid, quiet, so that nothing but records is written."""

    def argv(sources: Sequence[str], out: Path | None) -> list[str]:
        return [*LOGBRAID, "follow", "-q", *flags, *(("-o", str(out)) if out else ()), *sources]

    return Peer(name, argv, _no_follow(), writes=True)


def multitail(lines: int) -> Peer:
    """A window for each file; it shows its terminal only what fits, so the copy is what counts."""

    def argv(sources: Sequence[str], out: Path | None) -> list[str]:
        copy = ("-a", str(out or "/dev/stderr"), "-n", str(lines), "-f")
        return ["multitail", "--retry-all", *(word for source in sources for word in (*copy, source))]

    return Peer("`multitail -a`", argv, _program("multitail"), writes=True, terminal=True)


def rsyslog() -> Peer:
    """The log daemon, from files to one file: it begins at the beginning, and keeps its places beside the output."""

    def argv(sources: Sequence[str], out: Path | None) -> list[str]:
        if out is None:
            raise ValueError("rsyslog is run with a file only")
        settings = out.with_name("rsyslog.conf")
        settings.write_text(_rsyslog_settings(sources, out))
        return ["rsyslogd", "-n", "-f", str(settings), "-i", "NONE"]

    return Peer("rsyslog imfile", argv, _program("rsyslogd"), writes=True)


def _rsyslog_settings(sources: Sequence[str], out: Path) -> str:
    return "\n".join(
        (
            f'global(workDirectory="{out.parent}" maxMessageSize="{RECORD_ROOM}")',
            'module(load="imfile" mode="inotify")',
            'template(name="line" type="string" string="%msg%\\n")',
            *(
                f'input(type="imfile" file="{source}" tag="x" ruleset="all" reopenOnTruncate="on")'
                for source in sources
            ),
            f'ruleset(name="all") {{ action(type="omfile" file="{out}" template="line" flushInterval="1") }}\n',
        )
    )


def _program(name: str) -> str:
    return "" if shutil.which(name) else "not installed"


@cache
def _no_follow() -> str:
    asked = subprocess.run([*LOGBRAID, "follow", "--help"], capture_output=True, check=False)
    return "it cannot follow" if asked.returncode else ""
