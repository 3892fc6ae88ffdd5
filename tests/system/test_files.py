"""LocalFile: as it was when it was found, whatever happens to it meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import pytest

from logbraid.errors import SourceError
from logbraid.system.descriptors import Descriptors
from logbraid.system.files import LocalFile

from .sources import read_all, read_till_failure


def local(path: Path, descriptors: Descriptors | None = None) -> LocalFile:
    return LocalFile(str(path), path.stat(), descriptors or Descriptors(limit=2))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(b"0123456789" * 100)
    return path


def test_reads_to_the_end(path: Path) -> None:
    file = local(path)
    assert (file.size, file.modified) == (1000, path.stat().st_mtime_ns)
    assert read_all(file, 77) == path.read_bytes()
    file.close()
    file.close()


def test_reading_elsewhere_does_not_move_it(path: Path) -> None:
    file = local(path)
    room = memoryview(bytearray(4))
    assert (file.read_into(room), bytes(room)) == (4, b"0123")
    assert (file.read_at(room, 998), bytes(room[:2])) == (2, b"89")
    assert file.read_at(room, 5000) == 0
    assert (file.read_into(room), bytes(room)) == (4, b"4567")
    file.close()


def test_what_is_appended_later_is_left_alone(path: Path) -> None:
    file = local(path)
    with path.open("ab") as more:
        more.write(b"later")
    assert len(read_all(file)) == 1000
    file.close()


def test_a_file_that_shrinks_fails_at_its_new_end(path: Path) -> None:
    file = local(path)
    file.read_into(memoryview(bytearray(10)))
    os.truncate(path, 15)
    assert read_till_failure(file) == (b"01234", "shortened while being read")
    file.close()


def test_a_file_replaced_between_two_reads_is_noticed(path: Path) -> None:
    descriptors = Descriptors(limit=1)
    file, other = local(path, descriptors), local(path, descriptors)
    room = memoryview(bytearray(10))
    file.read_into(room)
    other.read_into(room)  # takes the only descriptor
    replacement = path.with_name("new")
    replacement.write_bytes(path.read_bytes())
    replacement.rename(path)
    assert other.read_into(room) == 10  # still open, so still the old file
    with pytest.raises(SourceError, match="replaced while being read"):
        file.read_into(room)
    other.close()


def test_a_file_that_is_gone_is_an_error(path: Path) -> None:
    file = local(path)
    path.unlink()
    with pytest.raises(SourceError, match="no such file or directory"):
        read_all(file)


def test_a_rename_does_not_matter_while_it_is_open(path: Path) -> None:
    file = local(path)
    file.read_into(memoryview(bytearray(1)))
    path.rename(path.with_name("app.log.1"))
    assert len(read_all(file)) == 999
    file.close()


def test_many_threads_share_two_descriptors(tmp_path: Path) -> None:
    descriptors = Descriptors(limit=2)
    paths = [tmp_path / f"{n}.log" for n in range(8)]
    for path in paths:
        path.write_bytes(path.name.encode() * 5000)
    found: dict[Path, bytes] = {}

    def read(path: Path) -> None:
        found[path] = read_all(local(path, descriptors), 100)

    threads = [Thread(target=read, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {path: path.read_bytes() for path in paths}
