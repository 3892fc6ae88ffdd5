"""What a checkpoint holds, and how its parts read as text: the output as it was committed, and where sources go on.

Values and their versioned encoding only; where the text is kept is ``system.store``'s matter. What does not decode
exactly is corrupt and never repaired: a wrong offset would lose or double lines without a word.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Final, NamedTuple

from logbraid.core.account import SourceAccount
from logbraid.core.exact import Kind, decoded, encoded, many, perhaps, record_of
from logbraid.core.positions import GUARD, Mark, Past, Place, Position
from logbraid.core.types import Identity, Nanos
from logbraid.errors import CheckpointError

__all__ = [
    "VERSION",
    "Checkpoint",
    "Commit",
    "OutputState",
    "decode_output",
    "decode_position",
    "encode_output",
    "encode_position",
]

VERSION: Final = 1
"""Of the encoding: what another version has written may mean something that is not known here.

Within one version a text has exactly its keys: one that is missing or unknown is damage. Whoever adds an attribute, be
it a counter of the account, raises this number and gives ``_value_of`` a table of what texts of the versions before
read as, ``{version: {key: value}}``; without a line there they are refused.
"""


@dataclass(frozen=True, slots=True)
class OutputState:
    """The output as it was when it was committed.

    Attributes:
        identity: of the file.
        length: of what is committed, in bytes; it ends with a newline.
        guard: the up to 64 bytes before its end.
        begun: when this file was begun, ns UTC.
        ended_well: the run has ended since, and nothing was left to write.
        form: what the bytes are: text, text with labels, jsonl.
        first: where the bytes of the runs with this checkpoint begin, in the oldest file that they have written: in
            this one where none was turned away. What stands before is somebody else's.
        turned: how many files with something in them were turned away from the name since, by whomever.
        elsewhere: bytes of sources that had left before, into an output that is not followed up any more.
        since: when the oldest file was begun, ns UTC: what was last written before is none of them.
        modified: when the file was last written, ns UTC by the clock of the file system.
        piped: some of it came from sources that no run can read again: pipes and commands.
    """

    identity: Identity
    length: int
    guard: bytes
    begun: Nanos
    ended_well: bool
    form: str
    first: int = 0
    turned: int = 0
    elsewhere: int = 0
    since: Nanos = 0
    modified: Nanos = 0
    piped: bool = False

    def turned_away(self, now: Nanos) -> OutputState:
        """Return what is true of the next, empty file under the name once this one has been turned away."""
        return replace(self, length=0, guard=b"", begun=now, turned=self.turned + (self.length > 0))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that was committed: what is in the output has left the sources, and nothing else has.

    Attributes:
        output: None where the positions are saved alone.
        positions: of every source so far, by its path.
    """

    output: OutputState | None = None
    positions: dict[str, Position] = field(default_factory=dict)


class Commit(NamedTuple):
    """What becomes true at once.

    Attributes:
        output: as it is now on the disk; None where the positions are saved alone.
        positions: of the sources that have moved since the last commit.
    """

    output: OutputState | None
    positions: Sequence[Position] = ()


def encode_position(position: Position) -> str:
    """Return a position as one line of ASCII."""
    return encoded(_POSITION, position)


def decode_position(text: str, version: int = VERSION) -> Position:
    """Return the position that ``encode_position`` of this version has written.

    Raises:
        CheckpointError: it is not exactly that.
    """
    position: Position = _value_of(_POSITION, text, version)
    return position


def encode_output(state: OutputState) -> str:
    """Return the state of an output as one line of ASCII."""
    return encoded(_OUTPUT, state)


def decode_output(text: str, version: int = VERSION) -> OutputState:
    """Return the state that ``encode_output`` of this version has written.

    Raises:
        CheckpointError: it is not exactly that.
    """
    state: OutputState = _value_of(_OUTPUT, text, version)
    return state


def _value_of(kind: Kind, text: str, version: int) -> Any:
    if version != VERSION:
        raise CheckpointError(f"version {version} of its text is not known")
    try:
        return decoded(kind, text)
    except ValueError as error:
        raise CheckpointError(f"corrupt: {error}") from error


def _stands_before(guard: bytes, offset: int) -> bool:
    """Whether there are no more bytes than fit there."""
    return len(guard) <= min(offset, GUARD)


_TEXT: Final = Kind((str,))
_FLAG: Final = Kind((bool,))
_COUNT: Final = Kind((int,), range=(0, 2**63 - 1))
_TIME: Final = Kind((int,), range=(-(2**63), 2**63 - 1))
_ID: Final = Kind((int,), range=(0, 2**64 - 1))  # some file systems use all of it
_BYTES: Final = Kind(
    (str,),
    lambda data: b2a_base64(data, newline=False).decode("ascii"),
    partial(a2b_base64, strict_mode=True),
)

_IDENTITY: Final = record_of(Identity, device=_ID, inode=_ID)
_MARK: Final = record_of(Mark, lambda mark: _stands_before(mark.data, mark.offset), offset=_COUNT, data=_BYTES)
_PLACE: Final = record_of(
    Place,
    lambda place: _stands_before(place.guard, place.offset),
    generation=_COUNT,
    path=_TEXT,
    identity=_IDENTITY,
    offset=_COUNT,
    guard=_BYTES,
    size=_COUNT,
    modified=_TIME,
    compressed=_FLAG,
)
_PAST: Final = record_of(Past, generation=_COUNT, identity=_IDENTITY, offset=_COUNT, left=_TIME, marks=many(_MARK))
_ACCOUNT_KINDS: Final = {"str": _TEXT, "int": _COUNT, "list[str]": many(_TEXT, list)}
_ACCOUNT: Final = record_of(SourceAccount, **{one.name: _ACCOUNT_KINDS[str(one.type)] for one in fields(SourceAccount)})
_POSITION: Final = record_of(
    Position,
    source=_TEXT,
    place=_PLACE,
    account=_ACCOUNT,
    stragglers=many(_PLACE),
    marks=many(_MARK),
    past=many(_PAST),
    holed=_FLAG,
    over=_FLAG,
    begun=perhaps(_PLACE),
    time=_TIME,
    highest=_TIME,
)
_OUTPUT: Final = record_of(
    OutputState,
    lambda state: _stands_before(state.guard, state.length) and (state.turned > 0 or state.first <= state.length),
    identity=_IDENTITY,
    length=_COUNT,
    guard=_BYTES,
    begun=_TIME,
    ended_well=_FLAG,
    form=_TEXT,
    first=_COUNT,
    turned=_COUNT,
    elsewhere=_COUNT,
    since=_TIME,
    modified=_TIME,
    piped=_FLAG,
)
