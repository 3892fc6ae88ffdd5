from __future__ import annotations

from collections.abc import Sequence

import pytest

from logbraid.view.nearby import AT_ONCE, Nearby

from .build import Remembered, Written, index_of


def nearby(records: Sequence[Written]) -> tuple[Nearby, Remembered]:
    shelf = Remembered(records)
    return Nearby(index_of(records), shelf), shelf


def test_a_record_is_read_with_all_there_is_to_know_of_it() -> None:
    near, _ = nearby([Written(5, 1, 4, "one"), Written(7, 0, -1, "two")])
    assert near.read(0, ()) == (5, 1, 4, False, b"one\n")
    assert near.read(1, ()) == (7, 0, -1, False, b"two\n")


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
    monkeypatch.setattr("logbraid.view.nearby.MOST", 3)
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
