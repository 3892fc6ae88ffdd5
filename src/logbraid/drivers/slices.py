"""The driver for many processors: parts of time, dealt in turn to processes that merge and write whole parts.

Parts are independent: a process reads, parses, merges and renders its part alone, and waits only for its turn to write.
The parent reads no log. It checks that each part begins, in every source, at the very byte where the one before ended,
and only then lets it be written; where a source is not in order enough for that, the rest is merged by one process.
Only for regular files whose records begin with timestamps; for anything else the driver declines.
"""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from logbraid.core.account import Account, SourceAccount
from logbraid.core.options import MEBIBYTE
from logbraid.core.pipeline import Pipeline
from logbraid.core.recognise import Recognisers
from logbraid.core.types import FOREVER, NO_TIME, Nanos
from logbraid.core.window import Window
from logbraid.drivers import threads
from logbraid.drivers.once import Reads, Run, merge_once
from logbraid.drivers.timeline import Timeline, boundaries, survey
from logbraid.errors import SinkError, SourceError
from logbraid.sinks.base import ByteSink
from logbraid.sinks.file import write_all
from logbraid.system.clock import Bell, Clock
from logbraid.system.memory import keep_freed_memory

if TYPE_CHECKING:
    from multiprocessing.connection import Connection  # which takes longer to import than most merges can spare

__all__ = ["run"]

PART: Final = 24 * MEBIBYTE
"""Bytes of all sources together in one part: held in memory, rendered, until it may be written."""

LEAST_PARTS: Final = 3
"""With fewer parts, starting processes costs more than it gains."""

LEAST_SHARE: Final = MEBIBYTE // 2
"""With less of each source in a part, finding its ends costs more than merging it."""

_WRITE: Final = "write"
_WRITTEN: Final = "written"

# Between two probes a process reads in vain: a sixteenth of its part at each end. But probes take time, too.
_PROBES_A_SHARE: Final = 16
_MOST_PROBES: Final = 16_384


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run is cut.

    Attributes:
        timelines: of the sources.
        edges: each part goes from one edge to the next: ``edges[i] < key <= edges[i + 1]``.
        processes: how many take part.
    """

    timelines: Sequence[Timeline]
    edges: Sequence[Nanos]
    processes: int


@dataclass(slots=True)
class Part:
    """What a process reports of a part before it is written.

    Attributes:
        begins: offset of its first record, for each source.
        ends: offset behind its last record, for each source.
        highest: largest key, for each source.
        last: time of the last record, for each source; NO_TIME where it has none.
        accounts: what it counted.
        clean: nothing happened that the parts behind it would have to know.
    """

    begins: list[int]
    ends: list[int]
    highest: list[Nanos]
    last: list[Nanos]
    accounts: list[SourceAccount]
    clean: bool


def run(run: Run, processes: int | None = None) -> Account | None:
    """Merge with several processes; None, with nothing done, where that is not possible or does not pay.

    Raises:
        SinkError: the sink refused a part.
    """
    plan = _plan(run, os.cpu_count() or 1 if processes is None else processes)
    if plan is None:
        return None
    ring = Ring(run, plan)
    try:
        return ring.turn() if ring.start() else None
    finally:
        ring.close()


def _plan(run: Run, processes: int) -> Plan | None:
    total = sum((source.size or 0) - start.offset for source, start in zip(run.sources, run.starts, strict=True))
    if processes < 2 or total < LEAST_PARTS * PART or run.options.order != "time" or not _may_fork(run):
        return None
    share = PART // len(run.sources)
    timelines = _timelines(run, max(share // _PROBES_A_SHARE, total // _MOST_PROBES)) if share >= LEAST_SHARE else None
    if timelines is None:
        return None
    edges = [NO_TIME, *boundaries(timelines, PART), FOREVER]
    return Plan(timelines, edges, min(processes, len(edges) - 1)) if len(edges) > LEAST_PARTS else None


def _timelines(run: Run, step: int) -> list[Timeline] | None:
    recognisers = Recognisers(run.options)
    timelines: list[Timeline] = []
    for source, opened, start in zip(run.sources, run.opened, run.starts, strict=True):
        try:
            timeline = survey(opened, recognisers.of(source), start, step)
        except SourceError:
            return None  # whoever reads the source next will meet the same error and say so
        if timeline is None:
            return None
        timelines.append(timeline)
    return timelines


def _may_fork(run: Run) -> bool:
    # A fork copies one thread only: with others about, a lock that one of them holds would never be let go.
    return hasattr(os, "fork") and threading.active_count() == 1 and isinstance(run.sink, ByteSink)


@dataclass(slots=True)
class Peer:
    """The parent's end of one process; the bell is for the parent's signals."""

    pid: int
    reports: Connection
    orders: Connection
    bell: Bell


class Ring:
    """The parent: starts the processes, and lets them write in turn."""

    def __init__(self, run: Run, plan: Plan) -> None:
        self._run = run
        self._plan = plan
        self._peers: list[Peer] = []
        self._bell = Bell()

    def start(self) -> bool:
        """Start the processes; return whether they could be had."""
        try:
            for number in range(self._plan.processes):
                # An exception of a handler would lose sight of a process, or have two of them go on as the parent.
                with _signals_held():
                    self._peers.append(self._fork(number))
        except OSError:
            return False
        return True

    def turn(self) -> Account:
        """Let each part be written in its turn; return the account of all."""
        accounts = [SourceAccount(source.label, source.path) for source in self._run.sources]
        ends = [start.offset for start in self._run.starts]
        highest = [NO_TIME] * len(accounts)
        last = [timeline.begin.previous for timeline in self._plan.timelines]
        for number in range(len(self._plan.edges) - 1):
            peer = self._peers[number % len(self._peers)]
            part = _receive(peer)
            fits = isinstance(part, Part) and part.begins == ends and part.clean
            if not fits or not _order(peer):
                self.close()
                return self._go_on_alone(accounts, ends, highest, last)
            answer = _receive(peer)
            if answer != _WRITTEN:
                raise answer if isinstance(answer, SinkError) else SinkError("a process died while it wrote its part")
            for account, counted in zip(accounts, part.accounts, strict=True):
                account.add(counted)
            ends, highest = part.ends, part.highest
            last = [new if new != NO_TIME else old for new, old in zip(part.last, last, strict=True)]
            self._run.progress(sum(ends))
        self._count_seen(accounts, ends)
        return Account(accounts)

    def close(self) -> None:
        """End the processes that still run, and wait for them."""
        for peer in self._peers:
            os.kill(peer.pid, signal.SIGKILL)
            os.waitpid(peer.pid, 0)
            peer.reports.close()
            peer.orders.close()
        self._peers.clear()
        self._bell.close()

    def _go_on_alone(
        self, accounts: list[SourceAccount], ends: list[int], highest: list[Nanos], last: list[Nanos]
    ) -> Account:
        """Merge what is left in this process: always right, on one processor."""
        starts = [
            replace(timeline.begin, offset=end, highest=top, previous=time)
            for timeline, end, top, time in zip(self._plan.timelines, ends, highest, last, strict=True)
        ]
        rest = merge_once(replace(self._run, starts=starts), threads.drive)
        self._count_seen(accounts, ends)
        for account, counted in zip(accounts, rest.sources, strict=True):
            account.add(counted)
        return Account(accounts)

    def _count_seen(self, accounts: list[SourceAccount], ends: list[int]) -> None:
        for account, start, end in zip(accounts, self._run.starts, ends, strict=True):
            account.bytes_seen = end - start.offset

    def _fork(self, number: int) -> Peer:
        from multiprocessing.connection import Pipe

        ends: list[Connection] = []
        try:
            ends += Pipe(duplex=False)
            ends += Pipe(duplex=False)
            pid = _forked()
        except OSError:
            for end in ends:
                end.close()
            raise
        reports_in, reports_out, orders_in, orders_out = ends
        if pid:
            reports_out.close()
            orders_in.close()
            return Peer(pid, reports_in, orders_out, self._bell)
        try:
            for end in (*(end for peer in self._peers for end in (peer.reports, peer.orders)), reports_in, orders_out):
                end.close()  # or an end of file on these pipes would never be seen
            _leave_signals_to_parent()
            _take_turns(self._run, self._plan, number, reports_out, orders_in)
        finally:
            os._exit(0)  # nothing of the parent's clean-up is this process's business


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let signals come behind this."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave_signals_to_parent() -> None:
    """An interrupt goes to the parent too, which decides; what else would end this process does so without a word."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signal.valid_signals())


def _forked() -> int:
    with warnings.catch_warnings():
        # Python counts the idle threads of numerical libraries, which look after themselves in a fork.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _take_turns(run: Run, plan: Plan, number: int, reports: Connection, orders: Connection) -> None:
    """Merge every part that is dealt to this process, and write each when its turn has come."""
    keep_freed_memory()
    assert isinstance(run.sink, ByteSink), "only bytes can be written in turns"
    for index in range(number, len(plan.edges) - 1, plan.processes):
        part, pieces = _merge_part(run, plan, index)
        _send(reports, part)
        if _load(orders) != _WRITE:
            return
        try:
            for piece in pieces:
                write_all(run.sink.descriptor, piece, run.sink.name)
        except SinkError as error:
            _send(reports, error)
            return
        _send(reports, _WRITTEN)


def _merge_part(run: Run, plan: Plan, index: int) -> tuple[Part, list[memoryview]]:
    """Merge one part in memory; return what there is to say about it, and its bytes."""
    low, high = plan.edges[index : index + 2]
    starts = [timeline.start(low) for timeline in plan.timelines]
    window = Window(low, high, len(starts))
    pipeline = Pipeline(run.sources, run.options, starts, window)
    reads = Reads(pipeline, run.opened, starts, [timeline.stop(high) for timeline in plan.timelines])
    assert isinstance(run.sink, ByteSink), "only bytes can be written in turns"
    pieces = []
    while not pipeline.done:
        for action in pipeline.actions():
            reads.do(action)
        pieces += [run.sink.renderer(batch) for batch in pipeline.batches()]
    pieces += [run.sink.renderer(batch) for batch in pipeline.batches()]
    accounts = pipeline.account().sources
    noted = pipeline.events() or pipeline.has_hesitated or any(account.leaps or account.cut for account in accounts)
    return Part(window.begins, window.ends, window.highest, window.last, accounts, clean=not noted), pieces


def _send(connection: Connection, what: object) -> None:
    connection.send(what)


def _order(peer: Peer) -> bool:
    """Let a process write its part; return whether it is there still."""
    try:
        _send(peer.orders, _WRITE)
    except BrokenPipeError:
        return False
    return True


def _receive(peer: Peer) -> Any:
    """Wait for what a process has to say, which itself may be waiting for whoever reads the output."""
    with peer.bell.rung_by_signals():
        while not peer.reports.poll():
            Clock().wait(None, [peer.reports.fileno(), peer.bell.descriptor])
            peer.bell.silence()
    return _load(peer.reports)


def _load(connection: Connection) -> Any:
    """Return what the other side sent; None where it has gone."""
    try:
        return connection.recv()
    except (EOFError, OSError):  # before it said anything, or amid a word
        return None
