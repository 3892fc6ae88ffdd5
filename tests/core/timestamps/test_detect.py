"""Which format and which place in the line a sample speaks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.timestamps.detect import Lock, detect
from logbraid.core.timestamps.formats import FORMATS
from logbraid.core.timestamps.locators import After, Column, Locator, Word


def found(lines: list[bytes]) -> Lock:
    lock = detect(lines)
    assert lock is not None
    return lock


PLACES: list[tuple[list[bytes], str, Locator]] = [
    ([b"2026-01-31 23:59:59 up", b"2026-01-31T23:59:59.5Z up"], "ISO 8601", Column(0)),
    ([b"[2026-01-31 23:59:59] up"] * 2, "ISO 8601", Column(1)),
    ([b"INFO 2026-01-31 23:59:59 up", b"WARNING 2026-01-31 23:59:59 up"], "ISO 8601", Word(1, 0)),
    ([b"INFO  2026-01-31 23:59:59 up", b"ERROR 2026-01-31 23:59:59 up"], "ISO 8601", Column(6)),
    ([b"INFO  2026-01-31 23:59:59 up"] * 2, "ISO 8601", Column(6)),
    ([b"1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] x", b"11.2.3.4 - - [10/Oct/2000:13:55:37 -0700] y"],
     "day month year, zone apart", Word(3, 1)),
    ([b"<34>Jan  1 23:59:59 a b: x", b"<4>Jan  1 23:59:59 a b: y"], "syslog", After(b">", 3)),
    ([b"<34>1 2026-01-31T23:59:59Z a", b"<165>1 2026-01-31T23:59:59Z b"], "ISO 8601", Word(1, 0)),
    ([b'{"level":30,"time":1769903999123}', b'{"level":300,"time":1769903999123}'],
     "epoch milliseconds, microseconds or nanoseconds", After(b'"time":', 19)),
    ([b'{"ts": "2026-01-31T23:59:59Z", "time": "2026-01-31T23:59:59Z"}'], "ISO 8601", After(b'"ts": "', 8)),
    ([b"level=info counts=3 ts=2026-01-31T23:59:59Z"], "ISO 8601", After(b" ts=", 23)),
    ([b'time="2026-01-31T23:59:59Z" level=info'], "ISO 8601", After(b'time="', 6)),
    ([b"x.log.1.2017-05-16_13:53:08 2026-01-31 23:59:59 up", b"xy.log.1.2017-05-16_13:53:08 2026-01-31 23:59:59 up"],
     "ISO 8601", Word(1, 0)),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "name", "locator"), PLACES)
def test_places(lines: list[bytes], name: str, locator: Locator) -> None:
    lock = found(lines)
    assert (lock.format.name, lock.locator) == (name, locator)


def test_few_records_with_long_tracebacks_are_a_format() -> None:
    traceback = [
        b"Traceback (most recent call last):",
        *[b'  File "a.py", line 3, in f', b"    raise ValueError(x)"] * 9,
        b"ValueError: 2026-01-31 23:59:59 is in the past",
    ]
    head = [b"2026-01-31 23:59:59,123 ERROR it broke"]
    assert found((head + traceback) * 3).locator == Column(0)
    java = [b"java.lang.Error: x", *[b"\tat a.b.C(C.java:1)"] * 10, *[b"at a.b.D"] * 8, b"Caused by: y"]
    assert found((head + java) * 3).locator == Column(0)
    assert found(head + traceback).locator == Column(0)


def test_two_dated_line_starts_in_plain_text_are_a_format() -> None:
    assert found([b"2026-01-31 23:59:59 select", *[b"from a where b"] * 30] * 2).format.name == "ISO 8601"


@pytest.mark.parametrize("place", [0, 13, 63])
@pytest.mark.parametrize(
    "stray", [b"2026-01-31 23:59:59 up", b"copied at 2026-01-31 23:59:59", b'{"ts":"2026-01-31 23:59:59"}']
)
def test_one_stray_time_is_no_format(place: int, stray: bytes) -> None:
    lines = [b"plain text without times, line %d" % number for number in range(64)]
    lines[place] = stray
    assert detect(lines) is None


def test_indented_json_is_found_by_its_key() -> None:
    record = [b"{", b'  "level": "info",', b'  "ts": "2026-01-31T23:59:59Z",', *[b'  "x": 1,'] * 20, b"},"]
    assert found(record * 3).locator == After(b'"ts": "', 9)
    assert found([b"[", *[b"  " + line for line in record]]).locator == After(b'"ts": "', 11)


@pytest.mark.parametrize(
    "line",
    [
        b"port 1769903999 open",
        b"took 12:30:05 in all",
        b"call I0131 23:59:59.1 x",
        b"x 081109 203615 y",
        b"",
        b"\n",
        b"{",
    ],
)
def test_numbers_in_a_text_are_no_times(line: bytes) -> None:
    assert detect([line] * 10) is None


def test_nothing_is_found_in_nothing() -> None:
    assert detect([]) is None


def test_a_start_of_line_beats_a_second_time_in_the_line() -> None:
    assert found([b"2026-01-31 23:59:59 from 2026-01-30T00:00:00Z"] * 5).locator == Column(0)


def test_the_more_frequent_format_wins() -> None:
    syslog = b"Jan 31 23:59:59 host a: b"
    assert found([b"2026-01-31 23:59:59 x"] * 3 + [syslog] * 9).format.name == "syslog"


def test_only_the_formats_that_are_asked_for() -> None:
    epoch = [form for form in FORMATS if form.name == "epoch seconds"]
    assert detect([b"2026-01-31 23:59:59 1769903999"], epoch) is None


@given(st.lists(st.binary(max_size=80) | st.sampled_from([s.line for f in FORMATS for s in f.samples]), max_size=12))
def test_any_bytes_will_do(lines: list[bytes]) -> None:
    assert detect(lines) == detect(lines)
