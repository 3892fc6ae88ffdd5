"""What is counted of a source: seen is emitted, filtered, held and lost, whatever happens and over many runs."""

from __future__ import annotations

import pytest

from logbraid.core.account import SourceAccount
from logbraid.core.events import BytesLost, SourceFailed
from logbraid.core.linelane import LineLane
from logbraid.core.options import Options
from logbraid.core.states import Loss
from logbraid.core.tally import Tally
from logbraid.core.types import Chunk, Source, SourceId

ONE = SourceId(0)
SOURCE = Source(ONE, "/logs/a.log", "a.log", 0)


class Counted:
    """A source whose bytes go through a lane."""

    def __init__(self, before: SourceAccount | None = None) -> None:
        self.lane = LineLane([SOURCE], Options(order="arrival"))
        self.tally = Tally([SOURCE], self.lane)
        self.tally.add(SOURCE, before)
        self._offset = 0

    def read(self, data: bytes) -> None:
        assert self.tally.read(ONE, len(data)) == self._offset
        self.lane.receive(ONE, 0, self._offset, Chunk.of(data), 0)
        self._offset += len(data)

    @property
    def account(self) -> SourceAccount:
        (account,) = self.tally.account().sources
        out = account.bytes_emitted + account.bytes_filtered + account.bytes_held + account.bytes_lost
        assert account.bytes_seen == out, "it closes"
        return account


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_bytes_are_held_until_they_leave(counted: Counted) -> None:
    counted.read(b"one\ntwo\ntorn")
    assert counted.account.bytes_held == 12
    counted.lane.release()
    account = counted.account
    assert (account.bytes_emitted, account.bytes_held, account.records) == (8, 4, 2)


def test_what_is_lost_was_seen_and_is_said(counted: Counted) -> None:
    counted.read(b"one\n")
    for _ in range(2):
        counted.tally.lose(ONE, Loss(0, 10, "truncated"))
    account = counted.account
    assert (account.bytes_seen, account.bytes_lost, account.reasons) == (24, 20, ["truncated"])
    assert counted.tally.events() == [BytesLost("/logs/a.log", 10, "truncated")] * 2
    assert counted.tally.events() == []


def test_the_same_failure_is_said_once(counted: Counted) -> None:
    for reason in ("gone", "gone", "i/o error"):
        counted.tally.fail(ONE, reason)
    assert counted.account.reasons == ["gone", "i/o error"]
    assert [str(event) for event in counted.tally.events() if isinstance(event, SourceFailed)] == [
        "/logs/a.log: gone",
        "/logs/a.log: i/o error",
    ]


def test_as_of_what_has_left_nothing_is_held(counted: Counted) -> None:
    counted.read(b"one\ntorn")
    counted.lane.release()
    counted.tally.rotate(ONE)
    account = counted.tally.passed(ONE)
    assert (account.bytes_seen, account.bytes_emitted, account.bytes_held, account.rotations) == (4, 4, 0, 1)
    assert counted.account.bytes_seen == 8, "the account itself is another one"


def test_counts_go_on_from_those_of_earlier_runs() -> None:
    before = SourceAccount(
        "a.log", "/logs/a.log", bytes_seen=30, bytes_emitted=20, bytes_lost=10, reasons=["truncated"]
    )
    counted = Counted(before)
    counted.read(b"one\n")
    counted.lane.release()
    account = counted.account
    assert (account.bytes_seen, account.bytes_emitted, account.bytes_lost) == (34, 24, 10)
    assert (account.reasons, account.earlier_reasons) == ([], ["truncated"])
    assert counted.tally.account().whole, "this run has lost nothing"
    assert counted.tally.passed(ONE) == account
