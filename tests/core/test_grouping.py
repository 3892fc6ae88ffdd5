"""Which lines belong together: tracebacks of six languages and pretty JSON, with timestamps and without."""

from __future__ import annotations

import pytest

from logbraid.core.grouping import promises_more
from logbraid.core.timestamps.pieces import at

from .build import JAVA, PYTHON, parse

TRACEBACKS = {
    "Python": PYTHON,
    "Python, chained": PYTHON
    + b"\nDuring handling of the above exception, another exception occurred:\n\n"
    + PYTHON
    + b"\nThe above exception was the direct cause of the following exception:\n\n"
    + PYTHON,
    "Java": JAVA.split(b"\n", 1)[1],
    "Go": b"\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:8 +0x1d\nexit status 2\n",
    "Node": b"    at Object.<anonymous> (/app/a.js:1:7)\n    at Module._compile (node:internal:1:1) {\n  code: 1\n}\n",
    "Ruby": b"\tfrom a.rb:5:in `b'\n\tfrom a.rb:9:in `<main>'\n",
    ".NET": b"   at A.B() in c.cs:line 1\n--- End of inner exception stack trace ---\n   at A.C()\n",
}
PRETTY = b'{\n  "level": "info",\n  "time": "2026-01-01T00:00:0%dZ",\n  "list": [\n    {\n      "a": 1\n    }\n  ]\n}\n'


@pytest.mark.parametrize("sizes", [[1 << 20], [5]])
@pytest.mark.parametrize("traceback", TRACEBACKS.values(), ids=TRACEBACKS)
def test_with_timestamps_a_traceback_belongs_to_the_line_above(traceback: bytes, sizes: list[int]) -> None:
    first, second = b"2026-01-01 00:00:01 ERROR it broke\n", b"2026-01-01 00:00:02 INFO on we go\n"
    rows = parse(first + traceback + second, sizes).rows
    assert [row.data for row in rows] == [first + traceback, second]


@pytest.mark.parametrize("sizes", [[1 << 20], [5]])
@pytest.mark.parametrize("traceback", TRACEBACKS.values(), ids=TRACEBACKS)
def test_without_timestamps_its_customs_tell(traceback: bytes, sizes: list[int]) -> None:
    rows = parse(b"all is well\npanic: it broke\n" + traceback + b"on we go\n" * 70, sizes).rows
    assert [row.data for row in rows[:3]] == [b"all is well\n", b"panic: it broke\n" + traceback, b"on we go\n"]
    assert len(rows) == 72


@pytest.mark.parametrize("sizes", [[1 << 20], [5]])
@pytest.mark.parametrize("count", [1, 2, 40])
def test_pretty_json_is_one_record_from_brace_to_brace(sizes: list[int], count: int) -> None:
    values = [PRETTY % (number % 10) for number in range(count)]
    rows = parse(b"".join(values), sizes).rows
    assert [row.data for row in rows] == values
    assert [row.time for row in rows] == [at(f"2026-01-01T00:00:0{number % 10}") for number in range(count)]


def test_pretty_json_without_a_time_takes_that_of_the_one_above() -> None:
    data = PRETTY % 1 + b'{\n  "a": 1\n}\n' + PRETTY % 2
    assert [row.time for row in parse(data).rows] == [at(f"2026-01-01T00:00:0{second}") for second in (1, 1, 2)]


def test_a_brace_between_other_lines_does_not_make_them_json() -> None:
    data = b"ts=2026-01-01T00:00:01Z a=1\n" * 20 + b"{\n" + b"ts=2026-01-01T00:00:02Z a=1\n" * 20
    assert len(parse(data).rows) == 40


def test_a_traceback_above_the_first_timestamp_is_a_record() -> None:
    rows = parse(PYTHON + b"2026-01-01 00:00:01 INFO on we go\n").rows
    assert [row.data for row in rows] == [PYTHON, b"2026-01-01 00:00:01 INFO on we go\n"]


def test_a_traceback_that_mentions_a_time_stays_whole() -> None:
    data = b"2026-01-01 00:00:01 ERROR x\nTraceback (most recent call last):\n  at 2026-01-01 00:00:09\nE: 2026\n"
    assert len(parse(data + b"2026-01-01 00:00:02 INFO y\n").rows) == 2


@pytest.mark.parametrize(
    "line",
    [
        b"2026-03-01 08:00:00 ERROR unhandled failure",
        b"2026-03-01 08:00:00 Traceback (most recent call last):",
        b"java.lang.IllegalStateException: closed",
        b"2026-03-01 08:00:00 request was {",
        b"2026-03-01 08:00:00 stack trace:\r",
        b"panic: runtime error",
    ],
)
def test_some_lines_promise_more(line: bytes) -> None:
    assert promises_more(line)


@pytest.mark.parametrize("line", [b"2026-03-01 08:00:00 INFO request served in 12 ms", b"", b'{"ts": 1, "msg": "ok"}'])
def test_most_lines_do_not(line: bytes) -> None:
    assert not promises_more(line)
