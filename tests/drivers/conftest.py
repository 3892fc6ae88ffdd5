"""Every asynchronous test here is guarded: a call that blocks in a loop is an error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(autouse=True)
def nothing_blocks_a_loop() -> Iterator[BlockBuster]:
    """Raise where a running loop is blocked.

    Reads of descriptors that never wait (bells, inotify) are allowed by blockbuster itself.
    """
    with blockbuster_ctx("logbraid") as guard:
        for function in guard.functions.values():
            # A run is made by its first step, which looks once at each name it was given, to refuse what is no name.
            function.can_block_in("logbraid/api/following.py", {"pump"})
        yield guard
