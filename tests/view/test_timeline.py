"""The timeline: every record in its bucket, however the counting was cut into calls; and zooming."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.types import SECOND, Bool, Int8, Int64, Nanos
from logbraid.view import timeline as timeline_module
from logbraid.view.index import Index
from logbraid.view.scan import Scan
from logbraid.view.selection import Selection
from logbraid.view.timeline import COLUMNS, LEAST, Bars, Timeline, nice_width, width_text, zoomed

from .build import RECORDS, Remembered, Written, append, batch_of, blocks_of, index_of, index_of_unended

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

RANGES = st.tuples(st.integers(-50, 250), st.integers(-50, 250)).map(lambda ends: (min(ends), max(ends)))


def expected(records: list[Written], bars: Bars, least: int | None) -> list[list[int]]:
    """The counts that one gets by going through the records one by one."""
    counts = [[0] * COLUMNS for _ in bars.counts]
    reached = -1
    for record in records:
        reached = max(reached, record.time)
        is_shown = least is None or record.level < 0 or record.level >= least
        if is_shown and bars.start <= reached < bars.end:
            counts[(reached - bars.start) // bars.width][record.level + 1] += 1
    return counts


@settings(max_examples=50, deadline=None)
@given(RECORDS, st.sampled_from([None, 0, 3]), RANGES, st.integers(2, 20), st.integers(1, 3), st.integers(1, 30))
def test_every_record_counts_once_in_its_bucket(
    records: list[Written], least: int | None, range_: tuple[Nanos, Nanos], buckets: int, budget: int, cut: int
) -> None:
    with blocks_of(4):
        index = index_of(records[:cut])
        timeline = Timeline(index)
        selection = Selection(index, least)
        for end in (cut, len(records)):
            append(index, records[:end])
            for _ in range(-(-len(index.blocks) // budget)):
                bars = timeline.bars(selection, *range_, buckets, budget)
            assert bars.complete
            assert bars.counts.tolist() == expected(records[:end], bars, least)
            assert len(bars.counts) == buckets
            assert bars.start % bars.width == 0
            assert bars.start <= range_[0]
            assert bars.end >= range_[1]


def test_full_blocks_are_counted_once_and_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    count = timeline_module._counts

    def counting(reached: Int64, level: Int8, mask: Bool, width: Nanos) -> tuple[int, Int64]:
        counted.append(len(reached))
        return count(reached, level, mask, width)

    monkeypatch.setattr(timeline_module, "_counts", counting)
    with blocks_of(4):
        records = [Written(time) for time in range(22)]
        index = index_of(records[:18])
        timeline, selection = Timeline(index), Selection(index)
        partial = timeline.bars(selection, 0, 40, 20, budget=3)
        assert (partial.complete, int(partial.counts.sum())) == (False, 14)
        whole = timeline.bars(selection, 0, 40, 20, budget=3)
        assert (whole.complete, int(whole.counts.sum())) == (True, 18)
        assert counted == [4, 4, 4, 2, 4, 2], "three full ones and the last, which grows; then what was left"
        counted.clear()
        append(index, records)
        assert timeline.bars(selection, 0, 40, 20).complete
        assert counted == [4, 2], "the last one has become full"


def test_what_is_not_scanned_is_missing_and_takes_nothing_from_the_budget() -> None:
    with blocks_of(4):
        records = [Written(time, text="a" if time % 2 else "b") for time in range(20)]
        index = index_of(records)
        scan = Scan("a", index, Remembered(records))
        selection = Selection(index, shown=(scan,))
        timeline = Timeline(index)
        scan.scan(index.blocks[-1])
        bars = timeline.bars(selection, *timeline.range(), 20, budget=1)
        assert (bars.complete, int(bars.counts.sum())) == (False, 2)
        for block in index.blocks:
            scan.scan(block)
        for _ in index.blocks:
            bars = timeline.bars(selection, *timeline.range(), 20, budget=1)
        assert (bars.complete, int(bars.counts.sum())) == (True, 10)


def test_few_grids_are_kept() -> None:
    index = index_of([Written(time) for time in range(100)])
    timeline = Timeline(index)
    for buckets in (2, 5, 10, 20, 50, 100, 2):
        timeline.bars(Selection(index), 0, 100, buckets)
    assert [width for width, _ in timeline._grids] == [5, 2, 1, 50]


def test_buckets_and_records_lead_to_each_other() -> None:
    times = [3, 12, 5, 31, 31, 58]
    index = index_of([Written(time) for time in times])
    timeline = Timeline(index)
    assert timeline.range() == (3, 59)
    bars = timeline.bars(Selection(index), *timeline.range(), 6)
    assert (bars.start, bars.width, bars.end) == (0, 10, 60)
    assert [timeline.bucket(bars, record) for record in range(6)] == [0, 1, 1, 3, 3, 5]
    assert [bars.bucket(bars.time(bucket)) for bucket in (-1, 0, 7)] == [-1, 0, 7]


def test_an_empty_index_has_empty_bars() -> None:
    index = Index()
    timeline = Timeline(index)
    bars = timeline.bars(Selection(index), *timeline.range(), 10)
    assert (bars.counts.shape, int(bars.counts.sum()), bars.complete) == ((10, COLUMNS), 0, True)


def test_the_ends_of_time() -> None:
    index = index_of([Written(-(2**63) + 5), Written(2**63 - 2)])
    timeline = Timeline(index)
    bars = timeline.bars(Selection(index), *timeline.range(), 10)
    assert bars.complete
    assert int(bars.counts.sum()) == 2


def test_bars_do_not_jump_while_records_come() -> None:
    start = 1_700_000_000 * SECOND
    for span in range(31 * SECOND, MINUTE, SECOND // 10):
        bars = Timeline(Index()).bars(Selection(Index()), start, start + span, 60)
        assert (bars.start, bars.width) == (start, SECOND)


@pytest.mark.parametrize(
    ("span", "buckets", "text"),
    [
        (1, 10, "1 ns"),
        (100_000, 10, "10 µs"),
        (SECOND, 100, "10 ms"),
        (SECOND, 1, "1 s"),
        (MINUTE, 20, "5 s"),
        (5 * MINUTE, 20, "15 s"),
        (HOUR, 60, "1 min"),
        (2 * HOUR, 60, "2 min"),
        (10 * HOUR, 60, "10 min"),
        (DAY, 9, "3 h"),
        (DAY, 2, "12 h"),
        (300 * DAY, 30, "10 d"),
        (100_000 * DAY, 10, "10000 d"),
    ],
)
def test_widths_are_round(span: Nanos, buckets: int, text: str) -> None:
    assert width_text(nice_width(0, span, buckets)) == text


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**19), st.integers(0, 10**18), st.integers(2, 300))
def test_the_width_is_the_least_that_holds_the_range(start: Nanos, span: Nanos, buckets: int) -> None:
    width = nice_width(start, start + span, buckets)
    assert start // width * width + buckets * width >= start + span
    assert width == 1 or span * 5 >= (buckets - 1) * width * 2 - 5 * width, "no more than 2.5 times too wide"


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**12), st.lists(st.floats(0.05, 20), max_size=8))
def test_zooming_stays_within_the_whole(span: Nanos, around: Nanos, factors: list[float]) -> None:
    whole = (1000, 1000 + span)
    shown = whole
    for factor in factors:
        shown = zoomed(shown, around, factor, whole)
        assert whole[0] <= shown[0] <= shown[1] <= whole[1]
        assert shown[1] - shown[0] >= min(LEAST, span)


def test_what_is_zoomed_around_keeps_its_place() -> None:
    whole = (0, 1000 * SECOND)
    assert zoomed(whole, 250 * SECOND, 0.5, whole) == (125 * SECOND, 625 * SECOND)
    assert zoomed((125 * SECOND, 625 * SECOND), 250 * SECOND, 2, whole) == whole
    assert zoomed((0, 10 * SECOND), 500 * SECOND, 1, whole) == (495 * SECOND, 505 * SECOND), "it was not shown"
    assert zoomed((0, 10 * SECOND), 0, 1e-12, whole) == (0, LEAST)
    assert zoomed((5, 5), 5, 0.5, (5, 5)) == (5, 5)


def test_a_record_that_has_ended_is_counted_as_what_it_has_become() -> None:
    records = [Written(time, source=time == 3, level=1) for time in range(12)]
    with blocks_of(4):
        index = index_of_unended(records, 3)
        timeline, selection = Timeline(index), Selection(index)
        assert timeline.bars(selection, 0, 12, 12).counts[3].tolist() == [0, 0, 1, 0, 0, 0, 0]
        index.append(batch_of([*records[:3], Written(3, source=1, level=4)], [3]))
        assert timeline.bars(selection, 0, 12, 12).counts[3].tolist() == [0, 0, 0, 0, 0, 1, 0]
