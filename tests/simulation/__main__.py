"""``make simulate``: many runs, or one of them told step by step, or a failing one with few operations."""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from multiprocessing import get_context
from typing import Final

from click import echo

from .playing import failure, failures, play, shrunk
from .script import script_of

LOT: Final = 50
"""Runs that a process is given at a time."""


def main() -> int:
    """Do what the command line says; return 1 if a run has failed."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="play this one, and tell what happens")
    parser.add_argument("--shrink", action="store_true", help="leave out what it does not need to fail")
    options = parser.parse_args()
    if options.seed is None:
        return _many(options.first, options.runs)
    return _one(options.seed, shrink=options.shrink)


def _one(seed: int, *, shrink: bool) -> int:
    script = script_of(seed)
    if shrink:
        error = failure(script)
        echo(f"seed {seed} {'passes' if error is None else f'fails: {error}'}")
        if error is None:
            return 0
        script = shrunk(script, lambda fewer: (found := failure(fewer)) is not None and _alike(found, error))
    echo(script.setup)
    try:
        play(script, echo)
    except Exception:
        traceback.print_exc(file=sys.stdout)
        return 1
    echo("all is well")
    return 0


def _alike(one: BaseException, other: BaseException) -> bool:
    """Whether two failures are the same, but for the line that shows it."""
    return type(one) is type(other) and str(one).partition(":")[0] == str(other).partition(":")[0]


def _many(first: int, count: int) -> int:
    begun = time.monotonic()
    lots = [range(start, min(start + LOT, first + count)) for start in range(first, first + count, LOT)]
    failed = done = 0
    with get_context("spawn").Pool(len(os.sched_getaffinity(0))) as pool:
        for lot, found in zip(lots, pool.imap(failures, lots), strict=True):
            done += len(lot)
            for seed, what in found:
                echo(f"seed {seed}: {what}\n  make simulate SEED={seed}            tells it step by step")
                echo(f"  make simulate SEED={seed} SHRINK=1   leaves out what it does not need")
            failed += len(found)
    echo(f"{done} runs in {time.monotonic() - begun:.0f} s, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
