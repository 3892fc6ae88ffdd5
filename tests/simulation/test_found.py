"""What the simulation has found: the shortest scripts that failed before something was mended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest

from .playing import play
from .script import Operation, Script, Setup

FOUND: Final[dict[str, tuple[Setup, Sequence[Operation]]]] = {
    "a copy that is older than a look at the file, which was not read to its end yet": (
        Setup(weather="stormy", order="arrival", whole_lines=True, hints="lost", read=512),
        (
            Operation("append", "a", 5),
            Operation("go_on", "", 1500),
            Operation("burst", "a", 100),
            Operation("copy", "a"),
            Operation("append", "a", 1),
            Operation("turn", "", 10),
            Operation("copy_truncate", "a", 1),
        ),
    ),
    "a copy that is older than what was read, but has not left": (
        Setup(weather="stormy", dated=True),
        (
            Operation("burst", "b", 40),
            Operation("go_on", "", 15_000),
            Operation("append", "b", 1),
            Operation("stop", also=True),
            Operation("copy", "b"),
            Operation("append", "a", 2),
            Operation("fail_reads", "a", 2),  # which holds back what was read of the other
            Operation("append", "b", 2),
            Operation("turn", "", 21),
            Operation("truncate", "b"),
            Operation("go_on", "", 2000),
            Operation("kill"),
        ),
    ),
    "a file that was over, and another under its name that nobody had looked for yet": (
        Setup(weather="calm", read=100),
        (
            Operation("go_on", "", 1500),
            Operation("rotate", "b", 1),
            Operation("turn", "", 13),
            Operation("stall", "", 20_000),
            Operation("append_traceback", "a", 1),
            Operation("kill_writing", "", 8),
            Operation("go_on", "", 300),
            Operation("append", "b", 5),
            Operation("go_on", "", 1000),
        ),
    ),
}


@pytest.mark.parametrize("what", FOUND)
def test_it_is_mended(what: str) -> None:
    setup, operations = FOUND[what]
    play(Script(0, setup, tuple(operations)))
