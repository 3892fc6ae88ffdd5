"""``python -m benchmarks view``: the scenarios of viewing.

What happens in a scenario stands in the module of its name; who takes part, in ``view_peers.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.scenarios import Suite
from benchmarks.view_keys import keys
from benchmarks.view_start import first_screen

__all__ = ["main"]

SUITE: Final = Suite(
    "view",
    "Look at logs with logbraid and its peers",
    {"first-screen": first_screen, "keys": keys},
    fills="viewing",
)


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark of viewing."""
    SUITE.run(arguments)
