from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.options import Options
from logbraid.sinks.console import Console

from .batches import batch, batches, sources, with_late
from .test_visible import INERT

APP = b"2026-03-01T08:00:00Z ERROR boom\n  at line 1\n2026-03-01T08:00:02Z INFO ok\n"
DB = b"2026-03-01T08:00:01Z WARN slow\n"
SGR = re.compile(r"\x1b\[[0-9;]*m")


def test_labels_are_padded_and_every_physical_line_has_one() -> None:
    rendered = bytes(Console(sources("app", "db"), colour=False)(batch(APP, DB))).decode()
    assert rendered.splitlines() == [
        "app | 2026-03-01T08:00:00Z ERROR boom",
        "app |   at line 1",
        "db  | 2026-03-01T08:00:01Z WARN slow",
        "app | 2026-03-01T08:00:02Z INFO ok",
    ]


def test_colours_tell_sources_and_levels() -> None:
    lines = bytes(Console(sources("app", "db"), colour=True)(batch(APP, DB))).decode().splitlines()
    app, db = lines[0].split("app")[0], lines[2].split("db")[0]
    assert app != db
    assert lines[0] == f"{app}app\x1b[0m | \x1b[31m2026-03-01T08:00:00Z ERROR boom\x1b[0m"
    assert lines[1] == f"{app}app\x1b[0m | \x1b[31m  at line 1\x1b[0m"
    assert lines[2] == f"{db}db \x1b[0m | \x1b[33m2026-03-01T08:00:01Z WARN slow\x1b[0m"
    assert lines[3] == f"{app}app\x1b[0m | 2026-03-01T08:00:02Z INFO ok"


def test_without_colours_and_labels_clean_text_stays_as_it_is() -> None:
    assert Console(None, colour=False)(batch(APP)) == APP


def test_late_records_are_marked_in_their_first_line() -> None:
    late = with_late(batch(APP), 0)
    rendered = bytes(Console(None, colour=False)(late)).decode().splitlines()
    assert rendered[:2] == ["[late] 2026-03-01T08:00:00Z ERROR boom", "  at line 1"]


def test_line_ends_stay_what_they_are() -> None:
    windows = b"2026-03-01T08:00:00Z ERROR boom\r\n\r\n"
    rendered = bytes(Console(None, colour=True)(batch(windows)))
    assert rendered == b"\x1b[31m2026-03-01T08:00:00Z ERROR boom\x1b[0m\r\n\x1b[31m\x1b[0m\r\n"


def test_labels_are_shown_not_obeyed() -> None:
    rendered = bytes(Console(sources("a\x1b[2J\n"), colour=False)(batch(DB)))
    assert rendered.startswith(rb"a\x1b[2J\x0a | 2026")


def test_raw_passes_everything_on() -> None:
    naughty = b"2026-03-01T08:00:00Z \x1b]0;title\x07\n"
    assert Console(None, colour=False, raw=True)(batch(naughty)) == naughty
    assert naughty in bytes(Console(sources("a"), colour=True, raw=True)(batch(naughty)))


@pytest.mark.parametrize("colour", [False, True])
def test_lines_that_were_cut_join_again(colour: bool) -> None:
    long = b"2026-03-01T08:00:00Z ERROR " + b"x" * 300 + b"\n"
    render = Console(None, colour=colour)
    assert b"".join(map(render, batches(long, options=Options(max_record=100)))) == long


@given(st.lists(st.binary(max_size=40), max_size=5), st.booleans(), st.booleans())
def test_whatever_the_bytes_nothing_is_obeyed(lines: list[bytes], colour: bool, labelled: bool) -> None:
    text = b"".join(b"2026-03-01T08:00:%02dZ ERROR %s\n" % (i, line) for i, line in enumerate(lines))
    render = Console(sources("\x9b\x1bc") if labelled else None, colour=colour)
    for whole in batches(text):
        shown = bytes(render(whole)).decode()
        assert INERT.fullmatch(shown)
        assert shown.count("\n") == text.count(b"\n")


@given(st.lists(st.text(st.characters(exclude_categories=["C"]), max_size=9), max_size=9))
def test_decoration_can_be_taken_off_again(lines: list[str]) -> None:
    text = "".join(f"2026-03-01T08:00:0{i}Z WARN {line}\n" for i, line in enumerate(lines)).encode()
    for whole in batches(text):
        assert SGR.sub("", bytes(Console(None, colour=True)(whole)).decode()).encode() == text
