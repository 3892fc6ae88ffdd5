"""Parts dealt to processes: the same bytes and the same account as one process, or nothing at all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import logbraid
from logbraid.api import merge_into
from logbraid.core.account import Account
from logbraid.core.options import Options
from logbraid.drivers import slices, timeline
from logbraid.errors import SinkError
from logbraid.sinks.destinations import sink_for
from logbraid.system.clock import Clock

from .logs import TRACEBACK, disordered, iso, nothing_left_behind, steady, write

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no processes to deal parts to")


class Ways:
    """Counts which ways the driver took."""

    def __init__(self) -> None:
        self.rings = 0
        self.alone = 0


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    """Make parts so small that little logs have many, and tell what was done with them."""
    taken = Ways()
    turn, go_on_alone = slices.Ring.turn, slices.Ring._go_on_alone

    def counted_turn(ring: slices.Ring) -> Account:
        taken.rings += 1
        return turn(ring)

    def counted_alone(ring: slices.Ring, *rest: Any) -> Account:
        taken.alone += 1
        return go_on_alone(ring, *rest)

    monkeypatch.setattr(slices, "PART", 24 << 10)
    monkeypatch.setattr(slices, "LEAST_SHARE", 0)
    monkeypatch.setattr(slices, "_PROBES_A_SHARE", 3)
    monkeypatch.setattr(timeline, "PROBE", 1 << 10)
    monkeypatch.setattr(slices.Ring, "turn", counted_turn)
    monkeypatch.setattr(slices.Ring, "_go_on_alone", counted_alone)
    return taken


def merged(sources: Sequence[Path], out: Path, processes: int, **options: Any) -> tuple[bytes, Account]:
    account = logbraid.merge(sources, out, processes=processes, tz=options.pop("tz", "UTC"), **options)
    return out.read_bytes(), account


def assert_same(sources: Sequence[Path], out: Path, **options: Any) -> Account:
    """Check that one, two and three processes do the same; return the account."""
    data, account = merged(sources, out, 1, **options)
    for processes in (2, 3):
        with nothing_left_behind():
            assert merged(sources, out, processes, **options) == (data, account)
    return account


# What is in order enough is written in parts


def test_sorted_files(ways: Ways, tmp_path: Path) -> None:
    sources = [write(tmp_path / f"{name}.log", steady(name, 1500, 0.7, number)) for number, name in enumerate("abc")]
    account = assert_same(sources, tmp_path / "out")
    assert (ways.rings, ways.alone) == (2, 0)
    assert account.bytes_seen == account.bytes_emitted == sum(path.stat().st_size for path in sources)


def test_small_inversions(ways: Ways, tmp_path: Path) -> None:
    sources = [write(tmp_path / f"{seed}.log", disordered("x", 3000, seed, wobble=0.9)) for seed in range(3)]
    assert_same(sources, tmp_path / "out")
    assert ways.rings == 2


def test_equal_times_across_every_border(ways: Ways, tmp_path: Path) -> None:
    lines = [iso(number // 400, f"{number:06} of many at the same time") for number in range(4000)]
    sources = [write(tmp_path / f"{number}.log", lines) for number in range(3)]
    assert_same(sources, tmp_path / "out")
    assert (ways.rings, ways.alone) == (2, 0)


def test_tracebacks_at_every_border(ways: Ways, tmp_path: Path) -> None:
    lines = [line + TRACEBACK * (number % 5) for number, line in enumerate(steady("x", 800))]
    sources = [write(tmp_path / "a.log", lines), write(tmp_path / "b.log", steady("y", 800, first=0.5))]
    assert_same(sources, tmp_path / "out")
    assert (ways.rings, ways.alone) == (2, 0)


def test_sizes_far_apart(ways: Ways, tmp_path: Path) -> None:
    sources = [
        write(tmp_path / "large.log", steady("large", 5000)),
        write(tmp_path / "small.log", steady("small", 3, 900)),
        write(tmp_path / "late.log", steady("late", 200, 1, 4900)),
    ]
    assert_same(sources, tmp_path / "out")
    assert (ways.rings, ways.alone) == (2, 0)


def test_an_empty_file_is_no_hindrance(ways: Ways, tmp_path: Path) -> None:
    sources = [write(tmp_path / "a.log", steady("x", 4000)), write(tmp_path / "empty.log", [])]
    assert_same(sources, tmp_path / "out")
    assert (ways.rings, ways.alone) == (2, 0)


def test_too_many_sources_for_parts_are_merged_by_one(
    ways: Ways, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(slices, "LEAST_SHARE", 10 << 10)
    sources = [write(tmp_path / f"{name}.log", steady(name, 1500, 0.7, number)) for number, name in enumerate("abc")]
    assert_same(sources, tmp_path / "out")
    assert ways.rings == 0


def test_no_final_newline(ways: Ways, tmp_path: Path) -> None:
    lines = "".join(steady("x", 2000)).removesuffix("\n")
    sources = [write(tmp_path / "a.log", lines), write(tmp_path / "b.log", steady("y", 2000))]
    assert_same(sources, tmp_path / "out")
    assert (ways.rings, ways.alone) == (2, 0)


@pytest.mark.parametrize(
    "options",
    [
        {"labels": "name"},
        {"labels": "path"},
        {"output_format": "jsonl"},
        {"include": ["7"], "exclude": ["77"]},
        {"exclude": ["."]},
        {"skews": {"a.log": 5_500_000_000}},
    ],
    ids=str,
)
def test_how_it_is_shown_and_filtered(ways: Ways, tmp_path: Path, options: dict[str, Any]) -> None:
    lines = [line + TRACEBACK * (number % 70 == 0) for number, line in enumerate(steady("x", 1500))]
    sources = [write(tmp_path / "a.log", lines), write(tmp_path / "b.log", steady("ü", 1500, first=0.5))]
    account = assert_same(sources, tmp_path / "out", **options)
    assert (ways.rings, ways.alone) == (2, 0)
    filtered = sum(source.bytes_filtered for source in account.sources)
    assert account.bytes_seen == account.bytes_emitted + filtered


@pytest.mark.parametrize("window", [(600, None), (None, 1400), (600, 1400), (5000, None), (-9, 2)], ids=str)
def test_a_piece_of_the_time(ways: Ways, tmp_path: Path, window: tuple[int | None, int | None]) -> None:
    since, until = (None if each is None else 1_772_323_200_000_000_000 + each * 1_000_000_000 for each in window)
    sources = [write(tmp_path / f"{name}.log", steady(name, 2000, first=0.3)) for name in "ab"]
    assert_same(sources, tmp_path / "out", since=since, until=until)


def test_a_year_that_begins_midway(ways: Ways, tmp_path: Path) -> None:
    def lines(name: str) -> list[str]:
        days = [("Dec", day) for day in range(20, 32)] + [("Jan", day) for day in range(1, 12)]
        times = [f"{hour:02}:{minute:02}:00" for hour in range(24) for minute in range(0, 60, 15)]
        return [f"{month} {day:2} {time} host {name}: fine\n" for month, day in days for time in times]

    sources = [write(tmp_path / f"{name}.log", lines(name)) for name in ("a", "b")]
    for source in sources:
        os.utime(source, (1_768_100_000, 1_768_100_000))
    assert_same(sources, tmp_path / "out", output_format="jsonl")
    assert (ways.rings, ways.alone) == (2, 0)


def test_an_hour_that_comes_twice(ways: Ways, tmp_path: Path) -> None:
    hours = [0, 1, 2, 2, 3, 4]
    minutes = [(hour, n // 12, n % 12 * 5) for hour in hours for n in range(720)]
    lines = [f"2025-10-26 {hour:02}:{minute:02}:{second:02},000 INFO a shop\n" for hour, minute, second in minutes]
    sources = [write(tmp_path / f"{name}.log", lines) for name in "ab"]
    assert_same(sources, tmp_path / "out", tz="Europe/Berlin", output_format="jsonl")
    assert ways.rings == 2


# What is not is merged by one process from there on


def test_large_inversions(ways: Ways, tmp_path: Path) -> None:
    sources = [write(tmp_path / f"{seed}.log", disordered("x", 3000, seed, wobble=400)) for seed in range(3)]
    assert_same(sources, tmp_path / "out")
    assert ways.rings == 2


def test_a_file_that_goes_back_in_the_middle(ways: Ways, tmp_path: Path) -> None:
    lines = steady("x", 1000) + steady("x", 1000, first=200) + steady("x", 1000, first=3000)
    sources = [write(tmp_path / "a.log", lines), write(tmp_path / "b.log", steady("y", 3000))]
    assert_same(sources, tmp_path / "out")
    assert ways.rings == 2


def test_leaps(ways: Ways, tmp_path: Path) -> None:
    sources = [write(tmp_path / f"{seed}.log", disordered("x", 3000, seed, wobble=30, leaps=3)) for seed in range(3)]
    account = assert_same(sources, tmp_path / "out")
    assert sum(source.leaps for source in account.sources) > 0
    assert (ways.rings, ways.alone) == (2, 2)


def test_a_leap_behind_a_step_back(ways: Ways, tmp_path: Path) -> None:
    lines = steady("x", 900, 8) + steady("x", 2, first=2000) + [iso(7400, "leap")] + steady("x", 600, 8, first=2010)
    sources = [write(tmp_path / "a.log", lines), write(tmp_path / "b.log", steady("y", 1500, 8))]
    assert_same(sources, tmp_path / "out")


def test_a_format_that_changes_midway(ways: Ways, tmp_path: Path) -> None:
    later = [f"Mar  1 {n // 3600 + 1:02}:{n // 60 % 60:02}:{n % 60:02} host x: changed\n" for n in range(1500)]
    source = write(tmp_path / "a.log", steady("x", 1500) + later)
    os.utime(source, (1_772_400_000, 1_772_400_000))
    sources = [source, write(tmp_path / "b.log", steady("y", 3000))]
    assert_same(sources, tmp_path / "out")
    assert (ways.rings, ways.alone) == (2, 2)


def test_a_head_in_another_format(ways: Ways, tmp_path: Path) -> None:
    head = [f"1772323200 {number} {'old ' * 900}\n" for number in range(20)]
    sources = [write(tmp_path / "a.log", head + steady("x", 2000)), write(tmp_path / "b.log", steady("y", 2000))]
    assert_same(sources, tmp_path / "out")


def test_a_record_that_is_cut(ways: Ways, tmp_path: Path) -> None:
    lines = [*steady("x", 1000), "on and on\n" * 300, "x" * 3000 + "\n", *steady("x", 1000, first=1000)]
    sources = [write(tmp_path / "a.log", lines), write(tmp_path / "b.log", steady("y", 2000))]
    account = assert_same(sources, tmp_path / "out", max_record=1000)
    assert account.sources[0].cut == 1
    assert (ways.rings, ways.alone) == (2, 2)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seeds=st.lists(st.integers(0, 10**6), min_size=1, max_size=3),
    wobble=st.sampled_from([0.0, 0.5, 20.0, 500.0]),
    leaps=st.sampled_from([0, 0, 2]),
    tracebacks=st.sampled_from([0, 50]),
    count=st.integers(700, 3500),
)
def test_random_logs(
    ways: Ways, tmp_path: Path, seeds: list[int], wobble: float, leaps: int, tracebacks: int, count: int
) -> None:
    sources = []
    for number, seed in enumerate(seeds):
        lines = disordered("x", count // (1 + seed % 3), seed, wobble=wobble, leaps=leaps, tracebacks=tracebacks)
        sources.append(write(tmp_path / f"{number}.log", lines))
    data, account = merged(sources, tmp_path / "out", 1)
    with nothing_left_behind():
        assert merged(sources, tmp_path / "out", 3) == (data, account)


# What it declines


@pytest.mark.parametrize("kind", ["untimed", "callback", "arrival", "pipe"])
def test_it_declines_what_cannot_be_dealt(ways: Ways, tmp_path: Path, kind: str) -> None:
    lines = ["no time at all\n"] * 5000 if kind == "untimed" else steady("x", 3000)
    source = write(tmp_path / "a.log", lines)
    commands = [f"cat '{source}'"] if kind == "pipe" else []
    got: list[bytes] = []
    sink = (lambda batch: got.append(bytes(batch.data))) if kind == "callback" else tmp_path / "out"
    with nothing_left_behind():
        logbraid.merge(
            [source], sink, processes=2, tz="UTC", commands=commands, order="arrival" if kind == "arrival" else "time"
        )
    assert ways.rings == 0


def test_it_declines_while_other_threads_run(ways: Ways, tmp_path: Path) -> None:
    source = write(tmp_path / "a.log", steady("x", 3000))
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert merged([source], tmp_path / "out", 2)[0] == source.read_bytes()
    finally:
        over.set()
        thread.join()
    assert ways.rings == 0


def test_a_source_that_fails_while_it_is_surveyed(ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [write(tmp_path / "a.log", steady("x", 3000)), write(tmp_path / "b.log", steady("y", 3000))]
    plan = slices._plan

    def replaced(*given: Any) -> Any:
        os.rename(write(tmp_path / "new", ["another file\n"]), sources[0])
        return plan(*given)

    monkeypatch.setattr(slices, "_plan", replaced)
    with nothing_left_behind():
        data, account = merged(sources, tmp_path / "out", 2)
    assert data == sources[1].read_bytes()
    assert account.sources[0].reasons == ["replaced while being read"]


def test_a_file_that_shrinks(ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [write(tmp_path / "a.log", steady("x", 3000)), write(tmp_path / "b.log", steady("y", 3000))]
    size, turn = sources[0].stat().st_size, slices.Ring.turn

    def shortened(ring: slices.Ring) -> Account:
        os.truncate(sources[0], 100_003)
        return turn(ring)

    monkeypatch.setattr(slices.Ring, "turn", shortened)
    with nothing_left_behind():
        data, account = merged(sources, tmp_path / "out", 2)
    (first, second) = account.sources
    assert (first.bytes_seen, first.bytes_emitted, first.bytes_lost) == (size, 100_003, size - 100_003)
    assert first.reasons == ["shortened while being read"]
    assert second.bytes_emitted == sources[1].stat().st_size
    assert len(data) == first.bytes_emitted + second.bytes_emitted + 1, "a newline that the torn line needs"


def test_no_process_to_be_had(ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "a.log", steady("x", 3000))
    fork, forks = os.fork, iter([True, False])

    def scarce() -> int:
        if next(forks):
            return fork()
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", scarce)
    with nothing_left_behind():
        assert merged([source], tmp_path / "out", 2)[0] == source.read_bytes()


# What goes wrong


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
def test_a_full_disk(ways: Ways, tmp_path: Path) -> None:
    source = write(tmp_path / "a.log", steady("x", 3000))
    with nothing_left_behind(), pytest.raises(SinkError) as caught:
        logbraid.merge(source, "/dev/full", processes=2, tz="UTC")
    assert caught.value.errno == errno.ENOSPC
    assert ways.rings == 1


def test_a_closed_pipe(ways: Ways, tmp_path: Path) -> None:
    source = write(tmp_path / "a.log", steady("x", 3000))
    with nothing_left_behind():
        ours, theirs = os.pipe()
        os.close(ours)
        with open(theirs, "wb", buffering=0) as pipe, pytest.raises(SinkError) as caught:
            logbraid.merge(source, pipe, processes=2, tz="UTC")
    assert caught.value.errno == errno.EPIPE
    assert ways.rings == 1


def kill_a_process(monkeypatch: pytest.MonkeyPatch, at: str, number: int) -> None:
    """Let the first process be killed at the ``number``-th time that the parent receives or sends."""
    original, calls, pids = getattr(slices, at), [0], []
    fork = slices.Ring._fork

    def remember(ring: slices.Ring, which: int) -> slices.Peer:
        peer = fork(ring, which)
        pids.append(peer.pid)
        return peer

    def kill_first(*given: Any) -> Any:
        if os.getpid() == parent:
            calls[0] += 1
            if calls[0] == number:
                os.kill(pids[0], signal.SIGKILL)
                os.waitid(os.P_PID, pids[0], os.WEXITED | os.WNOWAIT)  # it is dead, and not yet collected
        return original(*given)

    parent = os.getpid()
    monkeypatch.setattr(slices.Ring, "_fork", remember)
    monkeypatch.setattr(slices, at, kill_first)


@pytest.mark.parametrize(("at", "number"), [("_receive", 1), ("_send", 1), ("_send", 3)])
def test_a_process_killed_before_it_writes(
    ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, number: int
) -> None:
    source = write(tmp_path / "a.log", steady("x", 3000))
    kill_a_process(monkeypatch, at, number)
    with nothing_left_behind():
        data, account = merged([source], tmp_path / "out", 2)
    assert data == source.read_bytes()
    assert account.whole
    assert ways.alone == 1


def test_a_process_killed_while_it_writes(ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "a.log", steady("x", 3000))
    out = write(tmp_path / "out", ["what stood here before\n"])
    monkeypatch.setattr(slices, "write_all", lambda *_: signal.pause())
    kill_a_process(monkeypatch, "_receive", 2)  # the answer to the order to write
    with nothing_left_behind(), pytest.raises(SinkError, match="died"):
        logbraid.merge(source, out, processes=2, tz="UTC")
    assert out.read_text() == "what stood here before\n"
    assert sorted(os.listdir(tmp_path)) == ["a.log", "out"]


def test_an_interrupt_leaves_nothing_behind(ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(tmp_path / "a.log", steady("x", 3000))

    def interrupted(peer: slices.Peer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(slices, "_receive", interrupted)
    with nothing_left_behind(), pytest.raises(KeyboardInterrupt):
        logbraid.merge(source, tmp_path / "out", processes=2, tz="UTC")
    assert os.listdir(tmp_path) == ["a.log"]


@pytest.mark.parametrize("where", ["parent", "child"])
def test_an_interrupt_amid_a_fork(ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """The parent must not lose sight of the process, nor the process go on as if it were the parent."""
    source = write(tmp_path / "a.log", steady("x", 3000))
    fork = slices._forked

    def interrupted() -> int:
        pid = fork()
        if bool(pid) is (where == "parent"):
            signal.raise_signal(signal.SIGINT)
        return pid

    monkeypatch.setattr(slices, "_forked", interrupted)
    with nothing_left_behind():
        if where == "child":
            data, _ = merged([source], tmp_path / "out", 2)
            assert data == source.read_bytes()
        else:
            with pytest.raises(KeyboardInterrupt):
                logbraid.merge(source, tmp_path / "out", processes=2, tz="UTC")
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_signal_ends_the_wait_for_a_process(ways: Ways, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that comes just before it: the process itself may wait, for a reader that takes nothing."""
    source = write(tmp_path / "a.log", steady("x", 3000))
    rings: list[bool] = []

    def wait(clock: Clock, until: object, descriptors: Sequence[int]) -> None:
        rings.append(signal.set_wakeup_fd(-1) >= 0)
        raise KeyboardInterrupt

    monkeypatch.setattr(Clock, "wait", wait)
    with nothing_left_behind(), pytest.raises(KeyboardInterrupt):
        logbraid.merge(source, tmp_path / "out", processes=2, tz="UTC")
    assert rings == [True]


PROGRAM = """
import sys
import logbraid
from logbraid.drivers import slices
slices.PART, slices.LEAST_SHARE = 24 << 10, 0
logbraid.merge(sys.argv[1], sys.argv[2], processes=3)
"""


def test_the_processes_say_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "a.log", steady("x", 9000))
    words = [sys.executable, "-X", "dev", "-c", PROGRAM, str(source), str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert (tmp_path / "out").read_bytes() == source.read_bytes()


def test_progress_reaches_the_end(ways: Ways, tmp_path: Path) -> None:
    source = write(tmp_path / "a.log", steady("x", 3000))
    told: list[tuple[int, int | None]] = []
    merge_into(
        [str(source)],
        lambda found: sink_for(tmp_path / "out", found, "text", labelled=False),
        Options(),
        progress=lambda done, total: told.append((done, total)),
        processes=2,
    )
    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1] == (source.stat().st_size, source.stat().st_size)
