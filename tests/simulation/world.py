"""The world of one run: files and their writers, a disk, a clock, and one process after the other that follows.

It plays the operations of a script one by one. What must hold at any moment is checked here, what must hold in the end
by the oracle.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from typing import Final
from unittest.mock import patch

import logbraid.core.live
from logbraid.core.account import Account
from logbraid.core.types import SECOND, Identity
from logbraid.errors import CheckpointError, SinkError
from logbraid.system.ports import Hints
from logbraid.testing import ManualClock

from .disk import FakeDisk, Killed
from .frail import FrailFiles
from .life import SPECS, Life, PacedSaving, paced
from .logs import Logs, name_of
from .script import SOURCES, Operation, Script
from .shelf import DatabaseShelf, MemoryShelf, Shelf

__all__ = ["World"]

MOST_STEPS: Final = 5000
"""Within one moment."""

LEAST_WAIT: Final = 1000
"""Nanoseconds: no system waits for less."""

CATCHING_UP: Final = 45.0
"""Seconds in which a run has found and read everything."""


class World:
    """Everything there is.

    Args:
        script: what happens.
        root: a directory for the output.

    Attributes:
        account: of the last process that came to a good end.
        late: lines that some process has called late.
        said: sources of which some process has said that bytes are lost.
        stepped: the wall clock was set.
    """

    def __init__(self, script: Script, root: Path) -> None:
        self.setup = setup = script.setup
        self.account = Account()
        self.late: set[bytes] = set()
        self.said: set[str] = set()
        self.stepped = False
        self._random = Random(script.seed)
        self.clock = ManualClock()
        self.disk = FakeDisk(root, self._random)
        self._shelf: Shelf = DatabaseShelf(self.disk) if setup.database else MemoryShelf(self.disk)
        self._life: Life | None = None
        self._left: set[bytes] = set()  # in the output when the process began
        self._losing_power = self._unwell = False
        self.logs = Logs(setup, self.clock, self._files(), self)
        self._stack = ExitStack()

    def _files(self) -> FrailFiles:
        setup = self.setup
        dropped, lost = setup.hints == "dropped", setup.hints == "lost"
        return FrailFiles(SPECS, clock=self.clock, drop_hints=dropped, overflow=lost, reuse=setup.reuse)

    def __enter__(self) -> World:
        self._stack.enter_context(self.disk.mounted())
        self._stack.enter_context(patch.object(logbraid.core.live, "LEAST_READ", self.setup.read))
        if self.setup.beside:
            self._stack.enter_context(paced())
        if self.setup.weather == "calm":  # what is written to a file before it is found may be late
            for source in SOURCES:
                self.logs.append(source, 1)
        return self

    def __exit__(self, *_: object) -> None:
        if self._life is not None:
            self._bury(self._life)
        self._stack.close()

    def play(self, operation: Operation) -> None:
        """Let something happen."""
        getattr(self, f"do_{operation.what}")(operation)

    def conclude(self) -> None:
        """Let everything be written and read to its end, and let the last process end well."""
        self.logs.files.failing.clear()
        self.disk.killed_at = None
        if self._life is not None and self._unwell:
            self._give_up(self._life)
        elif self._life is None:
            self._mourn()
        for source in SOURCES:
            self.logs.append(source, 1)
        self._go_on(CATCHING_UP)
        assert self.alive, "it has ended by itself"
        self._stop()

    # Who reads: what the logs have to know

    @property
    def alive(self) -> bool:
        """Whether a process follows."""
        return self._life is not None

    def has(self, line: bytes) -> bool:
        """Whether the process has read a line, or one before it has."""
        return self._life is not None and (self._life.has(line) or line in self._left)

    def knows(self, identity: Identity) -> bool:
        """Whether a file is read, or would be after a restart."""
        tails = () if self._life is None else self._life.pump._pipeline._tails
        owned = {known for tail in tails for known in tail.owned}
        following = {tail._course.next.stat.identity for tail in tails if tail._course.next is not None}
        places = [place for each in self._shelf.committed().values() for place in (each.place, *each.stragglers)]
        return identity in owned | following | {place.identity for place in places}

    def has_begun(self, source: str, path: str) -> bool:
        """Whether something of a file was read by the process that is there, and is committed, too."""
        identity, content = self.logs.identity(path), self.logs.content(path) or b""
        position = self._shelf.committed().get(name_of(source))
        if position is None or position.place.identity != identity or not position.place.offset:
            return False
        if not content[: position.place.offset].endswith(position.place.guard):
            return False  # another file with its number
        tails = () if self._life is None else self._life.pump._pipeline._tails
        reading = next((tail.reading for tail in tails if tail.path == name_of(source)), None)
        return self._life is None or (reading is not None and reading.identity == identity and reading.offset > 0)

    # The process

    def _live(self) -> Life | None:
        """Return the process, a new one if need be; None: it has died at once."""
        if self._life is None:
            with suppress(Killed, SinkError):
                self._life = Life(self.setup, self.logs.files, self.clock, self.disk, self._shelf)
                self._left = self._there()
                self.logs.written.bury(self._left)
                return self._life
            self._mourn()
        return self._life

    def _step(self) -> bool:
        """Let the process do one thing; False: it is dead."""
        life = self._live()
        if life is None:
            return False
        try:
            life.step()
            if isinstance(life.sink._saving, PacedSaving) and self._random.random() < 0.2:
                life.sink._saving.catch_up()
        except Killed:
            self._mourn()
            return False
        except (SinkError, CheckpointError):
            self._give_up(life)
            return False
        return True

    def _go_on(self, seconds: float) -> None:
        """Let the process do what it has to do in so long."""
        end = self.clock.now().tick + round(seconds * SECOND)
        steps, moment = 0, -1
        while self._step():
            tick = self.clock.now().tick
            steps, moment = (steps + 1, tick) if tick == moment else (0, tick)
            assert steps < MOST_STEPS, "the run spins: nothing waits any more"
            life = self._life
            if life is None or not life.idle or self.logs.files._hints != Hints():
                continue
            until = life.pump.until()
            if tick >= end and (until is None or until > tick):
                return
            until = end if until is None else min(until, end)
            self.clock.advance(max(until - tick, LEAST_WAIT) / SECOND)
        self.clock.advance(max(end - self.clock.now().tick, 0) / SECOND)

    def _stop(self) -> None:
        life = self._live()
        if life is None:
            return
        try:
            self.account = life.end()
            assert not self.disk.open_files, "it has left the output open"
            self.logs.written.part(self._there())
            self._mourn()
        except Killed:
            self._mourn()
        except (SinkError, CheckpointError):
            self._give_up(life)

    def _give_up(self, life: Life) -> None:
        """End as a driver does that the output has failed."""
        assert self._unwell, "the disk was well"
        life.break_off()
        self._mourn()

    def _there(self) -> set[bytes]:
        """Return the lines in the output, without labels."""
        lines = b"".join(self.disk.outputs()).splitlines(keepends=True)
        return {line.partition(b" | ")[2] for line in lines} if self.setup.labelled else set(lines)

    def _mourn(self) -> None:
        """Clear up behind a process that has ended."""
        if self._life is not None:
            self._bury(self._life)
        self.disk.bury()
        self._shelf.bury()
        if self._losing_power:
            self.disk.lose_power()
        self._losing_power = self._unwell = False
        files = self.logs.files
        assert not files.open_files, "it has left files open"
        self.logs.files = reborn = self._files()
        reborn.take_over(files)

    def _bury(self, life: Life) -> None:
        self.late |= life.late
        self.said |= life.said
        life.bury()
        self._life = None

    # Operations

    def do_append(self, operation: Operation) -> None:
        """Write lines."""
        if operation.also and operation.source == "c" and self.logs._swaps:
            self.logs.append("d", operation.number, path=f"/logs/d-{self.logs._swaps}")
        else:
            self.logs.append(operation.source, operation.number)

    def do_burst(self, operation: Operation) -> None:
        """Write many lines."""
        self.logs.append(operation.source, operation.number)

    def do_append_traceback(self, operation: Operation) -> None:
        """Write records of several lines."""
        self.logs.append(operation.source, operation.number, more=6 if operation.also else 2)

    def do_append_torn(self, operation: Operation) -> None:
        """Write half a line."""
        self.logs.append_torn(operation.source, operation.number)

    def do_straggle(self, operation: Operation) -> None:
        """Write to the file that was rotated away."""
        self.logs.straggle(operation.source, operation.number)

    def do_rotate(self, operation: Operation) -> None:
        """Rename."""
        least = int(self.setup.weather == "calm")  # a source whose name leads nowhere may be found late
        self.logs.rotate(operation.source, max(operation.number, least))

    def do_abandon(self, operation: Operation) -> None:
        """Write half a line, and rotate."""
        self.logs.append_torn(operation.source, 1)
        self.logs.rotate(operation.source, 1, abandon=True)

    def do_compress(self, operation: Operation) -> None:
        """Compress a rotated file."""
        self.logs.compress(operation.source)

    def do_copy(self, operation: Operation) -> None:
        """Begin to copy and truncate."""
        self.logs.copy(operation.source)

    def do_copy_truncate(self, operation: Operation) -> None:
        """Copy, if that is not done, and truncate."""
        self.logs.copy_truncate(operation.source, operation.number)

    def do_truncate(self, operation: Operation) -> None:
        """Empty a file."""
        self.logs.truncate(operation.source, operation.number)

    def do_delete(self, operation: Operation) -> None:
        """Delete a file."""
        self.logs.delete(operation.source, operation.number)

    def do_delete_rotated(self, operation: Operation) -> None:
        """Delete a rotated file."""
        self.logs.delete_rotated(operation.source)

    def do_swap(self, operation: Operation) -> None:
        """Let the link lead elsewhere."""
        self.logs.swap(2)

    def do_evict(self, operation: Operation) -> None:
        """Take the descriptors back; a straggler that is renamed after that is not found again."""
        tails = () if self._life is None else self._life.pump._pipeline._tails
        if not any(tail.stragglers for tail in tails):
            self.logs.evict()

    def do_fail_reads(self, operation: Operation) -> None:
        """Let a few reads of a file fail, not so many that the run loses its patience."""
        path, failing = name_of(operation.source), self.logs.files.failing
        if self.logs.content(path) and not failing:
            failing[self.logs.identity(path)] = operation.number

    def do_step_clock(self, operation: Operation) -> None:
        """Set the wall clock back or forward."""
        if operation.also and self.setup.reuse:
            return  # numbers are told apart by times
        self.stepped = True
        self.logs.turned_back |= operation.also
        self.clock.step_wall((-1 if operation.also else 1) * operation.number / 1000)

    def do_turn(self, operation: Operation) -> None:
        """Let the process do a few things."""
        for _ in range(operation.number):
            if not self._step():
                break

    def do_go_on(self, operation: Operation) -> None:
        """Let it do what it has to do for a while."""
        self._go_on(operation.number / 1000)

    def do_stall(self, operation: Operation) -> None:
        """Let time pass in which it does nothing; a record that it reads in parts then may not wait for the rest."""
        for record in self.logs.written.records:
            if len(record.lines) > 1 and not all(map(self.has, record.lines)):
                record.parted = True
        self.clock.advance(operation.number / 1000)

    def do_stop(self, operation: Operation) -> None:
        """Stop, well or in the middle of a turn."""
        if self._life is not None and operation.also:
            self._life.break_off()
            self._mourn()
        else:
            self._stop()

    def do_kill(self, operation: Operation) -> None:
        """Kill it."""
        if self._life is not None:
            self.disk.dead = True
            self._mourn()

    def do_kill_writing(self, operation: Operation) -> None:
        """Kill it when it does something to what outlives it."""
        self.disk.killed_at = operation.number

    def do_lose_power(self, operation: Operation) -> None:
        """Pull the plug."""
        self._losing_power = True
        self.disk.dead = True
        self._mourn()

    def do_lose_power_writing(self, operation: Operation) -> None:
        """Pull the plug when it does something."""
        self._losing_power = True
        self.disk.killed_at = operation.number

    def do_fill_disk(self, operation: Operation) -> None:
        """Leave little room for the output."""
        self._unwell, self.disk.room = True, operation.number

    def do_fail_sync(self, operation: Operation) -> None:
        """Let the disk refuse to sync."""
        self._unwell = self.disk.failing = True
