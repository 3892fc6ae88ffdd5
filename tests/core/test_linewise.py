"""A batch of lines as bytes: bare, or with the label of its source before each line."""

from __future__ import annotations

import pytest

from logbraid.core.linewise import LineBatch, LinePart
from logbraid.core.types import Source, SourceId

A, B = SourceId(0), SourceId(1)
SOURCES = [Source(A, "a.log", "a.log", 0), Source(B, "b.log", "b.log", 0)]
PREFIXES = [b"a | ", b"b | "]


def part(source: SourceId, data: bytes, *, torn: bool = False, joins: bool = False) -> LinePart:
    return LinePart(source, 0, 0, memoryview(data), len(data), data.count(b"\n"), torn, joins)


def batch(*parts: LinePart, open_before: SourceId | None = None) -> LineBatch:
    return LineBatch(parts, SOURCES, open_before)


@pytest.mark.parametrize(
    ("lines", "bare", "labelled"),
    [
        (batch(part(A, b"x\n")), b"x\n", b"a | x\n"),
        (batch(part(A, b"x\ny\n"), part(B, b"\n")), b"x\ny\n\n", b"a | x\na | y\nb | \n"),
        (batch(part(A, b"x", torn=True), part(B, b"y\n")), b"x\ny\n", b"a | x\nb | y\n"),
        (batch(part(A, b"x", torn=True), part(A, b"y\n", joins=True)), b"xy\n", b"a | xy\n"),
        (batch(part(A, b"y\nz\n", joins=True), open_before=A), b"y\nz\n", b"y\na | z\n"),
        (batch(part(A, b"y\n", joins=True), open_before=B), b"\ny\n", b"\na | y\n"),
    ],
)
def test_as_bytes(lines: LineBatch, bare: bytes, labelled: bytes) -> None:
    assert bytes(lines.data) == bare
    assert bytes(lines.text(PREFIXES)) == labelled


def test_lines_are_counted_where_they_end() -> None:
    assert len(batch(part(A, b"x\ny\n"), part(B, b"z", torn=True))) == 2


def test_what_a_batch_leaves_open() -> None:
    assert batch(part(A, b"x\n"), part(B, b"y", torn=True)).open_after == B
    assert batch(part(A, b"x\n")).open_after is None
