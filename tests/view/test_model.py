"""What keys do to what is shown, held against plain lists of records."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.levels import LEVELS
from logbraid.core.types import SECOND, SourceId
from logbraid.errors import SinkError, UsageError
from logbraid.view.model import Model

from .build import RECORDS, Remembered, Written, append, blocks_of, index_of, source

INFO, WARN, ERROR = (LEVELS.index(name) for name in ("info", "warn", "error"))
NOON = 1_772_366_400 * SECOND
"""2026-03-01T12:00:00Z"""

DAY = [
    Written(NOON, 0, INFO, "begins"),
    Written(NOON + 1 * SECOND, 1, WARN, "slow"),
    Written(NOON + 2 * SECOND, 0, ERROR, "fails"),
    Written(NOON + 3 * SECOND, 1, INFO, "goes on"),
    Written(NOON + 60 * SECOND, 0, ERROR, "fails again"),
    Written(NOON + 61 * SECOND, 1, INFO, "ends"),
]
SOURCES = [source(0), source(1)]


def model_of(records: list[Written]) -> Model:
    return Model(index_of(records), Remembered(records), UTC)


def scanned(model: Model) -> Model:
    """Let it do all that there is to do in the background."""
    while model.work():
        model.settle()
    model.settle()
    model.pane.refresh()
    return model


def shown(model: Model) -> list[int]:
    """The records on a screen that has room for all."""
    scanned(model).pane.resize(80, 100)
    model.pane.home()
    return list(dict.fromkeys(row.record for row in model.pane.rows()))


# What is shown


def test_at_first_all_is_shown() -> None:
    assert shown(model_of(DAY)) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("do", "left"),
    [
        (lambda model: model.show("fails"), [2, 4]),
        (lambda model: model.hide("fails"), [0, 1, 3, 5]),
        (lambda model: (model.show("s"), model.hide("again")), [0, 1, 2, 3, 5]),
        (lambda model: (model.show("fails"), model.show("again")), [4]),
        (lambda model: model.toggle(SourceId(0)), [1, 3, 5]),
        (lambda model: (model.toggle(SourceId(0)), model.toggle(SourceId(0))), [0, 1, 2, 3, 4, 5]),
        (lambda model: model.only(SourceId(0), SOURCES), [0, 2, 4]),
        (lambda model: (model.only(SourceId(0), SOURCES), model.only(SourceId(0), SOURCES)), [0, 1, 2, 3, 4, 5]),
        (lambda model: model.graver(1), [1, 2, 4]),
        (lambda model: model.graver(9), [2, 4]),
        (lambda model: (model.graver(9), model.graver(-1)), [1, 2, 4]),
        (lambda model: (model.show("on|s$"), model.graver(1)), [2]),
        (lambda model: (model.graver(1), model.graver(-9)), [0, 1, 2, 3, 4, 5]),
        (lambda model: (model.show("fails"), model.drop()), [0, 1, 2, 3, 4, 5]),
        (lambda model: (model.show("fails"), model.hide("again"), model.drop(model.rules[0])), [0, 1, 2, 3, 5]),
        (lambda model: (model.graver(5), model.show("again"), model.toggle(SourceId(1)), model.show_all()), None),
    ],
)
def test_rules(do: Callable[[Model], Any], left: list[int] | None) -> None:
    model = model_of(DAY)
    do(model)
    assert shown(model) == (left or [0, 1, 2, 3, 4, 5])


def test_one_level_less_is_one_of_those_that_are_there_and_the_gravest_stays() -> None:
    model = model_of(DAY)
    hidden = [model.graver(step) for step in (1, 1, 1, 1, -1, -1, -1)]
    assert hidden == [["info"], ["info", "warn"], ["info", "warn"], ["info", "warn"], ["info"], [], []]
    model.toggle(SourceId(1))
    assert (model.graver(1), shown(model)) == (["info"], [2, 4])
    assert model.graver(1) == ["info"]
    model.show_all()
    assert model_of([Written(NOON)]).graver(1) == []


def test_the_place_of_the_current_record_is_that_among_what_is_shown() -> None:
    model = model_of(DAY)
    places = [model.rank]
    model.show("fails|ends")
    places.append(model.rank)
    assert not model.sifted
    for record in (2, 4, 5):
        scanned(model).pane.goto(record)
        places.append(model.rank)
    assert places == [1, None, 1, 2, 3]
    assert model.sifted


def test_to_drop_a_rule_where_there_is_none_changes_nothing() -> None:
    model = model_of(DAY)
    model.drop()
    assert model.rules == ()


def test_what_is_no_pattern_is_refused_and_changes_nothing() -> None:
    model = model_of(DAY)
    model.show("fails")
    for ask in (model.show, model.hide, model.find):
        with pytest.raises(UsageError, match="not a regular expression"):
            ask("(")
    assert ([rule.scan.pattern for rule in model.rules], model.search) == (["fails"], None)


# Looking for records


def test_a_search_goes_to_the_next_match_and_back_and_round_the_ends() -> None:
    model = model_of(DAY)
    model.find("fails")
    places = [(scanned(model).pane.current, model.went_round)]
    for step in (1, 1, -1, -1):
        model.again(step)
        places.append((scanned(model).pane.current, model.went_round))
    assert places == [(2, False), (4, False), (2, True), (4, True), (2, False)]
    assert model.searched
    assert model.search is not None
    assert model.search.count == 2


def test_what_is_not_scanned_yet_is_looked_for_until_it_is_known() -> None:
    with blocks_of(2):
        model = model_of(DAY)
        assert model.find("again") is None
        assert model.seeking
        while model.settle() is None:
            assert model.work()
        assert (model.pane.current, model.seeking) == (4, False)


def test_where_nothing_matches_a_search_ends() -> None:
    model = model_of(DAY)
    assert model.find("nowhere") is None
    assert model.work()
    assert (model.settle(), model.seeking, model.pane.current) == (False, False, 0)


@pytest.mark.parametrize(("start", "step"), [(0, 1), (3, 1), (3, -1), (5, -1)])
def test_a_search_ends_though_records_come_faster_than_they_are_scanned(start: int, step: int) -> None:
    coming = [*DAY, *(Written(NOON + (62 + number) * SECOND, text="more") for number in range(1000))]
    with blocks_of(2):
        model = Model(index_of(DAY), Remembered(coming), UTC)
        model.pane.goto(start)
        model.find("nowhere", step)
        there = len(DAY)
        while model.seeking and there < len(coming):
            there += 3
            append(model.index, coming[:there])
            assert model.work()
            found = model.settle()
        assert (found, model.went_round, model.seeking) == (False, True, False)


def test_what_comes_while_it_is_searched_for_is_not_found_but_the_next_time() -> None:
    model = Model(index_of(DAY[:4]), Remembered(DAY), UTC)
    model.find("again")
    append(model.index, DAY)
    scanned(model)
    assert (model.seeking, model.pane.current) == (False, 0)
    model.again(1)
    assert (scanned(model).pane.current, model.went_round) == (4, False)


@pytest.mark.parametrize(("times", "record"), [(1, 2), (2, 4), (3, 2), (4, 4)])
def test_who_asks_again_before_anything_is_found_goes_one_further_each_time(times: int, record: int) -> None:
    model = model_of(DAY)
    model.find("fails")
    for _ in range(times - 1):
        assert model.again(1) is None
    assert scanned(model).pane.current == record


def test_a_search_may_be_given_up() -> None:
    model = model_of(DAY)
    model.find("again")
    model.forget_quest()
    assert (scanned(model).pane.current, model.seeking) == (0, False)


def test_without_a_search_there_is_no_next_match() -> None:
    assert model_of(DAY).again(1) is False


def test_what_is_hidden_is_not_found() -> None:
    model = model_of(DAY)
    model.hide("again")
    model.find("fails")
    scanned(model)
    model.again(1)
    assert (scanned(model).pane.current, model.went_round) == (2, True)


def test_errors() -> None:
    model = model_of(DAY)
    places = []
    for step in (1, 1, 1, -1):
        found = model.grave(step)
        places.append((model.pane.current, found))
    assert places == [(2, True), (4, True), (4, False), (2, True)]


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("2026-03-01T12:00:02Z", 2),
        ("12:00:59", 4),
        ("-10s", 4),
        ("-1m", 1),
        ("2020-01-01", 0),
        ("2030-01-01", 5),
        ("today 00:00", 5),
        ("10m", 5),
    ],
)
def test_a_time_leads_to_the_first_record_from_then_on(text: str, record: int) -> None:
    model = model_of(DAY)
    model.goto_time(text, NOON + 1000 * 86_400 * SECOND)
    assert model.pane.current == record


def test_a_time_leads_to_what_is_shown() -> None:
    model = model_of(DAY)
    model.toggle(SourceId(0))
    model.goto_time("12:00:02", NOON)
    assert model.pane.current == 3


def test_a_time_behind_which_all_is_hidden_leads_to_the_last_record_that_is_not() -> None:
    model = model_of(DAY)
    model.show("begins|slow")
    scanned(model).goto_time("12:00:30", NOON)
    assert model.pane.current == 1


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(UsageError, match="not a time"):
        model_of(DAY).goto_time("soon", NOON)


# Bookmarks


def test_bookmarks() -> None:
    assert model_of(DAY).between is None
    model = model_of(DAY)
    model.bookmark()
    model.pane.goto(2)
    assert model.between == 2 * SECOND
    model.bookmark()
    model.pane.goto(5)
    model.bookmark()
    assert (model.bookmarks, model.between) == ([0, 2, 5], 59 * SECOND)
    places = []
    for step in (-1, -1, -1, 1):
        model.next_bookmark(step)
        places.append(model.pane.current)
    assert places == [2, 0, 0, 2]
    model.bookmark()
    assert model.bookmarks == [0, 5]


def test_what_is_not_shown_is_neither_marked_nor_copied() -> None:
    model = model_of(DAY)
    model.show("nowhere")
    scanned(model).bookmark()
    assert (model.current, model.bookmarks, model.record()) == (None, [], None)


def test_where_nothing_is_there_is_nothing_to_do() -> None:
    model = Model(index_of([]), Remembered([]), UTC)
    model.bookmark()
    model.zoom(0.5)
    model.goto(NOON)
    model.grave(1)
    assert (model.bookmarks, model.record(), model.shown_range(), model.work()) == ([], None, None, False)
    assert model.bars(10).counts.sum() == 0


# The timeline


def test_the_timeline_counts_what_is_shown_by_level() -> None:
    model = model_of(DAY)
    model.hide("again")
    bars = scanned(model).bars(70)
    assert bars.complete
    assert bars.counts.sum(axis=0).tolist() == [0, 0, 0, 3, 1, 1, 0]


def test_zooming_in_and_out_again() -> None:
    model = model_of(DAY)
    whole = model.range
    model.zoom(0.5)
    start, end = model.range
    assert (end - start) * 2 == pytest.approx(whole[1] - whole[0], rel=0.01)
    model.zoom(9)
    assert model.range == whole


def test_from_bar_to_bar() -> None:
    model = model_of(DAY)
    places = []
    for step in (1, 1, 1, -1, -1, -1):
        model.next_bar(step, 20)  # of five seconds each
        places.append(model.pane.current)
    assert places == [4, 4, 4, 0, 0, 0]


def test_a_zoomed_timeline_goes_along_with_the_current_record() -> None:
    model = model_of(DAY)
    model.zoom(0.1)
    assert model.range[1] <= NOON + 30 * SECOND
    model.pane.goto(5)
    start, end = model.range
    assert start <= NOON + 61 * SECOND < end
    assert end - start < 30 * SECOND


def test_what_is_on_the_screen_is_marked_in_the_timeline() -> None:
    model = model_of(DAY)
    model.pane.resize(80, 3)
    assert model.shown_range() == (NOON, NOON + 2 * SECOND)


# Saving


def test_what_is_shown_is_saved_as_text_json_lines_or_parquet(tmp_path: Path) -> None:
    model = model_of(DAY)
    model.show("fails")
    assert model.save(str(tmp_path / "out.log"), SOURCES) == 2
    assert (tmp_path / "out.log").read_text() == "fails\nfails again\n"
    model.save(str(tmp_path / "out.jsonl"), SOURCES)
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line)["level"] for line in lines] == ["error", "error"]
    model.save(str(tmp_path / "out.parquet"), SOURCES)
    assert pq.read_table(tmp_path / "out.parquet")["data"].to_pylist() == [b"fails\n", b"fails again\n"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("precious")
    with pytest.raises(SinkError, match="is there already"):
        model_of(DAY).save(str(path), SOURCES)
    assert path.read_text() == "precious"


def test_what_is_saved_is_what_was_selected_when_it_began(tmp_path: Path) -> None:
    with blocks_of(2):
        model = model_of(DAY)

        def stopped() -> bool:
            model.toggle(SourceId(1))
            return False

        assert model.save(str(tmp_path / "out.log"), SOURCES, stopped) == len(DAY)
    assert len((tmp_path / "out.log").read_text().splitlines()) == len(DAY)


def test_saving_may_be_given_up_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="not saved"):
        model_of(DAY).save(str(tmp_path / "out.log"), SOURCES, lambda: True)
    assert list(tmp_path.iterdir()) == []


def test_a_link_is_not_followed_where_something_is_saved(tmp_path: Path) -> None:
    (tmp_path / "out.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SinkError, match="is there already"):
        model_of(DAY).save(str(tmp_path / "out.log"), SOURCES)
    assert not (tmp_path / "elsewhere").exists()


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SinkError):
        model_of(DAY).save(str(tmp_path / "missing" / "out.log"), SOURCES)
    assert list(tmp_path.iterdir()) == []


# Anything at all


@given(
    RECORDS,
    st.sampled_from(["a", "b", "^$", "é|b", "."]),
    st.sampled_from(["a", "b", "x"]),
    st.integers(0, 6),
    st.sets(st.integers(0, 2)),
)
def test_what_is_shown_is_what_plain_rules_leave(
    records: list[Written], wanted: str, unwanted: str, graver: int, hidden: set[int]
) -> None:
    levels = sorted({record.level for record in records} - {-1})
    least = max(levels[:-1][:graver], default=-1) + 1
    with blocks_of(4):
        model = model_of(records)
        model.show(wanted)
        model.hide(unwanted)
        model.graver(graver)
        for number in hidden:
            model.toggle(SourceId(number))
        assert shown(model) == [
            number
            for number, record in enumerate(records)
            if record.source not in hidden
            and (record.level >= least or record.level < 0)
            and re.search(f"(?m){wanted}", record.text + "\n")
            and not re.search(f"(?m){unwanted}", record.text + "\n")
        ]


@given(RECORDS, st.integers(1, 5))
def test_what_comes_later_is_shown_as_if_it_had_been_there(records: list[Written], first: int) -> None:
    with blocks_of(4):
        model = Model(index_of(records[:first]), Remembered(records), UTC)
        model.show("a")
        scanned(model)
        append(model.index, records)
        assert shown(model) == [number for number, record in enumerate(records) if "a" in record.text]
