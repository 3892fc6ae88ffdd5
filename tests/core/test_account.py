"""The account: sums that add up, as values and as JSON."""

from __future__ import annotations

import json
from dataclasses import fields

from logbraid.core.account import Account, SourceAccount


def counted(number: int) -> SourceAccount:
    """An account that has a count of its own in every field."""
    names = [one.name for one in fields(SourceAccount) if one.type == "int"]
    account = SourceAccount("a", "/a")
    for place, name in enumerate(names):
        setattr(account, name, number * (place + 1))
    return account


def test_adding_adds_every_count() -> None:
    total = counted(1)
    total.add(counted(10))
    assert total == counted(11)


def test_a_reason_is_told_once() -> None:
    total = SourceAccount("a", "/a", reasons=["gone"])
    total.add(SourceAccount("a", "/a", reasons=["gone", "away"]))
    assert total.reasons == ["gone", "away"]


def test_a_run_carries_on_what_earlier_ones_have_counted_and_their_reasons_apart() -> None:
    total, before = counted(1), counted(10)
    total.reasons, before.reasons, before.earlier_reasons = ["gone"], ["gone", "away"], ["cut", "away"]
    total.carry_on(before)
    assert total.reasons == ["gone"]
    assert total.earlier_reasons == ["cut", "away", "gone"]
    total.reasons, total.earlier_reasons = [], []
    assert total == counted(11)


def test_sums_are_over_all_sources() -> None:
    account = Account([counted(1), counted(2)])
    assert account.bytes_seen == 3 * counted(1).bytes_seen
    assert account.bytes_emitted == 3 * counted(1).bytes_emitted
    assert account.bytes_lost == 3 * counted(1).bytes_lost
    assert (account.records, account.late) == (3 * counted(1).records, 3 * counted(1).late)


def test_whole_means_no_failure_and_no_reason() -> None:
    assert Account([counted(1)]).whole
    assert not Account([SourceAccount("a", "/a", reasons=["gone"])]).whole
    assert not Account(failed={"/b": "no such file"}).whole


def test_json_says_all_of_it() -> None:
    account = Account([SourceAccount("ä", "/ä", bytes_seen=3)], {"/b": "no such file"})
    told = json.loads(account.to_json())
    assert told["sources"][0] == {
        **{one.name: getattr(account.sources[0], one.name) for one in fields(SourceAccount)},
    }
    assert told["failed"] == {"/b": "no such file"}
    assert told["bytes_seen"] == 3
    assert account.to_json().endswith("}\n")
    assert "ä" in account.to_json()
