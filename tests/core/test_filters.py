"""Which records stay: against plain Python, and with an account that adds up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.filters import Filter
from logbraid.core.options import Options
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import SECOND
from logbraid.errors import UsageError

from .build import SEEDS, Author, merge, parse

BEGIN = at("2026-03-01T23:50:00")
SOME = ["abc", "d=1 $", r"\d{2}:00", "^2026", "^Trace", "a.c d", "[^a-z]{5}", "ValueError: no$", "x|y"]
PATTERNS = st.lists(st.sampled_from(SOME), max_size=2)


@settings(max_examples=80, deadline=None)
@given(SEEDS, st.integers(0, 300), st.integers(1, 900), PATTERNS, PATTERNS, st.booleans(), st.booleans())
def test_what_stays_is_what_plain_python_keeps(
    seed: int, first: int, length: int, include: list[str], exclude: list[str], since: bool, until: bool
) -> None:
    log = Author(seed).log("ISO with micros", 70)
    low, high = BEGIN + first * SECOND, BEGIN + (first + length) * SECOND
    options = Options(
        since=low if since else None,
        until=high if until else None,
        include=tuple(include),
        exclude=tuple(exclude),
    )
    expected = [
        row.data
        for row in parse(log).rows
        if (not since or row.time >= low)
        and (not until or row.time < high)
        and all(re.search(pattern.encode(), row.data, re.M) for pattern in include)
        and not any(re.search(pattern.encode(), row.data, re.M) for pattern in exclude)
    ]
    merged = merge([log], [[500]], options)
    assert [row[3] for row in merged.records] == expected
    (account,) = merged.pipeline.account().sources
    assert account.bytes_seen == len(log)
    assert account.bytes_emitted + account.bytes_filtered == len(log)
    assert account.records == len(expected)


def test_levels_below_go_and_records_without_one_stay() -> None:
    log = b"".join(b"2026-01-01T00:00:01Z %s x\n" % word for word in (b"DEBUG", b"INFO", b"WARN", b"ERROR", b"hello"))
    merged = merge([log], options=Options(level=3))
    assert [row[3].split()[1] for row in merged.records] == [b"WARN", b"ERROR", b"hello"]


def test_what_a_filter_takes_out_still_moves_the_merge_on() -> None:
    logs = [b"2026-01-01T00:00:%02dZ a\n" % second * 50 for second in (1, 2)]
    merged = merge(logs, [[60]], Options(exclude=("a",)))
    assert merged.text == b""
    assert [one.bytes_filtered for one in merged.pipeline.account().sources] == [1150, 1150]


def test_a_pattern_may_say_where_a_line_ends() -> None:
    log = b"2026-01-01T00:00:01Z done\n2026-01-01T00:00:02Z not done yet\n"
    assert len(merge([log], options=Options(include=("done$",))).records) == 1


def test_a_cut_line_of_which_a_piece_is_taken_out_does_not_glue() -> None:
    log = b"2026-01-01T00:00:01Z " + b"x" * 43 + b"y" * 64 + b"z" * 64 + b"\n2026-01-01T00:00:02Z b\n"
    merged = merge([log], options=Options(max_record=64, exclude=("y",)))
    assert merged.text.splitlines() == [b"2026-01-01T00:00:01Z " + b"x" * 43, b"z" * 64, b"2026-01-01T00:00:02Z b"]


@pytest.mark.parametrize("wrong", [{"include": ("(",)}, {"exclude": ("[a",)}, {"include": (r"(a)\1",)}])
def test_a_pattern_that_is_none_is_a_usage_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="not a regular expression"):
        Filter(Options(**wrong))
