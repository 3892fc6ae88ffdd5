from __future__ import annotations

from collections.abc import Sequence

import pytest

from logbraid.core.records import RecordBatch
from logbraid.core.types import Int64, SourceId
from logbraid.view.index import Index
from logbraid.view.nearby import APIECE, AT_ONCE, Facts, Nearby, Reading, Recent
from logbraid.view.shelf import GONE

from .build import Remembered, Written, index_of


def nearby(records: Sequence[Written]) -> tuple[Nearby, Remembered]:
    shelf = Remembered(records)
    return Nearby(index_of(records), shelf), shelf


def test_a_record_is_read_with_all_there_is_to_know_of_it() -> None:
    near, _ = nearby([Written(5, 1, 4, "one"), Written(7, 0, -1, "two")])
    assert near.read(0, ()) == Reading(Facts(5, SourceId(1), 4, False), b"one\n")
    assert near.read(1, ()) == Reading(Facts(7, SourceId(0), -1, False), b"two\n")


def test_what_will_be_wanted_next_is_read_along() -> None:
    near, shelf = nearby([Written(time, text=str(time)) for time in range(1000)])
    near.read(500, range(501, 1000))
    assert shelf.asked == 1 + AT_ONCE
    assert near.read(500 + AT_ONCE, range(1000)).data == b"628\n"
    assert shelf.asked == 1 + AT_ONCE


def test_long_records_are_read_alone() -> None:
    near, shelf = nearby([Written(time, text="x" * 600_000) for time in range(4)])
    near.read(0, range(1, 4))
    assert shelf.asked == 1


def test_what_was_wanted_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logbraid.view.nearby.MOST_BYTES", 3 * (APIECE + len(b"0\n")))
    near, shelf = nearby([Written(time, text=str(time)) for time in range(5)])
    for record in (0, 1, 2, 0, 3, 4):
        near.read(record, ())
    assert shelf.asked == 5
    for record in (0, 3, 4):
        near.read(record, ())
    assert shelf.asked == 5
    near.read(1, ())
    assert shelf.asked == 6


def test_long_records_are_forgotten_sooner() -> None:
    near, shelf = nearby([Written(time, text="x" * 9_000_000) for time in range(2)])
    for record in (0, 1, 0):
        near.read(record, ())
    assert shelf.asked == 3


class Unsteady(Remembered):
    """A shelf whose text can be gone for a while."""

    gone = False

    def batch(self, index: Index, records: Sequence[int] | Int64) -> RecordBatch:
        batch = super().batch(index, records)
        if not self.gone:
            return batch
        return Remembered([each._replace(text=GONE[: len(each.text)].decode()) for each in self.records]).batch(
            index, records
        )


@pytest.mark.parametrize("text", ["x", "as long as it is", "longer than what stands for it: " + "x" * 100])
def test_text_that_was_gone_for_a_moment_comes_back(text: str) -> None:
    records = [Written(time, text=text) for time in range(2)]
    shelf = Unsteady(records)
    near = Nearby(index_of(records), shelf)
    shelf.gone = True
    assert [near.read(record, [1]).is_gone for record in (0, 1)] == [True, True]
    shelf.gone = False
    assert [near.read(record, ()).data for record in (0, 1)] == [each.data for each in records]


def test_a_screen_of_text_that_is_gone_is_looked_for_once_a_look() -> None:
    records = [Written(time, text=f"record {time}") for time in range(50)]
    shelf = Unsteady(records)
    near = Nearby(index_of(records), shelf)
    shelf.gone = True
    for look in (1, 2):
        assert all(near.read(record, range(record + 1, 50)).is_gone for record in range(50))
        assert shelf.asked == 50 * look


def test_an_empty_line_is_never_taken_for_one_that_is_gone() -> None:
    near, shelf = nearby([Written(0)])
    assert [near.read(0, ()).is_gone for _ in range(2)] == [False, False]
    assert shelf.asked == 1


def test_what_is_kept_is_bounded_but_the_newest_always_stays() -> None:
    recent: Recent[str] = Recent(2 * APIECE + 10)
    for record in (1, 2, 1):
        recent.keep(record, str(record), 5)
    assert recent.size == 2 * APIECE + 10
    assert recent.get(2) == "2"
    recent.keep(3, "3", 0)
    assert [recent.get(record) for record in (1, 2, 3)] == [None, "2", "3"]
    recent.keep(4, "4", 1_000_000)
    assert [record in recent for record in (2, 3, 4)] == [False, False, True]
    recent.drop(4)
    assert recent.size == 0
