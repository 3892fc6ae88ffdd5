"""``python -m benchmarks merge``: makes the inputs, lets all commands take turns, prints and files the table.

What is timed is in ``work.py``; how, in ``measure.py``.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.inputs import INPUTS, QUICKER, warm
from benchmarks.measure import CommandFailed, peak_memory, seconds
from benchmarks.table import Row, machine, put_into_page, table
from benchmarks.work import WORK, Command, Work

__all__ = ["main"]

PAGE: Final = Path(__file__).parent.parent / "docs" / "performance.md"


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark of merging."""
    options = _options(arguments)
    options.directory.mkdir(parents=True, exist_ok=True)
    chosen = [work for work in WORK if not options.only or options.only in work.name]
    rows = [row for work in chosen for row in _run(work, options)]
    said = f"{machine(options.rounds)}\n{table(rows)}"
    if options.quick:
        said += f"\nA quick run: the files were {QUICKER} times smaller than the table says, so starting weighs most.\n"
    print(said)
    if not options.quick and not options.only:
        put_into_page(PAGE, "numbers", said)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks merge", description="Time logbraid and its peers side by side."
    )
    parser.add_argument(
        "--quick", action="store_true", help="small inputs, one round, docs/performance.md stays as it is"
    )
    parser.add_argument("--rounds", type=int, help="how many times each command is timed (default: 5, quick: 1)")
    parser.add_argument("--only", metavar="TEXT", help="only work with this in its name; docs stay as they are")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(tempfile.gettempdir()) / "logbraid-benchmarks",
        help="where inputs (4 GiB) are kept for the next run (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (1 if options.quick else 5)
    return options


def _run(work: Work, options: argparse.Namespace) -> list[Row]:
    """Prove, then measure memory, then time in turns, so that a slow minute of the machine is everybody's."""
    sources = INPUTS[work.input].make(options.directory, quick=options.quick)
    output = options.directory / "output" if work.to_file else Path("/dev/null")
    size = INPUTS[work.input].total(quick=options.quick)
    there = [command for command in work.commands if command.there()]
    _say(f"{work.name}: proof")
    _prove(work, sources, options.directory / "proof")
    memory = {}
    for command in there:
        _say(f"{work.name}: memory of {command.name}")
        memory[command.name] = peak_memory(_line(command, sources, output))
    times: dict[str, list[float]] = {command.name: [] for command in there}
    for number in range(options.rounds):
        for command in there:
            _say(f"{work.name}: round {number + 1} of {options.rounds}: {command.name}")
            times[command.name].append(_timed(command, sources, output))
    reference = times.get(work.reference)
    _say("")
    return [
        Row(work.name, command.name, (), size, note="skipped: not installed")
        if command not in there
        else Row(
            work.name,
            command.name,
            times[command.name],
            size,
            median(times[command.name]) / median(reference) if reference else None,
            memory[command.name],
        )
        for command in work.commands
    ]


def _prove(work: Work, sources: list[Path], output: Path) -> None:
    """Check that the first command's output is right, so that no wrong answer is timed."""
    if work.proof is None:
        return
    try:
        for command in (work.commands[0].line, work.commands[1].line):
            seconds(_filled(command, sources, output))
            seconds(_filled(work.proof, sources, output))
    except CommandFailed as error:
        sys.exit(f"{work.name}: the output is wrong: {error}")
    finally:
        output.unlink(missing_ok=True)


def _timed(command: Command, sources: list[Path], output: Path) -> float:
    if output.is_file():
        output.unlink()
        os.sync()  # or this run would pay for what the one before left unwritten
    for source in sources:
        warm(source)
    return seconds(_line(command, sources, output))


def _line(command: Command, sources: list[Path], output: Path) -> str:
    return _filled(command.line, sources, output)


def _filled(line: str, sources: list[Path], output: Path) -> str:
    return line.replace("{sources}", shlex.join(map(str, sources))).replace("{out}", shlex.quote(str(output)))


def _say(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)
