"""The thread that brings records in: what it brings, what it says, and how it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from logbraid.api import follow_into
from logbraid.core.account import Account, SourceAccount
from logbraid.core.events import BytesLost, Event
from logbraid.core.options import Options
from logbraid.core.types import Source, SourceId
from logbraid.drivers.control import Control
from logbraid.errors import SourceError
from logbraid.sinks.base import Sink
from logbraid.view.index import Index
from logbraid.view.intake import Intake, Run
from logbraid.view.shelf import Shelf

from .build import Remembered, Written, batch_of, source

RECORDS = [Written(1, text="one"), Written(2, text="two")]
LOG = b"2026-03-01T08:00:00Z INFO one\n2026-03-01T08:00:01Z INFO two\n"
PATIENCE = 20.0


class Kept(Remembered):
    """A shelf that need not look for files."""

    def keep(self, batch: object) -> None:
        pass


def intake_of(run: Run) -> tuple[Intake, Index]:
    index = Index()
    return Intake(run, index, Kept(RECORDS)), index


def ended(intake: Intake) -> Intake:
    intake.start()
    intake.stop()
    return intake


def until(happened: Callable[[], bool]) -> None:
    """Wait for a thread, which cannot be turned by hand."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_what_the_run_writes_is_in_the_index_with_its_sources_and_counts() -> None:
    def run(make_sink: Callable[[list[Source]], Sink], **_: object) -> Account:
        sources = [Source(SourceId(0), "0.log", "0.log", 0)]
        make_sink(sources).write(batch_of(RECORDS, range(2)))
        return Account()

    intake, index = intake_of(run)
    ended(intake)
    assert (len(index), index.time(1), intake.rates.count(SourceId(0))) == (2, 2, 2)
    assert [source.label for source in intake.sources] == ["0.log"]
    assert not intake.running


def test_a_failure_is_kept_and_what_came_before_stays() -> None:
    def run(make_sink: Callable[[list[Source]], Sink], **_: object) -> Account:
        make_sink([]).write(batch_of(RECORDS, range(2)))
        raise SourceError("0.log", "it is on fire")

    intake, index = intake_of(run)
    assert isinstance(ended(intake).failure, SourceError)
    assert len(index) == 2


def test_an_error_that_nobody_expected_is_kept_too() -> None:
    def run(make_sink: Callable[[list[Source]], Sink], **_: object) -> Account:
        raise MemoryError

    intake, _ = intake_of(run)
    assert isinstance(ended(intake).failure, MemoryError)


def test_nothing_comes_in_from_a_file_that_the_view_has_written_itself() -> None:
    def run(make_sink: Callable[[list[Source]], Sink], **_: object) -> Account:
        make_sink([source(0), source(1)]).write(batch_of(records, range(3)))
        return Account()

    records = [Written(1, 0, text="one"), Written(2, 1, text="own"), Written(3, 0, text="two")]
    intake, index = intake_of(run)
    intake.exclude("1.log")
    ended(intake)
    assert [index.time(record) for record in range(len(index))] == [1, 3]


def test_what_is_noticed_is_kept_until_somebody_says_it() -> None:
    def run(
        make_sink: Callable[[list[Source]], Sink], /, *, notice: Callable[[Event], None], control: Control
    ) -> Account:
        notice(BytesLost("0.log", 7, "truncated"))
        return Account()

    intake, _ = intake_of(run)
    assert [str(event) for event in ended(intake).notices] == [str(BytesLost("0.log", 7, "truncated"))]


@pytest.mark.parametrize(
    ("size", "seen", "whole", "share"),
    [(100, 50, True, 0.5), (100, 170, True, 1.0), (None, 50, True, 1.0), (0, 0, True, 1.0), (100, 50, False, 1.0)],
)
def test_how_much_has_come_in_is_told_by_the_sizes_that_are_known(
    tmp_path: Path, size: int | None, seen: int, whole: bool, share: float
) -> None:
    path = tmp_path / "0.log"
    if size is not None:
        path.write_bytes(bytes(size))

    def run(make_sink: Callable[[list[Source]], Sink], **_: object) -> Account:
        make_sink([Source(SourceId(0), str(path), "0.log", 0)])
        return Account([SourceAccount("0.log", str(path), bytes_seen=seen, bytes_held=7)])

    intake = ended(Intake(run, Index(), Kept(RECORDS), whole=whole))
    assert (intake.share, intake.held) == (share, 7)


def test_nothing_has_come_in_before_there_are_sources() -> None:
    intake, _ = intake_of(lambda make_sink, **_: Account())
    assert ended(intake).share == 0.0


def test_a_real_run_brings_what_is_there_and_what_is_written_since(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_bytes(LOG)
    before = set(threading.enumerate())
    index, shelf = Index(), Shelf()
    intake = Intake(partial(follow_into, [str(log)], options=Options(), beginning=None), index, shelf)
    intake.start()

    def all_is_in() -> bool:
        intake.look()
        return len(index) == 2 and intake.share == 1.0

    until(all_is_in)
    with log.open("ab") as file:
        file.write(b"2026-03-01T08:00:02Z WARN three\n")
    until(lambda: len(index) == 3)
    assert [record.data for record in shelf.batch(index, [2]).records()] == [b"2026-03-01T08:00:02Z WARN three\n"]
    intake.stop()
    shelf.close()
    assert set(threading.enumerate()) <= before


def test_a_named_file_that_is_not_there_is_noticed_once_and_awaited_until_it_is(tmp_path: Path) -> None:
    path, other = tmp_path / "0.log", tmp_path / "other.log"

    def run(make_sink: Callable[[list[Source]], Sink], /, *, control: Control, **_: object) -> Account:
        account = Account([SourceAccount(each.name, str(each)) for each in (path, other)])
        for _turn in range(2):
            control.report()
            control.attend(lambda: account, None, print)
            seen.append(intake.awaited)
        path.touch()
        return account

    seen = list[frozenset[str]]()
    intake = Intake(run, Index(), Kept(RECORDS), named=[str(path)])
    ended(intake)
    assert seen == [{str(path)}, {str(path)}]
    assert [str(event) for event in intake.notices] == [f"{path}: not there yet, waiting for it"]
    assert intake.awaited == frozenset()
