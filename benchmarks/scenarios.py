"""Running scenarios one after the other: the options they share, and what is said of each.

Nothing here measures, or knows a scenario.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.follow_report import Report, Scale
from benchmarks.table import machine, put_into_page

__all__ = ["Suite"]

PAGE: Final = Path(__file__).parent.parent / "docs" / "performance.md"


@dataclass(frozen=True)
class Suite:
    """Scenarios that are run by one command.

    Attributes:
        name: of the command.
        says: what it does.
        scenarios: by their names.
        fills: the part of the page that a full run fills; empty: none.
    """

    name: str
    says: str
    scenarios: Mapping[str, Callable[[Scale], Report]]
    fills: str = ""

    def run(self, arguments: Sequence[str]) -> None:
        """Run what the arguments choose, print it, and file it."""
        options = self._options(arguments)
        options.directory.mkdir(parents=True, exist_ok=True)
        scale = Scale(options.directory, options.rounds or (1 if options.quick else 5), options.quick)
        said = [machine(scale.rounds)]
        print(said[0])
        for name, scenario in self.scenarios.items():
            if options.only in name:
                _say(name)
                said.append(scenario(scale).text())
                _say("")
                print(said[-1], flush=True)
        if self.fills and not options.quick and not options.only:
            put_into_page(PAGE, self.fills, "\n".join(said))
        if options.quick:
            print("A quick run: files were smaller and times shorter than said.")

    def _options(self, arguments: Sequence[str]) -> argparse.Namespace:
        parser = argparse.ArgumentParser(
            prog=f"python -m benchmarks {self.name}",
            description=f"{self.says}: scenarios are {', '.join(self.scenarios)}.",
        )
        parser.add_argument(
            "--quick", action="store_true", help="small inputs, one round, docs/performance.md stays as it is"
        )
        parser.add_argument("--rounds", type=int, help="turns of each follower (default: 5, quick: 1)")
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
