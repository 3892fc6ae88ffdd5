from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logbraid.sinks.visible import visible_name, visible_text

INERT = re.compile("(?:[^\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|[\n\t]|\r(?=\n)|\x1b\\[[0-9;:]*m)*")

NAUGHTY = {
    b"title \x1b]0;owned\x07 end": r"title \x1b]0;owned\x07 end",
    b"\x1b[2J\x1b[Hcleared": r"\x1b[2J\x1b[Hcleared",
    b"\x1bc reset": r"\x1bc reset",
    b"hidden\rshown": r"hidden\x0dshown",
    b"back\x08space, bell\x07, nul\x00, del\x7f": r"back\x08space, bell\x07, nul\x00, del\x7f",
    b"raw C1 \x9b31m": r"raw C1 \x9b31m",
    "C1 as UTF-8 \u009b31m".encode(): r"C1 as UTF-8 \u009b31m",
    "evil\u202egnp.exe\u2066 x".encode(): r"evil\u202egnp.exe\u2066 x",
    b"latin-1 caf\xe9": r"latin-1 caf\xe9",
    b"overlong \xc0\x80, half \xe2\x82": r"overlong \xc0\x80, half \xe2\x82",
    b"half a colour \x1b[31": r"half a colour \x1b[31",
    b"private \x1b[?25l and \x1b[31;x1m": r"private \x1b[?25l and \x1b[31;x1m",
}


@pytest.mark.parametrize(("naughty", "shown"), NAUGHTY.items())
def test_control_sequences_are_shown(naughty: bytes, shown: str) -> None:
    assert bytes(visible_text(naughty)).decode() == shown
    assert visible_name(naughty.decode("utf-8", "surrogateescape")) == shown


@pytest.mark.parametrize("text", [b"", b"plain\ttext\r\n\n", b"\r\n" * 3, "caf\u00e9 \u2028 \U0001f680\n".encode()])
def test_harmless_text_stays_as_it_is(text: bytes) -> None:
    assert bytes(visible_text(text)) == text


def test_clean_ascii_is_not_copied() -> None:
    text = b"plain\n"
    assert visible_text(text) is text


def test_colours_stay_and_end_with_their_line() -> None:
    assert visible_text(b"\x1b[1;31mred\nplain\n\x1b[38:2::1:2:3mrgb\r\n") == (
        b"\x1b[1;31mred\x1b[0m\nplain\n\x1b[38:2::1:2:3mrgb\x1b[0m\r\n"
    )


def test_names_keep_neither_colours_nor_line_ends() -> None:
    assert visible_name("a\x1b[31m\n\tb\udcff") == r"a\x1b[31m\x0a\x09b\xff"


@given(
    st.lists(st.sampled_from([b"\x1b", b"\x1b[", b"31", b";", b"m", b"\r", b"\n", b"\xc2", b"\x9b", b"a"])).map(
        b"".join
    )
)
@example(b"\x1b[" * 3)
def test_pieces_of_sequences_stay_inert(text: bytes) -> None:
    shown = bytes(visible_text(text)).decode()
    assert INERT.fullmatch(shown)
    assert shown.count("\n") == text.count(b"\n")


@given(st.binary())
def test_whatever_the_bytes_nothing_is_obeyed(text: bytes) -> None:
    assert INERT.fullmatch(bytes(visible_text(text)).decode())
