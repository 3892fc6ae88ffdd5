"""Live load into a file, with and without a checkpoint: a hundred sources move all the time."""

from __future__ import annotations

from typing import Final

from benchmarks.checkpoint_catchup import PLAIN
from benchmarks.follow_peers import logbraid
from benchmarks.follow_report import Report, Scale
from benchmarks.live import loaded

__all__ = ["load"]

RATE: Final = 50_000_000
FLAGS: Final = ("--order", "arrival", "-n", "+1", "--label", "none")
PEERS: Final = (
    logbraid(*FLAGS, PLAIN, name=f"logbraid, arrival order, {PLAIN}"),
    logbraid(*FLAGS, name="the same, kept"),
)


def load(scale: Scale) -> Report:
    """Half of what the follower has to keep up with."""
    return loaded("Live load: 100 writers, 50 MB/s, arrival order, to a file", scale, RATE, PEERS)
