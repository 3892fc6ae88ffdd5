from __future__ import annotations

from collections.abc import Sequence

import pytest

from logbraid.view import layout as layout_module
from logbraid.view.folding import Fold, Shown, shown
from logbraid.view.layout import Layout
from logbraid.view.nearby import Nearby
from logbraid.view.scan import Scan
from logbraid.view.shelf import GONE

from .build import Remembered, Written, index_of


def searched(laid_out: Layout, pattern: str, record: int = 0) -> str:
    """The row of the first match, which the layout was asked to show."""
    index = index_of([Written(0)])
    y = laid_out.disclose(record, Scan(pattern, index, Remembered([])))
    return laid_out.rows(record)[y].text


def layout(*texts: str) -> tuple[Layout, Remembered]:
    records = [Written(number, text=text) for number, text in enumerate(texts)]
    shelf = Remembered(records)
    return Layout(Nearby(index_of(records), shelf)), shelf


def texts(laid_out: Layout, record: int = 0) -> Sequence[str]:
    return [row.text + row.tail for row in laid_out.rows(record)]


def test_the_height_of_what_takes_one_row_is_known_without_its_text() -> None:
    laid_out, shelf = layout("one\ntwo\nthree")
    assert laid_out.height(0) == 1
    assert shelf.asked == 0
    laid_out.unfold(0)
    assert laid_out.height(0) == 3
    assert shelf.asked == 1


def test_an_open_record_shows_all_of_itself_whether_lines_are_wrapped_or_not() -> None:
    laid_out, _ = layout("abcdefghijklmnop\n\nxyz")
    laid_out.change(width=12, shift=3)
    assert texts(laid_out) == ["defghijkl +2"]
    laid_out.unfold(0)
    assert texts(laid_out) == ["abcdefghijkl", "mnop", "", "xyz"]
    laid_out.change(wrap=True)
    assert texts(laid_out) == ["abcdefghijkl", "mnop", "", "xyz"]


def test_a_wide_character_moves_to_the_next_row_as_a_whole() -> None:
    laid_out, _ = layout("漢" * 7)
    laid_out.change(width=13, wrap=True)
    assert texts(laid_out) == ["漢" * 6, "漢"]


def test_a_row_knows_where_in_its_line_it_stands() -> None:
    laid_out, _ = layout("abcdefghijklmnop\nxyz")
    laid_out.change(width=12)
    laid_out.unfold(0)
    assert [(row.line, row.start, row.end, row.first) for row in laid_out.rows(0)] == [
        (0, 0, 12, True),
        (0, 12, 16, False),
        (1, 0, 3, False),
    ]


def test_rows_are_kept_until_something_changes() -> None:
    laid_out, _ = layout("one", "two")
    rows = laid_out.rows(0)
    assert laid_out.rows(0) is rows
    laid_out.change(width=20)
    assert laid_out.rows(0) is not rows
    assert laid_out.rows(0) == rows


def test_of_each_record_is_remembered_how_it_was_folded() -> None:
    laid_out, _ = layout('{"a": 1}', '{"b": 2}\nmore', "plain")
    laid_out.unfold(1)
    assert [laid_out.pretty_print(record) for record in range(3)] == [True, True, False]
    assert texts(laid_out, 0) == ["{", '  "a": 1', "}"]
    assert texts(laid_out, 1) == ["{", '  "b": 2', "}", "more"]
    assert [laid_out.pretty_print(record) for record in range(2)] == [True, True]
    assert texts(laid_out, 0) == ['{"a": 1}']
    assert texts(laid_out, 1) == ['{"b": 2}', "more"]


def test_what_is_kept_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout_module, "MOST_BYTES", 200_000)
    laid_out, shelf = layout(*(str(number) + "x" * 40_000 for number in range(10)))
    rows = {number: laid_out.rows(number) for number in range(10)}
    kept = [number for number in range(10) if laid_out.rows(number) is rows[number]]
    assert kept == []  # each that was laid out anew has pushed out the next one
    assert laid_out.rows(9) is laid_out.rows(9)
    assert shelf.asked == 10


def test_a_row_holds_no_more_of_its_record_than_what_is_shown() -> None:
    laid_out, _ = layout("short\n" + "x" * 1_000_000)
    (row,) = laid_out.rows(0)
    assert len(repr(row)) < 1000


def test_what_is_shown_is_made_once_however_the_screen_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[Fold]()

    def counted(data: bytes, fold: Fold, focus: int) -> Shown:
        made.append(fold)
        return shown(data, fold, focus)

    monkeypatch.setattr(layout_module, "shown", counted)
    laid_out, _ = layout('{"a": 1}')
    laid_out.pretty_print(0)
    for shift in range(3):
        laid_out.change(width=20 + shift, wrap=bool(shift), shift=shift)
        assert len(laid_out.rows(0)) == 3
    laid_out.pretty_print(0)
    assert texts(laid_out) == ['{"a": 1}']
    assert len(made) == 2


def test_text_that_was_gone_for_a_moment_comes_back() -> None:
    laid_out, shelf = layout("the text")
    records, shelf.records = shelf.records, [shelf.records[0]._replace(text=GONE[:8].decode())]
    assert texts(laid_out) == ["(this te"]
    shelf.records = records
    assert texts(laid_out) == ["the text"]


# A match is brought into sight


def test_a_match_beyond_the_edge_shifts_the_lines_no_farther_than_it_must() -> None:
    laid_out, _ = layout("a" * 50 + "needle" + "b" * 50)
    laid_out.change(width=30)
    assert searched(laid_out, "needle") == "a" * 16 + "needle" + "b" * 8
    assert searched(laid_out, "aneed") == "a" * 16 + "needle" + "b" * 8  # it is seen already


@pytest.mark.parametrize(
    ("shift", "begin", "seen"), [(100, 50, 42), (100, 3, 0), (10, 3, 0), (30, 50, 30), (48, 50, 48), (51, 50, 42)]
)
def test_what_is_to_the_left_is_gone_back_to(shift: int, begin: int, seen: int) -> None:
    laid_out, _ = layout("a" * begin + "needle" + "b" * 100)
    laid_out.change(width=30, shift=shift)
    assert "needle" in searched(laid_out, "needle")
    assert laid_out.shift == seen


def test_of_a_match_wider_than_the_row_the_beginning_is_seen() -> None:
    laid_out, _ = layout("a" * 50 + "x" * 40)
    laid_out.change(width=30)
    assert searched(laid_out, "x+") == "x" * 30


def test_wide_characters_are_shifted_by_their_cells() -> None:
    laid_out, _ = layout("漢" * 50 + "needle" + "漢" * 50 + "\nmore")
    laid_out.change(width=31)
    assert searched(laid_out, "needle") == "漢" * 7 + "needle" + "漢" * 4
    assert laid_out.rows(0)[0].tail == " +1"


def test_a_match_in_a_line_that_is_folded_away_unfolds_the_record() -> None:
    laid_out, _ = layout("one\ntwo\nthree", "one")
    assert (searched(laid_out, "three"), laid_out.height(0), laid_out.height(1)) == ("three", 3, 1)
    assert searched(laid_out, "one") == "one"
    assert laid_out.height(0) == 3


def test_a_match_is_seen_in_the_row_that_it_begins_in() -> None:
    laid_out, _ = layout("abcdefghijklmnopqrstuvwxyz")
    laid_out.change(width=12, wrap=True)
    assert [searched(laid_out, each) for each in ("lm", "m", "z", "nowhere")] == [
        "abcdefghijkl",
        "mnopqrstuvwx",
        "yz",
        "abcdefghijkl",
    ]


def test_a_match_is_seen_in_indented_json_where_it_is_still_there() -> None:
    laid_out, _ = layout('see {"a": 1, "b": {"c": 2}}')
    laid_out.pretty_print(0)
    assert searched(laid_out, '"c": 2') == '    "c": 2'
    assert searched(laid_out, "1, .b") == "see {"


def test_of_a_line_too_long_to_be_shown_the_piece_with_the_match_is() -> None:
    laid_out, _ = layout("a" * 700_000 + "needle" + "b" * 300_000 + "\n" + "c" * 100_000 + "pin")
    laid_out.change(width=40)
    assert "needle" in searched(laid_out, "needle")
    assert laid_out.rows(0)[0].whole.startswith("[667,232 bytes before] aaa")
    assert laid_out.rows(0)[0].whole.endswith("bbb [267,238 more bytes]")
    assert searched(laid_out, "pin").endswith("pin")
    laid_out.unfold(0)
    assert laid_out.rows(0)[0].whole.startswith("aaa")


def test_of_too_many_lines_those_around_the_match_are_shown() -> None:
    laid_out, _ = layout("\n".join(map(str, range(30_000))))
    assert searched(laid_out, "^25000$") == "25000"
    rows = laid_out.rows(0)
    assert rows[0].text == "[20,000 lines before]"
    assert (rows[1].text, len(rows), rows[-1].text) == ("20000", 10_001, "29999")
