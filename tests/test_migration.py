"""Every program of the migration guide runs: the steps merge, the traps show what they are named after."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from ahead import begun, cases
from logbraid.verify import Truth, verify

PROGRAMS: Final = Path(__file__).parent.parent / "examples" / "migration"

SEEN: Final = {
    "trap_hang": r"[1-9]\d* bytes of \d+ files; 0 bytes after 3 s with \d+ files",
    "trap_torn_line": r"merged as b'a: first half,b: a line\\n second half\\n'",
    "trap_spin": r"\d{4,} empty lines a second, and the new line never seen",
    "trap_lost_error": "no error, and 0 of 7 bytes merged",
    "trap_closed_early": r"[1-9]\d* of 200000 lines lost, all of them written before the close",
    "trap_closed_midread": r"[1-9]\d* of 100 closes met a read: (ValueError|OSError): .*",
}


def said(program: str, *arguments: str) -> str:
    """What the program prints; it says nothing else, and ends well."""
    command = [sys.executable, "-W", "error", f"{program}.py", *arguments]
    run = subprocess.run(command, cwd=PROGRAMS, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each step with logbraid keeps its files, in a directory of its name."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def steps(request: pytest.FixtureRequest, kept: Path) -> Iterator[dict[str, Future[str]]]:
    """What the steps print; the traps, for which time is what matters, are left alone."""
    work = {step: partial(said, step) for step in cases(request, test_a_naive_step_merges_its_few_files)}
    for step in cases(request, test_a_step_with_logbraid_is_a_true_merge):
        work[step] = partial(said, step, str(kept / step))
    with begun(*work.values()) as printed:
        yield dict(zip(work, printed, strict=True))


@pytest.mark.parametrize("step", sorted(path.stem for path in PROGRAMS.glob("naive_*.py")))
def test_a_naive_step_merges_its_few_files(step: str, steps: dict[str, Future[str]]) -> None:
    assert steps[step].result() == ("" if step == "naive_readline" else "40 lines of 4 files, merged\n")


@pytest.mark.parametrize("step", sorted(path.stem for path in PROGRAMS.glob("ours_*.py")))
def test_a_step_with_logbraid_is_a_true_merge(step: str, steps: dict[str, Future[str]], kept: Path) -> None:
    assert steps[step].result() == "40 lines of 4 files, merged\n"
    logs = [str(path) for path in sorted((kept / step).glob("?.log"))]
    assert verify(str(kept / step / "merged.log"), logs).truth is Truth.TRUE


@pytest.mark.parametrize("trap", sorted(path.stem for path in PROGRAMS.glob("trap_*.py")))
def test_a_trap_shows_what_was_seen_in_one_line(trap: str) -> None:
    assert re.fullmatch(SEEN[trap] + "\n", said(trap))


@pytest.mark.parametrize("program", sorted(PROGRAMS.glob("*.py")), ids=lambda path: path.stem)
def test_a_program_is_read_at_one_glance(program: Path) -> None:
    assert program.read_text().count("\n") < 90
