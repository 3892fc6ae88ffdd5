"""Rotated names: each scheme's names lead back to the base, and sort by age."""

from __future__ import annotations

import string
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.siblings import age_order, bases, is_compressed_name, is_sibling

WORDS = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=8)
NAMES = st.builds("{}{}".format, WORDS, st.sampled_from(["", ".log", ".txt", ".json.log", "-json.log", ".err"]))
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31))
PACKED = st.sampled_from(["", ".gz", ".zst", ".bz2", ".xz", ".lz4", ".Z"])

BEHIND = (
    *("-%Y%m%d", "-%Y%m%d-%H%M%S", "-%Y%m%d%H", "-%Y%m%d%H%M%S", "-%Y%m%d-%H", ".%Y%m%d", "_%Y%m%d"),
    *(".%Y-%m-%d", ".%Y-%m-%d_%H", ".%Y-%m-%d_%H-%M", ".%Y-%m-%d_%H-%M-%S", "-%Y-%m-%d", "-%Y-%m-%dT%H:%M:%S"),
    *("-%Y-%m-%d.3", ".%Y-%m-%d.12", "-%Y-%m", "-%Y%m%d-1700000000", "-1700000000"),
)
INSIDE = ("-%Y%m%d", ".%Y-%m-%d", "-%Y-%m-%d.3", "-%Y-%m-%d-7", "-%m-%d-%Y-1", "-%Y-%m", "_%Y%m%d_%H%M%S")


def by_age(names: list[str], of: str) -> list[str]:
    """Sort files of one instant."""
    return sorted(names, key=lambda name: age_order(name, 0, of))


@given(NAMES, st.lists(st.integers(0, 9999), min_size=1, max_size=3), PACKED)
def test_numbers_lead_back(name: str, numbers: list[int], packed: str) -> None:
    rotated = name + "".join(f".{number}" for number in numbers) + packed
    assert is_sibling(rotated, name)


@given(NAMES, TIMES, st.sampled_from(BEHIND), PACKED)
def test_dates_behind_the_name_lead_back(name: str, time: datetime, scheme: str, packed: str) -> None:
    assert is_sibling(name + time.strftime(scheme) + packed, name)


@given(WORDS, TIMES, st.sampled_from(INSIDE), st.sampled_from([".log", ".txt"]), PACKED)
def test_dates_before_the_extension_lead_back(
    stem: str, time: datetime, scheme: str, extension: str, packed: str
) -> None:
    assert is_sibling(stem + time.strftime(scheme) + extension + packed, stem + extension)


@given(st.text(string.printable, max_size=40))
def test_bases_are_shorter_and_never_the_name_itself(name: str) -> None:
    assert all(base and (len(base) < len(name)) for base in bases(name))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("app.log.2.gz", ("app.log.2", "app.log")),
        ("app.log.1.1", ("app.log.1", "app.log")),
        ("app.log-20260101.gz", ("app.log-20260101", "app.log")),
        ("app.log.old", ("app.log",)),
        ("0.log.20260101-120000", ("0.log",)),
        ("@4000000068a1b2c3d4e5f607.s", ("current",)),
        ("@4000000068a1b2c3d4e5f607.u", ("current",)),
    ],
)
def test_the_nearest_base_comes_first(name: str, expected: tuple[str, ...]) -> None:
    assert bases(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("app.log", "app.1.log", "app-2.log", "app.log.bak", "app.log~", "app.log.12345", "app-20261301.log"),
        *("current", "1", ".1", ".gz", "-20260101", "2026-01-01.log", "@4000.s", ""),
    ],
)
def test_plain_names_were_not_rotated(name: str) -> None:
    assert bases(name) == ()


def test_a_long_chain_of_marks_ends() -> None:
    assert len(bases("a" + ".1" * 10_000)) <= 9


@pytest.mark.parametrize(
    "oldest_first",
    [
        ["app.log.10.gz", "app.log.2", "app.log.1", "app.log"],
        ["app.log.1.2", "app.log.1.1", "app.log"],
        ["app.log-20251231.gz", "app.log-20260101", "app.log-20260101-120000", "app.log"],
        ["app-2026-01-01.2.log", "app-2026-01-01.10.log.gz", "app-2026-01-02.1.log", "app.log"],
        ["app.log.2026-01-01.2", "app.log.2026-01-01.10", "app.log"],
        ["@4000000068a1b2c3d4e5f607.s", "@4000000068a1b2c3d4e5f608.s", "current"],
    ],
)
def test_files_of_one_instant_sort_by_their_names(oldest_first: list[str]) -> None:
    of = oldest_first[-1]
    assert by_age(oldest_first[::-1], of) == oldest_first


def test_time_goes_before_names_and_the_name_itself_comes_last() -> None:
    written = {"app.log": 1, "app.log.1": 2, "app.log.2": 3, "app.log-20200101": 4}
    assert sorted(written, key=lambda name: age_order(name, written[name], "app.log")) == [
        *("app.log.1", "app.log.2", "app.log-20200101", "app.log")
    ]


def test_the_base_may_look_rotated_itself() -> None:
    names = ["app.log.1.2", "app.log.1.1", "app.log.1"]
    assert by_age(names[::-1], "app.log.1") == names


def test_compressed_names() -> None:
    assert is_compressed_name("app.log.1.gz")
    assert not is_compressed_name("app.log.1")
