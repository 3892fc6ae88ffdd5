"""``python -m benchmarks checkpoint``: what exactly once costs, beside the same run without it.

What happens in a scenario stands in the modules that begin with this one's name. No peer keeps such a checkpoint of a
file that it appends to, so the peer is logbraid itself, with ``--no-checkpoint``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.checkpoint_catchup import catch_up
from benchmarks.checkpoint_commits import commits
from benchmarks.checkpoint_latency import latency
from benchmarks.checkpoint_load import load
from benchmarks.checkpoint_quiet import quiet
from benchmarks.scenarios import Suite

__all__ = ["main"]

SUITE: Final = Suite(
    "checkpoint",
    "Measure what the checkpoint of `follow -o` costs",
    {"catch-up": catch_up, "commits": commits, "load": load, "latency": latency, "quiet": quiet},
)


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark of exactly once."""
    SUITE.run(arguments)
