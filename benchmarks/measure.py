"""Running one command: how long it takes, and how much memory its whole process tree holds at its peak.

Time and memory are measured in runs of their own: looking at memory costs time.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Final

__all__ = ["CommandFailed", "peak_memory", "seconds"]

LOOK_EACH: Final = 0.02
PSS: Final = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)


class CommandFailed(Exception):
    """A command of the benchmark ended with an error: its time means nothing."""


def seconds(command: str) -> float:
    """Run a shell command; return the wall time that it took."""
    started = time.perf_counter()
    process = _start(command)
    _, errors = process.communicate()
    took = time.perf_counter() - started
    if process.returncode:
        raise CommandFailed(f"{command}: exit {process.returncode}: {errors.decode(errors='replace').strip()[-300:]}")
    return took


def peak_memory(command: str) -> int | None:
    """Run a shell command; return the most bytes that its processes held together (each shared page once).

    None where the system does not tell.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    process = _start(command)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(_held(pid) for pid in _tree(process.pid)))
        time.sleep(LOOK_EACH)
    process.communicate()
    return peak


def _start(command: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"LC_ALL": "C", "TZ": "UTC"}
    return subprocess.Popen(
        ["bash", "-c", f"set -o pipefail; {command}"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _tree(pid: int) -> list[int]:
    """The process and all below it; one that ends meanwhile is left out."""
    found = [pid]
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _tree(int(child))
    except OSError:
        pass
    return found


def _held(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_bytes()
    except OSError:
        return 0
    found = PSS.search(rollup)
    return int(found[1]) * 1024 if found else 0
