"""What tests of drivers share: a small log, and a guard, to which a call that blocks in a loop is an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

import logbraid.system.zones  # noqa: F401  # what is imported when it is first needed is imported before any loop runs

from .scenarios import line


@pytest.fixture(autouse=True)
def nothing_blocks_a_loop() -> Iterator[BlockBuster]:
    """Raise where a running loop is blocked.

    Reads of descriptors that never wait (bells, inotify) are allowed by blockbuster itself.
    """
    with blockbuster_ctx("logbraid") as guard:
        for function in guard.functions.values():
            # A run is made by its first step, which looks once at each name it was given, to refuse what is no name.
            function.can_block_in("logbraid/api/plan.py", {"pump"})
            function.can_block_in("logbraid/sinks/destinations.py", {"own_paths"})  # looks at an open descriptor only
            function.can_block_in("logbraid/system/zones.py", {"local_zone"})  # once, some 3 KB that are in memory
            # The thread that is joined has said its last word: all that it has left to do is to return.
            function.can_block_in("logbraid/drivers/errands.py", {"close"})
        yield guard


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of five lines."""
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(line("a", second) for second in range(5)))
    return path
