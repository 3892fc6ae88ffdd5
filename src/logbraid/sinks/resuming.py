"""From a path and a checkpoint to the output that goes on where it stopped: look, decide, prepare.

The decision itself is ``core.resumption``'s; until it has fallen, nothing is changed, and what is refused is left as it
was found.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from typing import Final

from logbraid.core.checkpoint import Checkpoint, OutputState
from logbraid.core.events import Event, OutputCut, OutputRotated
from logbraid.core.resumption import Facts, Found, Step, decide, refusal
from logbraid.core.siblings import is_sibling
from logbraid.core.types import Identity, Nanos
from logbraid.errors import CheckpointError, UsageError
from logbraid.sinks.base import Renderer
from logbraid.sinks.committed import CheckpointStore, CommittedSink
from logbraid.sinks.file import writing
from logbraid.sinks.growing import GrowingFile, before, cut_rotated
from logbraid.sinks.turnover import Turnover

__all__ = ["can_be_committed", "committed"]


def can_be_committed(path: str) -> bool:
    """Whether the output is, or will be, a file, and no FIFO or device that takes nothing back."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True  # nothing is there, or whoever opens it says what is wrong


def committed(
    path: str,
    renderer: Renderer,
    form: str,
    store: CheckpointStore,
    *,
    wall: Callable[[], Nanos],
    append: bool = False,
    fresh: bool = False,
    turnover: Turnover | None = None,
    beside: bool = True,
) -> CommittedSink:
    """Open an output and its checkpoint, and make it ready for what has not been committed yet.

    Args:
        path: of the output; the checkpoint stands beside the name given, also where that is a link.
        renderer: what the bytes are.
        form: the same in words: text, text with labels, jsonl.
        store: of the checkpoint, held already; closed with the sink, and where this raises.
        wall: tells the time, ns UTC.
        append: where the output is not as it was left, keep what is there and go on behind it.
        fresh: forget the checkpoint and empty the output.
        turnover: the output's own rotation.
        beside: commits are made by a thread of their own while writing goes on.

    Raises:
        CheckpointError: the two do not belong together, or the checkpoint cannot be used.
        SinkError: the output cannot be opened, or another run writes to it.
        UsageError: it cannot be both emptied and added to, or it is no file.
    """
    if append and fresh:
        store.close()
        raise UsageError("append keeps what is there and fresh does not: choose one")
    file: GrowingFile | None = None
    try:
        checkpoint = None if fresh else store.load()
        file = _opened(path)
        facts = _facts(file, form, checkpoint)
        step = decide(facts, append=append, fresh=fresh)
        if step is Step.REFUSE:
            file.discard()
            raise CheckpointError(refusal(facts), path)
        if step is Step.EMPTY:
            _empty(file, store)
        notices = _prepare(step, file, facts)
        return CommittedSink(
            file,
            renderer,
            store,
            state=_beginning(step, file, facts, checkpoint, wall()),
            wall=wall,
            checkpoint=checkpoint,
            turnover=turnover,
            notices=notices,
            beside=beside,
        )
    except BaseException:
        if file is not None:
            file.abandon()
        store.close()
        raise


def _opened(path: str) -> GrowingFile:
    if not can_be_committed(path):
        raise UsageError(f"{path} is no file, so a checkpoint cannot tell what is in it: --no-checkpoint")
    return GrowingFile(path)


def _facts(file: GrowingFile, form: str, checkpoint: Checkpoint | None) -> Facts:
    state = checkpoint.output if checkpoint else None
    output = None if file.created else _found(file.place, state)
    rotated = _rotated(file.place, state) if state and not file.length else None
    return Facts(file.name, form, state, output, rotated, alone=checkpoint is not None and state is None)


def _found(path: str, committed: OutputState | None) -> Found:
    with writing(path):
        status = os.stat(path)
    guard = before(path, committed.length) if committed else b""
    return Found(path, Identity.of(status), status.st_size, guard, status.st_mtime_ns)


def _rotated(place: str, committed: OutputState) -> Found | None:
    """Find the committed file among those that were rotated away from the output's name."""
    for path in _siblings(place):
        status = os.lstat(path)
        if stat.S_ISREG(status.st_mode) and Identity.of(status) == committed.identity:
            return _found(path, committed)
    return None


def _siblings(place: str) -> Iterator[str]:
    directory, base = os.path.split(place)
    with writing(place):
        names = os.listdir(directory)
    return (os.path.join(directory, name) for name in sorted(names) if is_sibling(name, base))


def _empty(file: GrowingFile, store: CheckpointStore) -> None:
    """Empty the output first: whoever is killed in between is told, and loses nothing that is kept for long."""
    file.cut(0)
    file.sync()
    store.forget()


def _prepare(step: Step, file: GrowingFile, facts: Facts) -> list[Event]:
    """Make the output what the decision says; return what there is to tell."""
    state = facts.committed
    notices: list[Event] = []
    if state and step is Step.RESUME:
        if more := file.length - state.length:
            notices.append(OutputCut(file.name, more))
            file.cut(state.length)
    elif state and facts.rotated and step is Step.GO_ON:
        notices.append(OutputRotated(file.name, facts.rotated.path))
        if more := facts.rotated.size - state.length:
            notices.append(OutputCut(facts.rotated.path, more))
            cut_rotated(facts.rotated.path, facts.rotated.identity, state.length)
    elif step is Step.APPEND:
        file.end_line()
    file.sync()
    file.sync_name()  # who made the file may have been killed before it was on the disk that it is there
    return notices


def _beginning(step: Step, file: GrowingFile, facts: Facts, checkpoint: Checkpoint | None, now: Nanos) -> OutputState:
    """Return the output as the run begins with it.

    Where it does not go on with just what was committed, its bytes begin behind what is there, whoever wrote that.
    """
    committed = facts.committed
    if committed and step in _AS_COMMITTED and committed.form == facts.form:
        return committed if step is Step.RESUME else committed.turned_away(now)
    positions = checkpoint.positions.values() if checkpoint else ()
    return OutputState(
        Identity.of(file.status),
        file.length,
        file.guard,
        begun=committed.begun if committed and step in _SAME_FILE else now,
        ended_well=False,
        form=facts.form,
        first=file.length,
        elsewhere=sum(position.account.bytes_emitted for position in positions),
        since=now,
    )


_AS_COMMITTED: Final = (Step.RESUME, Step.GO_ON)
_SAME_FILE: Final = (Step.RESUME, Step.APPEND)
