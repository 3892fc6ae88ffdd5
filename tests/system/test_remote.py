"""Remote sources, over Arrow's own file systems: one in memory, one that always fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow import fs

from logbraid.errors import SourceError
from logbraid.system.discover import discover
from logbraid.system.remote import expand, is_uri, local_path, without_credentials

from .sources import read_all


@pytest.fixture
def store(tmp_path: Path) -> fs.FileSystem:
    for name in ("logs/b.log", "logs/a/a.log", "logs/.hidden", "logs/.git/c.log", "other.log"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 100)
    return fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())


def test_a_file_is_read_front_to_back_and_anywhere(store: fs.FileSystem) -> None:
    (source,) = expand("mem://other.log", store)
    assert (source.path, source.size, source.seekable) == ("mem://other.log", 900, True)
    assert source.modified > 0
    room = memoryview(bytearray(9))
    assert source.read_at(room, 895) == 5
    assert read_all(source, 64) == b"other.log" * 100
    source.close()
    source.close()
    assert source.read_at(room, 0) == 9
    source.close()


def test_a_directory_is_every_file_below_it(store: fs.FileSystem) -> None:
    assert [source.path for source in expand("mem://logs/", store)] == ["mem://logs/a/a.log", "mem://logs/b.log"]


def test_what_is_not_there(store: fs.FileSystem) -> None:
    with pytest.raises(SourceError, match=r"^mem://nothing: no such file or directory$"):
        expand("mem://nothing", store)


def test_a_scheme_that_nobody_knows() -> None:
    with pytest.raises(SourceError, match=r"^nosuch://host/path: .*: nosuch://host/path$"):
        expand("nosuch://user:secret@host/path")


def test_secrets_are_not_shown() -> None:
    shown = without_credentials("s3://key:secret@bucket/logs/?region=here&token=secret")
    assert shown == "s3://bucket/logs"


def test_a_file_that_vanished(store: fs.FileSystem, tmp_path: Path) -> None:
    (source,) = expand("mem://other.log", store)
    (tmp_path / "other.log").unlink()
    with pytest.raises(SourceError, match=r"^mem://other\.log: "):
        read_all(source)


def test_file_uris_are_local_paths() -> None:
    assert is_uri("file:///var/log/a%20b.log")
    assert local_path("file:///var/log/a%20b.log") == "/var/log/a b.log"
    assert local_path("s3://bucket/a") is None
    assert not is_uri("/var/log/a.log")


def test_discovery_takes_them_like_others(store: fs.FileSystem, tmp_path: Path) -> None:
    (tmp_path / "logs" / "z.bin").write_bytes(b"\0\1\2")
    found = discover(["mem://logs", "mem://logs/b.log", "mem://logs/z.bin", "mem://none"], filesystem=store)
    assert [source.path for source in found.sources] == ["mem://logs/a/a.log", "mem://logs/b.log", "mem://logs/z.bin"]
    assert [str(event) for event in found.events] == [
        "mem://logs/z.bin: skipped: binary file",
        "mem://logs/b.log: skipped: the same file as mem://logs/b.log",
        "mem://logs/z.bin: binary file, merged because it was named",
        "mem://none: no such file or directory",
    ]
