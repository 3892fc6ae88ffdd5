from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.levels import LEVELS
from logbraid.core.types import SECOND, Source, SourceId
from logbraid.view.cells import width
from logbraid.view.dress import MOST_LABEL, Labels, Look, Span, dress
from logbraid.view.layout import Row
from logbraid.view.nearby import Facts
from logbraid.view.pane import Pane
from logbraid.view.scan import Scan
from logbraid.view.selection import Selection

from .build import RECORDS, Remembered, Written, index_of

NOON = 12 * 3600 * SECOND + 34_567_891


def row(text: str, *, level: int = -1, late: bool = False, tail: str = "", first: bool = True) -> Row:
    facts = Facts(NOON, SourceId(0), level, late)
    return Row(7, facts, 0, text, 0, len(text), first, 0, tail)


def named(*names: str) -> Labels:
    labels = Labels()
    labels.take([Source(SourceId(number), name, name, 0) for number, name in enumerate(names)])
    return labels


def searched(pattern: str) -> Scan:
    index = index_of([Written(0)])
    return Scan(pattern, index, Remembered([Written(0)]))


def styled(spans: Sequence[Span]) -> list[Span]:
    """Spans with a style, those of the same style joined."""
    joined = [("".join(text for text, _ in run), style) for style, run in groupby(spans, key=lambda span: span[1])]
    return [(text, style) for text, style in joined if style and text]


def plain(spans: Sequence[Span]) -> str:
    return "".join(text for text, _ in spans)


def test_a_row_is_signs_label_time_and_text() -> None:
    look = Look(named("a.log", "long.log"), UTC)
    spans = dress(row("it works"), look)
    assert plain(spans) == "   a.log    12:00:00.034 it works"
    assert width(plain(spans)) == look.margin + len("it works")


def test_further_rows_of_a_record_stand_below_its_text() -> None:
    look = Look(named("a.log"), UTC)
    assert plain(dress(row("more", first=False), look)) == " " * look.margin + "more"


@pytest.mark.parametrize("level", range(-1, len(LEVELS)))
def test_text_has_the_style_of_its_level(level: int) -> None:
    assert styled(dress(row("text", level=level), Look())) == ([("text", LEVELS[level])] if level >= 0 else [])


def test_label_time_and_what_is_folded_have_styles_of_their_own() -> None:
    labels = named("a.log")
    spans = dress(row("text", tail=" +12"), Look(labels, UTC))
    assert styled(spans) == [("a.log", labels.style(0)), ("12:00:00.034", "time"), (" +12", "fold")]


@pytest.mark.parametrize(
    ("late", "bookmarks", "current", "signs"),
    [
        (False, (), None, "   "),
        (False, (7,), None, " * "),
        (True, (), None, " ~ "),
        (True, (7,), None, " * "),
        (False, (6,), 7, ">  "),
        (True, (7,), 7, ">* "),
    ],
)
def test_signs(late: bool, bookmarks: Sequence[int], current: int | None, signs: str) -> None:
    spans = dress(row("", late=late), Look(current=current, bookmarks=bookmarks))
    assert plain(spans) == signs


def test_all_of_the_current_record_is_current() -> None:
    look = Look(named("a"), UTC, searched("tex"), current=7)
    for first in (True, False):
        spans = dress(row("text", level=4, first=first), look)
        assert all(style.split()[-1] == "current" for _, style in spans)
        assert ("tex", "error match current") in spans


def test_matches_stand_out() -> None:
    spans = dress(row("one Two one", level=3), Look(search=searched("one")))
    assert styled(spans) == [("one", "warn match"), (" Two ", "warn"), ("one", "warn match")]


def test_a_match_that_goes_beyond_a_row_stands_out_in_both() -> None:
    whole = row("xxabcxx")
    look = Look(search=searched("abc"))
    assert styled(dress(whole._replace(end=4), look)) == [("ab", "match")]
    assert styled(dress(whole._replace(start=4), look)) == [("c", "match")]
    assert styled(dress(whole._replace(start=5), look)) == []


def test_a_search_that_is_over_is_let_go() -> None:
    search = searched("one")
    over = weakref.ref(search)
    assert ("one", "match") in dress(row("one"), Look(search=search))
    del search
    gc.collect()
    assert over() is None


@pytest.mark.parametrize("at", [0, 1000, 4095, 30_000, 59_997])
def test_a_match_stands_out_however_far_in_a_line_it_is(at: int) -> None:
    line = "é" * at + "abc" + "x" * (60_000 - at - 3)
    shown = row(line)._replace(start=max(at - 40, 0), end=at + 40)
    assert styled(dress(shown, Look(search=searched("abc")))) == [("abc", "match")]


def test_where_a_line_matches_is_looked_for_once_and_kept_of_few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logbraid.view.dress.MOST_SECTIONS", 2)
    search, looked_at = searched("one"), list[str]()
    spans = search.spans

    def counted(text: str, near: int) -> list[tuple[int, int]]:
        looked_at.append(text)
        return spans(text, near)

    monkeypatch.setattr(search, "spans", counted)
    for text in ("a", "b", "a", "b", "c", "a"):
        dress(row(text), Look(search=search))
    assert looked_at == ["a", "b", "c", "a"]


# Labels


def test_labels_have_different_colours_as_long_as_there_are_enough() -> None:
    labels = named(*map(str, range(10)))
    assert {labels.style(number) for number in range(10)} == {f"label-{number}" for number in range(10)}


def test_new_sources_widen_the_column_and_leave_the_colours() -> None:
    sources = [Source(SourceId(number), name, name, 0) for number, name in enumerate(("a", "bcd"))]
    labels = Labels()
    labels.take(sources[:1])
    style = labels.style(0)
    labels.take(sources)
    assert labels.padded(0) == "a  "
    assert labels.style(0) == style != labels.style(1)


def test_labels_are_inert_and_of_long_ones_the_end_is_shown() -> None:
    labels = named("\x1b[2J", "x" * 50 + "/app.log", "漢" * 40)
    assert labels.padded(0).rstrip() == r"\x1b[2J"
    assert labels.padded(1) == "…" + "x" * (MOST_LABEL - 9) + "/app.log"
    assert labels.padded(2) == "…" + "漢" * 15 + " "
    assert labels.width == MOST_LABEL


# All together


@given(RECORDS, st.integers(12, 40), st.booleans(), st.sampled_from(["a", "é", "b*", "."]))
@settings(max_examples=50)
def test_a_row_is_as_wide_as_margin_and_pane_at_most_and_styles_change_no_text(
    records: list[Written], cells: int, wrap: bool, pattern: str
) -> None:
    index, shelf = index_of(records), Remembered(records)
    pane = Pane(index, shelf, Selection(index))
    pane.resize(cells, 20)
    if wrap:
        pane.toggle_wrap()
    pane.unfold()
    look = Look(named("a", "bb", "ccc"), UTC, Scan(pattern, index, shelf), pane.current, [3])
    for each in pane.rows():
        spans = dress(each, look)
        assert width(plain(spans)) <= look.margin + cells
        assert plain(spans)[look.margin :] == each.text + each.tail
        assert plain(dress(each, replace(look, search=None))) == plain(spans)
