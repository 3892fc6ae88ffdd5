from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from logbraid.cli import main

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
