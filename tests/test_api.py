"""The Python face: every form of sources and sink, and what the account says."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from pyarrow import fs

import logbraid
from logbraid.core.events import Event, NoTimestamps, SourceFailed

LINES = {
    "a.log": ["2026-03-01T10:00:00Z INFO one\n", "2026-03-01T10:00:02Z WARN three\n"],
    "b.log": ["2026-03-01T10:00:01Z ERROR two\n", "  goes on\n", "2026-03-01T10:00:03Z DEBUG four\n"],
}
ALL = "".join([LINES["a.log"][0], *LINES["b.log"][:2], LINES["a.log"][1], LINES["b.log"][2]])


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    for name, lines in LINES.items():
        (folder / name).write_text("".join(lines))
    return folder


# Sources


@pytest.mark.parametrize(
    "named",
    [
        lambda logs: logs,
        lambda logs: str(logs),
        lambda logs: [logs],
        lambda logs: f"{logs}/*.log",
        lambda logs: logs / "**" / "*.log",
        lambda logs: [logs / "a.log", str(logs / "b.log")],
        lambda logs: (logs / "b.log", logs / "a.log"),
        lambda logs: f"file://{logs}",
        lambda logs: [f"file://{logs}/a.log", logs / "b.log"],
    ],
)
def test_sources_in_every_form(logs: Path, tmp_path: Path, named: Callable[[Path], Any]) -> None:
    account = logbraid.merge(named(logs), tmp_path / "out")
    assert (tmp_path / "out").read_text() == ALL
    assert sorted(source.label for source in account.sources) == ["a.log", "b.log"]


def test_uris_on_a_file_system_of_the_caller(logs: Path, tmp_path: Path) -> None:
    filesystem = fs.SubTreeFileSystem(str(logs), fs.LocalFileSystem())
    account = logbraid.merge(["any://a.log", "any://b.log"], tmp_path / "out", filesystem=filesystem)
    assert (tmp_path / "out").read_text() == ALL
    assert account.bytes_seen == len(ALL)
    assert [source.path for source in account.sources] == ["any://a.log", "any://b.log"]


def test_a_uri_that_leads_nowhere_is_named(logs: Path, tmp_path: Path) -> None:
    filesystem = fs.SubTreeFileSystem(str(logs), fs.LocalFileSystem())
    account = logbraid.merge(["any://c.log", "any://b.log"], tmp_path / "out", filesystem=filesystem)
    assert account.failed == {"any://c.log": "no such file or directory"}
    assert not account.whole


def test_commands_are_sources(logs: Path, tmp_path: Path) -> None:
    account = logbraid.merge(logs / "a.log", tmp_path / "out", commands=[f"cat '{logs}/b.log'"])
    assert (tmp_path / "out").read_text() == ALL
    assert account.records == 4


def test_no_source_is_an_empty_output(tmp_path: Path) -> None:
    account = logbraid.merge([], tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b""
    assert account.whole
    assert account.sources == []


# Sinks


def test_a_path_is_replaced(logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("what stood here before\n")
    out.chmod(0o640)
    logbraid.merge(logs, str(out))
    assert out.read_text() == ALL
    assert out.stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(tmp_path)) == ["logs", "out"]


def test_a_binary_file_stays_open(logs: Path, tmp_path: Path) -> None:
    with open(tmp_path / "out", "wb") as file:
        file.write(b"before\n")
        logbraid.merge(logs, file)
        file.write(b"after\n")
    assert (tmp_path / "out").read_text() == "before\n" + ALL + "after\n"


def test_a_file_in_memory(logs: Path) -> None:
    file = io.BytesIO(b"")
    logbraid.merge(logs, file)
    assert file.getvalue().decode() == ALL


def test_a_file_that_compresses(logs: Path, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "out.gz", "wb") as file:
        logbraid.merge(logs, file)
    with gzip.open(tmp_path / "out.gz", "rb") as file:
        assert file.read().decode() == ALL


def test_a_temporary_file(logs: Path) -> None:
    with tempfile.TemporaryFile() as file:
        logbraid.merge(logs, file)
        file.seek(0)
        assert file.read().decode() == ALL


def test_a_text_file_is_refused(logs: Path, tmp_path: Path) -> None:
    with open(tmp_path / "out", "w") as file, pytest.raises(logbraid.UsageError):
        logbraid.merge(logs, file)  # type: ignore[arg-type]  # what a caller without types may do


def test_a_function_gets_batches(logs: Path) -> None:
    got: list[logbraid.RecordBatch] = []
    logbraid.merge(logs, got.append)
    assert b"".join(bytes(batch.data) for batch in got).decode() == ALL
    records = [record for batch in got for record in batch.records()]
    assert [record.level for record in records] == ["info", "error", "warn", "debug"]
    assert [record.source for record in records] == ["a.log", "b.log", "a.log", "b.log"]
    assert [record.offset for record in records] == [0, 0, len(LINES["a.log"][0]), len("".join(LINES["b.log"][:2]))]


def test_a_coroutine_function_is_waited_for(logs: Path) -> None:
    got: list[str] = []

    async def take(batch: logbraid.RecordBatch) -> None:
        await asyncio.sleep(0)
        got.append(bytes(batch.data).decode())

    class Taker:
        def __call__(self, batch: logbraid.RecordBatch) -> Awaitable[None]:
            return take(batch)

    for sink in (take, lambda batch: take(batch), Taker()):
        got.clear()
        logbraid.merge(logs, sink)
        assert "".join(got) == ALL


def test_a_coroutine_function_inside_a_loop_is_refused(logs: Path) -> None:
    async def take(batch: logbraid.RecordBatch) -> None: ...

    async def program() -> None:
        logbraid.merge(logs, take)

    with pytest.raises(logbraid.UsageError, match="running loop"):
        asyncio.run(program())


class Kept:
    """A sink that remembers what was done to it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[str] = []
        self._error = error

    def write(self, batch: logbraid.RecordBatch) -> None:
        self.calls.append("write")
        if self._error:
            raise self._error

    def flush(self) -> None:
        self.calls.append("flush")

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")


def test_a_sink_is_closed_when_all_went_well(logs: Path) -> None:
    sink = Kept()
    logbraid.merge(logs, sink)
    assert sink.calls[0] == "write"
    assert sink.calls[-1] == "close"
    assert "abort" not in sink.calls


@pytest.mark.parametrize("error", [ZeroDivisionError("nothing"), logbraid.SinkError("full")])
def test_a_sink_is_aborted_when_it_fails(logs: Path, error: Exception) -> None:
    sink = Kept(error)
    with pytest.raises(type(error)):
        logbraid.merge(logs, sink)
    assert sink.calls == ["write", "abort"]


def test_a_sink_is_aborted_when_the_options_are_wrong(logs: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(logbraid.UsageError):
        logbraid.merge(logs, out, time_format="no field at all")
    with pytest.raises(logbraid.UsageError):
        logbraid.merge(logs, out, include=["("])
    assert os.listdir(tmp_path) == ["logs"]


def test_an_output_that_cannot_be(logs: Path, tmp_path: Path) -> None:
    for out in (tmp_path / "none" / "out", tmp_path):
        with pytest.raises(logbraid.SinkError):
            logbraid.merge(logs, out)


@pytest.mark.parametrize("output_format", ["text", "jsonl", "parquet"])
def test_output_formats(logs: Path, tmp_path: Path, output_format: Any) -> None:
    logbraid.merge(logs, tmp_path / "out", output_format=output_format)
    data = (tmp_path / "out").read_bytes()
    if output_format == "jsonl":
        assert [json.loads(line)["level"] for line in data.splitlines()] == ["info", "error", "warn", "debug"]
    elif output_format == "text":
        assert data.decode() == ALL
    else:
        assert data[:4] == data[-4:] == b"PAR1"


# Options


def test_labels(logs: Path, tmp_path: Path) -> None:
    logbraid.merge(logs, tmp_path / "out", labels="name")
    assert (tmp_path / "out").read_text().splitlines()[1:3] == [
        "b.log | 2026-03-01T10:00:01Z ERROR two",
        "b.log |   goes on",
    ]
    logbraid.merge(logs, tmp_path / "out", labels="path")
    assert (tmp_path / "out").read_text().startswith(f"{logs}/a.log | 2026")


@pytest.mark.parametrize("form", ["nanoseconds", "utc", "zoned", "local"])
def test_since_and_until_in_every_form(logs: Path, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    since, until = datetime(2026, 3, 1, 10, 0, 1, tzinfo=UTC), datetime(2026, 3, 1, 10, 0, 3, tzinfo=UTC)
    forms: dict[str, Callable[[datetime], datetime | int]] = {
        "nanoseconds": lambda time: int(time.timestamp()) * 10**9,
        "utc": lambda time: time,
        "zoned": lambda time: time.astimezone(timezone(timedelta(hours=5))),
        "local": lambda time: time.astimezone().replace(tzinfo=None),
    }
    account = logbraid.merge(logs, tmp_path / "out", since=forms[form](since), until=forms[form](until))
    assert (tmp_path / "out").read_text() == "".join([*LINES["b.log"][:2], LINES["a.log"][1]])
    assert account.records == 2
    filtered = sum(source.bytes_filtered for source in account.sources)
    assert account.bytes_seen == account.bytes_emitted + filtered


def test_a_level_and_patterns(logs: Path, tmp_path: Path) -> None:
    logbraid.merge(logs, tmp_path / "out", level="warn")
    assert (tmp_path / "out").read_text() == "".join([*LINES["b.log"][:2], LINES["a.log"][1]])
    logbraid.merge(logs, tmp_path / "out", include=["o"], exclude=["one", "four"])
    assert (tmp_path / "out").read_text() == "".join(LINES["b.log"][:2])


@pytest.mark.parametrize("tz", ["Europe/Berlin", "+01:00", timezone(timedelta(hours=1))], ids=str)
def test_a_zone_for_timestamps_without(tmp_path: Path, tz: Any) -> None:
    (tmp_path / "a.log").write_text("2026-03-01 10:00:00,000 INFO x\n")
    got: list[int] = []
    logbraid.merge(tmp_path / "a.log", lambda batch: got.extend(batch.time.tolist()), tz=tz)
    assert got == [int(datetime(2026, 3, 1, 9, tzinfo=UTC).timestamp()) * 10**9]


def test_a_skew_moves_one_source(logs: Path, tmp_path: Path) -> None:
    logbraid.merge(logs, tmp_path / "out", skews={"a.log": 3_600_000_000_000})
    assert (tmp_path / "out").read_text() == "".join(LINES["b.log"] + LINES["a.log"])


def test_a_time_format_of_the_caller(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("01|03|2026 10.00.05 a\n01|03|2026 10.00.07 c\n")
    (tmp_path / "b.log").write_text("01|03|2026 10.00.06 b\n")
    logbraid.merge(tmp_path / "*.log", tmp_path / "out", time_format="%d|%m|%Y %H.%M.%S", tz="UTC")
    assert [line.split()[-1] for line in (tmp_path / "out").read_text().splitlines()] == ["a", "b", "c"]


def test_records_that_are_too_long_are_cut_and_whole(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("2026-03-01T10:00:00Z " + "x" * 1000 + "\n")
    got: list[int] = []

    def measure(batch: logbraid.RecordBatch) -> None:
        got.extend(len(record.data) for record in batch.records())

    account = logbraid.merge(tmp_path / "a.log", measure, max_record=100)
    assert max(got) <= 100
    assert sum(got) == 1022
    assert account.sources[0].cut == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"order": "size"},
        {"driver": "aio"},
        {"labels": "colour"},
        {"output_format": "xml"},
        {"level": "loud"},
        {"include": ["("]},
        {"exclude": ["["]},
        {"tz": "Mars/Olympus"},
        {"time_format": "%Q"},
        {"max_record": 1},
        {"max_record": 1 << 32},
        {"include": "one text is no list of texts"},
        {"commands": "ls"},
        {"skews": {"nobody.log": 1}},
        {"buffer": 1},
        {"since": 5, "until": 5},
        {"commands": ["'"]},
        {"commands": [""]},
    ],
    ids=str,
)
def test_wrong_arguments_leave_no_trace(logs: Path, tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(logbraid.UsageError):
        logbraid.merge(logs, tmp_path / "out", **wrong)
    assert os.listdir(tmp_path) == ["logs"]


def test_a_sink_that_is_none(logs: Path) -> None:
    with pytest.raises(logbraid.UsageError, match="cannot write"):
        logbraid.merge(logs, 7)  # type: ignore[arg-type]  # what a caller without types may do


# The account


def test_the_account(logs: Path, tmp_path: Path) -> None:
    (logs / "c.log").write_text("no time\n")
    told: list[Event] = []
    missing = str(tmp_path / "missing.log")
    account = logbraid.merge([logs, missing], tmp_path / "out", notice=told.append)
    assert [(source.label, source.bytes_seen, source.bytes_emitted, source.records) for source in account.sources] == [
        ("a.log", 62, 62, 2),
        ("b.log", len("".join(LINES["b.log"])), len("".join(LINES["b.log"])), 2),
        ("c.log", 8, 8, 1),
    ]
    assert told == [SourceFailed(missing, "no such file or directory"), NoTimestamps(str(logs / "c.log"))]
    assert account.failed == {missing: "no such file or directory"}
    assert not account.whole
    assert json.loads(account.to_json())["records"] == account.records == 5


def test_where_nothing_could_be_read_what_stands_at_the_output_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("keep\n")
    account = logbraid.merge(tmp_path / "nowhere.log", out)
    assert not account.whole
    assert out.read_text() == "keep\n"
