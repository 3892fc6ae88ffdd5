"""One process, from its start to its end or its death: a pump and a sink, which are turned one small step at a time.

Between two steps anything may happen to the world. The code that is turned is the real one; only the four drivers'
loops are left out, which add nothing but threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import logbraid.sinks.committed
from logbraid.api.plan import Plan, World
from logbraid.api.running import wanted_by
from logbraid.core.account import Account
from logbraid.core.checkpoint import Commit
from logbraid.core.events import BytesLost
from logbraid.core.options import Options
from logbraid.core.records import RecordBatch
from logbraid.core.states import Piece
from logbraid.core.types import SourceId
from logbraid.drivers.newcomers import Begin
from logbraid.sinks.base import Batch
from logbraid.sinks.destinations import renderer_for
from logbraid.sinks.resuming import committed
from logbraid.sinks.saving import _both
from logbraid.sinks.turnover import Turnover
from logbraid.testing import FakeFiles, ManualClock

from .disk import FakeDisk
from .script import Setup
from .shelf import Shelf

__all__ = ["Life", "PacedSaving", "paced"]

SPECS = ["/logs/[abc].log", "/logs/link.log"]


class PacedSaving:
    """Saves later than it is asked to, as a thread beside the writing would, but when it is told to."""

    def __init__(self, save: Callable[[Commit], None], *, beside: bool = True) -> None:
        self._save = save
        self._waiting: Commit | None = None
        self._error: BaseException | None = None

    def ask(self, commit: Commit) -> None:
        """Have it saved some time."""
        self.check()
        self._waiting = commit if self._waiting is None else _both(self._waiting, commit)

    def catch_up(self) -> None:
        """Save what waits."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None and self._error is None:
            try:
                self._save(waiting)
            except Exception as error:
                self._error = error

    def check(self) -> None:
        """Raise what saving has raised."""
        if self._error is not None:
            raise self._error

    def wait(self) -> None:
        """Save now."""
        self.catch_up()
        self.check()

    def save_now(self, commit: Callable[[], Commit]) -> None:
        """Save what waits, and what is true then."""
        self.wait()
        try:
            self._save(commit())
        except BaseException as error:
            self._error = error
            raise

    def close(self) -> None:
        """Nothing more."""


@contextmanager
def paced() -> Iterator[None]:
    """Let commits be made later than they are asked for."""
    with patch.object(logbraid.sinks.committed, "Saving", PacedSaving):
        yield


class Life:
    """One process.

    Args:
        setup: how it is made.
        files: what it follows.
        clock: of the same world.
        disk: where it writes to.
        shelf: where its checkpoint is.

    Attributes:
        idle: it waits.
        late: lines that it has called late.
        said: sources of which it has said that bytes are lost, or may be.
    """

    def __init__(self, setup: Setup, files: FakeFiles, clock: ManualClock, disk: FakeDisk, shelf: Shelf) -> None:
        self.idle = False
        self.late: set[bytes] = set()
        self.said: set[str] = set()
        self._files = files
        self._rests: dict[tuple[SourceId, int], bytes] = {}  # what was read of lines that go on
        self._lines: set[bytes] = set()
        self._disk = disk
        sources: list[Any] = []
        self.sink = committed(
            disk.output,
            renderer_for("text", sources if setup.labelled else None),
            "text with labels" if setup.labelled else "text",
            shelf.store(),
            wall=lambda: clock.now().wall,
            turnover=Turnover(size=setup.rotated_at, keep=1000) if setup.rotated_at else None,
            beside=setup.beside,
        )
        plan = Plan(SPECS, options_of(setup), Begin(None), world=World(files, files, files, clock), sources=sources)
        self.pump: Any = plan.pump(lines=setup.whole_lines, wanted=wanted_by(self.sink))
        self.pump.exclude(self.sink.own_paths)
        self._overhear()
        self._turns = self._turning()

    def _overhear(self) -> None:
        """Note what the tails let through."""
        pipeline = self.pump._pipeline
        receive = pipeline._receive

        def overheard(source: SourceId, piece: Piece) -> int:
            file = source, piece.generation
            *lines, self._rests[file] = (self._rests.get(file, b"") + bytes(piece.chunk)).split(b"\n")
            self._lines.update(line + b"\n" for line in lines)
            size: int = receive(source, piece)
            return size

        pipeline._receive = overheard

    def has(self, line: bytes) -> bool:
        """Whether it has read this line, in one piece or several."""
        return line in self._lines

    def step(self) -> None:
        """Do one thing."""
        next(self._turns)

    def _turning(self) -> Iterator[None]:
        while True:
            work = self.pump.work()
            yield
            answers: list[Any] = []
            for item in work:
                answers += self.pump.perform([item])
                yield
            batches = self.pump.accept(answers)
            for batch in batches:
                yield
                self._write(batch)
            self._listen()
            self.idle = not batches
            yield
            self.idle = False

    def _listen(self) -> None:
        self.said |= {event.path for event in self.pump.events() if isinstance(event, BytesLost)}

    def _write(self, batch: Batch) -> None:
        if isinstance(batch, RecordBatch) and batch.late is not None and batch.late.any():
            texts = batch.payload.to_pylist()
            self.late.update(
                (text or b"").splitlines(keepends=True)[0] for text, late in zip(texts, batch.late, strict=True) if late
            )
        self.sink.write(batch)

    def end(self) -> Account:
        """Come to an end as a driver does: the turn is taken to its end, and what is held leaves."""
        while not self.idle:
            self.step()
        for batch in self.pump.finish():
            self._write(batch)
        self._listen()
        account: Account = self.pump.account()
        self.sink.close()
        self.pump.close()
        return account

    def break_off(self) -> None:
        """Come to an end in the middle, as a driver does that something has interrupted."""
        self.sink.abort()
        self.pump.close()

    def bury(self) -> None:
        """Give back what this test's process has lent: nobody sees it."""
        self.pump.close()


def options_of(setup: Setup) -> Options:
    """Return what the run is told; a buffer may be smaller here than users may ask for."""
    options = Options(order=setup.order, max_record=setup.max_record, exclude=(" skip ",) if setup.filtered else ())
    object.__setattr__(options, "buffer", setup.buffer)
    return options
