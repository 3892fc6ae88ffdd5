"""Every asynchronous test here is guarded: a call that blocks in a loop is an error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(autouse=True)
def nothing_blocks_a_loop() -> Iterator[BlockBuster]:
    """Raise where a running loop is blocked.

    Reads of non-blocking descriptors (bells, inotify) are allowed by blockbuster itself: they never wait.
    """
    with blockbuster_ctx("logbraid") as guard:
        yield guard
