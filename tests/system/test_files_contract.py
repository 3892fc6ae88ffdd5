"""The port ``Files``: the real disk and the files in memory do the same, whatever happens to the names."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from logbraid.core.types import FileStat, Identity
from logbraid.errors import SourceError
from logbraid.system.descriptors import Descriptors
from logbraid.system.followed import Disk
from logbraid.system.ports import Files
from logbraid.testing import FakeFiles, ManualClock


class Script(Protocol):
    """What may happen to files."""

    def create(self, path: str, data: bytes = b"") -> None: ...
    def append(self, path: str, data: bytes) -> None: ...
    def write_at(self, path: str, offset: int, data: bytes) -> None: ...
    def truncate(self, path: str, size: int = 0) -> None: ...
    def rename(self, old: str, new: str) -> None: ...
    def copy_truncate(self, path: str, to: str, between: bytes = b"") -> None: ...
    def delete(self, path: str) -> None: ...
    def symlink(self, path: str, target: str) -> None: ...
    def compress(self, path: str) -> None: ...
    def evict(self) -> None: ...


class RealFiles:
    """The script done to real files; each write is a second after the one before."""

    def __init__(self, descriptors: Descriptors) -> None:
        self._descriptors = descriptors
        self._written = 0

    def create(self, path: str, data: bytes = b"") -> None:
        Path(path).unlink(missing_ok=True)
        self.append(path, data)

    def append(self, path: str, data: bytes) -> None:
        with open(path, "ab") as file:
            file.write(data)
        self._stamp(path)

    def write_at(self, path: str, offset: int, data: bytes) -> None:
        number = os.open(path, os.O_WRONLY)
        os.pwrite(number, data, offset)
        os.close(number)
        self._stamp(path)

    def truncate(self, path: str, size: int = 0) -> None:
        os.truncate(path, size)

    def rename(self, old: str, new: str) -> None:
        os.rename(old, new)

    def copy_truncate(self, path: str, to: str, between: bytes = b"") -> None:
        self.create(to, Path(path).read_bytes())
        self.append(path, between)
        os.truncate(path, 0)

    def delete(self, path: str) -> None:
        os.unlink(path)

    def symlink(self, path: str, target: str) -> None:
        os.symlink(target, f"{path}.new")
        os.rename(f"{path}.new", path)

    def compress(self, path: str) -> None:
        written = os.stat(path).st_mtime_ns
        self.create(f"{path}.gz", gzip.compress(Path(path).read_bytes()))
        os.utime(f"{path}.gz", ns=(written, written))
        os.unlink(path)

    def evict(self) -> None:
        with self._descriptors.use("another file", partial(os.open, os.devnull, os.O_RDONLY)):
            pass
        self._descriptors.close("another file")

    def _stamp(self, path: str) -> None:
        self._written += 10**9
        os.utime(path, ns=(self._written, self._written))


class TickingFiles(FakeFiles):
    """Files in memory; each write is a second after the one before."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        super().__init__(clock=self.clock)

    def write_at(self, path: str, offset: int, data: bytes) -> None:
        self.clock.advance(1)
        super().write_at(path, offset, data)

    def create(self, path: str, data: bytes = b"") -> None:
        self.clock.advance(1)
        super().create(path, data)


class Stage:
    """A directory, the script that changes it, and the port that is looked through."""

    def __init__(self, directory: str, script: Script, files: Files) -> None:
        self.directory = directory
        self.script = script
        self.files = files

    def path(self, name: str) -> str:
        return f"{self.directory}/{name}"

    def stat(self, name: str) -> FileStat:
        found = self.files.stat(self.path(name))
        assert found is not None
        return found

    def identity(self, name: str) -> Identity:
        return self.stat(name).identity

    def read(
        self, name: str, identity: Identity, offset: int = 0, size: int = 100, *, compressed: bool = False
    ) -> bytes | None:
        room = memoryview(bytearray(size))
        count = self.files.read(self.path(name), identity, room, offset, compressed=compressed)
        return None if count is None else room[:count].tobytes()

    def siblings(self, name: str) -> list[str]:
        return [os.path.relpath(each.path, self.directory) for each in self.files.siblings(self.path(name))]


def on_disk(directory: Path) -> Stage:
    descriptors = Descriptors(limit=1)
    return Stage(str(directory), RealFiles(descriptors), Disk(descriptors))


def in_memory(directory: Path) -> Stage:
    files = TickingFiles()
    return Stage(str(directory), files, files)


@pytest.fixture(params=[on_disk, in_memory], ids=["disk", "memory"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    make: Callable[[Path], Stage] = request.param
    made = make(tmp_path)
    yield made
    made.files.close()


@pytest.fixture
def app(stage: Stage) -> Identity:
    """``app.log`` with ten bytes, opened."""
    stage.script.create(stage.path("app.log"), b"0123456789")
    identity = stage.identity("app.log")
    assert stage.read("app.log", identity, 8) == b"89"
    return identity


def test_a_look(stage: Stage, app: Identity) -> None:
    before = stage.stat("app.log")
    stage.script.append(stage.path("app.log"), b"more")
    after = stage.stat("app.log")
    assert (after.identity, after.size) == (before.identity, before.size + 4)
    assert after.modified == before.modified + 10**9


def test_a_look_at_nothing(stage: Stage, app: Identity) -> None:
    stage.script.symlink(stage.path("nowhere"), "not there")
    stage.script.symlink(stage.path("circle"), "circle")
    for name in ("none.log", "app.log/inside", "nowhere", "circle", "."):
        assert stage.files.stat(stage.path(name)) is None


@pytest.mark.parametrize(("offset", "size", "expected"), [(0, 4, b"0123"), (8, 4, b"89"), (10, 4, b""), (50, 4, b"")])
def test_reads_as_far_as_the_file_goes(stage: Stage, app: Identity, offset: int, size: int, expected: bytes) -> None:
    assert stage.read("app.log", app, offset, size) == expected


def test_an_open_file_is_read_on_when_it_is_renamed(stage: Stage, app: Identity) -> None:
    stage.script.rename(stage.path("app.log"), stage.path("app.log.1"))
    stage.script.create(stage.path("app.log"), b"new")
    stage.script.append(stage.path("app.log.1"), b"late")
    assert stage.read("app.log", app, 8) == b"89late"
    assert stage.read("app.log", stage.identity("app.log")) == b"new"


def test_an_open_file_is_read_on_when_it_is_deleted(stage: Stage, app: Identity) -> None:
    stage.script.delete(stage.path("app.log"))
    assert stage.files.stat(stage.path("app.log")) is None
    assert stage.read("app.log", app) == b"0123456789"


def test_a_deleted_file_is_gone_when_it_is_let_go(stage: Stage, app: Identity) -> None:
    stage.script.delete(stage.path("app.log"))
    stage.files.let_go(app)
    assert stage.read("app.log", app) is None


def test_an_evicted_file_is_opened_again_by_its_name(stage: Stage, app: Identity) -> None:
    stage.script.evict()
    assert stage.read("app.log", app, 8) == b"89"


def test_an_evicted_file_that_was_renamed_is_reached_by_its_new_name_only(stage: Stage, app: Identity) -> None:
    stage.script.evict()
    stage.script.rename(stage.path("app.log"), stage.path("app.log.1"))
    stage.script.create(stage.path("app.log"), b"new")
    assert stage.read("app.log", app) is None
    assert stage.read("app.log.1", app, 8) == b"89"


def test_a_name_that_was_given_to_another_file_does_not_lead_to_it(stage: Stage, app: Identity) -> None:
    other = Identity(app.device, app.inode + 1_000_000)
    assert stage.read("app.log", other) is None
    assert stage.read("none.log", app) == b"0123456789"


def test_a_swapped_link_does_not_lose_an_evicted_file(stage: Stage) -> None:
    stage.script.create(stage.path("monday"), b"old")
    stage.script.create(stage.path("tuesday"), b"new")
    stage.script.symlink(stage.path("app.log"), "monday")
    old = stage.identity("app.log")
    assert stage.read("app.log", old, 0, 1) == b"o"
    stage.script.symlink(stage.path("app.log"), stage.path("tuesday"))
    stage.script.evict()
    assert stage.identity("app.log") == stage.identity("tuesday") != old
    assert stage.read("app.log", old, 1) == b"ld"
    assert stage.read("app.log", stage.identity("app.log")) == b"new"


def test_a_truncated_file_is_the_same_file(stage: Stage, app: Identity) -> None:
    stage.script.truncate(stage.path("app.log"), 4)
    assert (stage.identity("app.log"), stage.stat("app.log").size) == (app, 4)
    assert stage.read("app.log", app, 2) == b"23"
    assert stage.read("app.log", app, 8) == b""


def test_a_writer_that_goes_on_at_its_old_offset_leaves_a_hole(stage: Stage, app: Identity) -> None:
    stage.script.truncate(stage.path("app.log"))
    stage.script.write_at(stage.path("app.log"), 4, b"xy")
    assert stage.read("app.log", app) == b"\0\0\0\0xy"


def test_copytruncate_loses_what_is_written_between(stage: Stage, app: Identity) -> None:
    stage.script.copy_truncate(stage.path("app.log"), stage.path("app.log.1"), between=b"lost")
    assert (stage.identity("app.log"), stage.stat("app.log").size) == (app, 0)
    assert stage.read("app.log.1", stage.identity("app.log.1")) == b"0123456789"


def test_compressed_content_is_read_at_plain_offsets(stage: Stage, app: Identity) -> None:
    stage.script.compress(stage.path("app.log"))
    archive = stage.identity("app.log.gz")
    assert archive != app
    read = partial(stage.read, "app.log.gz", archive, compressed=True)
    assert [read(4, 3), read(7, 1), read(0, 2), read(8, 9), read(10, 9), read(99, 9)] == [
        *(b"456", b"7", b"01", b"89", b"", b""),
    ]


def test_an_archive_that_is_still_being_written_ends_where_it_can_be_decoded(stage: Stage) -> None:
    text = b"".join(b"%d lines\n" % number for number in range(20_000))
    archive = gzip.compress(text)
    half = len(archive) // 2
    stage.script.create(stage.path("app.log.1.gz"), archive[:1])
    read = partial(stage.read, "app.log.1.gz", stage.identity("app.log.1.gz"), size=len(text), compressed=True)
    assert read(0) == b""
    stage.script.append(stage.path("app.log.1.gz"), archive[1:half])
    beginning = read(0)
    assert beginning
    assert text.startswith(beginning)
    assert read(len(beginning)) == b""
    stage.script.append(stage.path("app.log.1.gz"), archive[half:])
    assert beginning + (read(len(beginning)) or b"") == text


def test_a_directory_of_rotated_files_oldest_first(stage: Stage, app: Identity) -> None:
    for name in ("app.log.3", "app.log.2", "app.log.1", "apple.log.1", "other.log", "app.log.txt"):
        stage.script.create(stage.path(name), name.encode())
    stage.script.compress(stage.path("app.log.3"))
    assert stage.siblings("app.log") == ["app.log.3.gz", "app.log.2", "app.log.1", "app.log"]
    compressed = {os.path.basename(each.path): each.compressed for each in stage.files.siblings(stage.path("app.log"))}
    assert [name for name, is_compressed in compressed.items() if is_compressed] == ["app.log.3.gz"]


def test_siblings_are_seen_as_soon_as_they_are_there(stage: Stage, app: Identity) -> None:
    assert stage.siblings("app.log") == ["app.log"]
    stage.script.rename(stage.path("app.log"), stage.path("app.log.1"))
    assert stage.siblings("app.log") == ["app.log.1"]
    stage.script.create(stage.path("app.log"), b"new")
    assert stage.siblings("app.log") == ["app.log.1", "app.log"]
    stage.script.delete(stage.path("app.log.1"))
    assert stage.siblings("app.log") == ["app.log"]


def test_siblings_of_a_link_are_found_beside_its_target_too(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "pods").mkdir()
    (tmp_path / "pods" / "empty").mkdir()
    stage.script.create(stage.path("pods/0.log.20260101-120000"), b"old")
    stage.script.create(stage.path("pods/0.log"), b"new")
    stage.script.create(stage.path("pods/app.log.1"), b"another app's")
    stage.script.symlink(stage.path("app.log"), "pods/0.log")
    assert stage.siblings("app.log") == ["pods/0.log.20260101-120000", "app.log"]


def test_a_link_to_the_newest_dated_file_is_the_last_of_them(stage: Stage) -> None:
    for day in (1, 2, 3):
        stage.script.create(stage.path(f"app-2026010{day}.log"), b"%d" % day)
    stage.script.symlink(stage.path("app.log"), "app-20260103.log")
    assert stage.siblings("app.log") == ["app-20260101.log", "app-20260102.log", "app.log"]


def test_siblings_of_nothing(stage: Stage) -> None:
    assert stage.siblings("none.log") == []
    assert stage.siblings("no directory/none.log") == []


def test_a_file_that_cannot_be_read_fails_and_may_be_read_again() -> None:
    files = FakeFiles()
    files.create("/a.log", b"text")
    stage = Stage("", files, files)
    identity = stage.identity("a.log")
    files.fail("/a.log", errno.EIO)
    with pytest.raises(SourceError, match=r"/a\.log: input/output error"):
        stage.read("a.log", identity)
    files.fail("/a.log", None)
    assert stage.read("a.log", identity) == b"text"


def test_a_number_is_used_again_only_when_its_file_is_gone() -> None:
    files = FakeFiles(reuse=True)
    files.create("/a.log", b"old")
    stage = Stage("", files, files)
    old = stage.identity("a.log")
    stage.read("a.log", old)
    files.delete("/a.log")
    files.create("/b.log", b"another")
    assert stage.identity("b.log") != old, "the deleted file is still open"
    files.delete("/b.log")
    files.evict()
    files.create("/a.log", b"new")
    assert stage.identity("a.log") == old
    assert stage.read("a.log", old) == b"new", "a guard must tell the two apart, an identity cannot"
