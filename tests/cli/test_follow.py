from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from logbraid import api
from logbraid.cli import main
from logbraid.core.account import Account, SourceAccount
from logbraid.core.events import SourceFailed
from logbraid.core.options import Options
from logbraid.errors import CheckpointError, SinkError
from logbraid.sinks.append import AppendSink
from logbraid.sinks.base import Sink
from logbraid.sinks.committed import CommittedSink


class Follower:
    """In place of a run: keeps what it was called with, and ends as it is told to."""

    def __init__(self) -> None:
        self.account = Account([SourceAccount("app.log", "app.log", bytes_seen=7, records=1)])
        self.error: Exception | None = None

    def __call__(
        self, specs: Sequence[str], make_sink: Callable[[list[Any]], Sink], options: Options, **rest: Any
    ) -> Account:
        self.specs, self.make_sink, self.options, self.rest = specs, make_sink, options, rest
        if self.error:
            raise self.error
        return self.account


@pytest.fixture(autouse=True)
def follower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follower:
    follower = Follower()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "follow_into", follower)
    return follower


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["follow", *arguments], catch_exceptions=False)


def followed(*arguments: str) -> None:
    """A run that goes well and has nothing to say."""
    result = run("-q", *arguments)
    assert (result.exit_code, result.output) == (0, "")


def test_what_is_followed(follower: Follower) -> None:
    followed("app.log", "logs/*.log", "--exec", "tail -f x", "--label", "path", "--driver", "aio")
    assert follower.specs == ("app.log", "logs/*.log")
    assert follower.rest["commands"] == ("tail -f x",)
    assert follower.rest["path_labels"]
    assert follower.rest["driver"] == "aio"


def test_how_it_is_followed(follower: Follower) -> None:
    followed("app.log", "--lateness", "2s", "--silence", "10ms", "--order", "arrival", "--level", "warn")
    options = follower.options
    assert (options.lateness, options.silence) == (2 * 10**9, 10**7)
    assert (options.order, options.level is not None) == ("arrival", True)


def test_defaults(follower: Follower) -> None:
    followed("app.log")
    options = follower.options
    assert (options.order, options.lateness, options.silence) == ("time", 200 * 10**6, 500 * 10**6)
    assert follower.rest["driver"] is None


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        ([], 10),
        (["-n", "0"], 0),
        (["-n", "100"], 100),
        (["-n", "+1"], None),
        (["-o", "out.log"], None),
        (["-o", "-"], 10),
        (["--since", "10m"], None),
        (["-o", "out.log", "-n", "5"], 5),
        (["--since", "10m", "-n", "5"], 5),
    ],
)
def test_where_it_begins(follower: Follower, arguments: list[str], beginning: int | None) -> None:
    followed("app.log", *arguments)
    assert follower.rest["beginning"] == beginning


@pytest.mark.parametrize("last", ["-1", "ten", "1e3", "\u0663", "9" * 19, "9" * 5000])
def test_what_is_no_number_of_records_is_wrong_usage(last: str) -> None:
    result = CliRunner().invoke(main, ["follow", "-n", last, "app.log"])
    assert result.exit_code == 2
    assert "not a number of records: " in result.stderr
    assert len(result.stderr) < 200


def test_a_file_is_appended_to_and_no_source(follower: Follower) -> None:
    followed("app.log", "-o", "out.log", "--account", "account.json")
    checkpoint = ["out.log.checkpoint", "out.log.checkpoint-journal"]
    assert follower.rest["own"] == ["out.log", *checkpoint, "account.json"]
    sink = follower.make_sink([])
    assert isinstance(sink, CommittedSink)
    sink.close()


def test_without_a_checkpoint_a_file_is_only_appended_to(follower: Follower) -> None:
    followed("app.log", "-o", "out.log", "--no-checkpoint")
    assert follower.rest["own"] == ["out.log"]
    sink = follower.make_sink([])
    assert isinstance(sink, AppendSink)
    sink.close()


def test_what_is_no_file_has_no_checkpoint(follower: Follower) -> None:
    followed("app.log", "-o", "/dev/null")
    assert follower.rest["own"] == ["/dev/null"]
    assert isinstance(follower.make_sink([]), AppendSink)


def test_a_checkpoint_elsewhere_and_rotation(follower: Follower) -> None:
    followed("app.log", "-o", "out.log", "--checkpoint", "c", "--rotate-output", "1MiB", "--keep", "2")
    sink = follower.make_sink([])
    assert isinstance(sink, CommittedSink)
    assert sink.own_paths == ["out.log", *rotated(2), "c", "c-journal"]
    sink.close()


def rotated(count: int) -> list[str]:
    return [os.path.abspath(f"out.log.{number}") for number in range(1, count + 1)]


@pytest.mark.parametrize(("flag", "kept"), [("--append", b"before\n"), ("--fresh", b"")])
def test_a_file_that_is_there(follower: Follower, flag: str, kept: bytes) -> None:
    Path("out.log").write_bytes(b"before\n")
    followed("app.log", "-o", "out.log")
    with pytest.raises(CheckpointError, match="--append"):
        follower.make_sink([])
    followed("app.log", "-o", "out.log", flag)
    follower.make_sink([]).close()
    assert Path("out.log").read_bytes() == kept


def test_the_account_is_said() -> None:
    result = run("app.log")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[1].split() == ["source", "seen", "out", "records", "late", "rotated", "lost"]
    assert result.stderr.splitlines()[2].split() == ["app.log", "7", "B", "0", "B", "1", "0", "0", "0", "B"]


def test_the_account_as_json() -> None:
    assert json.loads(run("app.log", "--account", "-").stderr)["records"] == 1
    assert run("app.log", "--account", "account.json").exit_code == 0
    assert json.loads(Path("account.json").read_text())["records"] == 1


def test_what_could_not_be_read_is_said_also_to_the_quiet(follower: Follower) -> None:
    follower.account = Account([], {"app.log": "permission denied"})
    result = run("-q", "app.log")
    assert (result.exit_code, result.stderr) == (1, "logbraid: app.log: permission denied\n")


def test_what_was_lost_is_no_success(follower: Follower) -> None:
    follower.account.sources[0].bytes_lost = 5
    follower.account.sources[0].reasons = ["truncated"]
    assert run("app.log").exit_code == 1


def test_notices_and_the_account_on_demand_go_beside_the_records(
    follower: Follower, capsys: pytest.CaptureFixture[str]
) -> None:
    followed("app.log")
    follower.rest["notice"](SourceFailed("b.log", "gone"))
    follower.rest["control"].stop()
    assert follower.rest["control"].stopping
    assert capsys.readouterr() == ("", "logbraid: b.log: gone\n")


def test_an_output_that_fails(follower: Follower) -> None:
    follower.error = SinkError("out.log: No space left on device", 28)
    result = run("app.log")
    assert (result.exit_code, result.stderr) == (3, "logbraid: out.log: No space left on device\n")


def test_a_reader_that_has_seen_enough_is_no_failure(follower: Follower) -> None:
    follower.error = SinkError("standard output: Broken pipe", 32)
    result = run("app.log")
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-o", "out.log"], "name at least one source"),
        (["app.log", "-n", "+2"], "not a number of records: '+2'"),
        (["app.log", "-n", "-1"], "not a number of records: '-1'"),
        (["app.log", "-n", "all"], "write 100, 0, or +1 for all"),
        (["app.log", "-o", "out.parquet"], "choose jsonl"),
        (["app.log", "--output-format", "parquet"], "choose jsonl"),
        (["app.log", "--fresh"], "the FILE of -o"),
        (["app.log", "--append", "-o", "-"], "the FILE of -o"),
        (["app.log", "--append", "--fresh", "-o", "out.log"], "choose one"),
        (["app.log", "--checkpoint", "c"], "--checkpoint says what to do with the FILE of -o"),
        (["app.log", "--rotate-output", "1G"], "the FILE of -o"),
        (["app.log", "-o", "out.log", "--checkpoint", "c", "--no-checkpoint"], "contradict each other"),
        (["app.log", "-o", "out.log", "--rotate-output", "1G", "--no-checkpoint"], "needs the checkpoint"),
        (["app.log", "-o", "out.log", "--rotate-output", "soon"], "neither a size nor a duration: 'soon'"),
        (["app.log", "-o", "out.log", "--rotate-output", "0"], "neither a size nor a duration"),
        (["app.log", "-o", "out.log", "--keep", "3"], "--keep says how many files --rotate-output leaves"),
        (["app.log", "--lateness", "soon"], "not a duration: 'soon'"),
        (["app.log", "--silence", "-1s"], "cannot be negative"),
        (["app.log", "--driver", "magic"], "'magic' is not"),
        (["app.log", "--processes", "2"], "No such option"),
        (["app.log", "-o", "one", "--account", "./one"], "the output and the account too"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert not Path("out.log").exists()
