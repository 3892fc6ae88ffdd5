"""``python -m benchmarks follow``: the scenarios of following, one after the other, printed and filed.

What happens in a scenario stands in the module of its name; who takes part, in ``follow_peers.py``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.follow_catchup import catch_up, catch_up_slow
from benchmarks.follow_report import Report, Scale
from benchmarks.follow_rotation import rotation
from benchmarks.follow_start import first_line
from benchmarks.idle import idle
from benchmarks.latency import latency
from benchmarks.lesson import lesson
from benchmarks.live import live_bytes, live_records
from benchmarks.table import machine, put_into_page

__all__ = ["main"]

PAGE: Final = Path(__file__).parent.parent / "docs" / "performance.md"
SCENARIOS: Final[dict[str, Callable[[Scale], Report]]] = {
    "catch-up": catch_up,
    "catch-up-slow": catch_up_slow,
    "live-bytes": live_bytes,
    "live-records": live_records,
    "latency": latency,
    "first-line": first_line,
    "idle": idle,
    "handles": lesson,
    "rotation": rotation,
}


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark of following."""
    options = _options(arguments)
    options.directory.mkdir(parents=True, exist_ok=True)
    scale = Scale(options.directory, options.rounds or (1 if options.quick else 5), options.quick)
    said = [machine(scale.rounds)]
    print(said[0])
    for name, scenario in SCENARIOS.items():
        if options.only in name:
            _say(name)
            said.append(scenario(scale).text())
            _say("")
            print(said[-1], flush=True)
    if not options.quick and not options.only:
        put_into_page(PAGE, "following", "\n".join(said))
    if options.quick:
        print("A quick run: files were smaller and times shorter than said.")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks follow",
        description="Watch logbraid and its peers follow files: scenarios are " + ", ".join(SCENARIOS) + ".",
    )
    parser.add_argument(
        "--quick", action="store_true", help="small inputs, one round, docs/performance.md stays as it is"
    )
    parser.add_argument("--rounds", type=int, help="turns of each follower (default: 5, quick: 1; long scenarios: 3)")
    parser.add_argument("--only", metavar="TEXT", default="", help="only scenarios with this in their name")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path(tempfile.gettempdir()) / "logbraid-benchmarks",
        help="where inputs are kept for the next run, and everything is written (default: %(default)s)",
    )
    return parser.parse_args(arguments)


def _say(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)
