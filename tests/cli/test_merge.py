from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from logbraid.cli import main

APP = "2026-03-01 08:00:00,000 INFO start\n2026-03-01 08:00:02,000 ERROR boom\n  at line 1\n"
DB = "2026-03-01T08:00:01Z WARN slow\n2026-03-01T08:00:03Z DEBUG done\n"
MERGED = [
    "2026-03-01 08:00:00,000 INFO start",
    "2026-03-01T08:00:01Z WARN slow",
    "2026-03-01 08:00:02,000 ERROR boom",
    "  at line 1",
    "2026-03-01T08:00:03Z DEBUG done",
]


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.log").write_text(APP)
    (tmp_path / "db.log").write_text(DB)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["merge", "--tz", "UTC", *arguments], catch_exceptions=False)


def merged(*arguments: str) -> list[str]:
    """What a run that goes well writes to a file."""
    result = run("-o", "out.log", *arguments)
    assert (result.exit_code, result.output) == (0, "")
    return Path("out.log").read_text().splitlines()


def test_by_time(logs: Path) -> None:
    assert merged("app.log", "db.log") == MERGED


def test_by_arrival(logs: Path) -> None:
    assert merged("--order", "arrival", "app.log", "db.log") == (APP + DB).splitlines()


def test_directories_patterns_and_compressed_files(logs: Path) -> None:
    (logs / "sub").mkdir()
    (logs / "sub" / "old.log.gz").write_bytes(gzip.compress(b"2026-03-01T07:00:00Z old\n"))
    assert merged("*.log", "sub") == ["2026-03-01T07:00:00Z old", *MERGED]


def test_labels(logs: Path) -> None:
    assert merged("--label", "name", "app.log", "db.log")[:2] == [f"app.log | {MERGED[0]}", f"db.log | {MERGED[1]}"]
    assert merged("--label", "path", str(logs / "db.log"))[0] == f"{logs}/db.log | {MERGED[1]}"


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        (["--since", "2026-03-01 08:00:01"], [1, 2, 3, 4]),
        (["--until", "2026-03-01T08:00:02Z"], [0, 1]),
        (["--level", "warn"], [1, 2, 3]),
        (["-e", "o", "-e", "[lm]"], [1, 2, 3]),
        (["-v", "boom", "-v", "slow"], [0, 4]),
    ],
)
def test_filters(logs: Path, flags: list[str], kept: list[int]) -> None:
    assert merged(*flags, "app.log", "db.log") == [MERGED[line] for line in kept]


def test_zones_and_skews_move_times(logs: Path) -> None:
    assert merged("--tz", "-01:00", "app.log", "db.log") == (DB + APP).splitlines()
    assert merged("--skew", "db.log=-1h", "app.log", "db.log") == (DB + APP).splitlines()


def test_a_time_format_of_ones_own(logs: Path) -> None:
    (logs / "own.log").write_text("<01.03.2026 08h00m02s> b\n<01.03.2026 08h00m01s> a\n")
    assert len(merged("--time-format", "%d.%m.%Y %Hh%Mm%Ss", "own.log")) == 2


def test_commands_are_sources(logs: Path) -> None:
    assert merged("--exec", "cat db.log", "app.log") == MERGED


def test_formats_come_from_the_ending(logs: Path) -> None:
    assert run("-o", "out.jsonl", "app.log", "db.log").exit_code == 0
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [row["level"] for row in rows] == ["info", "warn", "error", "debug"]
    assert run("-o", "out.parquet", "app.log", "db.log").exit_code == 0
    assert pq.read_table("out.parquet").column("level").to_pylist() == ["info", "warn", "error", "debug"]
    assert run("-o", "text.parquet", "--output-format", "text", "app.log").exit_code == 0
    assert Path("text.parquet").read_text() == APP


def test_colours_where_they_are_asked_for(logs: Path) -> None:
    assert merged("--color", "always", "app.log")[1] == f"\x1b[31m{MERGED[2]}\x1b[0m"


def test_a_missing_source_is_said_and_the_rest_is_merged(logs: Path) -> None:
    result = run("-o", "out.log", "--quiet", "app.log", "nowhere.log", "db.log")
    assert result.exit_code == 1
    assert result.stderr == "logbraid: nowhere.log: no such file or directory\n"
    assert Path("out.log").read_text().splitlines() == MERGED


def test_notices_are_said_unless_told_otherwise(logs: Path) -> None:
    (logs / "plain.log").write_text("no time\n")
    assert "no timestamps" in run("-o", "out.log", "plain.log").stderr
    assert run("-o", "out.log", "-q", "plain.log").stderr == ""


def test_notices_are_shown_not_obeyed(logs: Path) -> None:
    assert run("-o", "out.log", "\x1b]0;t\x07").stderr == "logbraid: \\x1b]0;t\\x07: no such file or directory\n"
    assert run("-o", "\x1bc/x", "app.log").stderr == "logbraid: \\x1bc/x: No such file or directory\n"


def test_the_output_is_never_its_own_source(logs: Path) -> None:
    (logs / "out.log").write_text("2026-03-01T07:00:00Z from an earlier run\n")
    result = run("-o", "out.log", "*.log")
    assert result.exit_code == 0
    assert "belongs to the output" in result.stderr
    assert Path("out.log").read_text().splitlines() == MERGED


@pytest.mark.parametrize("flag", ["-o", "--account"])
def test_a_named_source_is_never_replaced(logs: Path, flag: str) -> None:
    result = run(flag, "./app.log", "app.log", "db.log")
    assert result.exit_code == 2
    assert "cannot be the output too" in result.stderr
    assert (logs / "app.log").read_text() == APP


def test_the_account(logs: Path) -> None:
    assert run("-o", "out.log", "--account", "account.json", "app.log", "db.log").exit_code == 0
    account = json.loads(Path("account.json").read_text())
    assert [source["label"] for source in account["sources"]] == ["app.log", "db.log"]
    assert account["bytes_seen"] == account["bytes_emitted"] == len(APP + DB)
    assert json.loads(run("-o", "out.log", "--account", "-", "app.log").stderr)["records"] == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "out.log"], "name at least one source"),
        (["-e", "(", "app.log"], "not a regular expression"),
        (["--since", "soon", "app.log"], "not a time: 'soon'"),
        (["--since", "now", "--until", "yesterday", "app.log"], "since must be before until"),
        (["--level", "loud", "app.log"], "no level 'loud'"),
        (["--tz", "Mars/Base", "app.log"], "no such time zone"),
        (["--skew", "app.log=fast", "app.log"], "not a duration: 'fast'"),
        (["--max-record", "big", "app.log"], "not a size: 'big'"),
        (["--buffer", "1k", "app.log"], "cannot be under 1 MiB"),
        (["--time-format", "%Q", "app.log"], "no directive %Q"),
        (["--exec", "'", "app.log"], "cannot split the command"),
        (["--driver", "magic", "app.log"], "'magic' is not"),
    ],
)
def test_wrong_usage(logs: Path, arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (logs / "out.log").exists()


def test_an_output_that_cannot_be_written(logs: Path) -> None:
    result = run("-o", "nowhere/out.log", "app.log")
    assert (result.exit_code, result.stderr) == (3, "logbraid: nowhere/out.log: No such file or directory\n")
