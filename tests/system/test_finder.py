"""The finder: what is new since the last search, and what is left to the tails that there are."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from logbraid.core.types import Identity
from logbraid.errors import UsageError
from logbraid.system.finder import Finder
from logbraid.system.ports import Findings


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


def write(name: str, data: bytes = b"text\n") -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return name


def append(name: str, data: bytes = b"more\n") -> None:
    with Path(name).open("ab") as file:
        file.write(data)


def paths(found: Findings) -> list[str]:
    return [each.path for each in found.files]


def said(found: Findings) -> list[str]:
    return [str(event) for event in found.events]


def watched(found: Findings, here: Path) -> set[str]:
    """The directories to be watched, seen from here."""
    return {os.path.relpath(each, here) for each in found.directories}


def identity(name: str) -> Identity:
    return Identity.of(Path(name).stat())


# What the first search returns


def test_everything_comes_first_in_the_order_given_and_sorted_inside(here: Path) -> None:
    for name in ("z.log", "logs/b.log", "logs/a/c.log", "logs/.hidden", "x2.txt", "x1.txt"):
        write(name)
    found = Finder(["z.log", "logs", "x*.txt"]).search()
    assert paths(found) == ["z.log", "logs/b.log", "logs/a/c.log", "x1.txt", "x2.txt"]
    assert [each.named for each in found.files] == [True, False, False, False, False]
    assert watched(found, here) == {".", "logs", "logs/a"}
    assert said(found) == []


def test_a_file_uri_is_a_path_and_other_uris_are_refused(here: Path) -> None:
    write("a b.log")
    assert paths(Finder([f"file://{here}/a%20b.log"]).search()) == [f"{here}/a b.log"]
    with pytest.raises(UsageError, match=r"s3://bucket/a.log: objects in a remote store cannot be followed"):
        Finder(["s3://me:secret@bucket/a.log"])


def test_pipes_and_devices_are_told_apart() -> None:
    os.mkfifo("fifo")
    write("a.log")
    found = Finder(["fifo", "a.log", "-", "/dev/null", "-"]).search()
    assert [each.path for each in found.pipes] == ["fifo", "-", "/dev/null"]
    assert paths(found) == ["a.log"]


def test_only_regular_files_are_met() -> None:
    os.mkfifo("logs.fifo")
    assert said(Finder(["*.fifo"]).search()) == ["logs.fifo: skipped: not a regular file"]


def test_binary_files_must_be_named() -> None:
    write("named.bin", b"\0\1")
    write("met.bin", b"\0\1")
    finder = Finder(["named.bin", "*.bin"])
    found = finder.search()
    assert paths(found) == ["named.bin"]
    assert said(found) == ["named.bin: binary file, merged because it was named", "met.bin: skipped: binary file"]
    assert said(finder.search()) == []


def test_a_file_is_one_source_whatever_its_names() -> None:
    write("a.log")
    os.link("a.log", "hard.log")
    Path("soft.log").symlink_to("a.log")
    finder = Finder(["a.log", "./a.log", "*.log"])
    found = finder.search()
    assert paths(found) == ["a.log"]
    assert said(found) == [f"{name}: skipped: the same file as a.log" for name in ("./a.log", "hard.log", "soft.log")]
    assert said(finder.search()) == []


def test_what_the_run_writes_is_never_a_source(here: Path) -> None:
    write("a.log")
    write("out.log")
    write("out.log.1")
    os.link("out.log", "same.log")
    finder = Finder([".", "out.log"], exclude=[f"{here}/out.log"])
    found = finder.search()
    assert paths(found) == ["./a.log"]
    assert "./same.log: skipped: belongs to the output" in said(found)
    append("out.log.1")
    finder.search()
    append("out.log.1")
    assert paths(finder.search()) == []


# What later searches return


def test_only_what_is_new_comes_later(here: Path) -> None:
    write("logs/a.log")
    finder = Finder(["logs"])
    finder.search()
    assert finder.search().files == []
    write("logs/b.log", b"")
    write("logs/new/deep/c.log")
    found = finder.search()
    assert paths(found) == ["logs/b.log", "logs/new/deep/c.log"]
    assert watched(found, here) == {"logs", "logs/new", "logs/new/deep"}


def test_only_changed_directories_are_looked_into(here: Path) -> None:
    for name in ("a/1.log", "b/1.log"):
        write(name)
    finder = Finder(["a", "b"])
    finder.search()
    write("a/2.log")
    write("b/2.log")
    assert paths(finder.search({f"{here}/b"})) == ["b/2.log"]
    assert paths(finder.search()) == ["a/2.log"]


def test_a_file_that_comes_back_is_followed_already() -> None:
    write("logs/a.log")
    finder = Finder(["logs"])
    finder.search()
    Path("logs/a.log").unlink()
    finder.search()
    write("logs/a.log")
    found = finder.search()
    assert (found.files, found.events) == ([], [])


def test_an_inode_that_serves_a_new_file_is_a_new_source() -> None:
    write("logs/a.log")
    finder = Finder(["logs"])
    finder.search()
    Path("logs/a.log").rename("logs/b.log")  # what remove and create on the same inode look like
    assert paths(finder.search()) == ["logs/b.log"]


def test_a_renamed_file_is_left_to_its_tail() -> None:
    write("logs/a.log")
    owned = {identity("logs/a.log")}
    finder = Finder(["logs"], owned=owned.__contains__)
    finder.search()
    Path("logs/a.log").rename("logs/kept")
    assert finder.search().files == []
    owned.clear()
    assert finder.search().files == []


# What is waited for


def test_a_named_path_is_waited_for(here: Path) -> None:
    finder = Finder(["logs/app/a.log"])
    found = finder.search()
    assert paths(found) == ["logs/app/a.log"]
    assert watched(found, here) == {"."}
    Path("logs").mkdir()
    assert watched(finder.search({str(here)}), here) == {"logs"}
    write("logs/app/a.log")
    found = finder.search({f"{here}/logs"})
    assert found.files == []
    assert watched(found, here) == {"logs/app"}


@pytest.mark.parametrize(
    ("spec", "nothing"),
    [
        ("logs/*.log", "logs/*.log: skipped: nothing matches this pattern yet"),
        ("logs/**/*.log", "logs/**/*.log: skipped: nothing matches this pattern yet"),
    ],
)
def test_a_pattern_waits_for_matches(here: Path, spec: str, nothing: str) -> None:
    finder = Finder([spec])
    found = finder.search()
    assert said(found) == [nothing]
    assert watched(found, here) == {"."}
    assert said(finder.search()) == []
    write("logs/a.log")
    found = finder.search({str(here)})
    assert paths(found) == ["logs/a.log"]
    assert watched(found, here) == {"logs"}


def test_an_empty_directory_is_said_once() -> None:
    Path("logs").mkdir()
    finder = Finder(["logs"])
    assert said(finder.search()) == ["logs: skipped: no files in this directory yet"]
    assert said(finder.search()) == []
    write("logs/a.log")
    assert paths(finder.search()) == ["logs/a.log"]


def test_what_was_missing_may_turn_out_to_be_a_directory_or_a_pipe() -> None:
    finder = Finder(["logs", "fifo"])
    assert paths(finder.search()) == ["logs", "fifo"]
    write("logs/a.log")
    os.mkfifo("fifo")
    found = finder.search()
    assert paths(found) == ["logs/a.log"]
    assert [each.path for each in found.pipes] == ["fifo"]


def test_a_directory_may_go_and_come_back(here: Path) -> None:
    write("top/logs/a.log")
    finder = Finder(["top/logs"])
    finder.search()
    Path("top/logs").rename("top/old")
    assert watched(finder.search(), here) == {"top"}
    write("top/logs/b.log")
    found = finder.search({f"{here}/top"})
    assert paths(found) == ["top/logs/b.log"]
    assert watched(found, here) == {"top/logs"}


def test_a_dangling_link_is_said_and_taken_when_it_leads_somewhere(here: Path) -> None:
    Path("logs").mkdir()
    Path("logs/a.log").symlink_to(here / "data" / "a")
    finder = Finder(["logs"])
    assert said(finder.search()) == ["logs/a.log: skipped: dangling link"]
    write("data/a")
    found = finder.search()
    assert paths(found) == ["logs/a.log"]
    assert watched(found, here) == {"logs", "data"}


# Links


def test_the_directory_of_a_target_is_watched_too(here: Path) -> None:
    write("data/one/a")
    write("data/two/b")
    Path("logs").mkdir()
    Path("a.log").symlink_to("data/one/a")
    Path("logs/b.log").symlink_to("../data/two/b")
    finder = Finder(["a.log", "logs/*.log"])
    assert watched(finder.search(), here) == {".", "data/one", "logs", "data/two"}
    write("data/three/b")
    Path("logs/b.log").unlink()
    Path("logs/b.log").symlink_to("../data/three/b")
    found = finder.search({f"{here}/logs"})
    assert found.files == []
    assert watched(found, here) == {".", "data/one", "logs", "data/three"}


def test_links_that_go_in_circles_end(here: Path) -> None:
    write("logs/a.log")
    Path("logs/round").symlink_to(".")
    found = Finder(["logs"]).search()
    assert paths(found) == ["logs/a.log"]
    assert watched(found, here) == {"logs"}


def test_a_link_to_a_directory_may_lead_elsewhere(here: Path) -> None:
    write("v1/a.log")
    write("v2/b.log")
    Path("site").mkdir()
    Path("site/current").symlink_to("../v1")
    finder = Finder(["site/*/*.log"])
    assert paths(finder.search()) == ["site/current/a.log"]
    Path("site/current").unlink()
    Path("site/current").symlink_to("../v2")
    found = finder.search({f"{here}/site"})
    assert paths(found) == ["site/current/b.log"]
    assert watched(found, here) == {"site", "v2"}


# Rotated files


def test_rotated_files_are_the_past_of_their_base() -> None:
    for name in ("app.log", "app.log.1", "app.log.2.gz", "app.log-20260101", "app-20260101.log", "app.log.old"):
        write(f"logs/{name}")
    assert paths(Finder(["logs"]).search()) == ["logs/app.log"]


def test_files_rotated_into_a_directory_below_are_too() -> None:
    for name in ("app.log", "old/app.log.1", "2026-01/app-01-31-2026-1.log.gz"):
        write(f"logs/{name}")
    assert paths(Finder(["logs"]).search()) == ["logs/app.log"]


def test_rotated_names_without_a_base_are_sources() -> None:
    for name in ("app-20260101.log", "app-20260102.log", "db.1"):
        write(f"logs/{name}")
    write("logs/web.log.1.gz", gzip.compress(b"text\n"))
    assert paths(Finder(["logs"]).search()) == [
        *("logs/app-20260101.log", "logs/app-20260102.log", "logs/db.1", "logs/web.log.1.gz")
    ]


def test_rotated_files_whose_base_nobody_asked_for_are_sources() -> None:
    for name in ("app.log", "app.log.1"):
        write(f"logs/{name}")
    assert paths(Finder(["logs/*.1"]).search()) == ["logs/app.log.1"]


def test_a_named_rotated_file_is_a_source_and_a_named_base_has_a_past() -> None:
    for name in ("app.log", "app.log.1", "app.log.2"):
        write(name)
    assert paths(Finder(["*.?", "app.log", "app.log.2"]).search()) == ["app.log", "app.log.2"]


def test_a_rotation_brings_nothing_new() -> None:
    write("logs/app.log")
    finder = Finder(["logs"])
    finder.search()
    Path("logs/app.log").rename("logs/app.log.1")
    assert finder.search().files == []
    write("logs/app.log")
    append("logs/app.log.1")
    assert finder.search().files == []


def test_a_rotated_name_that_goes_on_growing_is_a_source_after_all() -> None:
    write("logs/node")
    write("logs/node.1")
    finder = Finder(["logs"])
    assert paths(finder.search()) == ["logs/node"]
    append("logs/node.1")
    assert finder.search().files == []
    append("logs/node.1")
    assert paths(finder.search()) == ["logs/node.1"]
    append("logs/node.1")
    assert finder.search().files == []


def test_a_rotated_file_that_a_tail_has_may_grow() -> None:
    write("logs/app.log")
    write("logs/app.log.1")
    owned = {identity("logs/app.log.1")}
    finder = Finder(["logs"], owned=owned.__contains__)
    for _ in range(3):
        append("logs/app.log.1")
        assert paths(finder.search()) in (["logs/app.log"], [])
    owned.clear()
    append("logs/app.log.1")  # the last that its tail has read
    assert finder.search().files == []


def test_growth_is_told_by_identity_not_by_name() -> None:
    for name, size in (("app.log", 30), ("app.log.1", 20), ("app.log.2", 10)):
        write(f"logs/{name}", b"x" * size)
    finder = Finder(["logs"])
    finder.search()
    for n in range(3, 6):
        for older in range(n - 1, 0, -1):
            Path(f"logs/app.log.{older}").rename(f"logs/app.log.{older + 1}")
        Path("logs/app.log").rename("logs/app.log.1")
        write("logs/app.log", b"x" * 10 * (n + 1))
        assert finder.search().files == []


def test_a_compressed_newcomer_is_left_alone_until_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("one\n")
    finder = Finder([str(tmp_path)])
    finder.search()
    packed = tmp_path / "b.log.gz"
    packed.touch()
    assert finder.search().files == []
    packed.write_bytes(gzip.compress(b"two\n"))
    assert finder.search().files == []
    os.utime(packed, (1, 1))
    assert [(each.path, each.plain) for each in finder.search().files] == [(str(packed), False)]


# What earlier runs have followed


@pytest.mark.parametrize("spec", ["logs", "logs/", "logs/*.log", "logs/**", "logs/app.log", "./logs/*"])
def test_what_was_rotated_away_while_nobody_ran_is_found_by_its_old_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "app.log.1").write_text("rotated\n")
    finder = Finder([spec])
    finder.expect([os.path.realpath(tmp_path / "logs" / "app.log"), os.path.realpath(tmp_path / "other.log")])
    (found,) = finder.search().files
    assert found.names == (os.path.realpath(tmp_path / "logs" / "app.log"),)
    assert os.path.normpath(found.path) == "logs/app.log"
    assert finder.search().files == []


def test_what_is_there_is_found_once(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("line\n")
    finder = Finder([str(tmp_path)])
    finder.expect([os.path.realpath(path)])
    assert [found.path for found in finder.search().files] == [str(path)]
    assert finder.search().files == []


def test_what_no_name_of_the_user_means_is_left_alone(tmp_path: Path) -> None:
    finder = Finder([str(tmp_path / "*.txt")])
    finder.expect([os.path.realpath(tmp_path / "app.log"), "/elsewhere/app.txt"])
    assert finder.search().files == []
