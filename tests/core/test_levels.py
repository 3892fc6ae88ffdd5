"""Levels: where they are recognised, and where a word is only a word."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.levels import LEVELS, NO_LEVEL, parse_level, ruled
from logbraid.errors import UsageError

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
SPELLED = {"V": "trace", "D": "debug", "I": "info", "W": "warn", "E": "error", "notice": "info"}

RECOGNISED = [
    ("warn", "ISO 8601", b"2026-01-31 23:59:59,123 - app.db - WARNING - slow"),
    ("warn", "ISO 8601", b"2026-01-31 23:59:59,123 - root - WARNING - slow"),
    ("warn", "ISO 8601, dash after the fraction", b"2026-01-31 23:59:59,123-root-WARNING-slow"),
    ("warn", "ISO 8601", b"WARNING:root:disk"),
    ("info", "ISO 8601", b"INFO 2026-01-31 23:59:59 up"),
    ("error", "ISO 8601", b"[ERROR] 2026-01-31 23:59:59 up"),
    ("error", "ISO 8601", b"2026/01/31 23:59:59 [error] 42#0: *1 open() failed"),
    ("info", "ISO 8601", b"2026-01-31 23:59:59.123  INFO 42 --- [main] c.e.App : up"),
    ("info", "ISO 8601", b"I, [2026-01-31T23:59:59.654321 #42]  INFO -- : hello"),
    ("warn", "ISO 8601", b"2026-01-31T23:59:59.123456Z 0 [Warning] [MY-010055] [Server] x"),
    ("info", "ISO 8601, punctuation after the seconds", b"2026-01-02 03:04:05, Info         CBS    up"),
    ("fatal", "ISO 8601, zone apart", b"2026-01-31 23:59:59.123 UTC [42] FATAL:  no"),
    ("error", "ISO 8601, zone apart", b"2026-01-31 23:59:59.123 UTC [42] bob@db ERROR:  no"),
    ("debug", "ISO 8601", b"2026-01-31T23:59:59.123Z\tDEBUG\tmain.go"),
    ("error", "ISO 8601", b"2026-01-31T23:59:59.123Z [http nio 1] SEVERE c.f - x"),
    ("debug", "ISO 8601", b"2026-01-31T23:59:59Z FINE x"),
    ("error", "ctime", b"[Wed Oct 11 14:32:52.123456 2017] [core:error] [pid 42] no"),
    ("info", "ctime", b"[Wed Oct 11 14:32:52 2017] [notice] no"),
    ("info", "time of day", b"[23:59:59] [Server thread/INFO]: Done"),
    ("info", "time of day", b"[23:59:59 INF] Done"),
    ("error", "syslog", b"Jan 31 23:59:59 host app[12]: ERROR x"),
    ("fatal", "syslog", b"<34>Jan 31 23:59:59 host su: failed"),
    ("info", "ISO 8601", b"<165>1 2026-01-31T23:59:59.003Z mail app 42 ID47 - hello"),
    ("info", "epoch seconds", b'{"level":30,"time":1}'),
    ("fatal", "ISO 8601", b'{"time":"x","severity":"CRITICAL"}'),
    ("warn", "ISO 8601", b'{"log.level": "warn"}'),
    ("error", "ISO 8601", b'[{"a":1,\n "lvl" : "err"}'),
    ("warn", "ISO 8601", b'time="2026" level=warning msg="x"'),
    ("error", "ISO 8601", b'level="error" msg="x"'),
    ("error", "glog", b"E0131 23:59:59.1 1 a.go:1] x"),
    ("debug", "Android", b"12-31 23:59:59.000 D/Tag( 42): hello"),
    ("warn", "day month year", b"42:M 31 Jan 2026 23:59:59.123 # Ready"),
    ("error", "none", b"\xff\xfe ERROR \xff"),
]

NOT_RECOGNISED = [
    b"2026-01-31 23:59:59 the job failed with ERROR code",
    b"2026-01-31 23:59:59 fine thanks",
    b"2026-01-31 23:59:59 INFORM x",
    b"2026-01-31 23:59:59 Errors happened",
    b"Jan 31 23:59:59 host su: failed with ERROR",
    b'{"msg":"level","a":"error"}',
    b'ts=1 msg="at sea level=error here"',
    b"<999>x",
    b"E0131 23:59:59.1 only glog writes its level so",
    b"",
    b"\xff" * 9,
]


@pytest.mark.parametrize(("name", "form", "line"), RECOGNISED)
def test_levels_are_recognised(name: str, form: str, line: bytes) -> None:
    assert by_rules([line], form) == [LEVELS.index(name)]


def test_words_in_a_text_are_no_levels() -> None:
    assert by_rules(NOT_RECOGNISED, "ISO 8601") == [NO_LEVEL] * len(NOT_RECOGNISED)


def test_each_record_has_its_own() -> None:
    lines = [b'{"level":50}', b"2026-01-31T23:59:59Z WARN x", b"x", b"<7>y", b"level=info"]
    assert by_rules(lines, "ISO 8601") == [4, 3, -1, 1, 2]
    assert by_rules([], "ISO 8601") == []


def test_each_level_is_told_with_its_place_and_its_rule() -> None:
    lines = [b"<7>y", b"x", b'{"level":50}', b"2026-01-31T23:59:59Z WARN x"]
    ruling = ruled(pa.array(lines, pa.binary()), "ISO 8601")
    known = ruling.codes != NO_LEVEL
    assert ruling.places[known].tolist() == [1, 9, 21]
    assert ruling.rules[known].tolist() == [0, 6, 10]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
@pytest.mark.parametrize(
    ("system", "form"),
    [
        ("Android", "Android"),
        ("Apache", "ctime"),
        ("Hadoop", "ISO 8601"),
        ("OpenStack", "ISO 8601"),
        ("Spark", "Spark"),
        ("Zookeeper", "ISO 8601"),
    ],
)
def test_each_line_gets_the_level_that_its_truth_file_gives(system: str, form: str) -> None:
    with (CORPUS / f"{system}.truth.csv").open(newline="") as file:
        truth = [parse_level(SPELLED.get(row["Level"], row["Level"])) for row in csv.DictReader(file)]
    lines = [line[:256] for line in (CORPUS / f"{system}.log").read_bytes().splitlines()]
    assert by_rules(lines, form) == truth


@pytest.mark.parametrize(
    ("name", "code"), [("trace", 0), ("Debug", 1), (" INFO", 2), ("warning", 3), ("err", 4), ("crit", 5)]
)
def test_names_and_synonyms_are_parsed(name: str, code: int) -> None:
    assert parse_level(name) == code


def test_an_unknown_name_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="trace, debug, info, warn, error, fatal"):
        parse_level("loud")


@given(st.lists(st.binary(max_size=60), max_size=5), st.sampled_from(["ISO 8601", "glog", "Android", "syslog"]))
def test_any_bytes_will_do(lines: list[bytes], form: str) -> None:
    assert all(NO_LEVEL <= code < len(LEVELS) for code in by_rules(lines, form))


def by_rules(lines: list[bytes], form: str) -> list[int]:
    return list(ruled(pa.array(lines, pa.binary()), form).codes)
