"""One tail, pumped over files in memory: the least that a pipeline and a driver do for it, and what it brought.

No lines, no order and no threads here: those who want a whole run take the drivers.
"""

from __future__ import annotations

from logbraid.core.actions import FindSiblings, LetGo, Look, ReadAt
from logbraid.core.positions import Position
from logbraid.core.reading import Reading
from logbraid.core.states import Beginning, Ended, Left, Loss, Piece
from logbraid.core.tail import Tail
from logbraid.core.types import SECOND, Chunk, SourceId
from logbraid.errors import SourceError
from logbraid.testing import FakeFiles, ManualClock

NAME = "/logs/app.log"
MOST_STEPS = 2000


class Follower:
    """A tail of ``NAME`` and the directory that it looks at.

    Attributes:
        delivered: the bytes, in the order in which they came.
        pieces: the same, and whose they are.
        first: the file that it goes on with, where it does.
        told: what happened besides, in words.
        losses: what was said to be lost.
        steps: how many actions were done.
    """

    def __init__(self, *, with_past: bool = False, size: int = 100) -> None:
        self.clock = ManualClock()
        self.files = FakeFiles(clock=self.clock)
        self.tail = Tail(SourceId(0), NAME, with_past=with_past)
        self.size = size
        self.delivered = bytearray()
        self.pieces: list[Piece] = []
        self.first: Reading | None = None
        self.told: list[str] = []
        self.losses: list[Loss] = []
        self.steps = 0
        self._ended: set[int] = set()
        self._ends: dict[int, int] = {}

    def begin_at(self, offset: int) -> None:
        """Follow what stands at the name from ``offset`` on, as after a restart."""
        stat = self.files.stat(NAME)
        assert stat is not None
        guard = bytearray(min(offset, 64))
        assert self.files.read(NAME, stat.identity, memoryview(guard), offset - len(guard)) == len(guard)
        self.files.close()
        self.tail = Tail(SourceId(0), NAME, Beginning(stat, offset, bytes(guard)))

    def go_on_from(self, position: Position) -> None:
        """Forget everything, and follow from a position on, as after a restart."""
        self.files.close()
        self.tail = Tail(SourceId(0), NAME, position=position)
        self.first = self.tail.reading
        self.pieces.clear()
        self._ended.clear()
        self._ends.clear()
        self.steps = 0

    def run(self) -> bytes:
        """Look and read until nothing is left to do; return what that brought."""
        before = len(self.delivered)
        self.tail.hint(renamed=True)
        while self.step():
            pass
        return bytes(self.delivered[before:])

    def wait(self, seconds: float) -> bytes:
        """Let time pass, as a pipeline does that heeds the deadlines and gets no hints."""
        before = len(self.delivered)
        until = self.clock.now().tick + round(seconds * SECOND)
        while (deadline := self.tail.deadline) is not None and deadline <= until:
            self.clock.advance(max(deadline - self.clock.now().tick, 0) / SECOND)
            self.tail.wake()
            self.run()
        self.clock.advance((until - self.clock.now().tick) / SECOND)
        return bytes(self.delivered[before:])

    def step(self) -> bool:
        """Do everything that the tail asks for now, once; False: it asks for nothing."""
        looked = self.look()
        action = self.tail.read(self.size)
        if action is not None:
            self._read(action)
        self._take()
        return looked or action is not None

    def look(self) -> bool:
        """Answer everything but reads."""
        lookups = self.tail.lookups()
        for action in lookups:
            self._count()
            if isinstance(action, LetGo):
                self.files.let_go(action.identity)
            elif isinstance(action, Look):
                self.tail.receive_stat(self.files.stat(action.path), self.clock.now())
            elif isinstance(action, FindSiblings):
                self.tail.receive_siblings(self.files.siblings(action.path), self.clock.now())
        self._take()
        return bool(lookups)

    def _read(self, action: ReadAt) -> None:
        self._count()
        chunk = Chunk(action.size)
        room = chunk.room()[: action.size]
        try:
            count = self.files.read(action.path, action.identity, room, action.offset, compressed=action.compressed)
        except SourceError as error:
            self.tail.receive_failure(action, str(error), self.clock.now())
            return
        if count is None:
            self.tail.receive_gone(action, self.clock.now())
        else:
            self.tail.receive_data(action, chunk.filled(count), self.clock.now())

    def _take(self) -> None:
        for piece in self.tail.pieces():
            assert piece.generation not in self._ended, "nothing comes behind the end"
            if isinstance(piece, Piece):
                assert piece.offset >= self._ends.get(piece.generation, 0)
                self._ends[piece.generation] = piece.offset + len(piece.chunk)
                self.delivered += bytes(piece.chunk)
                self.pieces.append(piece)
            elif isinstance(piece, Left):
                self.told.append(f"{piece.generation} {piece.reason}")
            elif isinstance(piece, Ended):
                self._ended.add(piece.generation)
                self.told.append(f"{piece.generation} ended")
            else:
                self.losses.append(piece)
                self.told.append(f"{piece.generation} lost {piece.count}: {piece.reason}")

    def _count(self) -> None:
        self.steps += 1
        assert self.steps < MOST_STEPS, "the tail spins"
