"""Selections: what the rules leave, and steps along it, held against a list of records."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.levels import LEVELS
from logbraid.core.types import Bool, SourceId
from logbraid.view.index import Block, Index
from logbraid.view.scan import Scan
from logbraid.view.selection import Found, Selection

from .build import RECORDS, Remembered, Written, append, blocks_of, index_of

ERROR = LEVELS.index("error")

LEASTS = st.sampled_from([None, 0, 2, 4])
HIDDEN = st.frozensets(st.integers(0, 2).map(SourceId), max_size=2)
RULES = st.lists(st.sampled_from("ab"), unique=True, max_size=2)
SCANNED = st.frozensets(st.integers(0, 4), max_size=5)
"""Blocks that are scanned."""


class Ground:
    """Records, an index of them, and the scans of it; some blocks are scanned, others are not."""

    def __init__(self, records: list[Written], scanned: frozenset[int]) -> None:
        self.records = records
        self.index = index_of(records)
        self.scanned = scanned
        self.shelf = Remembered(records)

    def scan(self, pattern: str) -> Scan:
        scan = Scan(pattern, self.index, self.shelf)
        for block in self.index.blocks:
            if block.number in self.scanned:
                scan.scan(block)
        return scan

    def is_known(self, record: int) -> bool:
        return self.index.at(record)[0].number in self.scanned


def passes(record: Written, least: int | None, hidden: frozenset[SourceId], shown: list[str], hides: list[str]) -> bool:
    return (
        (least is None or record.level >= least or record.level < 0)
        and record.source not in hidden
        and all(letter in record.text for letter in shown)
        and not any(letter in record.text for letter in hides)
    )


@settings(max_examples=50, deadline=None)
@given(RECORDS, SCANNED, LEASTS, HIDDEN, RULES, RULES, st.integers(-3, 33), st.sampled_from([1, -1]))
def test_walks_along_what_passes_up_to_what_is_not_scanned(
    records: list[Written],
    scanned: frozenset[int],
    least: int | None,
    hidden: frozenset[SourceId],
    shown: list[str],
    hides: list[str],
    start: int,
    step: int,
) -> None:
    with blocks_of(8):
        ground = Ground(records, scanned)
        scans = [tuple(ground.scan(letter) for letter in letters) for letters in (shown, hides)]
        selection = Selection(ground.index).with_least(least).with_hidden(hidden).with_scans(*scans)
        expected = []
        inside = range(max(start, 0), len(records)) if step > 0 else range(min(start, len(records) - 1), -1, -1)
        for record in inside:
            if selection.scans and not ground.is_known(record):
                break
            if passes(records[record], least, hidden, shown, hides):
                expected.append(record)
        assert list(selection.walk(start, step)) == expected
        known = [record for row, record in enumerate(records) if not selection.scans or ground.is_known(row)]
        assert selection.count == sum(passes(record, least, hidden, shown, hides) for record in known)


@settings(max_examples=50, deadline=None)
@given(
    RECORDS,
    SCANNED,
    LEASTS,
    RULES,
    st.sampled_from([None, "a"]),
    LEASTS,
    st.integers(-2, 32),
    st.sampled_from([1, -1]),
    st.none() | st.integers(0, 30),
)
def test_seeks_the_nearest_that_passes(
    records: list[Written],
    scanned: frozenset[int],
    least: int | None,
    shown: list[str],
    wanted: str | None,
    grave: int | None,
    start: int,
    step: int,
    behind: int | None,
) -> None:
    with blocks_of(8):
        ground = Ground(records, scanned)
        behind = None if behind is None else min(behind, len(records))
        selection = Selection(ground.index, least, shown=tuple(map(ground.scan, shown)))
        hits = None if wanted is None else ground.scan(wanted)
        expected = Found(None, pending=False)
        from_ = start + step
        end = len(records) if behind is None else behind
        inside = range(max(from_, 0), end) if step > 0 else range(min(from_, len(records) - 1), -1, -1)
        for record in inside:
            written = records[record]
            if (selection.scans or hits) and not ground.is_known(record):
                expected = Found(None, pending=True)
                break
            is_hit = (wanted is None or wanted in written.text) and (grave is None or written.level >= grave)
            if is_hit and passes(written, least, frozenset(), shown, []):
                expected = Found(record, pending=False)
                break
        assert selection.seek(start, step, hits, grave, behind) == expected


def test_no_rule_means_everything_and_costs_no_mask() -> None:
    index = index_of([Written(time) for time in range(10)])
    selection = Selection(index)
    mask = selection.mask(index.blocks[0])
    assert mask is not None
    assert mask.all()
    assert len(mask) == 10
    assert selection.is_everything
    assert selection.pending(index.blocks[0]) == []
    assert selection._masks.reach == 0
    assert selection.count == 10


def test_without_records_there_is_nothing() -> None:
    for selection in (Selection(Index()), Selection(Index(), least=2)):
        assert list(selection.walk(0, 1)) == []
        assert list(selection.walk(0, -1)) == []
        assert selection.seek(0, 1) == selection.seek(0, -1) == Found(None, pending=False)
        assert selection.count == 0


def test_records_that_come_are_tested_and_those_before_are_not_tested_again(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [Written(time, level=time % 6) for time in range(12)]
    index = index_of(records[:5])
    selection = Selection(index, least=ERROR)
    tested: list[slice] = []
    test = Selection._test

    def testing(self: Selection, block: Block, rows: slice) -> Bool:
        tested.append(rows)
        return test(self, block, rows)

    monkeypatch.setattr(Selection, "_test", testing)
    assert list(selection.walk(0, 1)) == [4]
    assert list(selection.walk(4, -1)) == [4]
    append(index, records)
    assert list(selection.walk(0, 1)) == [4, 5, 10, 11]
    assert tested == [slice(0, 5), slice(5, 12)]


def test_a_pattern_is_pending_until_it_is_scanned() -> None:
    records = [Written(0, text=text) for text in ("a", "b", "ab")]
    index, shelf = index_of(records[:2]), Remembered(records)
    shown, hides = Scan("a", index, shelf), Scan("b", index, shelf)
    selection = Selection(index).with_scans((shown,), (hides,))
    block = index.blocks[0]
    assert selection.scans == (shown, hides)
    assert selection.pending(block) == [shown, hides]
    shown.scan(block)
    assert selection.pending(block) == [hides]
    assert selection.mask(block) is None
    hides.scan(block)
    assert selection.pending(block) == []
    append(index, records)
    mask = selection.mask(block)
    assert mask is not None
    assert mask.tolist() == [True, False], "what has come since is not scanned yet"
    assert selection.pending(block) == [shown, hides]
    assert list(selection.walk(2, -1)) == []
    assert selection.seek(0, 1) == Found(None, pending=True)


def test_a_selection_is_a_value() -> None:
    index = index_of([Written(0)])
    selection = Selection(index)
    assert selection.with_least(3) == Selection(index, least=3)
    assert selection.with_least(3) != selection
    assert selection.with_hidden(frozenset({SourceId(1)})).with_hidden(frozenset()) == selection
    assert hash(selection.with_least(None)) == hash(selection)


def test_many_selected_records_are_walked_in_their_order() -> None:
    records = [Written(time, level=0) for time in range(1000)]
    selection = Selection(index_of(records), least=0)
    assert list(selection.walk(3, 1)) == list(range(3, 1000))
    assert list(selection.walk(900, -1)) == list(range(900, -1, -1))
