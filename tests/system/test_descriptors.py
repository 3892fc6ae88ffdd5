"""Descriptors: within the budget, never closed under a reader."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from logbraid.system.descriptors import Descriptor, Descriptors, budget


def is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def opened() -> int:
    return os.open(os.devnull, os.O_RDONLY)


def test_closing_waits_for_the_reader() -> None:
    descriptor = Descriptor(opened())
    with descriptor.use() as number:
        descriptor.close()
        assert is_open(number)
    assert not is_open(number)
    with pytest.raises(OSError, match="Bad file descriptor"), descriptor.use():
        pass


def test_a_borrowed_descriptor_stays_open() -> None:
    number = opened()
    Descriptor(number, owned=False).close()
    assert is_open(number)
    os.close(number)


def test_the_least_recently_used_makes_room() -> None:
    descriptors = Descriptors(limit=2)
    numbers = {}
    for key in ("a", "b", "a", "c"):
        with descriptors.use(key, opened) as numbers[key]:
            pass
    assert descriptors.kept == 2
    with descriptors.use("a", lambda: pytest.fail("was closed")) as number:
        assert number == numbers["a"]
    descriptors.close("a")
    descriptors.close("c")
    descriptors.close("c")
    assert descriptors.kept == 0


def test_what_is_being_read_is_not_taken_away() -> None:
    descriptors = Descriptors(limit=1)
    with descriptors.use("a", opened) as first, descriptors.use("b", opened) as second:
        assert is_open(first)
        assert is_open(second)
    descriptors.close("a")
    descriptors.close("b")
    assert not is_open(first)


def test_two_who_open_the_same_share_one() -> None:
    descriptors = Descriptors(limit=4)
    late = opened()

    def overtaken() -> int:
        with descriptors.use("a", opened):
            return late

    with descriptors.use("a", overtaken) as number:
        assert number != late
    assert not is_open(late)
    descriptors.close("a")


def test_idle_ones_are_given_back_when_the_system_has_no_more() -> None:
    descriptors = Descriptors(limit=100)
    with descriptors.use("a", opened) as number:
        pass
    failures = [OSError(24, "Too many open files")]

    def scarce() -> int:
        if failures:
            raise failures.pop()
        assert not is_open(number)
        return opened()

    with descriptors.use("b", scarce):
        assert descriptors.kept == 1
    descriptors.close("b")


@pytest.mark.parametrize(("limit", "expected"), [(64, 8), (256, 192), (1024, 768), (1 << 20, 16_384)])
def test_the_budget_leaves_headroom(limit: int, expected: int) -> None:
    assert budget(limit) == expected


def test_six_hundred_files_under_a_hard_limit_of_256(tmp_path: Path) -> None:
    for n in range(600):
        (tmp_path / f"{n:03}.log").write_bytes(b"%03d one\n%03d two\n" % (n, n))
    program = """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
        from logbraid.system.discover import discover
        found = discover([sys.argv[1]])
        assert not found.events, found.events
        room = memoryview(bytearray(8))
        halves = [[room[:source.read_into(room)].tobytes() for source in found.sources] for _ in range(2)]
        assert all(len(half) == 600 for half in halves)
        assert halves[0][599] + halves[1][599] == b"599 one\\n599 two\\n"
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (run.returncode, run.stderr) == (0, "")
