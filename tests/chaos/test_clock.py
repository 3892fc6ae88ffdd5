"""The clock on the wall is set back by an hour, for those who write and those who read."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from .chance import LONG
from .ground import TAMPERED, Ground
from .judge import Findings

pytestmark = pytest.mark.once

WRITERS: Final = ("--files", "3", "--rate", "2000", "--rotate", "rename", "--rotate-size", "32K")
HOUR: Final = 3600


def appears(path: Path, text: str) -> None:
    """Write a file that others may read at any moment: never is it there and empty."""
    path.with_suffix(".new").write_text(text)
    path.with_suffix(".new").rename(path)


@pytest.mark.parametrize("order", ["time", "arrival"] if LONG else ["time"])
def test_nothing_is_lost_when_the_clock_is_set_back(ground: Ground, order: str) -> None:
    offset = ground.root / "offset"
    clock = TAMPERED | {"CHAOS_CLOCK": str(offset)}
    writers = ground.write(*WRITERS, variables=clock)
    follower = ground.follow("--order", order, variables=clock)
    assert ground.grown(follower), follower.said
    appears(offset, str(-HOUR))
    assert ground.grown(follower, 1 << 16), follower.said
    follower.kill()
    follower = ground.follow("--order", order, variables=clock)
    assert ground.grown(follower), follower.said
    offset.unlink()
    ground.finish(writers, follower)
    assert ground.findings() == Findings()
    assert ground.lost() == {}
