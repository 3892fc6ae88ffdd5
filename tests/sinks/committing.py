"""A checkpoint in memory, and outputs that are committed to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from logbraid.core.checkpoint import Checkpoint, Commit
from logbraid.core.linewise import LineBatch
from logbraid.sinks.base import TextRenderer
from logbraid.sinks.committed import CommittedSink
from logbraid.sinks.resuming import committed
from logbraid.sinks.turnover import Turnover
from positions import position

from .batches import part, sources


class MemoryStore:
    """Keeps what was saved, from one opening to the next.

    Args:
        step: called before and after something becomes true.
    """

    paths: Sequence[str] = ("checkpoint",)

    def __init__(self, step: Callable[[], None] = lambda: None) -> None:
        self.checkpoint: Checkpoint | None = None
        self.commits: list[Commit] = []
        self.open = True
        self._step = step

    def load(self) -> Checkpoint | None:
        """Return what was saved, as nobody can change it."""
        return self.checkpoint and Checkpoint(self.checkpoint.output, dict(self.checkpoint.positions))

    def save(self, commit: Commit) -> None:
        """Make it true."""
        self._step()
        known = self.checkpoint.positions if self.checkpoint else {}
        moved = {one.source: one for one in commit.positions}
        self.checkpoint = Checkpoint(commit.output, known | moved)
        self.commits.append(commit)
        self._step()

    def forget(self) -> None:
        """Begin anew."""
        self.checkpoint = None

    def close(self) -> None:
        """Note that it was let go."""
        self.open = False


class Clock:
    """Time that goes when it is told to."""

    now = 1_000

    def __call__(self) -> int:
        return self.now


def opened(
    path: Path,
    store: MemoryStore,
    *,
    form: str = "text",
    append: bool = False,
    fresh: bool = False,
    turnover: Turnover | None = None,
    wall: Callable[[], int] | None = None,
    beside: bool = False,
) -> CommittedSink:
    """Open the output as a run does at its start."""
    return committed(
        str(path),
        TextRenderer(None),
        form,
        store,
        wall=wall or Clock(),
        append=append,
        fresh=fresh,
        turnover=turnover,
        beside=beside,
    )


def batch(data: bytes, *, at: int | None = None, due: bool = False, source: str = "a") -> LineBatch:
    """Return lines of a source, which has come to ``at`` with them."""
    parts = (part(0, data, torn=not data.endswith(b"\n")),) if data else ()
    return LineBatch(parts, sources("a"), positions=() if at is None else (position(source, at),), due=due)
