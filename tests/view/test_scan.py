"""Scans: which records match, found in portions and by several threads, and where in a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.records import RecordBatch
from logbraid.core.types import Int64
from logbraid.errors import UsageError
from logbraid.view import scan as scan_module
from logbraid.view import shelf as shelf_module
from logbraid.view.index import Block, Index
from logbraid.view.scan import Scan

from .build import RECORDS, Remembered, Written, append, blocks_of, index_of

PATTERNS = ["a", "a+", "^b", "b$", "ab|ba", "é", "[éa]b", "(?:ab)*", "^$", "B", "\\S"]


def scan_of(pattern: str, *texts: str) -> tuple[Scan, Block]:
    """A scan of so many records, not begun yet, and the block in which they stand."""
    records = [Written(0, text=text) for text in texts or ("",)]
    index = index_of(records)
    return Scan(pattern, index, Remembered(records)), index.blocks[0]


def found(scan: Scan, block: Block) -> list[bool]:
    """What is known of the block."""
    rows: list[bool] = scan.mask(block).tolist()
    return rows


def finished(scan: Scan, block: Block) -> list[bool]:
    """What is known of the block when it is scanned."""
    while not scan.is_done(block):
        scan.scan(block)
    return found(scan, block)


def spans(pattern: str, text: str) -> list[tuple[int, int]]:
    """Where a line matches."""
    scan, _ = scan_of(pattern)
    return scan.spans(text)


@settings(max_examples=50, deadline=None)
@given(
    RECORDS,
    st.sampled_from(PATTERNS),
    st.integers(1, 8),
    st.integers(1, 40),
    st.lists(st.integers(1, 30), max_size=3),
)
def test_finds_what_re_finds_however_the_index_grows(
    records: list[Written], pattern: str, piece: int, portion: int, ends: list[int]
) -> None:
    flags = re.MULTILINE if pattern in ("B", "\\S") else re.MULTILINE | re.IGNORECASE
    if pattern == "\\S":
        flags |= re.ASCII
    with blocks_of(8), pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan_module, "PIECE", piece)
        patch.setattr(scan_module, "PORTION", portion)
        index = index_of(records[:1])
        shelf = Remembered(records)
        scan = Scan(pattern, index, shelf)
        for end in (*sorted(ends), len(records)):
            append(index, records[:end])
            for block in reversed(index.blocks):
                finished(scan, block)
        expected = [bool(re.search(pattern, f"{record.text}\n", flags)) for record in records]
        assert [each for block in index.blocks for each in found(scan, block)] == expected
        assert scan.count == sum(expected)
        assert shelf.asked == len(records), "each text is read once"


def test_nothing_is_known_before() -> None:
    scan, block = scan_of("a", "a", "b")
    assert found(scan, block) == []
    assert not scan.is_done(block)
    assert scan.count == 0


def test_a_piece_is_scanned_at_a_time_so_that_nobody_waits_long_for_a_scan_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scan_module, "PIECE", 2)
    scan, block = scan_of("a", *"abbaa")
    known = []
    while not scan.is_done(block):
        scan.scan(block)
        known.append(found(scan, block))
    assert known == [
        [True, False],
        [True, False, False, True],
        [True, False, False, True, True],
    ]
    scan.scan(block)
    assert scan.reach == 5, "there was nothing to do"


def test_two_threads_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "PIECE", 100)
    scan, block = scan_of("a", *["a", "b"] * 5000)
    threads = [Thread(target=finished, args=(scan, block)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(scan, block) == [True, False] * 5000
    assert scan.count == 5000


def test_a_long_record_is_read_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan_module, "PORTION", 10)
    monkeypatch.setattr(shelf_module, "NEAR", 0)
    texts = ["b", "a" * 30, "b", "a", "b" * 9, "a"]
    scan, block = scan_of("a", *texts)
    read: list[list[int]] = []
    batch = scan._shelf.batch

    def noted(index: Index, records: Sequence[int] | Int64) -> RecordBatch:
        read.append([int(record) for record in records])
        return batch(index, records)

    monkeypatch.setattr(scan._shelf, "batch", noted)
    assert finished(scan, block) == [False, True, False, True, False, True]
    assert read == [[0], [1], [2, 3], [4], [5]]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("error", [True, True, True]),
        ("Error", [False, True, False]),
        (r"\Serror", [False, False, False]),
        (r"\W*error\x{4B}?", [True, True, True]),
        (r"\pLrror", [True, True, True]),
        (r"(?P<What>error)", [True, True, True]),
        (r"(?U:error)", [True, True, True]),
        (r"(?i)Error", [True, True, True]),
        (r"(?-i)error", [True, False, False]),
    ],
)
def test_case_matters_where_a_capital_letter_is_asked_for(pattern: str, expected: list[bool]) -> None:
    assert finished(*scan_of(pattern, "error", "Error", "ERROR")) == expected


def test_case_and_classes_hold_for_letters_beyond_ascii() -> None:
    assert finished(*scan_of("größe", "GRÖSSE GRÖßE", "Größe", "grÖße", "gröẞe", "grose")) == [
        True,
        True,
        True,
        True,
        False,
    ]
    assert finished(*scan_of("^[äö]$", "ä", "ü", "ö")) == [True, False, True]


@pytest.mark.parametrize("pattern", ["(", "a**", "[z", "(?<=a)b", "\\", "\ud800"])
def test_what_is_no_pattern_is_said(pattern: str) -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        scan_of(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("b", "abcb", [(1, 2), (3, 4)]),
        ("B", "abcB", [(3, 4)]),
        ("x", "abc", []),
        ("x", "", []),
        ("b*", "abba", [(1, 3)]),
        ("^a|c$", "aac", [(0, 1), (2, 3)]),
        ("b", "éébé", [(2, 3)]),
        ("é+", "aÉéb", [(1, 3)]),
        (".", "aé", [(0, 1), (1, 2)]),  # bytes, as with merge -e; a character is one span all the same
        ("b", "\ud800b", [(1, 2)]),
        ("b", "\x00\ufffd\x1bb", [(3, 4)]),
        ("(a)(b)?", "aab", [(0, 1), (1, 3)]),
    ],
)
def test_spans_of_a_line(pattern: str, text: str, expected: list[tuple[int, int]]) -> None:
    assert spans(pattern, text) == expected


@settings(max_examples=50, deadline=None)
@given(st.text("abé\ufffd", max_size=12), st.sampled_from(["a", "é", "ab+", "[aé]b", "b|\ufffd", "(?:ab)*"]))
def test_spans_are_those_of_re(text: str, pattern: str) -> None:
    expected = [match.span() for match in re.finditer(pattern, text, re.IGNORECASE) if match[0]]
    assert spans(pattern, text) == expected


def test_a_long_line_is_not_searched_to_its_end() -> None:
    assert spans("(a+)+b", "a" * 100_000 + "b") == []
    assert spans("(a+)+b", "ab" + "a" * 100_000) == [(0, 2)]
