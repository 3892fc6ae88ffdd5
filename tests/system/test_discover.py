"""Discovery: which sources, in which order, and what is said about the rest."""

from __future__ import annotations

import gzip
import os
import socket
from pathlib import Path
from threading import Thread

import pytest

from logbraid.errors import UsageError
from logbraid.system.descriptors import Descriptors
from logbraid.system.discover import Discovery, discover

from .sources import read_all


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name: str, data: bytes = b"text\n") -> str:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return name


def paths(found: Discovery) -> list[str]:
    return [source.path for source in found.sources]


def said(found: Discovery) -> list[str]:
    return [str(event) for event in found.events]


def test_sources_come_in_the_order_given_and_sorted_inside() -> None:
    for name in ("z.log", "logs/b.log", "logs/a/c.log", "logs/a.log", "x2.txt", "x1.txt"):
        write(name)
    found = discover(["z.log", "logs", "x*.txt"], commands=["echo hi"])
    assert paths(found) == ["z.log", "logs/a.log", "logs/a/c.log", "logs/b.log", "x1.txt", "x2.txt", "echo hi"]
    assert said(found) == []
    assert read_all(found.sources[-1]) == b"hi\n"
    found.sources[-1].close()


def test_what_cannot_be_found_is_an_event_and_the_rest_stays() -> None:
    write("a.log")
    found = discover(["gone.log", "*.gone", "a.log"])
    assert paths(found) == ["a.log"]
    assert said(found) == ["gone.log: no such file or directory", "*.gone: nothing matches this pattern"]


def test_brackets_in_the_name_of_a_file_are_meant() -> None:
    write("a[1].log")
    write("a1.log")
    assert paths(discover(["a[1].log"])) == ["a[1].log"]


def test_one_file_is_one_source_whatever_its_names() -> None:
    write("a.log")
    os.link("a.log", "hard.log")
    Path("soft.log").symlink_to("a.log")
    found = discover(["a.log", "a.log", "./a.log", "*.log"])
    assert paths(found) == ["a.log"]
    assert said(found) == [
        f"{name}: skipped: the same file as a.log" for name in ("a.log", "./a.log", "a.log", "hard.log", "soft.log")
    ]


@pytest.mark.parametrize("excluded", ["out.log", "./out.log", "alias/out.log"])
def test_the_output_is_never_its_own_source(here: Path, excluded: str) -> None:
    write("a.log")
    write("out.log")
    os.link("out.log", "same.log")
    Path("alias").symlink_to(here)
    found = discover(["*.log", "out.log"], exclude=[excluded, "not-there-yet.log"])
    assert paths(found) == ["a.log"]
    assert said(found) == [f"{name}: skipped: belongs to the output" for name in ("out.log", "same.log", "out.log")]


def test_an_excluded_path_counts_even_where_the_file_came_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logbraid.system.discover.identities", lambda paths: set())
    write("out.log")
    assert paths(discover(["."], exclude=["out.log"])) == []


def test_links_that_lead_nowhere_or_in_circles() -> None:
    write("logs/a.log")
    Path("logs/dangling.log").symlink_to("nowhere")
    Path("logs/itself.log").symlink_to("itself.log")
    Path("logs/up").symlink_to("..")
    found = discover(["logs", "logs/dangling.log"])
    assert paths(found) == ["logs/a.log"]
    assert said(found) == [
        "logs/dangling.log: skipped: dangling link",
        "logs/itself.log: skipped: dangling link",
        "logs/dangling.log: no such file or directory",
    ]


def test_an_empty_directory_is_told() -> None:
    Path("empty").mkdir()
    assert said(discover(["empty"])) == ["empty: skipped: no files in this directory"]


def test_binary_files_are_kept_only_where_named() -> None:
    write("logs/core", b"\x7fELF\0\0")
    write("logs/wide.log", "\ufeffwide\n".encode("utf-16-le"))
    write("logs/zipped", gzip.compress(b"zipped\n"))
    found = discover(["logs", "logs/core"])
    assert paths(found) == ["logs/wide.log", "logs/zipped", "logs/core"]
    assert [read_all(source) for source in found.sources] == [b"wide\n", b"zipped\n", b"\x7fELF\0\0"]
    assert said(found) == [
        "logs/core: skipped: binary file",
        "logs/core: binary file, merged because it was named",
    ]
    assert [source.size for source in found.sources] == [None, None, 6]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_are_told() -> None:
    Path(write("a.log")).chmod(0)
    assert said(discover(["a.log"])) == ["a.log: permission denied"]


def test_a_fifo_is_a_source_where_named_and_not_where_met() -> None:
    Path("logs").mkdir()
    os.mkfifo("logs/fifo")
    assert said(discover(["logs"])) == ["logs/fifo: skipped: not a regular file"]
    found = discover(["logs/fifo"])
    (source,) = found.sources
    assert (source.blocking, source.seekable, source.size) == (True, False, None)
    writer = Thread(target=Path("logs/fifo").write_bytes, args=(gzip.compress(b"piped\n"),))
    writer.start()
    assert read_all(source) == b"piped\n"
    writer.join()


def test_a_socket_is_not_a_source(here: Path) -> None:
    with socket.socket(socket.AF_UNIX) as peer:
        peer.bind("socket")
        assert said(discover(["socket"])) == ["socket: neither a file, a directory, a pipe nor a character device"]


def test_stdin_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fstat", lambda number: os.stat(os.devnull))
    found = discover(["-", "-"])
    assert paths(found) == ["-"]
    assert said(found) == ["-: skipped: the same file as -"]


def test_a_file_uri_is_a_local_file(here: Path) -> None:
    write("a.log")
    found = discover(["a.log", f"file://{here}/a.log"])
    assert paths(found) == ["a.log"]
    assert said(found) == [f"{here}/a.log: skipped: the same file as a.log"]


def test_a_bad_command_is_the_callers_fault() -> None:
    with pytest.raises(UsageError):
        discover([], commands=["echo 'unclosed"])


def test_discovery_keeps_no_descriptor_open() -> None:
    for n in range(20):
        write(f"logs/{n}.log")
    descriptors = Descriptors(limit=5)
    found = discover(["logs"], descriptors=descriptors)
    assert descriptors.kept == 0
    assert [read_all(source) for source in found.sources] == [b"text\n"] * 20
    assert descriptors.kept == 5
    for source in found.sources:
        source.close()
