"""What a user, or a program in a user's name, may write on the command line: a value, or a UsageError, and at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.build import parse
from logbraid.core.filters import Filter
from logbraid.core.kernels import matches
from logbraid.core.labels import label_beside, labels
from logbraid.core.levels import parse_level
from logbraid.core.moments import parse_moment
from logbraid.core.options import Options
from logbraid.core.quantities import parse_duration, parse_size, parse_skew
from logbraid.core.timestamps.pattern import compile_time_format
from logbraid.errors import UsageError
from logbraid.system.pipes import CommandSource
from logbraid.system.zones import zone_named

from .effort import assert_linear, rounds

NOW: Final = 1_772_359_200_000_000_000
INT64: Final = range(-(2**63), 2**63)


def moment(text: str) -> int:
    return parse_moment(text, NOW, zone_named("Europe/Berlin"))


def pattern(text: str) -> Filter:
    return Filter(Options(include=(text,), exclude=(text,)))


READERS: Final[dict[str, Callable[[str], Any]]] = {
    "duration": parse_duration,
    "size": parse_size,
    "skew": parse_skew,
    "moment": moment,
    "level": parse_level,
    "zone": zone_named,
    "time format": compile_time_format,
    "regex": pattern,
    "command": CommandSource,
}
WORDS: Final = (
    *("1h", "30m", "2.5s", "-", "+", "@", "=", "10k", "MiB", " ", "ago", "yesterday", "today ", "now", "2026-03-01"),
    *(
        "T08:00",
        "+24:00",
        "Z",
        "%",
        "%Y",
        "%T",
        "%f",
        "%s",
        "%%",
        "%\0",
        "(",
        ")",
        "[",
        "*",
        "{9}",
        "\\",
        "(?P<a>",
        "'",
    ),
    *("9" * 30, "\0", "\ud800", "\udcff", "\u202e", "٣", "0001-01-01", "9999-12-31 23:59", "..", "/etc/passwd"),
)
TEXTS: Final = st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=8).map("".join)


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=rounds(80), deadline=None)
@given(TEXTS)
def test_any_text_means_something_or_is_refused(reader: str, text: str) -> None:
    try:
        value = READERS[reader](text)
    except UsageError:
        return
    assert not isinstance(value, int) or value in INT64


LONG: Final = (
    " ",
    "9",
    "9.",
    "1s",
    "s",
    "+",
    ":",
    "%",
    "%T",
    "%H%M%S",
    "(",
    "[",
    "x*",
    "(?:",
    "yesterday ",
    "\\",
    "a|",
)


@pytest.mark.parametrize("reader", READERS.keys() - {"zone"})
@pytest.mark.parametrize("unit", LONG)
def test_long_arguments_are_linear_work(reader: str, unit: str) -> None:
    def read(size: int) -> None:
        for beginning, ending in (("1", ""), ("1", "!"), ("", "!")):
            with suppress(UsageError):
                READERS[reader](beginning + unit * (size // len(unit)) + ending)

    assert_linear(read, 2000)


@pytest.mark.parametrize("text", ["9" * 400 + "w", "9" * 5000 + "ns", "300y", "1e9s", "106752d", "nan", "inf", "-"])
def test_a_duration_that_no_clock_can_hold_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="duration"):
        parse_duration(text)


def test_a_size_that_no_file_can_have_is_refused() -> None:
    assert parse_size("7EiB".replace("E", "T")) == 7 << 40
    with pytest.raises(UsageError, match="too large a size"):
        parse_size("9" * 20)


def test_a_time_format_of_ten_thousand_directives_is_refused() -> None:
    with pytest.raises(UsageError, match="more than once"):
        compile_time_format("%H:%M:%S" * 3334)


def test_a_time_format_of_ten_thousand_characters_is_read() -> None:
    form = compile_time_format("(" * 10_000 + "%H:%M:%S")
    assert form.pattern.match(b"(" * 10_000 + b"10:00:00")


def test_half_a_character_in_a_time_format_is_refused() -> None:
    with pytest.raises(UsageError, match="no character"):
        compile_time_format("%H:%M:%S\ud800")


@pytest.mark.parametrize(
    "regex", [r"(a*)*b", r"(a|aa)+$", r"(.*)*x", r"(?:a?){200}a{200}", r"^(([a-z])+.)+[A-Z]([a-z])+$", "(x*)*" * 500]
)
def test_a_regex_that_would_explode_elsewhere_is_linear_here(regex: str) -> None:
    assert_linear(lambda size: matches(pa.array([b"a" * size + b"!"], pa.large_binary()), regex), 1 << 14)


@pytest.mark.parametrize("regex", ["(", "[", "a**", r"(a)\1", "(?=a)", "(?<a>", r"\p{No}{1001}", "a{1001}", "\ud800"])
def test_a_regex_that_is_none_is_refused(regex: str) -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        pattern(regex)


def test_a_huge_regex_is_refused() -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        pattern("((a{100}){100}){100}")


def test_a_regex_sees_bytes_that_are_no_text() -> None:
    lines = pa.array([b"caf\xe9\n", b"\0\n", b"plain\n"], pa.large_binary())
    assert np.flatnonzero(matches(lines, r"\xe9|\x00")).tolist() == [0, 1]


@settings(max_examples=rounds(150))
@given(st.lists(st.text(alphabet="a/.#2\x1b\n\u202e\udcff", max_size=12), min_size=1, max_size=8))
def test_labels_differ_and_stay_on_their_line(paths: list[str]) -> None:
    given_ = labels(paths)
    assert len(given_) == len(paths)
    assert not any(set(label) & {"\n", "\x1b"} for label in given_)
    late = label_beside(paths[0], set(given_))
    assert late not in given_


def test_labels_of_many_alike_paths_are_linear_work() -> None:
    assert_linear(lambda size: labels(["/a/b/c/d/e/f/app.log"] * size), 2000)
    assert_linear(lambda size: labels([f"/{number}/a/b/c/d/e/f/app.log" for number in range(size)]), 1000)


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_clock_may_be_repaired_by_any_duration(skew: int) -> None:
    data = b"2026-03-01T10:00:00Z one\n10:00:01 two\nMar  1 10:00:02 three\n"
    parsed = parse(data, options=Options(skews={"0.log": skew}))
    assert b"".join(row.data for row in parsed.rows) == data
