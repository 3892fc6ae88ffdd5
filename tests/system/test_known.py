"""What is known: one key for each name, one source for each file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from logbraid.core.events import Event, SourceSkipped
from logbraid.core.types import Identity
from logbraid.system.known import Known


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


@pytest.fixture
def said() -> list[Event]:
    return []


@pytest.fixture
def known(said: list[Event]) -> Known:
    found = Known(["out.log"], owned=lambda _: False)
    found.begin(said)
    return found


def identity(path: str) -> Identity:
    return Identity.of(Path(path).stat())


def test_a_key_has_no_links_but_the_last(known: Known, here: Path) -> None:
    Path("real").mkdir()
    Path("alias").symlink_to("real")
    Path("real/a.log").symlink_to("elsewhere")
    assert known.key("alias/a.log") == known.key("./real/a.log") == f"{here}/real/a.log"


def test_what_is_missing_would_be_told_by_the_nearest_directory(known: Known, here: Path) -> None:
    assert known.watchable("no/such/a.log") == str(here)
    assert known.watchable("a.log") == str(here)


def test_the_output_is_known_by_name_before_it_is_there(known: Known, here: Path, said: list[Event]) -> None:
    assert not known.admits_name("./out.log", f"{here}/out.log")
    assert said == [SourceSkipped("./out.log", "belongs to the output")]
    assert known.is_excluded(f"{here}/out.log")
    assert known.is_base(f"{here}/out.log")


def test_its_checkpoint_needs_no_word_of_its_own(known: Known, here: Path, said: list[Event]) -> None:
    known.exclude(["out.log.checkpoint", "out.log.checkpoint-journal", "account.json"])
    for name in ("out.log.checkpoint", "out.log.checkpoint-journal", "out.log", "account.json"):
        assert not known.admits_name(name, f"{here}/{name}")
    assert said == [SourceSkipped(name, "belongs to the output") for name in ("out.log", "account.json")]


def test_a_second_name_is_said_once(known: Known, said: list[Event]) -> None:
    Path("a.log").touch()
    os.link("a.log", "b.log")
    known.follow("a.log", known.key("a.log"), identity("a.log"))
    for _ in range(2):
        assert not known.admits("b.log", known.key("b.log"), identity("b.log"))
    assert said == [SourceSkipped("b.log", "the same file as a.log")]


def test_a_file_that_was_renamed_is_known_as_long_as_a_tail_has_it(said: list[Event]) -> None:
    Path("a.log").touch()
    owned = {identity("a.log")}
    known = Known([], owned.__contains__)
    known.begin(said)
    known.follow("a.log", known.key("a.log"), identity("a.log"))
    Path("a.log").rename("b.log")
    assert not known.admits("b.log", known.key("b.log"), identity("b.log"))
    owned.clear()
    assert known.admits("b.log", known.key("b.log"), identity("b.log"))
    assert said == []


def test_expected_names_are_bases(known: Known, here: Path) -> None:
    known.expect(["a.log"])
    assert known.is_base(f"{here}/a.log")
    assert known.admits_name("a.log", f"{here}/a.log")
