"""Records as JSON: exactly what was written, or nothing."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from logbraid.core.exact import Kind, decoded, encoded, many, perhaps, record_of


class Point(NamedTuple):
    across: int
    name: str


class Line(NamedTuple):
    points: tuple[Point, ...]
    label: Point | None
    words: list[str]


POINT = record_of(
    Point, lambda point: len(point.name) <= point.across, across=Kind((int,), range=(0, 9)), name=Kind((str,))
)
LINE = record_of(Line, points=many(POINT), label=perhaps(POINT), words=many(Kind((str,)), list))


@pytest.mark.parametrize("line", [Line((), None, []), Line((Point(0, ""), Point(9, "\u00e9")), Point(3, "abc"), ["x"])])
def test_what_goes_in_comes_out(line: Line) -> None:
    text = encoded(LINE, line)
    assert text.isascii()
    assert decoded(LINE, text) == line


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"across":1}', "Point lacks 'name'"),
        ('{"across":1,"name":"","more":1}', "Point has no 'more'"),
        ('{"across":1,"nome":""}', "Point lacks 'name'"),
        ('{"across":true,"name":""}', "not of the types that Point has"),
        ('{"across":1.0,"name":""}', "not of the types that Point has"),
        ('{"across":null,"name":""}', "not of the types that Point has"),
        ('{"across":10,"name":""}', "too small or too great for Point"),
        ('{"across":-1,"name":""}', "too small or too great for Point"),
        ('{"across":1,"name":"ab"}', "contradicts itself"),
        ("[]", "is no dict"),
        ("{", "Expecting"),
        ("[" * 100_000, "deeper"),
    ],
)
def test_what_is_nearly_right_is_nothing(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decoded(POINT, text)


@pytest.mark.parametrize("part", ['"points":[1]', '"points":{}', '"label":[]', '"label":1', '"words":[null]'])
def test_a_part_of_another_kind_is_nothing(part: str) -> None:
    whole = encoded(LINE, Line((), None, []))
    with pytest.raises(ValueError, match=r"is no|are not"):
        decoded(LINE, f"{whole[:-1]},{part}}}")
