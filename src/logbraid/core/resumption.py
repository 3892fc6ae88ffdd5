"""How a run begins on an output: what was committed, what is there now and what the user said, judged by one table.

Pure: somebody else looks and acts. What does not fit is refused with the ways out, never guessed at, and nothing that
may be somebody's is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, NamedTuple

from logbraid.core.checkpoint import OutputState
from logbraid.core.types import SECOND, Identity, Nanos

__all__ = ["Facts", "Found", "Seen", "Step", "decide", "refusal", "seen"]


LONGEST_UNCOMMITTED: Final = 300 * SECOND
"""A run commits about once a second; so much longer may the disk take to make that last."""


class Step(Enum):
    """How to begin."""

    BEGIN = auto()
    """Nothing was written so far: every source from its beginning, into an empty file."""

    RESUME = auto()
    """Cut the output to what was committed and go on from the positions."""

    GO_ON = auto()
    """The same, but the output has another name now: cut it there and begin a new file under the old name."""

    APPEND = auto()
    """Keep all that is there, end a half line, and go on from the positions, if there are any."""

    EMPTY = auto()
    """Forget the checkpoint, empty the output and begin."""

    REFUSE = auto()
    """Change nothing."""


class Seen(Enum):
    """What the output is, compared with what was committed."""

    NOTHING = auto()
    """No checkpoint and no output, or an empty one."""

    UNKNOWN = auto()
    """There is something, and no checkpoint."""

    AS_IT_WAS = auto()
    """What was committed is there; behind it at most what the last run could not commit any more."""

    ROTATED = auto()
    """It is as it was, but under the name of a rotated file, and nothing was written under its own name since."""

    OTHER_FORM = auto()
    """It is as it was, and was written in another form than is wanted now."""

    OUTRUN = auto()
    """It was written to for much longer than a run goes on without a commit: the checkpoint may be an older copy."""

    LONGER = auto()
    """The last run ended well, and something came behind that."""

    SHORTER = auto()
    """Committed bytes are missing at its end."""

    CHANGED = auto()
    """Other bytes stand where what was committed ends."""

    REPLACED = auto()
    """Another file has the name."""

    MISSING = auto()
    """No file has the name."""

    ALONE = auto()
    """The checkpoint holds positions and no output: another kind of run has saved it."""


class Found(NamedTuple):
    """A file, as it is now.

    Attributes:
        path: its name.
        identity: of the file.
        size: in bytes.
        guard: what stands before the committed length, as far as the file reaches.
        modified: when it was last written, ns UTC.
    """

    path: str
    identity: Identity
    size: int
    guard: bytes = b""
    modified: Nanos = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the decision depends on.

    Attributes:
        path: the output's name.
        form: what is to be written.
        committed: the output as the checkpoint knows it; None: no checkpoint, or one without an output.
        output: what has the name now, if anything.
        rotated: the file among those rotated away from the name that has the committed identity, if any.
        alone: there are positions, though no output was committed.
    """

    path: str
    form: str
    committed: OutputState | None = None
    output: Found | None = None
    rotated: Found | None = None
    alone: bool = False


_PLAIN: Final = {
    Seen.NOTHING: Step.BEGIN,
    Seen.AS_IT_WAS: Step.RESUME,
    Seen.ROTATED: Step.GO_ON,
}
_APPENDING: Final = {
    **dict.fromkeys(Seen, Step.APPEND),
    **_PLAIN,
    Seen.OTHER_FORM: Step.RESUME,
}


def decide(facts: Facts, *, append: bool = False, fresh: bool = False) -> Step:
    """Return how to begin."""
    if fresh:
        return Step.EMPTY
    return (_APPENDING if append else _PLAIN).get(seen(facts), Step.REFUSE)


def seen(facts: Facts) -> Seen:
    """Compare what is there with what was committed."""
    committed, output = facts.committed, facts.output
    if committed is None:
        return _uncommitted(facts)
    if output is not None and _is(output, committed):
        return _compared(output, committed, facts.form)
    if facts.rotated is not None and not (output and output.size):
        there = _compared(facts.rotated, committed, committed.form)  # the new file may have another
        return Seen.ROTATED if there is Seen.AS_IT_WAS else there
    return Seen.MISSING if output is None else Seen.REPLACED


def _uncommitted(facts: Facts) -> Seen:
    if facts.alone:
        return Seen.ALONE
    return Seen.UNKNOWN if facts.output and facts.output.size else Seen.NOTHING


def _is(found: Found, committed: OutputState) -> bool:
    """Whether it is the committed file; a device may have another number after the machine was started anew."""
    if found.identity == committed.identity:
        return True
    return found.identity.inode == committed.identity.inode and committed.guard != b"" and _fits(found, committed)


def _compared(found: Found, committed: OutputState, form: str) -> Seen:
    if found.size < committed.length:
        return Seen.SHORTER
    if not _fits(found, committed):
        return Seen.CHANGED
    if committed.ended_well and found.size > committed.length:
        return Seen.LONGER
    if found.size > committed.length and found.modified - committed.modified > LONGEST_UNCOMMITTED:
        return Seen.OUTRUN
    return Seen.AS_IT_WAS if form == committed.form else Seen.OTHER_FORM


def _fits(found: Found, committed: OutputState) -> bool:
    return found.size >= committed.length and found.guard == committed.guard


def refusal(facts: Facts) -> str:
    """Say what was seen, and the ways out."""
    there = seen(facts)
    way_out = _WAYS_OUT.get(there, "--append keeps what is there and goes on behind it, --fresh begins anew")
    return f"{_SAYINGS[there].format(**_numbers(facts))}: {way_out}"


def _numbers(facts: Facts) -> dict[str, object]:
    found = facts.output
    if facts.rotated is not None and not (found and found.size):
        found = facts.rotated
    size = found.size if found else 0
    committed = facts.committed
    length = committed.length if committed else 0
    return {
        "length": length,
        "size": size,
        "more": size - length,
        "wanted": facts.form,
        "form": committed.form if committed else "",
    }


_SAYINGS: Final = {
    Seen.NOTHING: "there is nothing",
    Seen.UNKNOWN: "is not empty, and there is no checkpoint that belongs to it",
    Seen.AS_IT_WAS: "is as it was",
    Seen.ROTATED: "was rotated",
    Seen.OTHER_FORM: "was written as {form}, and {wanted} is asked for now",
    Seen.OUTRUN: "goes on for {more} bytes behind what its checkpoint knows, more than a broken run leaves: is that an "
    "older copy",
    Seen.LONGER: "somebody else has written {more} bytes behind what the last run left",
    Seen.SHORTER: "was truncated: it has {size} bytes, and {length} were written",
    Seen.CHANGED: "was edited: byte {length} is not where it was when the checkpoint was saved",
    Seen.REPLACED: "is another file than the one that {length} bytes were written to",
    Seen.ALONE: "its checkpoint was saved by a run that wrote no file",
    Seen.MISSING: "is gone, and {length} bytes had been written to it",
}
_WAYS_OUT: Final = {
    Seen.UNKNOWN: "--append adds to it, --fresh begins it anew",
    Seen.OTHER_FORM: "ask for the same again, or --append mixes the two, --fresh begins anew",
    Seen.MISSING: "put it back, or --append goes on where it stopped, --fresh begins anew",
}
