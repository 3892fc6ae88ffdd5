"""FakeFiles: the script, the hints that it gives or fails to give, and the search for sources.

That they are read as real ones are is shown by the contract of ``tests/system/test_files_contract.py``.
"""

from __future__ import annotations

import pytest

from logbraid.system.ports import Files, Finder, Hints, Notifier
from logbraid.testing import FakeFiles, ManualClock


@pytest.fixture
def files() -> FakeFiles:
    files = FakeFiles(["/logs/*.log*"])
    files.create("/logs/a.log", b"text")
    files.watch("/logs")
    return files


def text(files: FakeFiles, path: str) -> bytes:
    status = files.stat(path)
    assert status is not None
    room = memoryview(bytearray(status.size))
    assert files.read(path, status.identity, room, 0) == status.size
    return room.tobytes()


def found(files: FakeFiles) -> list[str]:
    return [each.path for each in files.search().files]


def test_they_are_all_three_ports(files: FakeFiles) -> None:
    ports: tuple[Files, Notifier, Finder] = (files, files, files)
    assert ports[1].descriptor is None


def test_a_file_is_as_old_as_its_last_write() -> None:
    clock = ManualClock(wall=0)
    files = FakeFiles(clock=clock)
    clock.at(2, lambda: files.append("/a.log", b"text"))
    clock.advance(5)
    status = files.stat("/a.log")
    assert status is not None
    assert (status.size, status.modified) == (4, 2 * 10**9)


def test_rotation_by_numbers(files: FakeFiles) -> None:
    for data in (b"b", b"c", b"d"):
        files.rotate("/logs/a.log", keep=2)
        files.create("/logs/a.log", data)
    assert [text(files, path) for path in ("/logs/a.log.2", "/logs/a.log.1", "/logs/a.log")] == [b"b", b"c", b"d"]
    assert files.stat("/logs/a.log.3") is None


@pytest.mark.parametrize("name", ["rename", "delete", "truncate", "copy_truncate", "compress", "rotate", "fail"])
def test_what_is_not_there_cannot_be_changed(files: FakeFiles, name: str) -> None:
    to = ["/logs/to"] if name in ("rename", "copy_truncate") else []
    with pytest.raises(FileNotFoundError):
        getattr(files, name)("/logs/none.log", *to)


def test_hints_say_what_was_written_and_what_leads_elsewhere(files: FakeFiles) -> None:
    files.append("/logs/a.log", b"more")
    files.create("/logs/b.log")
    files.rename("/logs/b.log", "/logs/c.log")
    files.truncate("/logs/c.log")
    files.append("/elsewhere/d.log", b"text")
    assert files.hints() == Hints({"/logs/a.log", "/logs/c.log"}, {"/logs/b.log", "/logs/c.log"})
    assert files.hints() == Hints()


def test_a_write_is_hinted_at_where_the_file_is_not_where_a_link_is(files: FakeFiles) -> None:
    files.symlink("/logs/link.log", "/data/real.log")
    files.hints()
    files.append("/logs/link.log", b"text")
    assert files.hints() == Hints()
    files.watch("/data")
    files.append("/logs/link.log", b"text")
    assert files.hints() == Hints(written={"/data/real.log"})


def test_hints_are_spelled_as_the_directory_was(files: FakeFiles) -> None:
    files.symlink("/var/logs", "../logs")
    files.watch("/var/logs")
    files.append("/logs/a.log", b"more")
    assert files.hints().written == {"/logs/a.log", "/var/logs/a.log"}


def test_hints_may_be_dropped_or_only_counted(files: FakeFiles) -> None:
    files.drop_hints = True
    files.append("/logs/a.log", b"more")
    assert files.hints() == Hints()
    files.drop_hints, files.overflow = False, True
    files.append("/logs/a.log", b"more")
    assert files.hints() == Hints(lost=True)


def test_directories_may_have_to_be_polled() -> None:
    files = FakeFiles(polled=True)
    assert files.watch("/logs")
    files.append("/logs/a.log", b"text")
    assert files.hints() == Hints()


def test_each_source_is_found_once_and_rotated_ones_never(files: FakeFiles) -> None:
    assert found(files) == ["/logs/a.log"]
    files.rotate("/logs/a.log")
    files.create("/logs/b.log")
    files.create("/logs/lonely.log.1")
    assert found(files) == ["/logs/b.log", "/logs/lonely.log.1"]
    assert found(files) == []


def test_a_named_source_is_waited_for() -> None:
    files = FakeFiles(["/logs/a.log"])
    findings = files.search()
    assert [(each.path, each.named) for each in findings.files] == [("/logs/a.log", True)]
    assert findings.directories == ["/logs"]


def test_the_directory_behind_a_link_is_to_be_watched_too() -> None:
    files = FakeFiles(["/logs/a.log"])
    files.symlink("/logs/a.log", "/data/a.log")
    assert files.search().directories == ["/data", "/logs"]


def test_what_is_open_is_known(files: FakeFiles) -> None:
    text(files, "/logs/a.log")
    assert files.open_files == 1
    files.close()
    assert files.open_files == 0


def test_calls_are_counted(files: FakeFiles) -> None:
    text(files, "/logs/a.log")
    found(files)
    assert files.calls == {"watch": 1, "stat": 1, "read": 1, "search": 1}
