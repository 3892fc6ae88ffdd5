"""Labels: short, different, and quick for many paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.labels import label_beside, labels, printable

PATHS = st.lists(st.text("ab/.#2", min_size=1, max_size=8), max_size=12)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], []),
        (["/var/log/app.log"], ["app.log"]),
        (["a/app.log", "b/app.log", "b/db.log"], ["a/app.log", "b/app.log", "db.log"]),
        (["x/a/app.log", "y/a/app.log", "z/b/app.log"], ["x/a/app.log", "y/a/app.log", "b/app.log"]),
        (["app.log", "old/app.log"], ["app.log", "old/app.log"]),
        (["./app.log", "app.log"], ["app.log", "app.log#2"]),
        (["-", "-", "-"], ["-", "-#2", "-#3"]),
        (["x", "x#2", "x"], ["x", "x#2", "x#3"]),
        (["/"], ["/"]),
        (["s3://bucket/one/app.log", "s3://bucket/two/app.log"], ["one/app.log", "two/app.log"]),
    ],
)
def test_the_shortest_suffix_that_differs(paths: list[str], expected: list[str]) -> None:
    assert labels(paths) == expected


@given(PATHS)
def test_labels_always_differ(paths: list[str]) -> None:
    assert len(set(labels(paths))) == len(paths)


def test_many_paths_with_a_long_common_tail() -> None:
    tail = "/".join("abcdefgh")
    found = labels([f"/srv/host{n}/{tail}/app.log" for n in range(5_000)])
    assert found[4_999] == f"host4999/{tail}/app.log"


def test_control_characters_are_spelt_out() -> None:
    assert labels(["/logs/a\nb.log", "/logs/\x1b[31mc.log"]) == ["a\\x0ab.log", "\\x1b[31mc.log"]
    assert printable("über/ä b.log") == "über/ä b.log"


@pytest.mark.parametrize(
    ("path", "taken", "expected"),
    [
        ("/srv/c/app.log", {"db.log"}, "app.log"),
        ("/srv/c/app.log", {"app.log", "db.log"}, "c/app.log"),
        ("app.log", {"app.log"}, "app.log#2"),
        ("./app.log", {"app.log", "app.log#2"}, "app.log#3"),
        ("/a\nb.log", set(), "a\\x0ab.log"),
    ],
)
def test_a_newcomer_gets_a_label_that_is_free(path: str, taken: set[str], expected: str) -> None:
    assert label_beside(path, taken) == expected


@given(PATHS)
def test_newcomers_always_get_different_labels(paths: list[str]) -> None:
    taken: set[str] = set()
    for path in paths:
        name = label_beside(path, taken)
        assert name not in taken
        taken.add(name)
