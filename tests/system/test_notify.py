"""Notifications: what the kernel tells about real directories."""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from logbraid.system import mounts, notify
from logbraid.system.notify import NoNotifier, Notifier, notifier
from logbraid.system.ports import Hints

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    directory = tmp_path / "logs"
    directory.mkdir()
    (directory / "a.log").write_text("one\n")
    return directory


@pytest.fixture
def ears(logs: Path) -> Iterator[Notifier]:
    """A notifier that watches ``logs``."""
    found = Notifier()
    assert found.watch(str(logs)) is None
    yield found
    found.close()


def only(*, written: set[str] | None = None) -> Hints:
    """Hints that tell nothing but this."""
    return Hints(written=written or set())


def append(path: Path, text: str = "more\n") -> None:
    with path.open("a") as file:
        file.write(text)


def test_nothing_happened(ears: Notifier) -> None:
    assert ears.hints() == only()


def test_written_and_truncated(ears: Notifier, logs: Path) -> None:
    append(logs / "a.log")
    assert ears.hints() == only(written={f"{logs}/a.log"})
    os.truncate(logs / "a.log", 0)
    assert ears.hints() == only(written={f"{logs}/a.log"})
    assert ears.hints() == only()


def test_created_moved_and_deleted(ears: Notifier, logs: Path) -> None:
    (logs / "a.log").rename(logs / "a.log.1")
    assert ears.hints().renamed == {f"{logs}/a.log", f"{logs}/a.log.1"}
    (logs / "a.log").touch()
    assert f"{logs}/a.log" in ears.hints().renamed
    (logs / "a.log").unlink()
    assert f"{logs}/a.log" in ears.hints().renamed
    (logs / "a.log.1").chmod(0o600)
    assert ears.hints().renamed == {f"{logs}/a.log.1"}


def test_many_directories_share_one_descriptor_that_nobody_inherits(ears: Notifier, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert ears.watch(str(other)) is None
    (other / "b.log").touch()
    assert ears.hints().renamed == {f"{other}/b.log"}
    assert ears.descriptor is not None
    assert not os.get_inheritable(ears.descriptor)
    assert not os.get_blocking(ears.descriptor)


def test_every_spelling_is_told(ears: Notifier, logs: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(logs)
    assert ears.watch(f"{tmp_path}/link") is None
    assert ears.watch(f"{tmp_path}/link") is None
    append(logs / "a.log")
    assert ears.hints().written == {f"{logs}/a.log", f"{tmp_path}/link/a.log"}


def test_a_deleted_directory_is_told_and_can_be_watched_again(ears: Notifier, logs: Path) -> None:
    (logs / "a.log").unlink()
    logs.rmdir()
    assert str(logs) in ears.hints().renamed
    assert ears.watch(str(logs)) == "no such directory"
    logs.mkdir()
    assert ears.watch(str(logs)) is None
    (logs / "a.log").touch()
    assert f"{logs}/a.log" in ears.hints().renamed


def test_a_moved_directory_is_watched_at_its_name_no_longer(ears: Notifier, logs: Path, tmp_path: Path) -> None:
    logs.rename(tmp_path / "moved")
    assert ears.hints().renamed == {str(logs)}
    append(tmp_path / "moved" / "a.log")
    assert ears.hints() == only()
    assert ears.watch(str(tmp_path / "moved")) is None
    append(tmp_path / "moved" / "a.log")
    assert ears.hints().written == {f"{tmp_path}/moved/a.log"}


def test_bytes_that_are_not_utf_8_in_a_name(ears: Notifier, logs: Path) -> None:
    name = os.fsdecode(b"caf\xe9.log")
    (logs / name).touch()
    assert f"{logs}/{name}" in ears.hints().renamed


def test_lost_hints_are_told(ears: Notifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ears, "_read", lambda: struct.pack("iIII", -1, notify.Q_OVERFLOW, 0, 0))
    assert ears.hints().lost


def test_a_full_queue_is_taken_in_few_calls(ears: Notifier, logs: Path) -> None:
    """Two files in turn, so that the kernel cannot join equal events."""
    with (logs / "a.log").open("ab", 0) as first, (logs / "b.log").open("ab", 0) as second:
        for _ in range(6000):
            first.write(b"x")
            second.write(b"x")
    assert ears.hints().written == {f"{logs}/a.log", f"{logs}/b.log"}
    assert ears.hints() == only()


@pytest.mark.parametrize("name", ["gone", "logs/a.log"])
@pytest.mark.usefixtures("logs")
def test_only_directories_that_exist(tmp_path: Path, name: str) -> None:
    found = Notifier()
    assert found.watch(str(tmp_path / name)) in {"no such directory", "not a directory"}
    found.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_refusal_says_why(ears: Notifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object) -> int:
        raise OSError(number, "no")

    monkeypatch.setattr(ears._inotify, "add_watch", refuse)
    expected = {errno.ENOSPC: "more directories than fs.inotify.max_user_watches allows"}
    assert ears.watch(str(tmp_path)) == expected.get(number, "permission denied")


def test_a_remote_directory_is_not_watched(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounts, "why_polled", lambda _: "nfs4 does not tell what others change")
    found = Notifier()
    assert found.watch(str(logs)) == "nfs4 does not tell what others change"
    found.close()


def test_closing_is_final_and_can_be_repeated(ears: Notifier, logs: Path) -> None:
    ears.close()
    ears.close()
    append(logs / "a.log")
    assert ears.descriptor is None
    assert ears.hints() == only()


def test_where_there_is_nothing_to_be_told(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(self: Notifier) -> None:
        raise OSError(errno.EMFILE, "no")

    monkeypatch.setattr(Notifier, "__init__", none_left)
    found = notifier()
    assert isinstance(found, NoNotifier)
    assert found.descriptor is None
    assert found.watch(str(logs)) == "more programs use notifications than fs.inotify.max_user_instances allows"
    assert found.hints() == only()
    found.close()


def test_other_platforms_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert notifier().watch("/") == "no notifications on this platform"


def test_the_best_is_chosen() -> None:
    found = notifier()
    assert isinstance(found, Notifier)
    found.close()
