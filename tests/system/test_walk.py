"""Names: directories, patterns, links that go in circles."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from logbraid.errors import SourceError
from logbraid.system.walk import files_below, files_matching, is_pattern


def no_trouble(error: SourceError) -> None:
    raise error


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.log", "a.log", "c.txt", "d/a.log", "d/e/f.log", ".hidden.log", ".git/x.log"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "d" / "round").symlink_to(".")
    (tmp_path / "d" / "itself").symlink_to("itself")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_below_that_is_not_hidden(tree: Path) -> None:
    names = ["a.log", "b.log", "c.txt", "d/a.log", "d/e/f.log", "d/itself"]
    assert files_below(".", no_trouble) == [f"./{name}" for name in names]
    assert files_below(f"{tree}/", no_trouble) == [f"{tree}/{name}" for name in names]
    assert files_below(".git", no_trouble) == [".git/x.log"]


def test_two_loops_do_not_multiply(tree: Path) -> None:
    for n in range(3):
        (tree / f"loop{n}").symlink_to(".")
    assert len(files_below(".", no_trouble)) == 6


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.log", ["a.log", "b.log"]),
        ("*", ["a.log", "b.log", "c.txt"]),
        ("[ab].log", ["a.log", "b.log"]),
        ("./?.log", ["./a.log", "./b.log"]),
        (".*.log", [".hidden.log"]),
        ("**/*.log", ["a.log", "b.log", "d/a.log", "d/e/f.log"]),
        ("d/**", ["d/a.log", "d/e/f.log", "d/itself"]),
        ("**/e/**/*.log", ["d/e/f.log"]),
        ("d/**/a.log", ["d/a.log"]),
        ("nowhere/**/*.log", []),
        ("*.nothing", []),
    ],
)
@pytest.mark.usefixtures("tree")
def test_patterns(pattern: str, expected: list[str]) -> None:
    assert files_matching(pattern, no_trouble) == expected


@pytest.mark.usefixtures("tree")
def test_a_name_that_exists_is_not_a_pattern() -> None:
    Path("odd[1].log").touch()
    assert not is_pattern("odd[1].log")
    assert is_pattern("odd[2].log")
    assert not is_pattern("plain.log")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.usefixtures("tree")
def test_a_directory_that_cannot_be_read_is_told() -> None:
    told: list[SourceError] = []
    Path("d/e").chmod(0)
    try:
        assert "d/a.log" in files_below("d", told.append)
    finally:
        Path("d/e").chmod(0o700)
    assert [error.reason for error in told] == ["permission denied"]


def test_a_directory_that_vanished_is_told(tmp_path: Path) -> None:
    told: list[SourceError] = []
    assert files_below(str(tmp_path / "gone"), told.append) == []
    assert [error.reason for error in told] == ["no such file or directory"]
