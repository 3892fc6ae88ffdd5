"""What a checkpoint holds, and how its parts read as text: the output as it was committed, and where sources go on.

Values and their versioned encoding only; where the text is kept is ``system.store``'s matter. What does not decode
exactly is corrupt and never repaired: a wrong offset would lose or double lines without a word.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple

from logbraid.core.account import SourceAccount
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
"""Of the encoding: what a later version has written may mean something that is not known here."""


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
    """

    identity: Identity
    length: int
    guard: bytes
    begun: Nanos
    ended_well: bool
    form: str


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
    return _text_of(_POSITION, position)


def decode_position(text: str) -> Position:
    """Return the position that ``encode_position`` has written.

    Raises:
        CheckpointError: it is not exactly that.
    """
    position: Position = _value_of(_POSITION, text)
    return position


def encode_output(state: OutputState) -> str:
    """Return the state of an output as one line of ASCII."""
    return _text_of(_OUTPUT, state)


def decode_output(text: str) -> OutputState:
    """Return the state that ``encode_output`` has written.

    Raises:
        CheckpointError: it is not exactly that.
    """
    state: OutputState = _value_of(_OUTPUT, text)
    return state


class _Kind(NamedTuple):
    """How one kind of value becomes JSON, and how it is had back; what is no such thing raises ValueError."""

    plain: Callable[[Any], Any]
    value: Callable[[Any], Any]


def _text_of(kind: _Kind, value: object) -> str:
    return json.dumps(kind.plain(value), separators=(",", ":"))


def _value_of(kind: _Kind, text: str) -> Any:
    try:
        return kind.value(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"corrupt: {error}") from error


def _same(value: Any) -> Any:
    return value


def _exactly(type_: type) -> _Kind:
    """Values that JSON has, too. ``True`` is no number here."""

    def value(plain: Any) -> Any:
        if type(plain) is not type_:
            raise ValueError(f"{plain!r:.60} is no {type_.__name__}")
        return plain

    return _Kind(_same, value)


def _number(least: int, most: int) -> _Kind:
    def value(plain: Any) -> int:
        if type(plain) is not int or not least <= plain <= most:
            raise ValueError(f"{plain!r:.60} is no such number")
        return plain

    return _Kind(_same, value)


def _many(kind: _Kind, collection: type = tuple) -> _Kind:
    def value(plain: Any) -> Any:
        return collection([kind.value(one) for one in _LIST.value(plain)])

    return _Kind(lambda values: [kind.plain(one) for one in values], value)


def _perhaps(kind: _Kind) -> _Kind:
    return _Kind(
        lambda value: None if value is None else kind.plain(value),
        lambda plain: None if plain is None else kind.value(plain),
    )


def _record_of(type_: Callable[..., Any], /, **kinds: _Kind) -> _Kind:
    """Values with these attributes, each of its kind, no more and no less."""
    parts = tuple(kinds.items())

    def value(plain: Any) -> Any:
        if _DICT.value(plain).keys() != kinds.keys():
            raise ValueError(f"{sorted(plain)!r:.60} is not what {type_.__name__} has")
        return type_(**{name: kind.value(plain[name]) for name, kind in parts})

    return _Kind(lambda whole: {name: kind.plain(getattr(whole, name)) for name, kind in parts}, value)


def _with_guard(kind: _Kind, name: str) -> _Kind:
    """Values whose bytes stand before their offset: there are no more of them than fit there."""

    def value(plain: Any) -> Any:
        whole = kind.value(plain)
        if len(getattr(whole, name)) > min(whole.offset, GUARD):
            raise ValueError(f"{name} is longer than what is before {whole.offset}")
        return whole

    return _Kind(kind.plain, value)


_TEXT: Final = _exactly(str)
_FLAG: Final = _exactly(bool)
_LIST: Final = _exactly(list)
_DICT: Final = _exactly(dict)
_COUNT: Final = _number(0, 2**63 - 1)
_TIME: Final = _number(-(2**63), 2**63 - 1)
_ID: Final = _number(0, 2**64 - 1)  # some file systems use all of it
_BYTES: Final = _Kind(
    lambda data: b64encode(data).decode("ascii"),
    lambda plain: b64decode(_TEXT.value(plain), validate=True),
)

_IDENTITY: Final = _record_of(Identity, device=_ID, inode=_ID)
_MARK: Final = _with_guard(_record_of(Mark, offset=_COUNT, data=_BYTES), "data")
_PLACE: Final = _with_guard(
    _record_of(
        Place,
        generation=_COUNT,
        path=_TEXT,
        identity=_IDENTITY,
        offset=_COUNT,
        guard=_BYTES,
        size=_COUNT,
        modified=_TIME,
        compressed=_FLAG,
    ),
    "guard",
)
_PAST: Final = _record_of(Past, generation=_COUNT, identity=_IDENTITY, offset=_COUNT, left=_TIME, marks=_many(_MARK))
_ACCOUNT_KINDS: Final = {"str": _TEXT, "int": _COUNT, "list[str]": _many(_TEXT, list)}
_ACCOUNT: Final = _record_of(
    SourceAccount, **{one.name: _ACCOUNT_KINDS[str(one.type)] for one in fields(SourceAccount)}
)
_POSITION: Final = _record_of(
    Position,
    source=_TEXT,
    place=_PLACE,
    account=_ACCOUNT,
    stragglers=_many(_PLACE),
    marks=_many(_MARK),
    past=_many(_PAST),
    holed=_FLAG,
    over=_FLAG,
    begun=_perhaps(_PLACE),
    time=_TIME,
    highest=_TIME,
)
_OUTPUT: Final = _record_of(
    OutputState,
    identity=_IDENTITY,
    length=_COUNT,
    guard=_BYTES,
    begun=_TIME,
    ended_well=_FLAG,
    form=_TEXT,
)
