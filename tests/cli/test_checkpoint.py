"""``logbraid checkpoint``: shown while a run goes on, reset when none does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from logbraid.cli import main
from logbraid.core.account import SourceAccount
from logbraid.core.checkpoint import Commit, OutputState
from logbraid.core.positions import Place, Position
from logbraid.core.types import Identity
from logbraid.system.store import Store, beside


def position(path: str, *stragglers: Place, offset: int = 1234) -> Position:
    account = SourceAccount("app", path, bytes_seen=1244, bytes_emitted=1234, bytes_lost=10, records=5)
    return Position(path, Place(2, f"{path}.1", Identity(1, 7), offset), account, stragglers)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """An output with a checkpoint; one of its two sources has a straggler."""
    path = tmp_path / "out.log"
    state = OutputState(Identity(1, 2), 2468, b"", 0, ended_well=False, form="text")
    straggler = Place(1, "/logs/b.log.2", Identity(1, 8), 17)
    store = Store(beside(str(path)))
    store.save(Commit(state, [position("/logs/a.log"), position("/logs/b.log", straggler)]))
    store.close()
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["checkpoint", *map(str, arguments)])


@pytest.mark.parametrize("suffix", ["", ".checkpoint"])
def test_shown(output: Path, suffix: str) -> None:
    result = run("show", f"{output}{suffix}")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "output: 2,468 bytes of text; a run goes on, or was broken off",
        "/logs/a.log: byte 1,234 of /logs/a.log.1, 1,234 written, 10 lost",
        "/logs/b.log: byte 1,234 of /logs/b.log.1, 1,234 written, 10 lost",
        "  and from byte 17 of /logs/b.log.2",
    ]


def test_shown_as_json(output: Path) -> None:
    shown = json.loads(run("show", "--json", output).output)
    assert shown["output"] == {"length": 2468, "form": "text", "ended_well": False}
    first, second = shown["sources"]
    assert (first["path"], first["offset"], first["bytes_lost"]) == ("/logs/a.log", 1234, 10)
    assert [file["offset"] for file in second["files"]] == [1234, 17]


def test_shown_while_a_run_holds_it(output: Path) -> None:
    store = Store(beside(str(output)))
    assert run("show", output).exit_code == 0
    store.close()


def test_reset(output: Path) -> None:
    result = run("reset", output)
    assert (result.exit_code, result.output) == (0, f"{beside(str(output))}: forgotten\n")
    assert not Path(beside(str(output))).exists()


def test_not_reset_while_a_run_holds_it(output: Path) -> None:
    store = Store(beside(str(output)))
    result = run("reset", output)
    assert (result.exit_code, "in use by another run" in result.output) == (3, True)
    assert store.load() is not None
    store.close()


@pytest.mark.parametrize("what", ["show", "reset"])
def test_there_is_none(tmp_path: Path, what: str) -> None:
    result = run(what, tmp_path / "missing")
    assert (result.exit_code, "there is no such checkpoint" in result.output) == (3, True)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_checkpoint_is_neither_shown_nor_removed(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("precious " * 100)
    for what in ("show", "reset"):
        result = run(what, path)
        assert (result.exit_code, "is not a checkpoint of logbraid" in result.output) == (3, True)
    assert path.read_text() == "precious " * 100
