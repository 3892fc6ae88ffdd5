from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.types import SourceId
from logbraid.view.cells import width
from logbraid.view.index import Index
from logbraid.view.layout import LEAST_WIDTH
from logbraid.view.pane import Pane, Row
from logbraid.view.scan import Scan
from logbraid.view.selection import Selection

from .build import Remembered, Written, append, blocks_of, index_of

TEXTS = st.text("ab\té漢\n", max_size=60) | st.just("") | st.just('{"a": [1, 2], "b": {"c": "ddddddddddddddddd"}}')
RECORDS: Final = st.lists(
    st.builds(Written, time=st.integers(0, 9), source=st.integers(0, 1), level=st.just(-1), text=TEXTS),
    min_size=1,
    max_size=25,
)


def opened(records: Sequence[Written], height: int = 5, cells: int = 40) -> Pane:
    index = index_of(records)
    pane = Pane(index, Remembered(records), Selection(index))
    pane.resize(cells, height)
    pane.refresh()
    return pane


def numbered(count: int) -> list[Written]:
    """So many records that fill one row each."""
    return [Written(number, number % 2, text=str(number)) for number in range(count)]


def on_screen(pane: Pane) -> list[int]:
    return [row.record for row in pane.rows()]


def texts(pane: Pane) -> list[str]:
    return [row.text + row.tail for row in pane.rows()]


@st.composite
def panes(draw: st.DrawFn) -> Pane:
    """A pane somewhere over random records, some of them hidden, unfolded or indented."""
    records = draw(RECORDS)
    pane = opened(records, draw(st.integers(1, 12)), draw(st.integers(LEAST_WIDTH, 30)))
    if draw(st.booleans()):
        pane.toggle_wrap()
    for record in draw(st.sets(st.integers(0, len(records) - 1), max_size=4)):
        pane.goto(record)
        draw(st.sampled_from((pane.unfold, pane.pretty_print)))()
    if draw(st.booleans()) and any(record.source == 0 for record in records):
        pane.select(pane.selection.with_hidden(frozenset({SourceId(1)})))
    pane.goto(draw(st.integers(0, len(records) - 1)))
    return pane


def shown_records(pane: Pane) -> list[int]:
    return [*pane.selection.walk(0, 1)]


def all_rows(pane: Pane) -> list[Row]:
    """What a screen shows that has room for all of it."""
    height = pane.height
    pane.resize(pane.width, 10_000)
    rows = pane.rows()
    pane.resize(pane.width, height)
    return rows


# What is on the screen


def test_the_screen_begins_with_the_first_record() -> None:
    pane = opened(numbered(9))
    assert texts(pane) == ["0", "1", "2", "3", "4"]
    assert (pane.current, pane.following, pane.share) == (0, False, 0)


def test_nothing_is_shown_of_nothing_and_no_key_minds() -> None:
    index = Index()
    pane = Pane(index, Remembered([]), Selection(index))
    for key in EVERY_KEY:
        key(pane)
        pane.refresh()
        assert (pane.rows(), pane.current, pane.share) == ([], 0, 0)


EVERY_KEY: Final[Sequence[Callable[[Pane], object]]] = (
    *(lambda pane, by=by: pane.move(by) for by in (1, -1, 3)),
    *(lambda pane, by=by: pane.scroll(by) for by in (1, -1, 3, -3)),
    *(lambda pane, by=by: pane.page(by) for by in (1, -1)),
    *(lambda pane, by=by: pane.page(by, half=True) for by in (1, -1)),
    *(lambda pane, by=by: pane.shift_by(by) for by in (8, -8)),
    *(lambda pane, to=to: pane.goto(to) for to in (0, 5)),
    *(Pane.home, Pane.end, Pane.follow, Pane.refresh, Pane.unfold, Pane.pretty_print, Pane.toggle_wrap),
    lambda pane: pane.row_at(0),
    lambda pane: pane.resize(20, 7),
    lambda pane: pane.select(pane.selection.with_hidden(frozenset({SourceId(0)}))),
    lambda pane: pane.select(pane.selection.with_hidden(frozenset())),
)


@given(st.data())
@settings(max_examples=50)
def test_whatever_is_pressed_rows_fit_and_the_current_record_is_on_the_screen(data: st.DataObject) -> None:
    pane = data.draw(panes())
    for key in data.draw(st.lists(st.sampled_from(EVERY_KEY), max_size=12)):
        key(pane)
        rows = pane.rows()
        assert len(rows) <= pane.height
        assert all(width(row.text + row.tail) <= pane.width for row in rows)
        assert [record for record, _ in groupby(on_screen(pane))] == sorted(set(on_screen(pane)))
        shown = shown_records(pane)
        assert set(on_screen(pane)) <= set(shown)
        assert not shown or pane.current in on_screen(pane)
        assert len(rows) == pane.height or not shown or {shown[0], shown[-1]} <= set(on_screen(pane))


def test_row_at_says_whose_row_it_is() -> None:
    pane = opened([Written(0, text="a\nb"), Written(1, text="c")])
    pane.unfold()
    assert [pane.row_at(y) for y in (-1, 0, 1, 2, 3)] == [None, 0, 0, 1, None]


def test_share_says_where_the_screen_is_in_the_whole() -> None:
    pane = opened(numbered(105))
    shares = [pane.share]
    for _ in range(25):
        pane.page(1)
        shares.append(pane.share)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(set(shares))


def test_only_what_is_near_the_screen_is_read() -> None:
    records = numbered(5000)
    index, shelf = index_of(records), Remembered(records)
    pane = Pane(index, shelf, Selection(index))
    pane.goto(2500)
    pane.rows()
    pane.end()
    pane.rows()
    assert shelf.asked < 300


# Records one by one


@given(panes())
@settings(max_examples=50)
def test_moving_down_comes_by_every_record_once_and_moving_up_again(pane: Pane) -> None:
    pane.home()
    down = [pane.current]
    while pane.current < shown_records(pane)[-1]:
        pane.move(1)
        down.append(pane.current)
        assert pane.current in on_screen(pane)
    up = [pane.current]
    while pane.current > shown_records(pane)[0]:
        pane.move(-1)
        up.append(pane.current)
    assert down == shown_records(pane)
    assert up == down[::-1]
    pane.home()
    pane.move(len(down) + 3)
    assert pane.current == down[-1]


def test_the_screen_goes_along_no_farther_than_it_must() -> None:
    pane = opened(numbered(20))
    pane.move(4)
    assert on_screen(pane)[0] == 0
    pane.move(1)
    assert on_screen(pane) == [1, 2, 3, 4, 5]
    pane.move(-4)
    assert on_screen(pane) == [1, 2, 3, 4, 5]
    pane.move(-1)
    assert on_screen(pane) == [0, 1, 2, 3, 4]


def test_goto_brings_a_record_to_the_middle_unless_it_is_there() -> None:
    pane = opened(numbered(20))
    pane.goto(3)
    assert (pane.current, on_screen(pane)[0]) == (3, 0)
    pane.goto(10)
    assert (pane.current, on_screen(pane)) == (10, [8, 9, 10, 11, 12])
    pane.goto(19)
    assert (pane.current, on_screen(pane)) == (19, [15, 16, 17, 18, 19])


# Rows and pages


@given(panes(), st.lists(st.integers(-9, 9) | st.integers(-99, 99), min_size=1, max_size=5))
@settings(max_examples=50)
def test_scrolling_moves_the_screen_over_all_rows_and_never_beyond_their_ends(pane: Pane, turns: list[int]) -> None:
    whole = all_rows(pane)
    pane.home()
    top = 0
    for rows in turns:
        pane.scroll(rows)
        top = max(min(top + rows, len(whole) - pane.height), 0)
        assert pane.rows() == whole[top : top + pane.height]


@given(panes())
@settings(max_examples=50)
def test_at_the_end_the_last_row_is_that_of_the_last_record(pane: Pane) -> None:
    pane.end()
    last = pane.rows()[-1]
    assert last == all_rows(pane)[-1]
    assert last.record == pane.current == shown_records(pane)[-1]
    assert not pane.following


def test_the_current_record_stays_on_the_screen_when_that_scrolls() -> None:
    pane = opened(numbered(20))
    pane.goto(10)
    pane.scroll(1)
    assert (pane.current, on_screen(pane)[0]) == (10, 9)
    pane.scroll(3)
    assert (pane.current, on_screen(pane)[0]) == (12, 12)
    pane.scroll(-5)
    assert (pane.current, on_screen(pane)[-1]) == (11, 11)


def test_pages_overlap_by_a_row_and_end_with_the_very_last_and_first_record() -> None:
    pane = opened(numbered(12))
    tops = []
    for _ in range(5):
        tops.append((on_screen(pane)[0], pane.current))
        pane.page(1)
    assert tops == [(0, 0), (4, 4), (7, 7), (7, 11), (7, 11)]
    assert pane.following
    tops = []
    for _ in range(4):
        pane.page(-1)
        tops.append((on_screen(pane)[0], pane.current))
    assert tops == [(3, 7), (0, 4), (0, 0), (0, 0)]
    assert not pane.following
    pane.page(1, half=True)
    assert on_screen(pane)[0] == 2


# Following


def test_who_follows_sees_what_comes_and_who_does_not_stays() -> None:
    records = numbered(30)
    index = index_of(records[:10])
    pane = Pane(index, Remembered(records), Selection(index))
    pane.resize(40, 5)
    pane.follow()
    assert on_screen(pane) == [5, 6, 7, 8, 9]
    append(index, records[:20])
    pane.refresh()
    assert (on_screen(pane)[-1], pane.current) == (19, 19)
    pane.scroll(-1)
    append(index, records)
    pane.refresh()
    assert (on_screen(pane)[-1], pane.following) == (18, False)
    pane.end()
    assert (on_screen(pane)[-1], pane.following) == (29, False)


@pytest.mark.parametrize(
    "leave",
    [
        lambda pane: pane.move(-1),
        lambda pane: pane.scroll(-1),
        lambda pane: pane.page(-1),
        lambda pane: pane.page(-1, half=True),
        lambda pane: pane.goto(3),
        Pane.home,
    ],
)
def test_moving_elsewhere_lets_go(leave: Callable[[Pane], None]) -> None:
    pane = opened(numbered(20))
    pane.follow()
    leave(pane)
    assert not pane.following


@pytest.mark.parametrize("onwards", [lambda pane: pane.move(1), lambda pane: pane.scroll(1), lambda pane: pane.page(1)])
def test_moving_on_where_nothing_is_below_follows(onwards: Callable[[Pane], None]) -> None:
    pane = opened(numbered(20))
    pane.move(19)
    assert not pane.following
    onwards(pane)
    assert pane.following


# Lines


@given(panes())
@settings(max_examples=50)
def test_wrapping_loses_no_character(pane: Pane) -> None:
    if not pane.wrap:
        pane.toggle_wrap()
    for _, rows in groupby(all_rows(pane), key=lambda row: (row.record, row.line)):
        line = [*rows]
        assert "".join(row.text for row in line) == line[0].whole


def test_a_record_unfolds_to_all_its_lines_and_folds_again() -> None:
    pane = opened([Written(0, text="one\ntwo\nthree"), Written(1, text="four")])
    assert texts(pane) == ["one +2", "four"]
    assert [row.hidden for row in pane.rows()] == [2, 0]
    pane.unfold()
    assert texts(pane) == ["one", "two", "three", "four"]
    assert [row.first for row in pane.rows()] == [True, False, False, True]
    assert [row.line for row in pane.rows()] == [0, 1, 2, 0]
    pane.unfold()
    assert texts(pane) == ["one +2", "four"]


def test_what_unfolds_at_the_bottom_comes_onto_the_screen() -> None:
    pane = opened([*numbered(10), Written(10, text="a\nb\nc"), *numbered(5)])
    pane.move(10)
    pane.unfold()
    assert texts(pane) == ["8", "9", "a", "b", "c"]


def test_what_is_higher_than_the_screen_shows_its_beginning_and_scrolls() -> None:
    pane = opened([Written(0, text="0"), Written(1, text="a\nb\nc\nd\ne\nf\ng"), Written(2, text="2")])
    pane.move(1)
    pane.unfold()
    assert texts(pane) == ["a", "b", "c", "d", "e"]
    pane.scroll(2)
    assert texts(pane) == ["c", "d", "e", "f", "g"]
    assert pane.current == 1
    pane.unfold()
    assert texts(pane) == ["0", "a +6", "2"]


def test_json_is_indented_and_taken_back_to_what_it_was() -> None:
    pane = opened([Written(0, text='see {"a": [1]}\nbelow'), Written(1, text="plain")], height=9)
    assert pane.pretty_print()
    pretty = ["see {", '  "a": [', "    1", "  ]", "}", "below", "plain"]
    assert texts(pane) == pretty
    assert pane.pretty_print()
    assert texts(pane) == ['see {"a": [1]} +1', "plain"]
    pane.unfold()
    pane.pretty_print()
    assert texts(pane) == pretty
    pane.pretty_print()
    assert texts(pane) == ['see {"a": [1]}', "below", "plain"]
    pane.pretty_print()
    pane.unfold()
    assert texts(pane) == ['see {"a": [1]} +1', "plain"]
    pane.move(1)
    assert not pane.pretty_print()


def test_long_lines_are_cut_and_shift_or_wrap() -> None:
    pane = opened([Written(0, text="abcdefghijklmnopqrstuvwxyz\nmore"), Written(1, text="short")], cells=12)
    assert texts(pane) == ["abcdefghi +1", "short"]
    pane.shift_by(8)
    assert texts(pane) == ["ijklmnopq +1", ""]
    pane.shift_by(100)
    assert texts(pane) == ["z +1", ""]
    pane.shift_by(-pane.shift)
    pane.toggle_wrap()
    assert texts(pane) == ["abcdefghijkl", "mnopqrstuvwx", "yz +1", "short"]


def test_what_says_how_much_is_folded_may_need_a_row_of_its_own() -> None:
    pane = opened([Written(0, text="abcdefghijkl\nmore")], cells=12)
    pane.toggle_wrap()
    assert texts(pane) == ["abcdefghijkl", " +1"]


def test_the_current_record_stays_where_it_was_when_lines_wrap() -> None:
    pane = opened([Written(number, text="x" * 15) for number in range(20)], height=7, cells=12)
    pane.goto(10)
    y = on_screen(pane).index(10)
    pane.toggle_wrap()
    assert on_screen(pane).index(10) == y
    pane.resize(20, 7)
    assert on_screen(pane).index(10) == y


# Selections


def test_the_current_record_stays_or_the_next_one_takes_its_place() -> None:
    pane = opened(numbered(20))
    everything = pane.selection
    odd, even = (everything.with_hidden(frozenset({SourceId(source)})) for source in (0, 1))
    pane.goto(10)
    y = on_screen(pane).index(10)
    pane.select(even)
    assert (pane.current, on_screen(pane).index(10)) == (10, y)
    pane.select(odd)
    assert (pane.current, on_screen(pane).index(11)) == (11, y)
    pane.select(everything)
    assert (pane.current, on_screen(pane).index(11)) == (11, y)
    pane.goto(18)
    pane.select(odd)
    pane.select(even)
    assert pane.current == 18


def test_where_nothing_is_selected_what_comes_is_shown() -> None:
    records = [*numbered(10), Written(10, 2, text="new")]
    index = index_of(records[:10])
    pane = Pane(index, Remembered(records), Selection(index))
    pane.goto(6)
    pane.select(pane.selection.with_hidden(frozenset({SourceId(0), SourceId(1)})))
    assert pane.rows() == []
    append(index, records)
    pane.refresh()
    assert (texts(pane), pane.current) == (["new"], 10)


def patterned(pane: Pane, index: Index, records: Sequence[Written], pattern: str) -> Scan:
    """Show what matches, of which nothing is scanned yet."""
    scan = Scan(pattern, index, Remembered(records))
    pane.select(pane.selection.with_scans((scan,), ()))
    return scan


def test_the_screen_is_filled_as_soon_as_it_is_scanned() -> None:
    records = numbered(40)
    with blocks_of(8):
        index = index_of(records)
        pane = Pane(index, Remembered(records), Selection(index))
        pane.resize(40, 5)
        pane.goto(20)
        scan = patterned(pane, index, records, "[05]$")
        assert (pane.rows(), pane.current) == ([], 20)
        scan.scan(index.blocks[2])
        pane.refresh()
        assert (on_screen(pane), pane.current) == ([20], 20)
        for number in (1, 3, 0, 4):
            scan.scan(index.blocks[number])
            pane.refresh()
        assert on_screen(pane) == [20, 25, 30, 35]
        pane.scroll(-1)
        assert on_screen(pane) == [15, 20, 25, 30, 35]


def test_the_end_is_where_it_is_scanned_and_gone_to_when_it_is() -> None:
    records = numbered(40)
    with blocks_of(8):
        index = index_of(records)
        pane = Pane(index, Remembered(records), Selection(index))
        pane.resize(40, 3)
        scan = patterned(pane, index, records, "[05]$")
        for number in (0, 1):
            scan.scan(index.blocks[number])
        pane.refresh()
        pane.end()
        assert on_screen(pane) == [5, 10, 15]
        for number in (4, 3, 2):
            scan.scan(index.blocks[number])
            pane.refresh()
        assert (on_screen(pane), pane.current) == ([35], 35)
        pane.scroll(-1)
        assert on_screen(pane) == [30, 35]


def test_who_follows_sees_the_last_that_is_scanned() -> None:
    records = numbered(40)
    with blocks_of(8):
        index = index_of(records[:16])
        pane = Pane(index, Remembered(records), Selection(index))
        pane.resize(40, 3)
        pane.follow()
        scan = patterned(pane, index, records, "[05]$")
        for block in index.blocks:
            scan.scan(block)
        pane.refresh()
        assert on_screen(pane) == [5, 10, 15]
        append(index, records)
        pane.refresh()
        assert on_screen(pane) == [5, 10, 15]
        for block in index.blocks:
            scan.scan(block)
        pane.refresh()
        assert on_screen(pane) == [25, 30, 35]


# Matches


@given(panes(), st.data())
@settings(max_examples=50)
def test_a_match_is_on_the_screen_after_a_jump_wherever_it_is(pane: Pane, data: st.DataObject) -> None:
    pane.shift_by(data.draw(st.integers(0, 60)))
    record = data.draw(st.sampled_from(shown_records(pane)))
    pattern = data.draw(st.sampled_from(("a", "b", "é", "漢", "漢漢", "d")))
    index = index_of([Written(0)])
    pane.goto_match(record, Scan(pattern, index, Remembered([])))
    seen = [row.text for row in pane.rows() if row.record == record]
    assert pane.current == record
    whole = [row.whole for row in all_rows(pane) if row.record == record]
    assert any(pattern[0] in text for text in seen) or not any(pattern in line for line in whole)
