"""The output that knows what it holds: bytes and the positions of the sources they came from become true together.

What was written is on the disk before the checkpoint says so, and the checkpoint says so only of whole lines. A run
that was killed anywhere goes on from there: what came behind is cut off and written again, and nothing is there twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import RLock
from typing import Final, Protocol

from logbraid.core.checkpoint import Checkpoint, Commit, OutputState
from logbraid.core.events import Event
from logbraid.core.linewise import LineBatch
from logbraid.core.positions import Position
from logbraid.core.progress import GROUP
from logbraid.core.types import Identity, Nanos
from logbraid.errors import SinkError
from logbraid.sinks.base import Batch, Renderer
from logbraid.sinks.growing import GrowingFile, GrowingSink
from logbraid.sinks.saving import Saving
from logbraid.sinks.turnover import Turnover

__all__ = ["CheckpointStore", "CommittedSink"]

ALIEN: Final = (
    "{name}: somebody else has truncated it or written to it: {size} bytes are there and {length} should be. "
    "Rotate it by renaming it and sending SIGHUP, or with --rotate-output"
)


class CheckpointStore(Protocol):
    """Where commits are kept; ``system.store.Store`` is one."""

    @property
    def paths(self) -> Sequence[str]:
        """Every name that belongs to it."""

    def load(self) -> Checkpoint | None:
        """Return what was committed last, if anything was. Raises CheckpointError."""

    def save(self, commit: Commit) -> None:
        """Make a commit true, all of it or nothing, and for good. Raises CheckpointError."""

    def forget(self) -> None:
        """Begin anew. Raises CheckpointError."""

    def close(self) -> None:
        """Let it go; may be called again. Never raises."""


class CommittedSink(GrowingSink):
    """Appends to a file and commits what is in it; made by ``resuming.committed``.

    Commits are made where a batch is ``due``, which says where the sources of all bytes before it go on; and only of
    what ends with a newline. Whatever else is to happen to the output waits for that.

    Args:
        file: prepared for the first line.
        renderer: what the bytes are.
        store: of the checkpoint.
        state: the output as this run begins with it.
        wall: tells the time, ns UTC.
        checkpoint: what the run goes on from.
        turnover: the output's own rotation, if it has one.
        notices: what became of the output before this run.
        beside: commits are made by a thread of their own while writing goes on.

    Attributes:
        positions: of every source, as the run found them.
        resumed: there are some, so that what is in none of them has come since.
        group: bytes after which a batch should be ``due`` at the latest.
        notices: what became of the output before this run.

    Raises:
        CheckpointError: that the output is this one cannot be committed.
    """

    def __init__(
        self,
        file: GrowingFile,
        renderer: Renderer,
        store: CheckpointStore,
        *,
        state: OutputState,
        wall: Callable[[], Nanos],
        checkpoint: Checkpoint | None = None,
        turnover: Turnover | None = None,
        notices: Sequence[Event] = (),
        beside: bool = True,
    ) -> None:
        super().__init__(file, renderer)
        self.positions: Mapping[str, Position] = checkpoint.positions if checkpoint else {}
        self.resumed = bool(self.positions)
        self.group = min(GROUP, turnover.size or GROUP) if turnover else GROUP
        self.notices = list(notices)
        self._store = store
        self._wall = wall
        self._known = state
        self._turnover = turnover
        self._saving = Saving(self._save, beside=beside)
        self._lock = RLock()  # reopen may be asked for by another thread than the one that writes
        self._moved: dict[str, Position] = {}
        self._due = self._reopening = self._closed = False
        self._settled = True  # the positions are those of all that was written
        self._asked = -1  # the length that a commit was asked for last; none yet
        self._save_now()

    @property
    def own_paths(self) -> Sequence[str]:
        """Paths that must not be followed: the output, what it is rotated to, and the checkpoint."""
        rotated = self._turnover.names(self._file.place) if self._turnover else []
        return [self.name, *rotated, *self._store.paths]

    def write(self, batch: Batch) -> None:
        """Append a batch, note how far its sources have come, and commit where it is time.

        Raises:
            SinkError: the output refused it, or is not what this run has written any more.
            CheckpointError: an earlier commit failed.
        """
        with self._lock:
            self._saving.check()
            if batch.parts:  # one that only says that it is time has none
                self._file.write(self.renderer(batch))
            self._moved.update((position.source, position) for position in batch.positions)
            self._settled = batch.due or bool(batch.positions)
            self._due |= batch.due
            if isinstance(batch, LineBatch) and batch.piped:
                self._known = replace(self._known, piped=True)
            self._go_on()

    def reopen(self) -> None:
        """Go on in a new file, after somebody has renamed the old one; as soon as the old one can be committed.

        Raises:
            SinkError: the new file cannot be opened, or is not empty; the old one is written on.
            CheckpointError: what is in the old file cannot be committed.
        """
        with self._lock:
            self._reopening = True
            self._go_on()

    def close(self) -> None:
        """Commit that the run ended well, and let everything go; may be called again.

        Raises:
            SinkError: the output is not what this run has written.
            CheckpointError: the last commits could not be made; what was committed before stays true.
        """
        with self._lock:
            if self._closed:
                return
            try:
                if self._file.whole and self._settled:
                    self._save_now(ended_well=True)
                self._saving.wait()
            finally:
                self._let_go()

    def abort(self) -> None:
        """Let everything go without a word more; what was committed stays true. Never raises."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        self._closed = True
        self._saving.close()
        self._store.close()
        self._file.abandon()

    def _go_on(self) -> None:
        """Do what has waited until all that was written can be committed."""
        if not (self._file.whole and self._settled):
            return
        if self._reopening:
            self._reopening = False
            self._begin_anew()
        elif self._turnover and self._turnover.is_due(self._file.length, self._wall() - self._known.begun):
            self._begin_anew(self._turnover)
        elif self._due:
            self._commit()

    def _begin_anew(self, turnover: Turnover | None = None) -> None:
        """Commit the old file to its last byte, and begin a new one, which no byte goes to before it is committed.

        Whoever is killed in between leaves the old file under another name, where the next run finds it by identity.
        """
        self._save_now()
        if turnover and self._file.has_its_name:
            turnover.rotate(self._file.place)
        if self._file.switch(empty=True):
            self._file.sync_name()
            self._known = self._known.turned_away(self._wall())
            self._save_now()

    def _commit(self) -> None:
        """Have it saved what is true now, if it is not saved already."""
        self._due = False
        if self._moved or self._file.length != self._asked:
            self._saving.ask(self._next_commit())

    def _save_now(self, *, ended_well: bool = False) -> None:
        """Save what is true now, and wait for it."""
        self._due = False
        self._saving.save_now(lambda: self._next_commit(ended_well=ended_well))

    def _next_commit(self, *, ended_well: bool = False) -> Commit:
        """Take what has moved, together with the output that it has moved to."""
        state = self._state(ended_well=ended_well)
        moved, self._moved = self._moved, {}
        self._asked = state.length
        return Commit(state, tuple(moved.values()))

    def _state(self, *, ended_well: bool) -> OutputState:
        status = self._file.status
        if status.st_size != self._file.length:
            raise SinkError(ALIEN.format(name=self.name, size=status.st_size, length=self._file.length))
        if not status.st_nlink:
            raise SinkError(f"{self.name}: somebody has deleted it while it was written to")
        self._known = replace(
            self._known,
            identity=Identity.of(status),
            length=self._file.length,
            guard=self._file.guard,
            modified=status.st_mtime_ns,
            ended_well=ended_well,
        )
        return self._known

    def _save(self, commit: Commit) -> None:
        """First the bytes, then the word that they are there."""
        self._file.sync()
        self._store.save(commit)
