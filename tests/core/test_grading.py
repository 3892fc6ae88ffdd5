"""Grading: stencils learn from the rules, and never say anything else than the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core import grading
from logbraid.core.grading import grade
from logbraid.core.levels import NO_LEVEL, ruled

from .build import padded

ISO = "ISO 8601"

TEACHABLE = [
    (ISO, b"2026-01-31 23:59:59,123 INFO  [main] c.e.App: up"),
    (ISO, b"2026-01-31 23:59:59,123 - INFO - up, and running"),
    (ISO, b"2026-01-31 23:59:59,123 - app.db - INFO - up, and running"),
    (ISO, b"2026-01-31T23:59:59.123Z INFO  [main] req=1 up"),
    (ISO, b"2026-01-31 23:59:59.123 | INFO     | app:main:1 - up"),
    (ISO, b"2026/01/31 23:59:59 [info] 42#0: *1 open() failed"),
    (ISO, b'{"time":"2026-01-31T23:59:59Z","level":"info","msg":"up"}'),
    (ISO, b'time="2026-01-31T23:59:59Z" level=info msg="up"'),
    (ISO, b"INFO:root:up, and running"),
    ("time of day", b"[23:59:59] [Server thread/INFO]: Done"),
    ("Android", b"12-31 23:59:59.000  1702  2395 I Tag: hello, world"),
    ("syslog", b"Jan 31 23:59:59 host app[12]: INFO up, and running"),
]

TREACHEROUS = [
    ("the priority comes first", ISO, b"<999>x INFO y, and so on", b"<163>x INFO y, and so on"),
    ("the commonest place comes first", ISO, b"[1/INFO] 2026 and so on", b"[1/INFO] 2026 ERROR so on"),
    ("Android's letter comes first", "Android", b"[x] INFO and so on", b"[x] INFO E/ and so on"),
    (
        "Redis' sign comes first",
        "day month year",
        b"42:M INFO 31 Jan 26:59.123 x and",
        b"42:M INFO 31 Jan 26:59.123 # and",
    ),
    ("a key of JSON comes first", ISO, b'{x INFO "and":"so on"}', b'{x INFO "level":"error"}'),
    ("a key of logfmt comes first", ISO, b'1="b INFO and so" on', b'1="b INFO and so" level=error'),
    ("the key is a part of a text", ISO, b'a="b level=info and so on', b'a="b level=info and" level=error'),
    ("the program comes first", "syslog", b"Jan 31 [INFO] b c: and so on", b"Jan 31 [INFO] b c: ERROR so on"),
    ("a bracket is open", ISO, b"a@x[c INFO and so on", b"a@x[c INFO and ERROR] so on"),
    ("a bracket belongs to a user", ISO, b"a@b[INFO] and so on", b"a@b[INFO] [ERROR] and so on"),
    ("the word is a clock's", ISO, b"1 INFO and so on", b"1 ALERT [ERROR] and so on"),
    ("the word is a name set off", ISO, b"1 INFO and so on", b"1 INFO - [ERROR] so on"),
    ("the word ends in a bar", ISO, b"1 INFO| and so on", b"1 INFO| [ERROR] and so on"),
    ("the word is a part of a field", ISO, b"1 2 3:INFO and so on", b"1 2 3:INFO ERROR and so on"),
    ("the field goes before a bracket", ISO, b"1 2 3:INFO and so on", b"1 2 3:INFO [ERROR] and so on"),
    ("a bracket follows much later", ISO, b"1 - INFO - and so on", b"1 - INFO - app | x | y - [ERROR]"),
]

SPELLED = st.sampled_from(
    b"INFO INFO info Info WARNING CRITICAL Information E FINE fine ALERT CRIT LOG app iNFO ERROR trace 10".split()
)
BEFORE = st.sampled_from(
    [re.split(b"(?i)info", line)[0] for line in (*(row[1] for row in TEACHABLE), *(row[2] for row in TREACHEROUS))]
    + [b"<7>", b'{"level":', b"E0131 23:59:59.1 1 a.go:1] ", b"12-31 23:59:59.000 ", b"(", b"[x"]
)
BEHIND = st.sampled_from([b" ", b" ", b": ", b"] ", b'"', b",", b" - ", b" | ", b"|", b"\n", b"", b"/", b"-"])
TAIL = st.sampled_from([b"and so on, for some time", b"up", b"x" * 300]) | st.sampled_from(
    [b"[error] x", b"- [error] x", b"ERROR x", b"x[1] [ERROR]", b"x@h [ERROR]", b"d ERROR] x", b"c: ERROR x", b"E/ x"]
)
RECORD = st.tuples(BEFORE, SPELLED, BEHIND, TAIL, st.sampled_from([b"\n", b""])).map(b"".join)


@pytest.fixture(autouse=True)
def nothing_is_known() -> Iterator[None]:
    grading._known.clear()
    yield
    grading._known.clear()


def graded(records: list[bytes], form: str) -> list[int]:
    ends = np.cumsum([len(record) for record in records], dtype=np.int64)
    starts = ends - np.array([len(record) for record in records], np.int64)
    return list(grade(padded(b"".join(records)), starts, ends, form))


def by_rules(records: list[bytes], form: str) -> list[int]:
    return list(ruled(pa.array([record[:256] for record in records], pa.large_binary()), form).codes)


@pytest.mark.parametrize(("form", "line"), TEACHABLE)
def test_one_record_teaches_a_stencil_for_all_like_it(form: str, line: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert graded([line], form) == [2]
    monkeypatch.setattr(grading, "ruled", None)
    for digits in (b"2026", b"1999"):
        assert graded([line.replace(b"2026", digits)] * 200, form) == [2] * 200


@pytest.mark.parametrize(("why", "form", "teacher", "other"), TREACHEROUS)
def test_no_stencil_says_what_the_rules_do_not(why: str, form: str, teacher: bytes, other: bytes) -> None:
    assert by_rules([teacher], form) != by_rules([other], form), why
    graded([teacher] * 20, form)
    assert graded([other], form) == by_rules([other], form)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(RECORD, max_size=12),
    st.sampled_from([ISO, ISO, "ctime", "glog", "Android", "syslog", "day month year"]),
    st.integers(1, 20),
)
def test_whatever_is_known_the_rules_have_the_last_word(records: list[bytes], form: str, times: int) -> None:
    expected = by_rules(records, form)
    assert graded(records * times, form) == expected * times
    assert graded(records, form) == expected


def test_records_of_other_shapes_between_are_left_to_the_rules() -> None:
    usual = [f"2026-01-31T23:59:{second:02} INFO  [app] up, and running\n".encode() for second in range(60)]
    unusual = [b"E x\n", b"<3>Jan 31 x\n", b"\n", b"2026-01-31T23:59:59 ERROR\n", b"2026-01-31T23:59:59 ALERT [a]\n"]
    records = [*unusual, *usual * 20, *unusual]
    expected = by_rules(unusual, ISO)
    for _ in range(2):
        assert graded(records, ISO) == [*expected, *[2] * 1200, *expected]


def test_stencils_that_serve_stay_known() -> None:
    usual = b"2026-01-31T23:59:59Z INFO up, and running"
    graded([usual], ISO)
    (first, *_) = grading._known[ISO]
    for length in range(1, 60):
        graded([b"1" * length + b" INFO up, and running"], ISO)
        graded([usual], ISO)
    assert grading._known[ISO][0] == first
    assert len(grading._known[ISO]) == 16


def test_no_records_have_no_levels() -> None:
    assert graded([], ISO) == []
    assert graded([b"\n"], ISO) == [NO_LEVEL]
