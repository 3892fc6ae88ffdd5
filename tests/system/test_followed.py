"""Disk, where it differs from files in memory: descriptors, permissions, what is no regular file, many siblings."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from logbraid.core.types import FileStat, Identity
from logbraid.errors import SourceError
from logbraid.system import followed
from logbraid.system.descriptors import Descriptors
from logbraid.system.followed import Disk, fill


def may_read_everything() -> bool:
    """Whether permissions mean nothing to this process, as to most that run as root."""
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0)
        return os.access(file.name, os.R_OK)


needs_permissions = pytest.mark.skipif(may_read_everything(), reason="permissions mean nothing to root")


def read(disk: Disk, path: Path, identity: Identity, offset: int = 0) -> bytes | None:
    room = memoryview(bytearray(100))
    count = disk.read(str(path), identity, room, offset)
    return None if count is None else room[:count].tobytes()


@pytest.fixture
def app(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(b"0123456789")
    return path


@pytest.fixture
def identity(app: Path) -> Identity:
    return Identity.of(app.stat())


def test_only_what_is_read_is_open(app: Path, identity: Identity) -> None:
    descriptors = Descriptors(limit=4)
    disk = Disk(descriptors)
    disk.stat(str(app))
    disk.siblings(str(app))
    assert descriptors.kept == 0
    read(disk, app, identity)
    read(disk, app, identity)
    assert descriptors.kept == 1
    disk.let_go(identity)
    disk.let_go(identity)
    assert descriptors.kept == 0
    read(disk, app, identity)
    disk.close()
    assert descriptors.kept == 0


def test_a_child_does_not_inherit_what_is_open(app: Path, identity: Identity) -> None:
    descriptors = Descriptors(limit=4)
    read(Disk(descriptors), app, identity)
    with descriptors.use(identity, partial(pytest.fail, "it is open already")) as number:
        assert not os.get_inheritable(number)
    descriptors.close(identity)


def test_a_pipe_that_took_the_name_is_not_waited_for(app: Path, identity: Identity) -> None:
    app.unlink()
    os.mkfifo(app)
    disk = Disk(Descriptors(limit=4))
    assert disk.stat(str(app)) is None
    assert read(disk, app, identity) is None
    assert read(disk, app, Identity.of(app.stat())) is None, "not even where it bears the file's number"


def test_many_files_over_a_small_budget(tmp_path: Path) -> None:
    descriptors = Descriptors(limit=3)
    disk = Disk(descriptors)
    paths = [tmp_path / f"{number}.log" for number in range(10)]
    for path in paths:
        path.write_text(path.name)
    for _ in range(2):
        for path in paths:
            assert read(disk, path, Identity.of(path.stat())) == path.name.encode()
    assert descriptors.kept == 3
    disk.close()
    assert descriptors.kept == 0


def test_a_relative_name_survives_a_change_of_directory(
    app: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptors = Descriptors(limit=4)
    disk = Disk(descriptors)
    monkeypatch.chdir(app.parent)
    assert [each.path for each in disk.siblings("app.log")] == ["app.log"]
    assert read(disk, Path("app.log"), identity, 8) == b"89"
    descriptors.close(identity)
    monkeypatch.chdir("/")
    assert read(disk, Path("app.log"), identity, 8) == b"89"
    disk.close()


@pytest.mark.parametrize("knows", [True, False])
def test_the_real_name_is_known_with_or_without_the_systems_help(
    app: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch, knows: bool
) -> None:
    if not knows:
        readlink = os.readlink
        monkeypatch.setattr(os, "readlink", lambda path, **also: readlink(path.replace("/proc/", "/none/"), **also))
    link = app.with_name("link.log")
    link.symlink_to(app)
    descriptors = Descriptors(limit=4)
    disk = Disk(descriptors)
    assert read(disk, link, identity, 8) == b"89"
    link.unlink()
    descriptors.close(identity)
    assert read(disk, link, identity, 8) == b"89"
    disk.close()


@needs_permissions
def test_what_may_not_be_read_fails(app: Path, identity: Identity) -> None:
    app.chmod(0)
    with pytest.raises(SourceError, match="permission denied") as failure:
        read(Disk(), app, identity)
    assert failure.value.errno == errno.EACCES


@needs_permissions
def test_another_file_under_the_name_that_may_not_be_read_is_no_failure_of_this_one(app: Path) -> None:
    app.chmod(0)
    assert read(Disk(), app, Identity(0, 0)) is None


@needs_permissions
def test_a_directory_that_may_not_be_searched(app: Path) -> None:
    app.parent.chmod(0)
    try:
        with pytest.raises(SourceError, match="permission denied"):
            Disk().stat(str(app))
    finally:
        app.parent.chmod(0o700)


@needs_permissions
def test_a_directory_that_may_not_be_listed_hides_the_past_only(app: Path) -> None:
    (app.parent / "app.log.1").touch()
    app.parent.chmod(0o300)
    try:
        assert [each.path for each in Disk().siblings(str(app))] == [str(app)]
    finally:
        app.parent.chmod(0o700)


def test_a_file_that_another_machine_deleted_is_gone(
    app: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptors = Descriptors(limit=4)
    disk = Disk(descriptors)
    read(disk, app, identity)

    def stale(*_: object) -> int:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr(os, "preadv", stale)
    assert read(disk, app, identity) is None
    assert descriptors.kept == 0


def test_a_failing_disk_is_a_failing_source(app: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    disk = Disk()
    monkeypatch.setattr(os, "preadv", broken)
    with pytest.raises(SourceError, match="input/output error"):
        read(disk, app, identity)
    disk.close()


def test_a_short_read_is_not_the_end(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.preadv
    monkeypatch.setattr(os, "preadv", lambda number, rooms, offset: whole(number, [rooms[0][:3]], offset))
    room = memoryview(bytearray(20))
    with app.open("rb") as file:
        assert room[: fill(file.fileno(), room, 1)].tobytes() == b"123456789"


def test_a_settled_directory_is_looked_through_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (tmp_path / f"{number}.log").touch()
        (tmp_path / f"{number}.log.1").touch()
    os.utime(tmp_path, (1, 1))
    looks: list[str] = []
    listed = os.listdir

    def look(path: str) -> list[str]:
        looks.append(path)
        return listed(path)

    monkeypatch.setattr(os, "listdir", look)
    disk = Disk()
    for number in range(20):
        assert len(disk.siblings(str(tmp_path / f"{number}.log"))) == 2
    assert looks == [str(tmp_path)]
    (tmp_path / "3.log.2").touch()
    assert len(disk.siblings(str(tmp_path / "3.log"))) == 3


def test_directories_beyond_the_limit_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "LISTINGS", 2)
    disk = Disk()
    for number in (1, 2, 3, 1):
        directory = tmp_path / str(number)
        directory.mkdir(exist_ok=True)
        (directory / "a.log").touch()
        assert len(disk.siblings(str(directory / "a.log"))) == 1


def test_a_name_that_promises_compression_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "app.log.1.gz"
    path.write_text("plain text")
    assert [each.compressed for each in Disk().siblings(str(tmp_path / "app.log"))] == [False]


def test_an_arrival_order_follow_does_not_load_arrow() -> None:
    program = "import sys, logbraid.system.followed, logbraid.system.handles; print('pyarrow' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "False"


class Shifting(Disk):
    """A disk on which somebody rotates by numbers, so many renames before each look from the given one on."""

    def __init__(self, app: Path, first: int, renames: int) -> None:
        super().__init__()
        self._looks = -first
        self._each = renames
        self._renames = rotations(app)

    def stat(self, path: str) -> FileStat | None:
        self._looks += 1
        if self._looks > 0:
            list(islice(self._renames, self._each))
        return super().stat(path)


def rotations(app: Path) -> Iterator[Path]:
    """Rename ``.1`` to ``.2`` and so on, the oldest first, one at a time; three times over."""
    for _ in range(3):
        for number in range(len(list(app.parent.iterdir())) - 1, 0, -1):
            yield Path(f"{app}.{number}").rename(f"{app}.{number + 1}")
        yield app.rename(f"{app}.1")
        app.write_bytes(b"new")
        os.utime(app, ns=(0, 0))


@pytest.mark.parametrize("renames", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("first", range(8))
def test_no_sibling_is_missed_that_is_renamed_meanwhile(app: Path, first: int, renames: int) -> None:
    for number in range(1, 6):
        Path(f"{app}.{number}").write_bytes(b"%d" % number)
    for path in app.parent.iterdir():
        os.utime(path, ns=(0, 0))  # within one tick of the clock
    there = [Identity.of(os.stat(f"{app}.{number}")) for number in range(5, 0, -1)] + [Identity.of(app.stat())]
    found = [each.stat.identity for each in Shifting(app, first, renames).siblings(str(app))]
    assert found[:5] == there[:5]
    assert found[5:6] in (there[5:], [])  # a file that was renamed before it was met is met the next time
    assert len(found) == len(set(found))
