"""``python -m benchmarks follow``: the scenarios of following.

What happens in a scenario stands in the module of its name; who takes part, in ``follow_peers.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.follow_catchup import catch_up, catch_up_slow
from benchmarks.follow_rotation import rotation
from benchmarks.follow_start import first_line
from benchmarks.idle import idle
from benchmarks.latency import latency
from benchmarks.lesson import lesson
from benchmarks.live import live_bytes, live_records
from benchmarks.scenarios import Suite

__all__ = ["main"]

SUITE: Final = Suite(
    "follow",
    "Watch logbraid and its peers follow files",
    {
        "catch-up": catch_up,
        "catch-up-slow": catch_up_slow,
        "live-bytes": live_bytes,
        "live-records": live_records,
        "latency": latency,
        "first-line": first_line,
        "idle": idle,
        "handles": lesson,
        "rotation": rotation,
    },
    fills="following",
)


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark of following."""
    SUITE.run(arguments)
