"""The grounds of whole runs that are played by hand: files in memory or on the disk, and a run that can be paused.

Nothing here knows what is played; a manual clock turns everything but the threads.
"""

from __future__ import annotations

import asyncio
import gzip
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from logbraid.api.following import afollow, follow
from logbraid.api.plan import Plan, World
from logbraid.core.account import Account
from logbraid.core.options import Options, Order
from logbraid.core.types import FileStat, Identity
from logbraid.drivers.control import Control
from logbraid.drivers.newcomers import Begin
from logbraid.drivers.threads import Batches
from logbraid.sinks.base import Batch
from logbraid.system.finder import Finder
from logbraid.system.followed import Disk
from logbraid.system.notify import notifier
from logbraid.system.ports import Files, Hints, Notifier
from logbraid.testing import FakeFiles, ManualClock


class Ground(Protocol):
    """Files that are written, and how a run sees them."""

    world: World

    def append(self, name: str, data: bytes) -> None: ...
    def rename(self, old: str, new: str) -> None: ...
    def delete(self, name: str) -> None: ...
    def truncate(self, name: str) -> None: ...
    def compress(self, name: str) -> None: ...
    def symlink(self, name: str, target: str) -> None: ...

    def content(self, name: str) -> bytes | None:
        """What the name leads to; None: nothing."""

    def is_open(self, name: str) -> bool:
        """Whether the run has the file open: then it can be read even when it has no name any more."""

    def names(self) -> list[str]:
        """Everything that is there."""

    def close(self) -> None:
        """Clean up."""


class Memory:
    """Files in memory."""

    def __init__(self, clock: ManualClock, interrupt: Callable[[], None], hints: str) -> None:
        sources = ["/logs/[abc].log", "/logs/link.log"]
        files = self.files = FakeFiles(sources, clock=clock, reuse=True)
        files.drop_hints, files.overflow = hints == "dropped", hints == "lost"
        self.world = World(Interrupted(files, interrupt), files, files, clock)
        self.truncate = lambda name: files.truncate(f"/logs/{name}")
        self.delete = lambda name: files.delete(f"/logs/{name}")
        self.compress = lambda name: files.compress(f"/logs/{name}")

    def append(self, name: str, data: bytes) -> None:
        self.files.append(f"/logs/{name}", data)

    def rename(self, old: str, new: str) -> None:
        self.files.rename(f"/logs/{old}", f"/logs/{new}")

    def symlink(self, name: str, target: str) -> None:
        self.files.symlink(f"/logs/{name}", target)

    def content(self, name: str) -> bytes | None:
        node = self.files._tree.node(f"/logs/{name}")  # not by the port: that would open the file, and keep it
        return None if node is None else bytes(node.content)

    def is_open(self, name: str) -> bool:
        node = self.files._tree.node(f"/logs/{name}")
        return node is not None and node.stat.identity in self.files._open

    def names(self) -> list[str]:
        return [os.path.basename(name) for name in self.files._tree.names()]

    def close(self) -> None:
        assert not self.files.open_files


class OnDisk:
    """Real files, and real notifications; only the clock is turned by hand."""

    def __init__(self, clock: ManualClock, interrupt: Callable[[], None], hints: str) -> None:
        self.root = Path(tempfile.mkdtemp())
        disk = Interrupted(Disk(), interrupt)
        finder = Finder([f"{self.root}/[abc].log", f"{self.root}/link.log"])
        told = notifier() if hints == "all" else Deaf(notifier(), lost=hints == "lost")
        self.world = World(disk, told, finder, clock)

    def append(self, name: str, data: bytes) -> None:
        with (self.root / name).open("ab", buffering=0) as file:
            file.write(data)

    def rename(self, old: str, new: str) -> None:
        (self.root / old).rename(self.root / new)

    def delete(self, name: str) -> None:
        (self.root / name).unlink()

    def truncate(self, name: str) -> None:
        os.truncate(self.root / name, 0)

    def compress(self, name: str) -> None:
        path = self.root / name
        packed = path.with_name(f"{name}.gz")
        packed.write_bytes(gzip.compress(path.read_bytes()))
        shutil.copystat(path, packed)
        path.unlink()

    def symlink(self, name: str, target: str) -> None:
        new = self.root / ".link"
        new.symlink_to(target)
        new.replace(self.root / name)

    def content(self, name: str) -> bytes | None:
        path = self.root / name
        return path.read_bytes() if path.exists() else None

    def is_open(self, name: str) -> bool:
        identity = Identity.of((self.root / name).stat())
        return identity in open_here()

    def names(self) -> list[str]:
        return os.listdir(self.root)

    def close(self) -> None:
        assert not any(str(self.root) in name for name in open_here().values())
        shutil.rmtree(self.root)


def open_here() -> dict[Identity, str]:
    """The files that this process has open, by identity."""
    found = {}
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # the descriptor that lists them
            found[Identity.of(os.fstat(int(number)))] = os.readlink(f"/proc/self/fd/{number}")
    return found


class Deaf:
    """A notifier that tells nothing, or no more than that there was something."""

    def __init__(self, heard: Notifier, *, lost: bool) -> None:
        self._heard = heard
        self._lost = lost
        self.descriptor = heard.descriptor
        self.watch = heard.watch
        self.close = heard.close

    def hints(self) -> Hints:
        return Hints(lost=(self._heard.hints() != Hints()) and self._lost)


class Interrupted:
    """Files to which something happens just before they are looked at."""

    def __init__(self, files: Files, interrupt: Callable[[], None]) -> None:
        self._files = files
        self._interrupt = interrupt
        self.names = files.names
        self.let_go = files.let_go
        self.close = files.close

    def stat(self, path: str) -> FileStat | None:
        self._interrupt()
        return self._files.stat(path)

    def siblings(self, path: str) -> Any:
        self._interrupt()
        return self._files.siblings(path)

    def read(
        self, path: str, identity: Identity, room: memoryview, offset: int, *, compressed: bool = False
    ) -> int | None:
        self._interrupt()
        return self._files.read(path, identity, room, offset, compressed=compressed)


class Pause(Exception):
    """The time that a run was given is over; it can be asked to go on."""


class Run:
    """A run that goes on for as long as it is told.

    Args:
        kind: who asks for the batches: a thread, a coroutine, or a sink that takes whole lines.
        order: of the batches.
        world: what is followed is its finder's matter.
        clock: of that world.

    Attributes:
        batches: everything so far.
    """

    def __init__(self, kind: str, order: Order, world: World, clock: ManualClock) -> None:
        self.batches: list[Batch] = []
        self._clock = clock
        self._loop = asyncio.new_event_loop() if kind == "coroutine" else None
        self._taken: Any
        if kind == "lines":
            self._control = Control()
            plan = Plan(["/"], Options(order=order), Begin(None), world=world)
            self._taken = Batches(plan.pump(lines=True), clock, self._control, lambda event: None)
            self._stop = self._control.stop
        else:
            begin = follow if self._loop is None else afollow
            self._taken = begin("/", order=order, last=None, tz="UTC", world=world)
            self._stop = self._taken.stop

    def go_on(self, seconds: float) -> None:
        """Take batches for so long."""
        self._clock.at(self._clock.seconds + seconds, pause)
        with suppress(Pause):
            while True:
                self.batches.append(self._next())

    def end(self) -> Account:
        """Stop, and take what is left."""
        self._stop()
        with suppress(StopIteration, StopAsyncIteration):
            while True:
                self.batches.append(self._next())
        account: Account = self._taken.account
        if self._loop is None:
            self._taken.close()
        else:
            self._loop.run_until_complete(self._taken.aclose())
            self._loop.close()
        return account

    def _next(self) -> Batch:
        batch: Batch = next(self._taken) if self._loop is None else self._loop.run_until_complete(anext(self._taken))
        return batch


def pause() -> None:
    raise Pause
