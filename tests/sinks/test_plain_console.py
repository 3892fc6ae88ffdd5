from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.sinks.base import Renderer, TextRenderer, takes_lines
from logbraid.sinks.callback import CallbackSink
from logbraid.sinks.console import Console
from logbraid.sinks.file import DescriptorSink
from logbraid.sinks.jsonl import JsonLines
from logbraid.sinks.plain_console import ConsolePrefixes, PlainConsole, wants_colour

from .batches import batch, lines, part, sources
from .test_visible import INERT


def test_labels_stand_in_a_column() -> None:
    shown = PlainConsole(sources("app", "db"), colour=False)(lines(part(0, b"one\ntwo\n"), part(1, b"three\n")))
    assert bytes(shown).decode().splitlines() == ["app | one", "app | two", "db  | three"]


def test_labels_are_told_by_colours_and_lines_are_left_alone() -> None:
    shown = PlainConsole(sources("app", "db"), colour=True)(lines(part(0, b"ERROR\n"), part(1, b"two\n")))
    first, second = bytes(shown).decode().splitlines()
    assert first.endswith("app\x1b[0m | ERROR")
    assert second.endswith("db \x1b[0m | two")
    assert first.split("app")[0] != second.split("db")[0]


def test_control_sequences_are_shown_unless_raw() -> None:
    naughty = lines(part(0, b"\x1b[2Jcleared\n"))
    assert bytes(PlainConsole(None, colour=False)(naughty)) == rb"\x1b[2Jcleared" + b"\n"
    assert bytes(PlainConsole(None, colour=False, raw=True)(naughty)) == b"\x1b[2Jcleared\n"


def test_a_sequence_that_a_torn_line_cuts_in_two_is_not_obeyed() -> None:
    torn = lines(part(0, b"\x1b", torn=True), part(0, b"[2J\n", joins=True))
    assert bytes(PlainConsole(sources("a"), colour=False)(torn)) == rb"a | \x1b[2J" + b"\n"


def test_records_are_shown_as_lines() -> None:
    text = b"2026-03-01T08:00:00Z ERROR \x07\n"
    shown = bytes(PlainConsole(sources("a"), colour=False)(batch(text)))
    assert shown == b"a | " + text.replace(b"\x07", rb"\x07")


def test_a_new_source_may_widen_the_column_and_keeps_the_colours() -> None:
    live = sources("app")
    prefixes = ConsolePrefixes(live, colour=True)
    (before,) = prefixes.current()
    live += sources("app", "database")[1:]
    app, database = prefixes.current()
    assert app == before.replace(b"app", b"app     ")
    assert b"database" in database
    live += sources("app", "database", "db")[2:]
    assert list(prefixes.current()[:2]) == [app, database]


def test_colours_do_not_depend_on_when_sources_appear() -> None:
    labels = [f"{number:02d}.log" for number in range(14)]
    live = sources()
    growing = ConsolePrefixes(live, colour=True)
    for source in sources(*labels):
        live.append(source)
        growing.current()
    assert growing.current() == ConsolePrefixes(sources(*labels), colour=True).current()
    assert len({prefix.split(b"m")[0] for prefix in growing.current()}) == 10


@given(st.lists(st.lists(st.binary(max_size=20), min_size=1, max_size=4), min_size=1, max_size=4), st.booleans())
def test_whatever_the_bytes_nothing_is_obeyed(texts: list[list[bytes]], colour: bool) -> None:
    parts = [part(number, b"".join(line + b"\n" for line in text)) for number, text in enumerate(texts)]
    shown = bytes(PlainConsole(sources("a", "b", "c", "\x1bd"), colour=colour)(lines(*parts))).decode()
    assert INERT.fullmatch(shown)
    assert shown.count("\n") == sum(bytes(one.data).count(b"\n") for one in parts)


def test_text_without_levels_can_be_bare_lines() -> None:
    renderers: list[Renderer] = [TextRenderer(None), PlainConsole(None, colour=True)]
    assert all(takes_lines(DescriptorSink(1, renderer)) for renderer in renderers)


def test_columns_are_needed_by_the_others() -> None:
    renderers: list[Renderer] = [JsonLines(), Console(None, colour=True)]
    assert not any(takes_lines(DescriptorSink(1, renderer)) for renderer in renderers)
    assert not takes_lines(CallbackSink(print))


def test_bare_lines_are_written_without_arrow() -> None:
    program = (
        "import sys, logbraid.sinks.append, logbraid.sinks.plain_console, logbraid.sinks.destinations;"
        "print('pyarrow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\n"


@pytest.mark.parametrize(
    ("choice", "terminal", "environment", "wanted"),
    [
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
        ("auto", True, {"TERM": "xterm"}, True),
        ("auto", False, {"TERM": "xterm"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    choice: str, terminal: bool, environment: dict[str, str], wanted: bool
) -> None:
    assert wants_colour(choice, terminal=terminal, environment=environment) == wanted
