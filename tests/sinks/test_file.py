from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from logbraid.errors import SinkError
from logbraid.sinks.base import ByteSink, TextRenderer
from logbraid.sinks.file import DescriptorSink, FileSink, write_all

from .batches import batch, lines, part, sources

TEXT = b"2026-03-01T08:00:00Z a\n"
BATCH = batch(TEXT)


def sink_at(path: Path) -> FileSink:
    return FileSink(str(path), TextRenderer(None))


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    sink = sink_at(tmp_path / "out.log")
    assert isinstance(sink, ByteSink)
    sink.write(BATCH)
    assert not (tmp_path / "out.log").exists()
    sink.close()
    assert (tmp_path / "out.log").read_bytes() == TEXT


def test_an_aborted_file_leaves_nothing(tmp_path: Path) -> None:
    sink = sink_at(tmp_path / "out.log")
    sink.write(BATCH)
    sink.abort()
    sink.abort()
    assert os.listdir(tmp_path) == []


def test_what_stood_there_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    path, link = tmp_path / "out.log", tmp_path / "link"
    path.write_bytes(b"old")
    path.chmod(0o640)
    link.symlink_to(path)
    sink = sink_at(link)
    sink.write(BATCH)
    sink.close()
    assert link.is_symlink()
    assert path.read_bytes() == TEXT
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize(("before", "umask", "mode"), [(None, 0o027, 0o640), (0o604, 0o077, 0o604), (0o400, 0, 0o400)])
def test_no_other_thread_is_met_by_another_umask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int | None, umask: int, mode: int
) -> None:
    path = tmp_path / "out.log"
    if before is not None:
        path.touch()
        path.chmod(before)
    ours = os.umask(umask)
    try:
        monkeypatch.setattr(os, "umask", None)
        monkeypatch.setattr(os, "fchmod", check_narrow(mode, os.fchmod))
        sink = sink_at(path)
        sink.close()
    finally:
        monkeypatch.undo()
        os.umask(ours)
    assert stat.S_IMODE(path.stat().st_mode) == mode


def check_narrow(mode: int, change: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Wrap ``fchmod``, and see that the file was no wider until then."""

    def checking(descriptor: int, wanted: int) -> None:
        assert stat.S_IMODE(os.fstat(descriptor).st_mode) & ~mode == 0
        change(descriptor, wanted)

    return checking


@pytest.mark.parametrize("error", [KeyboardInterrupt, PermissionError])
def test_what_cannot_be_made_whole_leaves_no_temporary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    (tmp_path / "out.log").write_text("old\n")
    monkeypatch.setattr(os, "fchmod", mock.Mock(side_effect=error))
    with pytest.raises((KeyboardInterrupt, SinkError)):
        FileSink(str(tmp_path / "out.log"), TextRenderer(None))
    assert os.listdir(tmp_path) == ["out.log"]


def test_a_temporary_of_that_name_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([b"\1\2\3\4", b"\1\2\3\4", b"\5\6\7\10"])
    monkeypatch.setattr(os, "urandom", lambda _: next(drawn))
    victim = tmp_path / ".out.log.01020304.partial"
    victim.symlink_to("elsewhere")
    sink = sink_at(tmp_path / "out.log")
    assert list(sink.own_paths) == [str(tmp_path / "out.log"), str(tmp_path / ".out.log.05060708.partial")]
    sink.abort()
    assert os.listdir(tmp_path) == [victim.name]


def test_a_directory_that_is_not_there_is_a_sink_error(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="No such file"):
        sink_at(tmp_path / "nowhere" / "out.log")


def test_a_full_disk_is_a_sink_error() -> None:
    with pytest.raises(SinkError, match=r"/dev/full: No space left"):
        sink_at(Path("/dev/full")).write(BATCH)


def test_a_borrowed_descriptor_stays_open() -> None:
    ours, theirs = os.pipe()
    sink = DescriptorSink(theirs, TextRenderer(sources("a.log")), "pipe")
    sink.write(BATCH)
    sink.close()
    sink.abort()
    os.close(theirs)
    with open(ours, "rb") as file:
        assert file.read() == b"a.log | " + TEXT


def test_a_descriptor_that_others_made_non_blocking_is_waited_for() -> None:
    ours, theirs = os.pipe()
    os.set_blocking(theirs, False)
    data = b"x" * (1 << 20)
    writer = threading.Thread(target=write_all, args=(theirs, data, "pipe"))
    writer.start()
    with open(ours, "rb") as file:
        assert file.read(len(data)) == data
    writer.join()
    os.close(theirs)


def test_labels_of_sources_that_appear_later() -> None:
    live = sources("a")
    render = TextRenderer(live)
    assert bytes(render(lines(part(0, b"one\n")))) == b"a | one\n"
    live += sources("a", "b")[1:]
    assert bytes(render(lines(part(1, b"two\nthree\n")))) == b"b | two\nb | three\n"
