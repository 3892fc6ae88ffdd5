"""HandleFiles: handles that somebody else opened, moves and closes."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
from pathlib import Path
from typing import IO, Any

import pytest

from left_behind import descriptors
from logbraid.core.types import Identity
from logbraid.errors import UsageError
from logbraid.system.handles import HandleFiles


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(b"0123456789")
    return path


def read(files: HandleFiles, name: str, offset: int = 0, *, compressed: bool = False) -> bytes | None:
    status = files.stat(name)
    room = memoryview(bytearray(100))
    count = files.read(name, status.identity if status else Identity(0, 0), room, offset, compressed=compressed)
    return None if count is None else room[:count].tobytes()


def test_reads_without_moving_the_handle(path: Path) -> None:
    with path.open("rb") as handle:
        handle.read(3)
        files = HandleFiles([handle])
        assert files.paths == (str(path),)
        assert files.offset(str(path)) == 3
        assert read(files, str(path), 8) == b"89"
        assert handle.tell() == 3
        files.close()
        assert handle.read() == b"3456789"


def test_nothing_written_before_the_close_is_lost(path: Path) -> None:
    handle = path.open("rb")
    files = HandleFiles([handle])
    name = files.paths[0]
    assert not files.closed(name)
    handle.close()
    with path.open("ab") as more:
        more.write(b"more")
    path.unlink()
    assert files.closed(name)
    assert read(files, name, 8) == b"89more"
    files.close()


def test_a_look_and_the_siblings_are_the_file_itself(path: Path) -> None:
    with path.open("rb") as handle:
        files = HandleFiles([handle])
        status = files.stat(files.paths[0])
        assert status is not None
        assert (status.size, status.identity) == (10, Identity.of(path.stat()))
        path.rename(path.with_name("app.log.1"))
        assert files.stat(files.paths[0]) == status
        assert [(each.path, each.stat) for each in files.siblings(files.paths[0])] == [(files.paths[0], status)]
        files.close()


def test_the_same_file_twice_is_two_files(path: Path) -> None:
    with path.open("rb") as one, path.open("rb") as other:
        files = HandleFiles([one, other])
        assert files.paths == (str(path), f"{path} (2)")
        first, second = (files.stat(name) for name in files.paths)
        assert first is not None
        assert second is not None
        assert first.identity != second.identity
        files.let_go(first.identity)
        assert read(files, files.paths[0]) is None
        assert read(files, files.paths[1]) == b"0123456789"
        files.close()


def test_a_handle_that_is_closed_already_has_ended(path: Path) -> None:
    handle = path.open("rb")
    handle.close()
    files = HandleFiles([handle])
    (name,) = files.paths
    assert (files.closed(name), files.offset(name), files.stat(name), files.siblings(name)) == (True, 0, None, [])
    assert read(files, name) is None
    files.close()


@pytest.mark.parametrize("buffering", [0, -1])
def test_handles_of_many_kinds(path: Path, buffering: int) -> None:
    with (
        open(path, "rb", buffering=buffering) as plain,
        open(path, "r+b", buffering=buffering) as both,
        os.fdopen(os.open(path, os.O_RDONLY), "rb") as number,
        tempfile.NamedTemporaryFile() as temporary,  # it is one of the kinds
    ):
        files = HandleFiles([plain, both, number, temporary])
        assert files.paths[2] == f"descriptor {number.fileno()}"
        assert [read(files, name, 9) for name in files.paths] == [b"9", b"9", b"9", b""]
        files.close()


def test_compressed_content(tmp_path: Path) -> None:
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(b"plain text"))
    with path.open("rb") as handle:
        files = HandleFiles([handle])
        assert read(files, files.paths[0], 6, compressed=True) == b"text"
        files.close()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (
            lambda path: io.BytesIO(b"text"),
            "BytesIO: this handle is no regular file of the system and cannot be followed",
        ),
        (lambda path: gzip.GzipFile(path, "w"), "is no regular file of the system"),
        (lambda path: path.open("r"), "is open in text mode, and has to be in binary mode"),
        (lambda path: path.open("ab"), "not open for reading"),
        (lambda path: os.fdopen(os.pipe()[0], "rb"), "no regular file"),
        (lambda path: os.fdopen(os.open(os.devnull, os.O_RDONLY), "rb"), "no regular file"),
    ],
)
def test_what_cannot_be_followed(path: Path, make: Any, reason: str) -> None:
    with path.open("rb") as good:
        handle: IO[bytes] = make(path)
        before = len(descriptors())
        with pytest.raises(UsageError, match=reason):
            HandleFiles([good, handle])
        assert len(descriptors()) == before, "the duplicate of the good one was given back"
        handle.close()
