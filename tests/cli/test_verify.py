from __future__ import annotations

import gzip
import os
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from logbraid.cli import main
from logbraid.core.account import SourceAccount
from logbraid.core.checkpoint import Commit, OutputState
from logbraid.core.positions import GUARD, Place, Position
from logbraid.core.types import Identity
from logbraid.system.store import Store

APP = "2026-03-01T08:00:00Z one\n2026-03-01T08:00:02Z two\n  more\n"
DB = "2026-03-01T08:00:01Z three\n2026-03-01T08:00:03Z four"


@pytest.fixture(autouse=True)
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("logs").mkdir()
    Path("logs/app.log").write_text(APP)
    Path("logs/db.log.gz").write_bytes(gzip.compress(DB.encode()))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.mark.parametrize("label", ["none", "name", "path"])
@pytest.mark.parametrize("order", ["time", "arrival"])
def test_what_was_merged_is_a_true_merge(label: str, order: str) -> None:
    assert run("merge", "-o", "all.log", "--label", label, "--order", order, "logs").exit_code == 0
    result = run("verify", "--label", label, "--order", order, "all.log", "logs")
    assert (result.exit_code, result.output) == (0, "true: 5 lines, each source whole, in order, once\n")


def test_a_missing_line_is_named() -> None:
    Path("all.log").write_text(DB + "\n" + APP.partition("\n")[2])
    result = run("verify", "all.log", "logs")
    assert result.exit_code == 1
    assert result.output.startswith("false: logs/app.log at byte 0")


def test_the_wrong_order_is_told() -> None:
    Path("all.log").write_text(APP + DB + "\n")
    assert run("verify", "all.log", "logs").exit_code == 0
    result = run("verify", "--order", "time", "all.log", "logs")
    assert result.exit_code == 1
    assert "older than the line above it" in result.output


@pytest.mark.parametrize("arguments", [("nowhere.log", "logs"), ("logs/app.log", "nowhere.log")])
def test_what_cannot_be_read_is_said(arguments: tuple[str, str]) -> None:
    result = run("verify", *arguments)
    assert result.exit_code == 1
    assert result.stderr == "logbraid: nowhere.log: no such file or directory\n"


def keep_checkpoint(output: str, path: str = "all.log.checkpoint", form: str = "text", *, piped: bool = False) -> None:
    """Commit the output as what has left ``logs/app.log``, all of it."""
    Path("all.log").write_text(output)
    source, written = os.stat("logs/app.log"), os.stat("all.log")
    end = Place(0, "logs/app.log", Identity.of(source), len(APP), APP.encode()[-GUARD:], len(APP))
    account = SourceAccount("app.log", "logs/app.log", len(APP), len(APP))
    state = OutputState(Identity.of(written), len(output), output.encode()[-GUARD:], 0, True, form, piped=piped)
    with closing(Store(path)) as store:
        store.save(Commit(state, [Position("logs/app.log", end, account)]))


def test_the_checkpoint_beside_the_output_is_taken_where_no_source_is_named() -> None:
    keep_checkpoint(APP)
    result = run("verify", "all.log")
    assert (result.exit_code, result.output) == (0, "true: 3 lines, each source whole, in order, once\n")


def test_a_checkpoint_may_be_elsewhere() -> None:
    keep_checkpoint(APP.replace("two", "too"), "kept")
    result = run("verify", "all.log", "--checkpoint", "kept")
    assert result.exit_code == 1
    assert result.output.startswith("false: output at byte 25: this line is in no source")


def test_what_cannot_be_seen_any_more_is_told_by_the_exit_code() -> None:
    keep_checkpoint(APP)
    Path("logs/app.log").unlink()
    result = run("verify", "all.log")
    assert result.exit_code == 3
    assert result.output == (
        "true as far as it can be seen: 3 lines, each source whole, in order, once; "
        "logs/app.log: 57 bytes that have left could not be found beside the name\n"
    )


def test_what_may_be_of_a_pipe_is_told_by_the_exit_code() -> None:
    keep_checkpoint(APP + "from a pipe\n")
    assert run("verify", "all.log").exit_code == 1
    keep_checkpoint(APP + "from a pipe\n", piped=True)
    result = run("verify", "all.log")
    assert result.exit_code == 3
    assert result.output == (
        "undecided: 12 bytes came from sources that cannot be read again (pipes, commands), or it is false: "
        "output at byte 57: this line is in no source: 'from a pipe'\n"
    )


def test_a_label_that_is_asked_for_stands_above_what_the_checkpoint_says() -> None:
    keep_checkpoint("".join(f"app.log | {line}\n" for line in APP.splitlines()))
    assert run("verify", "all.log").exit_code == 1
    assert run("verify", "all.log", "--label", "name").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("all.log", "--order", "time"), "says nothing of their times"),
        (("all.log", "--tz", "UTC"), "says nothing of their times"),
        (("all.log", "logs", "--checkpoint", "all.log.checkpoint"), "a checkpoint names the sources"),
        (("logs/app.log",), "there is no logs/app.log.checkpoint: name the sources"),
    ],
)
def test_what_contradicts_a_checkpoint_is_wrong_usage(arguments: tuple[str, ...], reason: str) -> None:
    keep_checkpoint(APP)
    result = run("verify", *arguments)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_only_text_can_be_verified() -> None:
    keep_checkpoint("{}\n", form="jsonl")
    result = run("verify", "all.log")
    assert result.exit_code == 2
    assert "only text can be verified" in result.stderr
