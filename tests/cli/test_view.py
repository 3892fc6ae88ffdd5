"""``logbraid view``: what it asks for before it draws, what it follows, and whom it serves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from logbraid.cli import main
from logbraid.core.types import SECOND

MODULE = import_module("logbraid.cli.view")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Have a terminal, on which nothing is drawn; returns what would have been followed."""
    runs: list[dict[str, Any]] = []
    monkeypatch.setattr(MODULE.os, "isatty", lambda descriptor: True)
    monkeypatch.setattr(MODULE, "_show", lambda run, *_: runs.append({"specs": run.args[0], **run.keywords}))
    return runs


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["view", *arguments])


def test_what_is_followed_is_what_the_flags_say(drawn: list[dict[str, Any]]) -> None:
    flags = ["-n", "7", "--level", "warn", "--order", "arrival", "--lateness", "2s", "--label", "path"]
    assert run("a.log", "b", *flags, "--exec", "tail x").exit_code == 0
    [followed] = drawn
    assert followed["specs"] == ("a.log", "b")
    assert (followed["beginning"], followed["commands"], followed["path_labels"]) == (7, ("tail x",), True)
    options = followed["options"]
    assert (options.level, options.order, options.lateness) == (3, "arrival", 2 * SECOND)


def test_it_begins_with_the_first_record(drawn: list[dict[str, Any]]) -> None:
    assert run("a.log").exit_code == 0
    assert drawn[0]["beginning"] is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name at least one source"),
        (("--web",), "name at least one source"),
        (("-",), "standard input is the terminal itself"),
        (("--web", "-"), "standard input cannot be served"),
        (("--web", "--listen", "8000", "a.log"), "not an address"),
        (("--web", "--listen", "localhost:http", "a.log"), "not an address"),
        (("--web", "--listen", "localhost:²", "a.log"), "not an address"),
        (("--web", "--listen", "localhost:70000", "a.log"), "not an address"),
        (("-n", "-1", "a.log"), "-n"),
        (("--tz", "Nowhere/At_all", "a.log"), "Nowhere/At_all"),
    ],
)
def test_wrong_usage(drawn: list[dict[str, Any]], arguments: tuple[str, ...], says: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, drawn) == (2, [])
    assert says in result.output or not arguments


def test_without_a_terminal_it_says_what_would_do() -> None:
    result = run("a.log")
    assert result.exit_code == 2
    assert "the view needs a terminal" in result.output


@pytest.mark.parametrize(("missing", "arguments"), [("textual", ()), ("textual_serve", ("--web",))])
def test_what_is_not_installed_is_said_with_how_to_get_it(
    drawn: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, missing: str, arguments: tuple[str, ...]
) -> None:
    found: Callable[[str], object] = MODULE.find_spec
    monkeypatch.setattr(MODULE, "find_spec", lambda name: None if name == missing else found(name))
    result = run("a.log", *arguments)
    assert (result.exit_code, drawn) == (2, [])
    assert "pip install 'logbraid[view]'" in result.output


def test_where_standard_input_is_a_source_and_there_is_no_terminal_for_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(MODULE.os, "isatty", lambda descriptor: descriptor == 2)
    monkeypatch.setattr(MODULE, "_TERMINAL", str(tmp_path / "tty"))
    result = run("-")
    assert result.exit_code == 2
    assert "a terminal to take keys from" in result.output


def test_a_visitor_is_given_the_same_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Any] = []
    monkeypatch.setattr("logbraid.view.web.serve", lambda *arguments: served.append(arguments))
    monkeypatch.setattr(sys, "argv", ["logbraid", "view", "--web", "--listen", "[::1]:81", "a.log"])
    assert run("--web", "--listen", "[::1]:81", "a.log").exit_code == 0
    command = [sys.executable, "-P", "-m", "logbraid", "view", "--web", "--listen", "[::1]:81", "a.log"]
    assert served == [(command, "::1", 81)]
