"""The text of a checkpoint: what goes in comes out, and nothing else ever does."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.account import SourceAccount
from logbraid.core.checkpoint import (
    VERSION,
    OutputState,
    decode_output,
    decode_position,
    encode_output,
    encode_position,
)
from logbraid.core.positions import GUARD, Mark, Past, Place, Position
from logbraid.core.types import NO_TIME, Identity
from logbraid.errors import CheckpointError

COUNTS = st.integers(0, 2**63 - 1)
TIMES = st.integers(-(2**63), 2**63 - 1)
# As the system hands over names that are not UTF-8.
TEXTS = st.binary(max_size=12).map(lambda name: name.decode("utf-8", "surrogateescape"))
IDENTITIES = st.builds(Identity, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
GUARDS = st.binary(max_size=GUARD)


def behind(guard: bytes) -> st.SearchStrategy[int]:
    return st.integers(len(guard), 2**63 - 1)


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    guard = draw(GUARDS)
    return Mark(draw(behind(guard)), guard)


@st.composite
def places(draw: st.DrawFn) -> Place:
    offset, guard = draw(marks())
    return Place(
        draw(COUNTS), draw(TEXTS), draw(IDENTITIES), offset, guard, draw(COUNTS), draw(TIMES), draw(st.booleans())
    )


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


COUNTERS = {one.name: COUNTS for one in fields(SourceAccount) if one.type == "int"}
ACCOUNTS = st.builds(SourceAccount, TEXTS, TEXTS, reasons=st.lists(TEXTS, max_size=2), **COUNTERS)
POSITIONS = st.builds(
    Position,
    source=TEXTS,
    place=places(),
    account=ACCOUNTS,
    stragglers=some(places()),
    marks=some(marks()),
    past=some(st.builds(Past, COUNTS, IDENTITIES, COUNTS, TIMES, some(marks()))),
    holed=st.booleans(),
    over=st.booleans(),
    begun=st.none() | places(),
    time=TIMES,
    highest=TIMES,
)


@st.composite
def outputs(draw: st.DrawFn) -> OutputState:
    length, guard = draw(marks())
    turned = draw(COUNTS)
    first = draw(COUNTS if turned else st.integers(0, length))
    return OutputState(
        draw(IDENTITIES),
        length,
        guard,
        draw(TIMES),
        draw(st.booleans()),
        draw(TEXTS),
        first,
        turned,
        draw(COUNTS),
        draw(TIMES),
    )


PLACE = Place(0, "a.log", Identity(1, 2), 3, b"ab\n")
OUTPUT = OutputState(Identity(1, 2), 3, b"ab\n", 0, False, "text")
POSITION = Position("a.log", PLACE, SourceAccount("a.log", "a.log"), marks=(Mark(3, b"ab\n"),))


@given(POSITIONS)
def test_a_position_comes_back_as_it_was(position: Position) -> None:
    text = encode_position(position)
    assert text.isascii()
    assert "\n" not in text
    assert decode_position(text) == position


@given(outputs())
def test_an_output_comes_back_as_it_was(state: OutputState) -> None:
    assert decode_output(encode_output(state)) == state


@given(st.text(max_size=40) | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_what_is_no_position_is_corrupt(text: str) -> None:
    with pytest.raises(CheckpointError, match="corrupt"):
        decode_position(text)


@given(POSITIONS, st.data())
def test_a_torn_or_changed_text_is_corrupt_or_means_something(position: Position, data: st.DataObject) -> None:
    text = encode_position(position)
    at = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(CheckpointError, match="corrupt"):
        decode_position(text[:at])
    changed = text[:at] + data.draw(st.characters(codec="ascii")) + text[at + 1 :]
    with contextlib.suppress(CheckpointError):
        assert isinstance(decode_position(changed), Position)


def paths_into(value: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a tree of JSON."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [so_far, *(path for key, part in inside for path in paths_into(part, (*so_far, key)))]


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


@pytest.mark.parametrize("path", paths_into(json.loads(encode_position(POSITION)))[1:], ids=str)
@pytest.mark.parametrize("wrong", [-(2**64), 2**64, 1.5, "§", {"a": 1}, [[]]], ids=repr)
def test_a_value_of_another_kind_is_corrupt(path: tuple[Any, ...], wrong: Any) -> None:
    tree = json.loads(encode_position(POSITION))
    right = at(tree, path)
    at(tree, path[:-1])[path[-1]] = wrong
    if isinstance(wrong, str) and isinstance(right, str) and path[-1] not in ("guard", 1, "data"):
        assert at(tree, path) == wrong
        decode_position(json.dumps(tree))
        return
    with pytest.raises(CheckpointError, match="corrupt"):
        decode_position(json.dumps(tree))


@pytest.mark.parametrize("path", [path for path in paths_into(json.loads(encode_position(POSITION))) if path], ids=str)
def test_what_is_missing_is_corrupt(path: tuple[Any, ...]) -> None:
    tree = json.loads(encode_position(POSITION))
    parent = at(tree, path[:-1])
    if isinstance(parent, list):
        return
    del parent[path[-1]]
    with pytest.raises(CheckpointError, match="corrupt"):
        decode_position(json.dumps(tree))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("holed", 1),
        ("time", True),
        ("time", NO_TIME - 1),
        ("marks", [{"offset": 1, "data": "YWI="}]),
        ("marks", [{"offset": 1, "data": "Y"}]),
        ("marks", {}),
        ("account", None),
        ("more", 1),
    ],
)
def test_what_is_nearly_right_is_corrupt(name: str, value: object) -> None:
    with pytest.raises(CheckpointError, match="corrupt"):
        decode_position(json.dumps(json.loads(encode_position(POSITION)) | {name: value}))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 100_000, "NaN"])
def test_depth_and_size_are_no_way_in(text: str) -> None:
    with pytest.raises(CheckpointError, match="corrupt"):
        decode_position(text)


@pytest.mark.parametrize("version", [VERSION - 1, VERSION + 1])
def test_a_text_of_another_version_is_refused(version: int) -> None:
    with pytest.raises(CheckpointError, match=f"version {version} of its text is not known"):
        decode_position(encode_position(POSITION), version)
    with pytest.raises(CheckpointError, match=f"version {version} of its text is not known"):
        decode_output(encode_output(OUTPUT), version)
    assert decode_position(encode_position(POSITION), VERSION) == POSITION


@pytest.mark.parametrize("change", [{"guard": "YWJjZA=="}, {"first": 4}, {"turned": -1}, {"since": None}, {"more": 1}])
def test_an_output_that_contradicts_itself_is_corrupt(change: dict[str, object]) -> None:
    with pytest.raises(CheckpointError, match="corrupt"):
        decode_output(json.dumps(json.loads(encode_output(OUTPUT)) | change))


@pytest.mark.parametrize("text", ["YQ", "YQ==Yg==", "Y Q==", "YQ==\n", "\u00e9A==", "=YQ="])
def test_bytes_are_read_exactly(text: str) -> None:
    with pytest.raises(CheckpointError, match="corrupt"):
        decode_output(json.dumps(json.loads(encode_output(OUTPUT)) | {"guard": text}))


def test_once_turned_away_the_next_file_is_empty_and_the_rest_is_remembered() -> None:
    written = replace(OUTPUT, first=2, elsewhere=7, since=5, ended_well=True)
    following = replace(written, length=0, guard=b"", begun=9, turned=1)
    assert written.turned_away(9) == following
    assert following.turned_away(10) == replace(following, begun=10), "an empty file is none that counts"
