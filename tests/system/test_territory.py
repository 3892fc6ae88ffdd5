"""Territory: looking again and again finds what one look from scratch would find."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.errors import SourceError
from logbraid.system.territory import Territory
from logbraid.system.walk import Pattern, files_matching

NAMES = st.sampled_from(["a", "b.log", "c.log", ".d.log"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PATTERNS = st.sampled_from(
    ["*", "*/*.log", "a/*", "**/*.log", "**", "a/**", "**/a/**/*.log", "*/b.log/*", "[ab]*/c.log"]
)


def no_trouble(error: SourceError) -> None:
    raise error


def appeared(territory: Territory, changed: set[str] | None = None) -> list[str]:
    """What is new, as paths."""
    return [place.prefix + name for place, names in territory.look(changed) for name in names]


def create(path: Path) -> None:
    """Make a file, unless something of its path is a file already or it is a directory."""
    if not path.exists() and not any(parent.is_file() for parent in path.parents):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@given(PATTERNS, st.lists(st.lists(PATHS, max_size=4), max_size=4))
def test_many_looks_find_what_one_would(pattern: str, rounds: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as root:
        full = f"{root}/{pattern}"
        territory = Territory(Pattern.of(full), no_trouble)
        found = appeared(territory)
        for paths in rounds:
            for path in paths:
                create(Path(root, path))
            found += appeared(territory)
        assert sorted(found) == files_matching(full, no_trouble)


@given(PATTERNS, st.lists(PATHS, max_size=8))
def test_told_of_every_directory_that_matters_it_finds_all(pattern: str, paths: list[str]) -> None:
    """A new name is a change in the directory that it is in, which is a place already or lies below a new one."""
    with tempfile.TemporaryDirectory() as root:
        full = f"{root}/{pattern}"
        territory = Territory(Pattern.of(full), no_trouble)
        found = appeared(territory)
        for path in paths:
            before = {place.real for place in territory.places}
            create(Path(root, path))
            found += appeared(territory, {each for each in before if f"{root}/{path}".startswith(each)})
        assert sorted(found) == files_matching(full, no_trouble)


def test_a_name_that_is_taken_out_is_told_again(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    territory = Territory(Pattern.below(str(tmp_path)), no_trouble)
    assert appeared(territory) == [f"{tmp_path}/a.log"]
    (place,) = territory.places
    place.names.clear()
    assert appeared(territory) == [f"{tmp_path}/a.log"]


def test_what_lies_below_a_directory_that_is_gone_is_gone(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    territory = Territory(Pattern.below(str(tmp_path)), no_trouble)
    appeared(territory)
    assert len(territory.places) == 4
    (tmp_path / "a").rename(tmp_path / ".hidden")
    appeared(territory, {str(tmp_path / "a")})
    assert [place.real for place in territory.places] == [str(tmp_path)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_directory_that_cannot_be_read_is_told_and_stays(tmp_path: Path) -> None:
    told: list[SourceError] = []
    (tmp_path / "a").mkdir(0)
    territory = Territory(Pattern.below(str(tmp_path)), told.append)
    assert appeared(territory) == []
    assert [error.reason for error in told] == ["permission denied"]
    (tmp_path / "a").chmod(0o700)
    (tmp_path / "a" / "b.log").touch()
    assert appeared(territory) == [f"{tmp_path}/a/b.log"]
