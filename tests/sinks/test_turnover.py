"""An output's own rotation: names move up, too old ones go, and nothing that is not ours is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.types import SECOND
from logbraid.errors import SinkError
from logbraid.sinks.turnover import Turnover


def names(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("turnover", "length", "age", "due"),
    [
        (Turnover(keep=5, size=10), 9, 10**20, False),
        (Turnover(keep=5, size=10), 10, 0, True),
        (Turnover(keep=5, age=SECOND), 1, SECOND - 1, False),
        (Turnover(keep=5, age=SECOND), 1, SECOND, True),
        (Turnover(keep=5, age=SECOND), 0, SECOND, False),
        (Turnover(keep=5, size=10, age=SECOND), 9, SECOND, True),
    ],
)
def test_when_it_is_due(turnover: Turnover, length: int, age: int, due: bool) -> None:
    assert turnover.is_due(length, age) is due


def test_names_move_up_and_the_oldest_goes(tmp_path: Path) -> None:
    path = tmp_path / "o"
    turnover = Turnover(keep=2)
    for text in "abcd":
        path.write_text(text)
        turnover.rotate(str(path))
    assert names(tmp_path) == {"o.1": "d", "o.2": "c"}
    assert turnover.names("o") == ["o.1", "o.2"]


@given(there=st.sets(st.integers(1, 7)), keep=st.integers(1, 4))
def test_only_a_row_without_gaps_is_touched(
    tmp_path_factory: pytest.TempPathFactory, there: set[int], keep: int
) -> None:
    directory = tmp_path_factory.mktemp("row")
    (directory / "o").write_text("new")
    for number in there:
        (directory / f"o.{number}").write_text(str(number))
    Turnover(keep=keep).rotate(str(directory / "o"))
    row = next(number for number in range(1, 9) if number not in there) - 1
    moved = {f"o.{number + 1}": str(number) for number in range(1, min(row, keep - 1) + 1)}
    stayed = {f"o.{number}": str(number) for number in there if number > row}
    assert names(directory) == {"o.1": "new"} | moved | stayed


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("elsewhere")])
def test_what_is_no_file_is_not_touched(tmp_path: Path, make: object) -> None:
    assert callable(make)
    path = tmp_path / "o"
    path.write_text("new")
    make(tmp_path / "o.1")
    with pytest.raises(SinkError, match=r"o\.1 is in the way"):
        Turnover(keep=5).rotate(str(path))
    assert path.read_text() == "new"
