"""Where checkpoints outlive processes: a store in memory, and the real one, both of which may be the last thing done.

The store in memory keeps the same text as the real one; only what a database does is left out, which is most of the
time that a run takes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from logbraid.core.checkpoint import Checkpoint, Commit, decode_output, decode_position, encode_output, encode_position
from logbraid.core.positions import Position
from logbraid.sinks.committed import CheckpointStore
from logbraid.system.store import Store, read_checkpoint

from .disk import FakeDisk

__all__ = ["DatabaseShelf", "MemoryShelf", "Shelf"]


class MemoryShelf:
    """Keeps text."""

    def __init__(self, disk: FakeDisk) -> None:
        self.disk = disk
        self.output: str | None = None
        self.positions: dict[str, str] = {}

    def store(self) -> CheckpointStore:
        """Return the store of a new process."""
        return _MemoryStore(self)

    def committed(self) -> dict[str, Position]:
        """Where sources would go on."""
        return {path: decode_position(text) for path, text in self.positions.items()}

    def bury(self) -> None:
        """Forget the process."""


class _MemoryStore:
    def __init__(self, shelf: MemoryShelf) -> None:
        self._shelf = shelf

    @property
    def paths(self) -> Sequence[str]:
        """None is a file."""
        return ()

    def load(self) -> Checkpoint | None:
        """Return what was committed last."""
        shelf = self._shelf
        if shelf.output is None:
            return None
        return Checkpoint(decode_output(shelf.output), shelf.committed())

    def save(self, commit: Commit) -> None:
        """Make a commit true; who is killed here has done so or not."""
        self._shelf.disk.step()
        if commit.output is not None:
            self._shelf.output = encode_output(commit.output)
        self._shelf.positions.update((position.source, encode_position(position)) for position in commit.positions)
        self._shelf.disk.step()

    def forget(self) -> None:
        """Begin anew."""
        self._shelf.output, self._shelf.positions = None, {}

    def close(self) -> None:
        """Nothing to let go."""


class DatabaseShelf:
    """Keeps a real checkpoint, beside the output."""

    def __init__(self, disk: FakeDisk) -> None:
        self.disk = disk
        self._path = f"{disk.output}.checkpoint"
        self._stores: list[_DatabaseStore] = []

    def store(self) -> CheckpointStore:
        """Return the store of a new process."""
        self._stores.append(_DatabaseStore(self._path, self.disk))
        return self._stores[-1]

    def committed(self) -> dict[str, Position]:
        """Where sources would go on."""
        return read_checkpoint(self._path).positions if os.path.exists(self._path) else {}

    def bury(self) -> None:
        """Close what the process had open, as the system does when it dies."""
        for store in self._stores:
            store.drop()
        self._stores.clear()


class _DatabaseStore(Store):
    def __init__(self, path: str, disk: FakeDisk) -> None:
        super().__init__(path)
        self._disk = disk

    def save(self, commit: Commit) -> None:
        """Make a commit true; who is killed here has done so or not."""
        self._disk.step()
        super().save(commit)
        self._disk.step()

    def close(self) -> None:
        """Let it go; a dead process does nothing more."""
        if not self._disk.dead:
            super().close()

    def drop(self) -> None:
        """Close without a word."""
        if self._connection is not None:
            self._connection.close()
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = -1


Shelf = MemoryShelf | DatabaseShelf
