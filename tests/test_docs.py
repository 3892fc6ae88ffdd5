"""Every code block of the documentation does what it says, and its tables are those of the code.

A ``console`` block is run by a shell, command by command, beside the example shop; ``...`` stands for any text, alone
on a line for any lines. A ``python`` block is run as a program, or by pytest where it holds a test. A ``sh`` block is
for a person to type: only the verbs in it are checked. There are no other blocks. The blocks of a page are one story,
and each recipe is a story of its own; stories share nothing, so several are told at a time.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from ahead import begun, cases
from logbraid.core.timestamps.formats import FORMATS

pytestmark = pytest.mark.once

ROOT: Final = Path(__file__).parent.parent
PAGES: Final = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])

BLOCK: Final = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND: Final = re.compile(r"^\$ (?P<command>(?:.*\\\n)*.*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)
TEST: Final = re.compile(r"^def test_", re.MULTILINE)
LINK: Final = re.compile(r"\]\((?!https?:|#)(?P<path>[^)#]+)")
TO_TYPE: Final = re.compile(
    r"(?:env [A-Z]+=\S+ )?"
    r"(?:make(?: [A-Z]+=\S+)*(?: [a-z]+)?|pip install \S+|git clone .*|cd \w+|logbraid (?:follow|view) .*)"
)


class Story(NamedTuple):
    """Blocks that build on each other."""

    name: str
    text: str


def stories() -> Iterator[Story]:
    for page in PAGES:
        if page.name != "howto.md":
            yield Story(page.name, page.read_text())
            continue
        for recipe in re.split(r"^(?=## )", page.read_text(), flags=re.MULTILINE):
            yield Story(f"{page.name} {recipe.partition(chr(10))[0].lstrip('# ')}", recipe)


STORIES: Final = list(stories())

Told = dict[tuple[Callable[..., Any], Story], "Future[Any]"]


def blocks(text: str, language: str) -> list[str]:
    return [found["text"] for found in BLOCK.finditer(text) if found["language"] == language]


def commands(text: str) -> Iterator[tuple[str, str]]:
    for block in blocks(text, "console"):
        assert block.startswith("$ "), f"a console block starts with a command:\n{block}"
        for found in COMMAND.finditer(block):
            yield found["command"], found["output"]


def pattern(expected: str) -> str:
    """The output as a regular expression: ``...`` stands for any text, alone on a line for any lines."""
    return "".join(
        r"(?:.*\n)*" if line.strip() == "..." else ".*".join(map(re.escape, line.split("...")))
        for line in expected.splitlines(keepends=True)
    )


def run(*argv: str, directory: Path) -> str:
    """Run a program as the reader would; what it prints, both outputs together."""
    environment = {
        "PATH": f"{directory.parent / 'patient'}:{Path(sys.executable).parent}:/usr/bin:/bin",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
    }
    return subprocess.run(
        argv,
        cwd=directory,
        env=environment | {"HOME": os.fspath(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
        start_new_session=True,
    ).stdout


def run_commands(story: Story, shop: Path) -> list[tuple[str, str, str]]:
    """Each command, what it shall print, and what it prints."""
    return [
        (command, expected, run("bash", "-c", command, directory=shop)) for command, expected in commands(story.text)
    ]


def run_programs(story: Story, shop: Path) -> list[tuple[str, str]]:
    """For each program what it shall print, and what it prints."""
    programs = [program for program in blocks(story.text, "python") if not TEST.search(program)]
    return [
        (
            "".join(found + "\n" for found in re.findall(r"  # prints: (.*)$", program, re.MULTILINE)),
            run(sys.executable, "-W", "error", "-c", program, directory=shop),
        )
        for program in programs
    ]


def run_tests(story: Story, shop: Path) -> list[str]:
    """What pytest says of each program that holds a test."""
    printed = []
    for number, program in enumerate(filter(TEST.search, blocks(story.text, "python"))):
        file = shop / f"test_{number}.py"
        file.write_text(program)
        # By its module, and so whether or not it is installed as a plugin.
        plugin = ("-p", "no:logbraid", "-p", "logbraid.testing.plugin")
        printed.append(run(sys.executable, "-m", "pytest", "-q", "-W", "error", *plugin, file.name, directory=shop))
    return printed


def make_place(directory: Path) -> Path:
    """Make what a story finds: a directory like ``examples``, and programs on its path that have patience."""
    for name in ("shop", "migration"):
        shutil.copytree(ROOT / "examples" / name, directory / "here" / name)
    (directory / "patient").mkdir()
    for name in ("timeout", "sleep"):
        program = directory / "patient" / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S {ROOT / "tests" / "patient.py"} {name} "$@"\n')
        program.chmod(0o755)
    return directory / "here"


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """What comes of the blocks of each story."""
    wanted = [
        (how, story)
        for how, test in (
            (run_commands, test_commands_print_what_the_page_shows),
            (run_programs, test_programs_run),
            (run_tests, test_tests_pass),
        )
        for story in cases(request, test)
    ]
    work = (partial(how, story, make_place(tmp_path_factory.mktemp("story"))) for how, story in wanted)
    with begun(*work) as results:
        yield dict(zip(wanted, results, strict=True))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_commands_print_what_the_page_shows(story: Story, told: Told) -> None:
    for command, expected, actual in told[run_commands, story].result():
        if not re.fullmatch(pattern(expected), actual):
            assert f"$ {command}\n{actual}" == f"$ {command}\n{expected}"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_programs_run(story: Story, told: Told) -> None:
    for expected, actual in told[run_programs, story].result():
        assert actual == expected


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_tests_pass(story: Story, told: Told) -> None:
    for printed in told[run_tests, story].result():
        assert re.search(r"^\d+ passed", printed, re.MULTILINE), printed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_of_a_kind_that_is_checked(page: Path) -> None:
    assert {found["language"] for found in BLOCK.finditer(page.read_text())} <= {"console", "python", "sh"}
    for block in blocks(page.read_text(), "sh"):
        for line in block.splitlines():
            assert TO_TYPE.fullmatch(line.partition("  #")[0].rstrip()), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for found in LINK.finditer(page.read_text()):
        assert (page.parent / found["path"]).exists(), found["path"]


def test_the_reference_shows_every_timestamp_format() -> None:
    rows = [f"| {one.name} | `{one.samples[0].line.decode()[:60].strip()}` |\n" for one in FORMATS]
    assert "".join(rows) in (ROOT / "docs" / "reference.md").read_text()


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ("one\n", "one\n", True),
        ("one\n", "two\n", False),
        ("one\n", "one\ntwo\n", False),
        ("one ... three\n", "one two three\n", True),
        ("one ... three\n", "one\nthree\n", False),
        ("one\n...\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n...\n", "one\n", True),
        ("one\n...\n", "two\n", False),
        ("a|b (c)\n", "a|b (c)\n", True),
    ],
)
def test_three_dots_stand_for_any_text(expected: str, actual: str, fits: bool) -> None:
    assert bool(re.fullmatch(pattern(expected), actual)) is fits
