"""Logs that grow, on a clock that only the test moves: nothing lost, nothing doubled, and in time."""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.types import SECOND, Nanos, Now
from logbraid.errors import UsageError
from logbraid.simulate import Manifest, WrittenFile, run

MARK = re.compile(rb"writer=(\d+) seq=(\d{8})")
START = 1_790_000_000 * SECOND
LEAST_WAIT = SECOND // 1000


class Clock:
    """Time that passes only while somebody waits.

    Args:
        look: called before each wait, with the time.
        stop: end after so many waits.
    """

    def __init__(self, look: Callable[[Nanos], object] = id, stop: int | None = None) -> None:
        self.waits = 0
        self._passed = 0
        self._look = look
        self._stop = stop

    def now(self) -> Now:
        return Now(5 * SECOND + self._passed, START + self._passed)

    def wait(self, seconds: float) -> bool:
        self._look(START + self._passed)
        self._passed += max(round(seconds * SECOND), LEAST_WAIT)
        self.waits += 1
        return self.waits == self._stop


def play(directory: Path, clock: Clock | None = None, **arguments: Any) -> Manifest:
    clock = clock or Clock()
    return run(directory, now=clock.now, wait=clock.wait, **arguments)


def generations(path: Path) -> list[Path]:
    """The rotated files of a log, oldest first, and the log itself."""
    found = [one for one in path.parent.iterdir() if one.name.startswith(f"{path.name}.")]
    return [*sorted(found, key=lambda one: -int(one.name.split(".")[2])), path]


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def whole(directory: Path, file: WrittenFile) -> bytes:
    return b"".join(map(content, generations(directory / file.name)))


def time_of(line: bytes) -> Nanos:
    return round(datetime.fromisoformat(line[:24].decode()).timestamp() * 1000) * (SECOND // 1000)


def check(directory: Path, manifest: Manifest) -> None:
    """Every line once, in order, and as many as the manifest says."""
    for index, file in enumerate(manifest.files):
        data = whole(directory, file)
        assert len(data) == file.bytes
        assert MARK.findall(data) == [(b"%02d" % index, b"%08d" % number) for number in range(file.lines)]
        assert (file.last, file.torn, file.at_risk) == (file.lines - 1 if file.lines else None, False, 0)


@pytest.mark.parametrize(("rate", "duration"), [(10, 3), (1000, 0.5), (250_000, 0.1)])
def test_the_rate_is_kept(tmp_path: Path, rate: float, duration: float) -> None:
    manifest = play(tmp_path, rate=rate, duration=duration)
    assert manifest.lines == rate * duration
    check(tmp_path, manifest)


def test_lines_of_tracebacks_count_as_lines(tmp_path: Path) -> None:
    manifest = play(tmp_path, rate=1000, duration=1, traceback=0.5)
    assert 1000 <= manifest.lines < 1010
    assert manifest.records < 500
    check(tmp_path, manifest)


def test_at_a_low_rate_each_line_is_there_when_its_time_says(tmp_path: Path) -> None:
    seen: list[tuple[Nanos, list[Nanos]]] = []

    def look(now: Nanos) -> None:
        lines = (tmp_path / "gateway-00.log").read_bytes().splitlines()
        seen.append((now, [time_of(line) for line in lines]))

    play(tmp_path, Clock(look), files=1, rate=10, duration=1)
    due = [START + number * SECOND // 10 for number in range(11)]
    assert seen == [(due[number], due[1 : number + 1]) for number in range(10)]


def test_as_fast_as_possible(tmp_path: Path) -> None:
    clock = Clock(stop=4)
    manifest = play(tmp_path, clock, files=2, rate=math.inf)
    assert manifest.lines > 10_000
    check(tmp_path, manifest)


def test_it_may_be_ended_early(tmp_path: Path) -> None:
    manifest = play(tmp_path, Clock(stop=20), rate=1000, duration=60, delay=0.1, torn=0.5)
    assert 0 < manifest.lines < 60
    check(tmp_path, manifest)


@pytest.mark.parametrize("how", ["rename", "copytruncate"])
def test_rotation_keeps_every_byte(tmp_path: Path, how: str) -> None:
    manifest = play(tmp_path, files=2, rate=1000, duration=1, rotate=how, rotate_size=5000, torn=0.1)
    check(tmp_path, manifest)
    for file in manifest.files:
        sizes = [len(content(path)) for path in generations(tmp_path / file.name)]
        assert file.rotations == len(sizes) - 1 > 3
        assert max(sizes) <= 5000
        assert all(content(path).endswith(b"\n") for path in generations(tmp_path / file.name))


@pytest.mark.parametrize(("how", "same"), [("rename", False), ("copytruncate", True)])
def test_only_copytruncate_keeps_the_file(tmp_path: Path, how: str, same: bool) -> None:
    inodes = set()
    clock = Clock(lambda now: inodes.add((tmp_path / "gateway-00.log").stat().st_ino))
    play(tmp_path, clock, files=1, rate=500, duration=0.2, rotate=how, rotate_size=3000)
    assert (len(inodes) == 1) == same


def test_what_was_rotated_twice_is_compressed(tmp_path: Path) -> None:
    manifest = play(tmp_path, files=1, rate=1000, duration=1, rotate="rename", rotate_size=20_000, compress=True)
    check(tmp_path, manifest)
    names = [path.name for path in generations(tmp_path / "gateway-00.log")]
    compressed = [f"gateway-00.log.{number}.gz" for number in range(manifest.files[0].rotations, 1, -1)]
    assert names == [*compressed, "gateway-00.log.1", "gateway-00.log"]


@pytest.mark.parametrize("compress", [False, True])
def test_only_so_many_rotated_files_are_kept(tmp_path: Path, compress: bool) -> None:
    manifest = play(
        tmp_path, files=1, rate=1000, duration=1, rotate="rename", rotate_size=9000, keep=2, compress=compress
    )
    (file,) = manifest.files
    assert file.rotations > 5
    assert len(generations(tmp_path / file.name)) == 3
    numbers = [int(number) for _, number in MARK.findall(whole(tmp_path, file))]
    assert numbers == list(range(numbers[0], file.lines))


def test_torn_lines_are_whole_later(tmp_path: Path) -> None:
    ends = []
    clock = Clock(lambda now: ends.append((tmp_path / "gateway-00.log").read_bytes()[-1:]))
    manifest = play(tmp_path, clock, files=1, rate=100, duration=2, torn=0.5)
    assert sum(end != b"\n" for end in ends) > 20
    check(tmp_path, manifest)


def test_delayed_lines_come_in_order_and_not_later_than_said(tmp_path: Path) -> None:
    seen = 0
    ages: list[Nanos] = []

    def look(now: Nanos) -> None:
        nonlocal seen
        lines = (tmp_path / "gateway-00.log").read_bytes().splitlines()
        ages.extend(now - time_of(line) for line in lines[seen:])
        seen = len(lines)

    manifest = play(tmp_path, Clock(look), files=1, rate=200, duration=5, delay=0.3)
    check(tmp_path, manifest)
    times = [time_of(line) for line in whole(tmp_path, manifest.files[0]).splitlines()]
    assert times == sorted(times)
    assert 0.2 * SECOND < max(ages) <= 0.302 * SECOND


def test_jitter_makes_times_go_back(tmp_path: Path) -> None:
    manifest = play(tmp_path, files=1, rate=500, duration=1, jitter=0.5)
    times = [time_of(line) for line in whole(tmp_path, manifest.files[0]).splitlines()]
    assert times != sorted(times)


def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    for name in ("gateway-00.log", "gateway-00.log.7", "gateway-00.log.8.gz", "gateway-00.log.bak", "other.log.1"):
        (tmp_path / name).write_bytes(b"old\n")
    play(tmp_path, files=1, rate=100, duration=0.1)
    assert {path.name for path in tmp_path.iterdir()} == {"gateway-00.log", "gateway-00.log.bak", "other.log.1"}
    assert b"old" not in (tmp_path / "gateway-00.log").read_bytes()


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    files=st.integers(1, 4),
    rate=st.sampled_from([50.0, 3000.0, 50_000.0]),
    torn=st.sampled_from([0.0, 0.3, 1.0]),
    delay=st.sampled_from([0.0, 0.05]),
    rotate=st.sampled_from(["none", "rename", "copytruncate"]),
    compress=st.booleans(),
)
def test_whatever_happens_every_line_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, files: int, **arguments: Any
) -> None:
    directory = tmp_path_factory.mktemp("logs")
    manifest = play(directory, Clock(stop=30), files=files, rotate_size=10_000, duration=1, **arguments)
    check(directory, manifest)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rate": 0}, "above 0"),
        ({"rate": math.nan}, "above 0"),
        ({"files": 0}, "at least one file"),
        ({"delay": -1}, "delay cannot be negative"),
        ({"torn": 1.5}, "torn is a probability"),
        ({"rotate": "daily"}, "rotate is one of none, rename, copytruncate"),
        ({"rotate_size": 0}, "one byte or more"),
        ({"keep": 0}, "at least one rotated file"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        play(tmp_path, **arguments)
