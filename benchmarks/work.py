"""What is timed: pieces of work, and for each the commands that do it, logbraid's and its peers'.

Tables only. A command is a shell command; ``{sources}`` stands for the input files and ``{out}`` for the output.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["WORK", "Command", "Work"]

HERE: Final = Path(__file__).parent
NOWHERE: Final = "/dev/null"
ONE_CORE: Final = "taskset -c 0 " if shutil.which("taskset") else ""


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Command:
    """One way to do a piece of work.

    Attributes:
        name: as the table shows it.
        line: for the shell.
        there: whether it can be run on this machine.
    """

    name: str
    line: str
    there: Callable[[], bool] = field(default=_always)


@dataclass(frozen=True)
class Work:
    """One piece of work.

    Attributes:
        name: as the table shows it.
        input: name of the input.
        commands: ways to do it; the first peer is what ratios refer to, see ``reference``.
        reference: name of the command that the others are compared with.
        to_file: whether ``{out}`` is a real file, not the null device.
        proof: a shell command that must succeed, with ``{sources}`` and ``{out}``, the output of the first command.
    """

    name: str
    input: str
    commands: tuple[Command, ...]
    reference: str
    to_file: bool = False
    proof: str | None = None


def _program(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _module(name: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(name) is not None


def _sort(key: str, name: str = "sort -m", options: str = "") -> Command:
    return Command(f"`{name}`", f"{ONE_CORE}sort -m -s {options}{key} {{sources}} > {{out}}", _program("sort"))


LOGBRAID: Final = f"{sys.executable} -m logbraid"
BOTH: Final = (
    Command("logbraid, one core", f"{ONE_CORE}{LOGBRAID} merge --tz UTC --processes 1 {{sources}} -o {{out}}"),
    Command("logbraid, two cores", f"{LOGBRAID} merge --tz UTC --processes 2 {{sources}} -o {{out}}"),
)
VERIFY: Final = f"{LOGBRAID} verify --tz UTC --order time {{out}} {{sources}}"
SORT: Final = _sort("-k1,1")
# Whole lines compared, not the time alone: equal times come out by text, which is quicker and not what is wanted.
PLAIN_SORT: Final = Command("`sort -m`, whole lines", f"{ONE_CORE}sort -m {{sources}} > {{out}}", _program("sort"))

WORK: Final = (
    Work(
        "ISO, 4 x 256 MiB, to nowhere",
        "iso-4x256",
        (*BOTH, SORT, PLAIN_SORT),
        SORT.name,
        proof="sort -m -s -k1,1 {sources} | cmp - {out}",
    ),
    Work("ISO, 16 x 64 MiB, to nowhere", "iso-16x64", (*BOTH, SORT, PLAIN_SORT), SORT.name, proof=VERIFY),
    Work(
        "ISO, 4 x 256 MiB, to a file",
        "iso-4x256",
        (*BOTH, SORT, Command("`cat`", f"{ONE_CORE}cat {{sources}} > {{out}}")),
        "`cat`",
        to_file=True,
    ),
    Work("JSON, 4 x 128 MiB, to nowhere", "json-4x128", (*BOTH, _sort("")), SORT.name, proof=VERIFY),
    Work(
        "syslog, 4 x 128 MiB, to nowhere",
        "syslog-4x128",
        (
            *BOTH,
            _sort("-k1.1,1.15", "sort -m, as text"),
            _sort("-k1,1M -k2,2n -k3,3", "sort -m, months known"),
        ),
        "`sort -m, months known`",
        proof=VERIFY,
    ),
    Work(
        "gzip, 4 x 64 MiB, to nowhere",
        "gzip-4x64",
        (*BOTH, Command("`zcat`, no merge", f"{ONE_CORE}zcat {{sources}} | cat > {{out}}")),
        "`zcat`, no merge",
        proof=VERIFY,
    ),
    Work(
        "1,000 sources of 256 KiB, to nowhere",
        "small-1000",
        (*BOTH, _sort("-k1,1", "sort -m --batch-size=1000", "--batch-size=1000 "), SORT),
        "`sort -m --batch-size=1000`",
        proof=VERIFY,
    ),
    Work(
        "ISO, 4 x 16 MiB, to a file: the slower peers",
        "iso-4x16",
        (
            *BOTH,
            SORT,
            Command(
                "`heapq.merge`, plain Python", f"{sys.executable} {HERE / 'plain_python.py'} {{sources}} > {{out}}"
            ),
            Command("DuckDB", f"{sys.executable} {HERE / 'duckdb_sort.py'} {{out}} {{sources}}", _module("duckdb")),
            Command("lnav -n", "lnav -n {sources} > {out}", _program("lnav")),
            Command("hl --sort", "hl --sort --raw -P {sources} -o {out}", _program("hl")),
            Command("logmerger", "logmerger --output {out} {sources}", _program("logmerger")),
        ),
        SORT.name,
        to_file=True,
    ),
    Work(
        "start: two files of 64 KiB",
        "tiny-2",
        (
            Command("logbraid merge", f"{LOGBRAID} merge --tz UTC {{sources}} -o {{out}}"),
            Command("logbraid --help", f"{LOGBRAID} --help > {{out}}"),
            Command("python, empty program", f"{sys.executable} -c pass"),
        ),
        "python, empty program",
    ),
)
