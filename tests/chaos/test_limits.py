"""Little is left of what a machine has to give: descriptors, notifications, places in their queue, room on the disk."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from .chance import LONG
from .ground import TAMPERED, Ground
from .judge import Findings

pytestmark = pytest.mark.once

DESCRIPTORS: Final = ("bash", "-c", 'ulimit -n 64; exec "$@"', "bash")
SMALL_FILES: Final = ("bash", "-c", 'ulimit -f 256; exec "$@"', "bash")
"""No file longer than so many KiB, which is what a full disk looks like to whoever has no rights."""

WATCHES: Final = ("unshare", "-Ur", "bash", "-c", 'echo 16 > /proc/sys/user/max_inotify_watches && exec "$@"', "bash")
"""A name space of its own, so that nobody else's limits are touched."""

WRITERS: Final = ("--files", "2", "--rate", "4000", "--rotate", "rename", "--rotate-size", "64K")
FULL: Final = 5 if LONG else 1
"""How often it is begun in vain."""


def can(*command: str) -> bool:
    """Whether this machine lets us do something."""
    return shutil.which(command[0]) is not None and not subprocess.run(command, capture_output=True).returncode


def test_64_descriptors_are_enough_for_1000_sources(ground: Ground) -> None:
    writers = ground.write("--files", "1000", "--rate", "5000", "--rotate", "rename", "--rotate-size", "1K")
    follower = ground.follow(before=DESCRIPTORS)
    ground.committed(follower)
    follower.kill()
    assert ground.written(1 << 20)
    ground.finish(writers, ground.follow(before=DESCRIPTORS))
    assert ground.findings() == Findings()
    assert ground.lost() == {}


def test_a_few_watches_and_the_rest_is_polled(ground: Ground) -> None:
    if not can(*WATCHES, "true"):
        pytest.skip("needs a name space of its own")
    logs = [ground.logs / f"{number:02d}" / "app.log" for number in range(40)]
    for log in logs:
        log.parent.mkdir()
    say(logs, 0)
    follower = ground.follow(before=WATCHES)
    assert ground.grown(follower), follower.said
    for number in range(1, 6):
        say(logs, number)
        assert ground.grown(follower), follower.said
    ground.caught_up(sum(log.stat().st_size for log in logs))
    assert follower.stop() == 0, follower.said
    assert "more directories than fs.inotify.max_user_watches allows" in follower.said
    assert ground.findings() == Findings()


def say(logs: Sequence[Path], number: int) -> None:
    """Write one line to each of some logs that are in directories of their own."""
    for writer, log in enumerate(logs):
        with log.open("a") as file:
            file.write(f"2026-03-01T08:00:{number:02d}Z of {log.parent.name} writer={writer:02d} seq={number:08d}\n")


def test_a_queue_of_128_notifications_that_overflows(ground: Ground) -> None:
    short = TAMPERED | {"CHAOS_QUEUE": "128"}
    writers = ground.write("--files", "20", "--rate", "4000", "--rotate", "rename", "--rotate-size", "16K")
    follower = ground.follow(variables=short)
    for _ in range(3):
        assert ground.grown(follower), follower.said
        follower.send(signal.SIGSTOP)
        assert ground.written(1 << 17)
        follower.send(signal.SIGCONT)
    ground.finish(writers, follower)
    assert "the queue has overflowed" in follower.said
    assert ground.findings() == Findings()
    assert ground.lost() == {}


@contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """Give a directory a file system of its own with little room in it."""
    mount = ("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(directory))
    if os.geteuid() != 0 or not can(*mount):
        pytest.skip("needs the right to mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def test_a_full_disk_ends_it_and_room_lets_it_go_on(ground: Ground) -> None:
    with small_disk(ground.output.parent):
        writers = ground.write(*WRITERS)
        for _ in range(FULL):
            full(ground, "No space left on device")
        more = ("mount", "-o", "remount,size=256m", str(ground.output.parent))
        subprocess.run(more, check=True)
        ground.finish(writers, ground.follow())
        assert ground.findings() == Findings()
        assert ground.lost() == {}


def test_a_file_that_may_not_grow_ends_it_and_leave_lets_it_go_on(ground: Ground) -> None:
    writers = ground.write(*WRITERS)
    for _ in range(FULL):
        full(ground, "File too large", before=SMALL_FILES)
    ground.finish(writers, ground.follow())
    assert ground.findings() == Findings()
    assert ground.lost() == {}


def full(ground: Ground, reason: str, before: Sequence[str] = ()) -> None:
    """Follow until the output takes no more."""
    follower = ground.follow(before=before)
    assert follower.code() == 3, follower.said
    assert reason.lower() in follower.said.lower()
