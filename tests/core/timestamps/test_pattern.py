"""The user's own time formats."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import detect
from logbraid.core.timestamps.locators import Column, Word
from logbraid.core.timestamps.pattern import compile_time_format
from logbraid.core.timestamps.pieces import at
from logbraid.errors import UsageError

from .reference import read_stamp

CALENDAR = Calendar(UTC, at("2026-03-10T12:00"))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("%Y-%m-%d %H:%M:%S", "2026-01-31 23:59:59", "2026-01-31T23:59:59"),
        ("%Y%m%d%H%M%S%f", "20260131235959123", "2026-01-31T23:59:59.123"),
        ("%d/%m/%y %T.%f", "31/01/26 23:59:59.5", "2026-01-31T23:59:59.5"),
        ("%D %I:%M:%S %p", "01/31/26 11:59:59 pm", "2026-01-31T23:59:59"),
        ("%F %T %z", "2026-01-31 23:59:59 +01:00", "2026-01-31T22:59:59"),
        ("%F %T %z", "2026-01-31 23:59:59 -08", "2026-02-01T07:59:59"),
        ("%F %T %Z", "2026-01-31 23:59:59 GMT", "2026-01-31T23:59:59"),
        ("%F %T %Z", "2026-01-31 23:59:59 CEST", "2026-01-31T23:59:59"),
        ("%a %b %e %T %Y", "Sat Jan 31 23:59:59 2026", "2026-01-31T23:59:59"),
        ("%A, %d %B %Y %T", "Saturday, 31 January 2026 23:59:59", "2026-01-31T23:59:59"),
        ("%b %e %T", "Feb  1 23:59:59", "2026-02-01T23:59:59"),
        ("%Y/%j %T", "2024/366 00:00:00", "2024-12-31T00:00:00"),
        ("%s.%f", "1769903999.25", "2026-01-31T23:59:59.25"),
        ("%H.%M.%S", "11.59.59", "2026-03-10T11:59:59"),
        ("100%% %F %T", "100% 2026-01-31 23:59:59", "2026-01-31T23:59:59"),
        ("[%F]+(%T)", "[2026-01-31]+(23:59:59)", "2026-01-31T23:59:59"),
        ("%Y年%m月%d日 %T", "2026年01月31日 23:59:59", "2026-01-31T23:59:59"),
    ],
)
def test_patterns_read(pattern: str, text: str, expected: str) -> None:
    form = compile_time_format(pattern)
    stamp = text.encode()
    assert stamp[0] in form.first
    assert read_stamp(form, CALENDAR, stamp) == at(expected)
    assert read_stamp(form, CALENDAR, stamp + b" and more") == at(expected)


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("%Y-%m-%d", "hour"),
        ("%H:%M", "second"),
        ("%Y %T", "a month"),
        ("%d %T", "a month"),
        ("%m %T", "a day"),
        ("%j %T", "a year"),
        ("%Y-%m-%d %j %T", "day of the year"),
        ("%Y-%m-%d %T %H", "hour more than once"),
        ("%F %I:%M:%S", "%p"),
        ("%F %T %p", "%I"),
        ("%Q", "%Q"),
        ("%F %T %", "no directive"),
        ("%s %Y", "year beside"),
        ("%f %s", "%f must follow"),
        ("%F %T -- %f", "%f must follow"),
        ("%F %f %T", "%f must follow"),
        ("%F\n%T", "line end"),
        ("", "hour"),
    ],
)
def test_what_is_wrong_is_said(pattern: str, word: str) -> None:
    with pytest.raises(UsageError) as raised:
        compile_time_format(pattern)
    assert word in str(raised.value)


def test_a_pattern_is_found_in_lines() -> None:
    form = compile_time_format("%d.%m.%Y %T")
    assert getattr(detect([b"31.01.2026 23:59:59 up"] * 3, [form]), "locator", None) == Column(0)
    lines = [b"a 31.01.2026 23:59:59 up", b"bb 31.01.2026 23:59:59 up"]
    assert getattr(detect(lines, [form]), "locator", None) == Word(1, 0)


def test_a_day_that_the_year_does_not_have_is_none() -> None:
    assert read_stamp(compile_time_format("%Y/%j %T"), CALENDAR, b"2023/366 00:00:00") is None
    assert read_stamp(compile_time_format("%F %T"), CALENDAR, b"2023-02-29 00:00:00") is None


DIRECTIVES = st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%b %d %Y", "%B %d %Y", "%Y/%j", "%a %y%m%d", "%D", "%F"])
CLOCKS = st.sampled_from(["%H:%M:%S", "%T", "%I:%M:%S %p", "%H%M%S", "%T.%f", "%T,%f", "%H%M%S%f"])


@given(
    DIRECTIVES,
    st.sampled_from([" ", "T", " @ ", "_"]),
    CLOCKS,
    st.datetimes(datetime(1970, 1, 1), datetime(2068, 1, 1)),
)
def test_what_strftime_writes_is_read(date: str, between: str, clock: str, time: datetime) -> None:
    pattern = date + between + clock
    expected = time if "%f" in clock else time.replace(microsecond=0)
    text = time.strftime(pattern).encode()
    assert read_stamp(compile_time_format(pattern), CALENDAR, text) == at(expected.isoformat())


@given(st.text("%YmdHMSfzZsTF: .-\n", max_size=12))
def test_any_pattern_compiles_or_is_refused(pattern: str) -> None:
    with suppress(UsageError):
        assert compile_time_format(pattern).name == pattern
