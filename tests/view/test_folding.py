from __future__ import annotations

import json
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.view import folding
from logbraid.view.folding import LONGEST, MOST_IN_VAIN, MOST_JSON, MOST_LINES, Fold, has_json, inert, place, shown


def lines(data: bytes, fold: Fold = Fold.UNFOLDED) -> list[str]:
    return shown(data, fold).lines


@pytest.mark.parametrize(
    ("data", "first", "hidden"),
    [
        (b"one\n", "one", 0),
        (b"one", "one", 0),
        (b"one\r\ntwo\r\n", "one", 1),
        (b"one\n\n", "one", 1),
        (b"\n", "", 0),
        (b"", "", 0),
        (b"one\ntwo\nthree\n", "one", 2),
    ],
)
def test_a_folded_record_is_its_first_line_and_says_how_many_more_there_are(
    data: bytes, first: str, hidden: int
) -> None:
    assert shown(data, Fold.FOLDED) == ([first], hidden)
    assert len(lines(data)) == 1 + hidden


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("a\x1b[2Jb", r"a\x1b[2Jb"),
        ("bell \x07, \x00, \r", r"bell \x07, \x00, \x0d"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("a\tb", "a       b"),
        ("12345678\tb", "12345678        b"),
        ("漢\tb", "漢      b"),
        ("\x07\tb", r"\x07    b"),
        ("a\u200db", r"a\u200db"),
        ("❤\ufe0f", "❤"),
    ],
)
def test_nothing_that_is_shown_moves_anything(text: str, shown_as: str) -> None:
    assert inert(text) == shown_as


@given(st.text(max_size=30))
@settings(max_examples=50)
def test_whatever_a_line_holds_there_are_no_controls_left(text: str) -> None:
    shown_as = inert(text)
    assert all(character.isprintable() or character.isspace() for character in shown_as if ord(character) < 0x100)
    assert not set(shown_as) & {"\n", "\r", "\t", "\x1b", "\x9b", "\u2028"}


def test_bytes_that_are_no_text_are_shown() -> None:
    assert lines(b"\xff\xfe caf\xc3\xa9\n") == [r"\xff\xfe café"]


def test_of_a_very_long_line_the_beginning_is_shown() -> None:
    (line,) = lines(b"a" + "é".encode() * 10_000_000 + b"\n")
    kept, note = line.split(" [")
    assert kept == "a" + "é" * ((LONGEST - 1) // 2)
    assert note == f"{20_000_001 - len(kept.encode()):,} more bytes]"


def test_of_very_many_lines_the_first_are_shown() -> None:
    all_lines = lines(b"x\n" * (MOST_LINES + 1234))
    assert len(all_lines) == MOST_LINES + 1
    assert all_lines[-1] == "[1,234 more lines]"


# JSON


def test_json_is_indented_and_what_is_around_it_stays() -> None:
    data = b'08:00:00 INFO got {"a": {"b": [1, {}, []], "c": null}, "d": "x, {y}"} from there\n'
    assert lines(data, Fold.PRETTY) == [
        "08:00:00 INFO got {",
        '  "a": {',
        '    "b": [',
        "      1,",
        "      {},",
        "      []",
        "    ],",
        '    "c": null',
        "  },",
        '  "d": "x, {y}"',
        "} from there",
    ]


def test_what_is_written_stays() -> None:
    data = rb'{"a": 1.10, "a": 12345678901234567890, "b": 1e999, "c": "\u00e9\"", "d": "\\"}'
    assert lines(data, Fold.PRETTY)[1:-1] == [
        '  "a": 1.10,',
        '  "a": 12345678901234567890,',
        '  "b": 1e999,',
        r'  "c": "\u00e9\"",',
        r'  "d": "\\"',
    ]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"a": 1}\n', True),
        (b'[main] WARN {"a": 1} [2]\n', True),
        (b'a line\n{\n  "a": 1\n}\n', True),
        (b"result: [1, 2]\n", True),
        (b"sshd[7]: hello\n", False),
        (b"[7] hello\n", False),
        (b"{} and []\n", False),
        (b"{not json}\n", False),
        (b'{"cut": "he', False),
        (b"[" * 100_000, False),
        (b"[[1]," * 20_000, False),
        (b"plain\n", False),
        (b"", False),
    ],
)
def test_json_is_an_object_anywhere_or_an_array_at_the_end(data: bytes, found: bool) -> None:
    assert has_json(data) is found
    if not found:
        assert lines(data, Fold.PRETTY) == lines(data)


@pytest.mark.parametrize(
    "cut", [b'{"a":' * 30 + b"[" + b"1," * MOST_JSON, (b"[1] " * 8 + b"[" + b"1," * MOST_IN_VAIN) * 4]
)
def test_json_that_goes_on_for_too_long_is_not_read_again_and_again(
    cut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0
    json_at = folding._json_at

    def counted(text: str, start: int) -> tuple[object, int]:
        nonlocal read
        value, end = json_at(text, start)
        read += end - start
        return value, end

    monkeypatch.setattr(folding, "_json_at", counted)
    assert not has_json(cut)
    assert MOST_IN_VAIN < read <= MOST_IN_VAIN + MOST_JSON


def test_very_long_json_is_shown_as_it_is_and_short_json_before_very_much_text_is_not() -> None:
    long = b'{"a": "' + b"x" * MOST_JSON + b'"}'
    assert not has_json(long)
    assert lines(long, Fold.PRETTY) == lines(long)
    before, *_, behind = lines(b'got {"a": 1} and ' + b"x\n" * MOST_JSON, Fold.PRETTY)
    assert (before, behind[-12:]) == ("got {", " more lines]")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), JSON, min_size=1, max_size=4))
@settings(max_examples=50)
def test_indented_json_is_what_python_would_write(value: dict[str, object]) -> None:
    pretty = lines(json.dumps(value).encode(), Fold.PRETTY)
    assert pretty == [inert(line) for line in json.dumps(value, indent=2).split("\n")]


@given(
    st.lists(st.binary(max_size=12) | st.sampled_from([b"\x1b[31mred", b"\t", "é漢".encode()]), max_size=30), st.data()
)
def test_what_is_in_focus_is_shown_where_its_place_says(pieces: list[bytes], data: st.DataObject) -> None:
    marked = b"".join(pieces).replace(b"X", b"")
    at = data.draw(st.integers(0, len(marked)))
    marked = marked[:at] + b"X" + marked[at:]
    with mock.patch.multiple(folding, LONGEST=40, AROUND=5, MOST_LINES=4):
        found = place(marked, at)
        assert shown(marked, Fold.UNFOLDED, at).lines[found.line][found.character] == "X"
        if b"\n" not in marked[:at]:
            assert shown(marked, Fold.FOLDED, at).lines[0][found.character] == "X"
