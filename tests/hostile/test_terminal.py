"""Whatever is in logs and in their names, a terminal shows it and obeys none of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.cli.report import Reporter
from logbraid.core.account import Account, SourceAccount
from logbraid.core.events import SourceFailed
from logbraid.sinks.console import Console
from logbraid.sinks.plain_console import PlainConsole
from logbraid.sinks.visible import visible_json, visible_name, visible_text
from sinks.batches import batch, lines, part, sources
from sinks.test_visible import INERT

from .effort import assert_linear, rounds

pytestmark = pytest.mark.once

NAUGHTY: Final = {
    "title": b"\x1b]0;owned\x07",
    "title, ended otherwise": b"\x1b]2;owned\x1b\\",
    "link": b"\x1b]8;;http://example.com\x07here\x1b]8;;\x07",
    "clipboard": b"\x1b]52;c;cm0gLXJm\x07",
    "device control": b'\x1bP$q"p\x1b\\',
    "keys redefined": b"\x1bP1;1|17/6c73\x9c",
    "answer back": b"\x05\x1b[c\x1b[6n\x1b[21t",
    "application, privacy, start": b"\x1b_x\x1b\\\x1b^x\x1b\\\x1bXx\x1b\\",
    "clear, home, reset": b"\x1b[2J\x1b[H\x1bc\x1b[!p",
    "other screen, no cursor": b"\x1b[?1049h\x1b[?25l",
    "scroll, insert": b"\x1b[5S\x1b[4h\x1b[2;3r",
    "shift out": b"\x0e\x0f\x1b(0",
    "eight-bit controls": b"\x9b2J\x9d0;owned\x9c\x90x\x9c",
    "the same as UTF-8": "\u009b2J\u009d0;owned\u009c\u0090x\u009c\u0085".encode(),
    "overstruck": b"sudo\b\b\b\bls  \rrm -rf\x7f",
    "bells": b"\x07" * 100,
    "bidi overrides": "\u202aa\u202bb\u202cc\u202dd\u202ee\u2066f\u2067g\u2068h\u2069".encode(),
    "unfinished": b"\x1b[31;1\n\x1b]0;\n\x1b",
    "no UTF-8": b"\xc3\x28\xed\xa0\x80\xf8\x88\x80\x80\x80\xc0\x80\xff\xfe\xe2\x82",
    "combining flood": ("Z" + "\u0321\u0353\u033a\u030d" * 500).encode(),
    "no character": "\ufdd0\uffff\U0001ffff\U0010ffff".encode(),
}
UNSEEN: Final = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2060\u2064\ufeff\U000e0041\U000e007f"
)
LEVELLED: Final = b"2026-03-01T08:00:00Z ERROR "

names = st.text(st.characters(codec=None) | st.sampled_from(UNSEEN + "\x1b\x9b\u202e\udcff\udc80\ud800\n")).filter(bool)


@pytest.mark.parametrize("naughty", NAUGHTY.values(), ids=NAUGHTY.keys())
@pytest.mark.parametrize("colour", [True, False])
def test_records_are_inert(naughty: bytes, *, colour: bool) -> None:
    records = batch(LEVELLED + naughty + b"\n")
    for console in (Console, PlainConsole):
        assert INERT.fullmatch(bytes(console(sources("app"), colour=colour)(records)).decode())


@pytest.mark.parametrize("naughty", NAUGHTY.values(), ids=NAUGHTY.keys())
def test_lines_are_inert_wherever_they_are_torn(naughty: bytes) -> None:
    for place in range(1, len(naughty[:40])):
        torn = lines(part(0, naughty[:place], torn=True), part(0, naughty[place:] + b"\n", joins=True))
        assert INERT.fullmatch(bytes(PlainConsole(sources("app"), colour=True)(torn)).decode())


@pytest.mark.parametrize("naughty", NAUGHTY.values(), ids=NAUGHTY.keys())
def test_labels_notices_accounts_and_errors_are_inert(naughty: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(naughty)
    label = bytes(PlainConsole(sources(name), colour=True)(batch(LEVELLED + b"x\n")))
    assert INERT.fullmatch(label.decode())
    assert label.count(b"\n") == 1
    reporter = Reporter(quiet=False, beside=False)
    account = Account([SourceAccount(name, name, bytes_lost=1, reasons=[name])], {name: name})
    reporter.notice(SourceFailed(name, name))
    reporter.tell(account)
    reporter.finish(account)
    said = capsys.readouterr().err
    assert INERT.fullmatch(said)
    assert INERT.fullmatch(visible_json(account.to_json()))


@settings(max_examples=rounds(200))
@given(names)
def test_a_name_is_shown_whole_on_one_line(name: str) -> None:
    shown = visible_name(name)
    assert shown.encode()
    assert INERT.fullmatch(shown)
    assert not set(shown) & {"\n", "\t", "\r", "\x1b", *UNSEEN}


@settings(max_examples=rounds(200))
@given(names, names)
def test_json_for_a_terminal_means_what_it_meant(name: str, reason: str) -> None:
    text = Account([SourceAccount(name, name)], {name: reason}).to_json()
    shown = visible_json(text)
    assert shown.encode()
    assert INERT.fullmatch(shown)
    assert json.loads(shown) == json.loads(text)


def test_names_that_look_alike_are_told_apart() -> None:
    alike = ["app.log", *(f"app{unseen}.log" for unseen in UNSEEN)]
    assert len({visible_name(name) for name in alike}) == len(alike)
    assert visible_name("app\u200b.log\U000e0041") == r"app\u200b.log\U000e0041"


@pytest.mark.parametrize(
    "unit", [b"\x1b", b"\x1b[", b"\x1b[1;", b"\r", b"\xff", b"\xc2\x9b", b"\x1b[31mx", b"\xcc\xa1"]
)
def test_making_text_safe_is_linear_work(unit: bytes) -> None:
    assert_linear(lambda size: visible_text(unit * (size // len(unit))), 1 << 14)


def test_the_command_prints_nothing_that_is_obeyed(tmp_path: Path) -> None:
    for number, naughty in enumerate(NAUGHTY.values()):
        name = naughty[:60].replace(b"/", b"_").replace(b"\0", b"_")
        (tmp_path / os.fsdecode(b"%d" % number + name)).write_bytes(LEVELLED + naughty + b"\n")
    options = ("--color", "always", "--label", "name", "--account", "-", "--tz", "UTC")
    argv = (sys.executable, "-m", "logbraid", "merge", *options, str(tmp_path), f"{tmp_path}/\x1b]0;no\x07such")
    done = subprocess.run(argv, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.count(b"ERROR") == len(NAUGHTY)
    assert INERT.fullmatch(done.stdout.decode())
    assert INERT.fullmatch(done.stderr.decode())
