"""``follow`` and ``afollow``: every form of sink, where to begin, and how a run ends."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from drivers.logs import nothing_left_behind
from logbraid.api import World, afollow, follow
from logbraid.core.account import Account
from logbraid.core.events import Event, Rotated
from logbraid.core.types import SECOND
from logbraid.errors import SinkError, UsageError
from logbraid.testing import AsyncCollectSink, CollectSink, FakeFiles, ManualClock

LINES = {
    "a.log": ["2026-03-01T10:00:00Z INFO one\n", "2026-03-01T10:00:02Z WARN three\n"],
    "b.log": ["2026-03-01T10:00:01Z ERROR two\n", "  goes on\n", "2026-03-01T10:00:03Z DEBUG four\n"],
}
ALL = "".join([LINES["a.log"][0], *LINES["b.log"][:2], LINES["a.log"][1], LINES["b.log"][2]])
QUICK: dict[str, Any] = {"lateness": SECOND // 50, "silence": SECOND // 50}


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    for name, lines in LINES.items():
        (folder / name).write_text("".join(lines))
    return folder


def follow_into(
    sink: Any, *, blocking: bool, labels: str | None = None, output_format: Any = "text", **options: Any
) -> Account:
    """Follow the two logs, in memory, until nothing more comes of them; in either colour."""
    clock = ManualClock()
    files = FakeFiles(["/logs/*.log"], clock=clock)
    for name, lines in LINES.items():
        files.create(f"/logs/{name}", "".join(lines).encode())
    options["world"] = World(files, files, files, clock)
    if blocking:
        with follow("/logs/*.log", **options) as run:
            clock.at(60, run.stop)
            return run.into(sink, labels=labels, output_format=output_format)

    async def main() -> Account:
        async with afollow("/logs/*.log", **options) as run:
            clock.at(60, run.stop)
            return await run.into(sink, labels=labels, output_format=output_format)

    return asyncio.run(main())


both = pytest.mark.parametrize("blocking", [True, False], ids=["follow", "afollow"])


# Sinks


@both
def test_into_a_path(tmp_path: Path, blocking: bool) -> None:
    with nothing_left_behind():
        account = follow_into(tmp_path / "out", blocking=blocking)
    assert (tmp_path / "out").read_text() == ALL
    assert (account.records, account.bytes_emitted, account.whole) == (4, len(ALL), True)


@both
def test_into_a_path_that_holds_something_is_refused(tmp_path: Path, blocking: bool) -> None:
    (tmp_path / "out").write_text("precious\n")
    with nothing_left_behind(), pytest.raises(SinkError):
        follow_into(tmp_path / "out", blocking=blocking)
    assert (tmp_path / "out").read_text() == "precious\n"


@both
def test_into_a_file_in_memory_with_labels(blocking: bool) -> None:
    file = io.BytesIO()
    follow_into(file, blocking=blocking, labels="name")
    assert file.getvalue().decode().splitlines()[1:3] == [
        f"b.log | {line.strip(chr(10))}" for line in LINES["b.log"][:2]
    ]


@both
def test_into_json_lines(blocking: bool) -> None:
    file = io.BytesIO()
    follow_into(file, blocking=blocking, output_format="jsonl")
    assert [json.loads(line)["level"] for line in file.getvalue().splitlines()] == ["info", "error", "warn", "debug"]


@both
def test_parquet_cannot_be_followed_into(tmp_path: Path, blocking: bool) -> None:
    with nothing_left_behind(), pytest.raises(UsageError, match="jsonl"):
        follow_into(tmp_path / "out", blocking=blocking, output_format="parquet")


@both
@pytest.mark.parametrize("order", ["time", "arrival"])
def test_into_functions_of_either_colour(blocking: bool, order: str) -> None:
    plain, asynchronous = CollectSink(), AsyncCollectSink()
    taken: list[Any] = []
    for sink in (plain, asynchronous, taken.append, lambda batch: asynchronous(batch)):
        follow_into(sink, blocking=blocking, order=order)
    assert sorted(plain.lines) == sorted(ALL.encode().splitlines(keepends=True))
    assert len(asynchronous.records) == 8
    assert sum(map(len, taken)) == 4


# Where to begin, and what to leave out


@both
def test_the_last_records(blocking: bool) -> None:
    sink = CollectSink()
    follow_into(sink, blocking=blocking, last=1)
    assert [record.level for record in sink.records] == ["warn", "debug"]


@both
def test_from_a_time_on(blocking: bool) -> None:
    sink = CollectSink()
    since = 1_772_359_202 * SECOND
    follow_into(sink, blocking=blocking, since=since)
    assert [record.level for record in sink.records] == ["warn", "debug"]


@both
def test_filters(blocking: bool) -> None:
    sink = CollectSink()
    account = follow_into(sink, blocking=blocking, level="warn", exclude=["three"])
    assert [record.text for record in sink.records] == ["".join(LINES["b.log"][:2]).rstrip("\n")]
    assert sum(source.bytes_filtered for source in account.sources) == len(ALL) - len("".join(LINES["b.log"][:2]))


# Refusals


@pytest.mark.parametrize("twin", [follow, afollow])
@pytest.mark.parametrize(
    ("sources", "options"),
    [
        ([], {}),
        (["a"], {"driver": "nothing"}),
        (["a"], {"last": -1}),
        (["a"], {"commands": "ls -l"}),
        (["a"], {"include": "text"}),
        (["a"], {"order": "size"}),
    ],
)
def test_what_means_nothing_is_refused(twin: Any, sources: list[str], options: dict[str, Any]) -> None:
    with nothing_left_behind(), pytest.raises(UsageError):
        twin(*sources, **options)


def test_each_colour_has_its_own_drivers() -> None:
    with pytest.raises(UsageError, match="threads and bottom_up"):
        follow("a", driver="aio")
    with pytest.raises(UsageError, match="mixed and aio"):
        afollow("a", driver="threads")


def test_a_run_has_one_taker(logs: Path) -> None:
    with nothing_left_behind(), follow(logs, **QUICK) as run:
        next(run)
        with pytest.raises(UsageError, match="one taker"):
            run.into(CollectSink())


def test_a_run_has_one_taker_on_a_loop(logs: Path) -> None:
    async def main() -> None:
        async with afollow(logs, **QUICK) as run:
            await anext(run)
            with pytest.raises(UsageError, match="one taker"):
                await run.into(CollectSink())

    with nothing_left_behind():
        asyncio.run(main())


# The run itself


def test_batches_one_after_the_other(logs: Path) -> None:
    with nothing_left_behind(), follow(logs, **QUICK) as run:
        records: list[str] = []
        for batch in run:
            records += [record.text for record in batch.records()]
            if len(records) == 4:
                run.stop()
        assert "\n".join(records) + "\n" == ALL
        assert [source.label for source in run.sources] == ["a.log", "b.log"]
        assert run.account.records == 4
    assert run.account.records == 4, "also when it is closed"


def test_batches_one_after_the_other_on_a_loop(logs: Path) -> None:
    async def main() -> None:
        async with afollow(logs, **QUICK) as run:
            records: list[str] = []
            async for batch in run:
                records += [record.text for record in batch.records()]
                if len(records) == 4:
                    run.stop()
            assert "\n".join(records) + "\n" == ALL
            assert [source.label for source in run.sources] == ["a.log", "b.log"]
        assert run.account.records == 4

    with nothing_left_behind():
        asyncio.run(main())


def test_a_command_that_ends_ends_the_run(logs: Path) -> None:
    sinks = CollectSink(), CollectSink()
    command = f"cat '{logs}/b.log'"

    async def main() -> Account:
        async with afollow(commands=[command]) as run:
            return await run.into(sinks[1])

    with nothing_left_behind():
        with follow(commands=[command]) as run:
            assert run.into(sinks[0]).whole
        assert asyncio.run(main()).whole
    assert [sink.data.decode() for sink in sinks] == ["".join(LINES["b.log"])] * 2


def test_what_is_noticed_is_told(logs: Path) -> None:
    told: list[Event] = []
    with follow(logs / "a.log", notice=told.append, last=None, **QUICK) as run:
        next(run)
        (logs / "a.log").rename(logs / "a.log.1")
        (logs / "a.log").write_text(LINES["b.log"][0])
        while not told:
            next(run)
    assert [type(event) for event in told] == [Rotated]


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_what_is_written_after_the_block_was_entered_is_seen(logs: Path) -> None:
    with follow(logs / "a.log", last=0, **QUICK) as run:
        append(logs / "a.log", "2026-03-01T10:00:04Z from here on\n")
        assert [record.text for record in next(run).records()] == ["2026-03-01T10:00:04Z from here on"]


def test_the_same_in_a_loop(logs: Path) -> None:
    async def main() -> list[str]:
        async with afollow(logs / "a.log", last=0, **QUICK) as run:
            append(logs / "a.log", "2026-03-01T10:00:04Z from here on\n")
            return [record.text for record in (await anext(run)).records()]

    assert asyncio.run(main()) == ["2026-03-01T10:00:04Z from here on"]


def test_an_empty_file_that_is_rotated_before_it_is_looked_at_again(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()
    with follow(log, **QUICK) as run:
        log.write_text("2026-03-01T10:00:00Z before\n")
        log.rename(tmp_path / "app.log.1")
        log.write_text("2026-03-01T10:00:01Z behind\n")
        seen: list[str] = []
        while len(seen) < 2:
            seen += [record.text for record in next(run).records()]
    assert seen == ["2026-03-01T10:00:00Z before", "2026-03-01T10:00:01Z behind"]


@both
def test_the_output_is_no_source_though_it_lies_among_them(logs: Path, blocking: bool) -> None:
    out = logs / "out.log"

    def until_all_is_there(run: Any) -> None:
        while not out.exists() or out.stat().st_size < len(ALL):
            time.sleep(0.01)
        time.sleep(0.1)  # in which it would follow what it writes
        run.stop()

    async def main() -> Account:
        async with afollow(logs, last=None, **QUICK) as run:
            threading.Thread(target=until_all_is_there, args=(run,)).start()
            return await run.into(out)

    if blocking:
        with follow(logs, last=None, **QUICK) as run:
            threading.Thread(target=until_all_is_there, args=(run,)).start()
            account = run.into(out)
    else:
        account = asyncio.run(main())
    assert out.read_text() == ALL
    assert [source.label for source in account.sources] == ["a.log", "b.log"]


def test_a_source_is_not_written_over(logs: Path) -> None:
    with follow(logs / "a.log") as run, pytest.raises(UsageError, match="cannot be the output"):
        run.into(logs / "a.log")


def test_whole_paths_are_no_labels_here(logs: Path) -> None:
    with follow(logs / "a.log") as run, pytest.raises(UsageError, match="labels"):
        run.into(CollectSink(), labels="path")


@pytest.mark.parametrize("wrong", [{"since": "10m"}, {"lateness": "1s"}, {"last": "5"}])
def test_texts_are_no_numbers(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="number"):
        follow("a.log", **wrong)


def test_a_run_that_was_closed_begins_no_more(logs: Path) -> None:
    with nothing_left_behind():
        run = follow(logs / "a.log")
        run.close()
        assert list(run) == []


def test_files_that_are_rotated_onto_names_that_are_followed_too() -> None:
    clock = ManualClock()
    files = FakeFiles(["/logs/*.log"], clock=clock)
    names = ["/logs/app.2.log", "/logs/app.1.log", "/logs/app.log"]
    written: list[str] = []

    def write(path: str) -> None:
        for _ in range(5):
            written.append(f"2026-03-01T10:00:{len(written):02}Z line")
            files.append(path, written[-1].encode() + b"\n")

    def rotate(times: int) -> None:
        for number in (*range(times + 1, 0, -1), None):
            path = f"/logs/app.{number}.log" if number else "/logs/app.log"
            files.rename(path, f"/logs/app.{(number or 0) + 1}.log")
        write("/logs/app.log")

    for name in names:
        write(name)
    sink = CollectSink()
    with follow("/logs/*.log", last=None, world=World(files, files, files, clock)) as run:
        for times, seconds in enumerate([5, 10, 30, 60], 1):
            clock.at(seconds, lambda times=times: rotate(times))  # type: ignore[misc]
        clock.at(120, run.stop)
        run.into(sink)
    assert sorted(line.decode() for line in bytes(sink.data).splitlines()) == written
