"""A checkpoint that somebody has damaged: what was written, or a CheckpointError; never a guess."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.account import SourceAccount
from logbraid.core.checkpoint import Commit, OutputState, decode_output, decode_position, encode_output, encode_position
from logbraid.core.positions import Mark, Past, Place, Position
from logbraid.core.types import Identity
from logbraid.errors import CheckpointError
from logbraid.system.store import Store, read_checkpoint

from .effort import assert_linear, rounds

HERE: Final = Identity(1, 2)
PLACE: Final = Place(3, "/logs/app.log", HERE, 500, b"x" * 64, 700, -5)
POSITION: Final = Position(
    "/logs/app.log",
    PLACE,
    SourceAccount("app.log", "/logs/app.log", bytes_seen=500, reasons=["truncated"]),
    stragglers=(PLACE,),
    marks=(Mark(64, b"y" * 64),),
    past=(Past(2, HERE, 9, 10, (Mark(9, b"z"),)),),
    begun=PLACE,
)
OUTPUT: Final = OutputState(HERE, 1000, b"\n", 5, ended_well=False, form="text")
TEXTS: Final[dict[str, tuple[str, Callable[[str], Any], Callable[[Any], str]]]] = {
    "position": (encode_position(POSITION), decode_position, encode_position),
    "output": (encode_output(OUTPUT), decode_output, encode_output),
}

VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def decoded(kind: str, text: str) -> None:
    """Decode; whatever is accepted reads back as the same."""
    _, read, write = TEXTS[kind]
    try:
        value = read(text)
    except CheckpointError:
        return
    assert read(write(value)) == value


@pytest.mark.parametrize("kind", TEXTS)
@settings(max_examples=rounds(150))
@given(st.text(st.characters(codec=None)) | VALUES.map(json.dumps))
def test_any_text_is_refused(kind: str, text: str) -> None:
    with pytest.raises(CheckpointError, match="corrupt"):
        TEXTS[kind][1](text)


@pytest.mark.parametrize("kind", TEXTS)
@settings(max_examples=rounds(200))
@given(st.data())
def test_a_damaged_text_is_refused_or_reads_back(kind: str, data: st.DataObject) -> None:
    text = TEXTS[kind][0]
    place = data.draw(st.integers(0, len(text)))
    put = data.draw(st.text(max_size=3) | st.sampled_from(["-", "9" * 30, "null", "[]", '"', "true", "1e9", "\\ud800"]))
    decoded(kind, text[:place] + put + text[place + data.draw(st.integers(0, 9)) :])


@pytest.mark.parametrize("kind", TEXTS)
@settings(max_examples=rounds(200))
@given(st.data())
def test_a_value_of_another_kind_is_refused_or_reads_back(kind: str, data: st.DataObject) -> None:
    plain = json.loads(TEXTS[kind][0])
    name = data.draw(st.sampled_from(sorted(plain)))
    inner = plain[name]
    if isinstance(inner, dict) and data.draw(st.booleans()):
        inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(VALUES)
    else:
        plain[name] = data.draw(VALUES)
    decoded(kind, json.dumps(plain))


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("text", ["[" * 200_000, '{"a":' * 100_000, "9" * 100_000, "-" * 9999, '"' * 9999, "NaN", ""])
def test_deep_and_long_texts_are_refused(kind: str, text: str) -> None:
    with pytest.raises(CheckpointError, match="corrupt"):
        TEXTS[kind][1](text)


@pytest.mark.parametrize("unit", ["[", "9", '"', " ", "[],", '{"a":'])
def test_refusing_is_linear_work(unit: str) -> None:
    def refuse(size: int) -> None:
        with pytest.raises(CheckpointError):
            decode_position("[" + unit * (size // len(unit)))

    assert_linear(refuse, 1 << 15)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "checkpoint"
    store = Store(str(path))
    store.save(Commit(OUTPUT, (POSITION,)))
    store.close()
    return path.read_bytes()


@settings(max_examples=rounds(100), deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_reads_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, whole: bytes, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, 120) | st.integers(0, len(whole) - 1))
    put = data.draw(st.binary(min_size=1, max_size=4))
    damaged = data.draw(st.sampled_from([whole[:place] + put + whole[place + len(put) :], whole[:place]]))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(damaged)
    assert_refused_or_the_same(path)


def assert_refused_or_the_same(path: Path) -> None:
    try:
        found = read_checkpoint(str(path))
    except CheckpointError:
        return
    assert all(decode_position(encode_position(position)) == position for position in found.positions.values())
