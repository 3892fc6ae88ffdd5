"""The pump of a follower, on files in memory and a clock turned by hand: where it begins, what it holds and says."""

from __future__ import annotations

import gzip

import pytest

from logbraid.core.events import BytesLost, PollingInstead, Rotated, SourceFailed
from logbraid.core.options import MEBIBYTE
from logbraid.drivers.newcomers import Begin
from logbraid.testing import FakeFiles, ManualClock

from .live_run import START, LiveRun, line, lines

A, B, ALL = "/logs/a.log", "/logs/b.log", "/logs/*.log"
SECOND = 1_000_000_000

both = pytest.mark.parametrize("whole_lines", [False, True])


# Where it begins


@both
@pytest.mark.parametrize("last", [0, 1, 3, 10, 100])
def test_the_last_few_of_each_source_and_then_all_that_is_new(last: int, whole_lines: bool) -> None:
    run = LiveRun(A, B, begin=Begin(last), whole_lines=whole_lines)
    old = {name: lines(name, 20) for name in "ab"}
    for name, data in old.items():
        run.files.append(f"/logs/{name}.log", data)
    shown = run.go_on(1)
    for name, data in old.items():
        expected = data.splitlines()[-last:] if last else []
        assert [each for each in shown.splitlines() if f" {name} ".encode() in each] == expected
    run.files.append(A, line(30, "new"))
    assert run.go_on(1) == line(30, "new")


@both
def test_a_line_that_has_not_ended_is_not_counted_among_the_last(whole_lines: bool) -> None:
    run = LiveRun(A, begin=Begin(1), whole_lines=whole_lines)
    run.files.append(A, lines("a", 3) + line(9, "torn")[:-3])
    assert b"a 000002" in run.go_on(1)
    run.files.append(A, line(9, "torn")[-3:])
    run.go_on(1)
    assert run.data == lines("a", 3).splitlines(keepends=True)[-1] + line(9, "torn")


def test_a_record_of_many_lines_is_one_of_the_last() -> None:
    traceback = b'Traceback (most recent call last):\n  File "a.py"\nValueError: no\n'
    run = LiveRun(A, begin=Begin(2))
    run.files.append(A, lines("a", 3) + traceback + line(9, "b"))
    assert run.go_on(1) == lines("a", 3).splitlines(keepends=True)[-1] + traceback + line(9, "b")


def test_since_a_moment() -> None:
    run = LiveRun(A, B, begin=Begin(None, since=(START + 50) * SECOND), since=(START + 50) * SECOND)
    run.files.append(A, lines("a", 100, step=1))
    run.files.append(B, lines("b", 100, step=1))
    shown = run.go_on(1).splitlines()
    assert len(shown) == 100
    assert shown == sorted(shown)
    assert min(shown).startswith(line(50, "a")[:19])


@both
def test_from_the_first_means_from_the_oldest_rotated_file_on(whole_lines: bool) -> None:
    run = LiveRun(A, whole_lines=whole_lines)
    text = lines("a", 40).splitlines(keepends=True)
    for number in range(4):
        run.files.append(A, b"".join(text[number * 10 : number * 10 + 10]))
        run.clock.advance(1)
        if number < 3:
            run.files.rotate(A)
    run.files.compress(f"{A}.3")
    assert run.go_on(2) == b"".join(text)
    assert run.account().rotations == 3


@both
def test_with_the_last_few_the_past_of_a_file_is_left_alone(whole_lines: bool) -> None:
    run = LiveRun(A, begin=Begin(10), whole_lines=whole_lines)
    run.files.append(A, lines("old", 5))
    run.files.rotate(A)
    run.files.append(A, lines("new", 5))
    assert run.go_on(2) == lines("new", 5)


# How it learns of things


@both
def test_new_files_are_followed_from_their_first_byte(whole_lines: bool) -> None:
    run = LiveRun(ALL, begin=Begin(0), whole_lines=whole_lines)
    run.files.append(A, lines("a", 5))
    assert run.go_on(1) == b""
    run.files.append(B, lines("b", 500))
    assert run.go_on(1) == lines("b", 500)


def test_a_rotated_file_is_no_new_source() -> None:
    run = LiveRun("/logs/*", begin=Begin(0))
    run.files.append(A, lines("a", 5))
    run.go_on(1)
    run.files.rotate(A)
    run.files.append(A, line(9, "b"))
    assert run.go_on(20) == line(9, "b")
    assert len(run.pump.account().sources) == 1


@both
@pytest.mark.parametrize("trouble", ["drop_hints", "overflow", "polled"])
def test_nothing_depends_on_hints(trouble: str, whole_lines: bool) -> None:
    clock = ManualClock()
    files = FakeFiles([ALL], clock=clock)
    setattr(files, trouble, True)
    run = LiveRun(ALL, files=files, clock=clock, whole_lines=whole_lines)
    files.append(A, line(1, "a"))
    run.go_on(1)
    files.append(A, line(2, "a"))
    files.rotate(A)
    files.append(A, line(3, "a"))
    files.append(B, line(3, "b"))
    run.go_on(21)
    assert sorted(run.data.splitlines()) == sorted(
        (line(1, "a") + line(2, "a") + line(3, "a") + line(3, "b")).splitlines()
    )
    assert bool(run.said(PollingInstead)) == (trouble == "polled")


def test_polled_files_are_read_soon() -> None:
    clock = ManualClock()
    files = FakeFiles([A], clock=clock, polled=True)
    run = LiveRun(A, files=files, clock=clock)
    files.append(A, line(1, "a"))
    run.go_on(1)
    files.append(A, line(2, "a"))
    assert run.go_on(1) == line(2, "a")


@both
def test_a_quiet_run_does_next_to_nothing(whole_lines: bool) -> None:
    run = LiveRun(ALL, whole_lines=whole_lines)
    for number in range(300):
        run.files.append(f"/logs/{number:04d}.log", line(0, f"{number:04d}"))
    run.go_on(30)
    assert len(run.data.splitlines()) == 300
    run.files.calls.clear()
    run.go_on(60)
    assert run.files.calls["stat"] <= 60 * 200
    assert run.files.calls["read"] == run.files.calls["siblings"] == 0
    run.files.append("/logs/0123.log", line(99, "x"))
    assert run.go_on(1) == line(99, "x")


# Turns and memory


def test_a_busy_source_does_not_keep_the_others_waiting() -> None:
    run = LiveRun(ALL, whole_lines=True)
    run.files.append(A, lines("a", 500_000))
    for number in range(20):
        run.files.append(f"/logs/x{number}.log", line(1, f"x{number}"))
    for _ in range(4):
        run.turn()
    shown = run.data
    assert shown.count(b" x") == 20
    assert len(shown) < len(lines("a", 1)) * 200_000


def test_what_is_held_is_bounded_and_a_source_that_is_not_read_for_that_is_not_silent() -> None:
    run = LiveRun(ALL, begin=Begin(0), buffer=MEBIBYTE)
    run.files.append(A, b"")
    run.files.append(B, b"")
    run.go_on(1)
    run.files.append(A, lines("a", 200_000, first=-30, step=0.0001))
    run.files.append(B, lines("b", 200_000, first=-30, step=0.0001))
    run.go_on(5)
    times = [int(each[:19]) for each in run.data.splitlines()]
    assert times == sorted(times)
    assert len(times) == 400_000
    assert run.pump.account().late == 0
    assert run.most_held < 6 * MEBIBYTE


def test_nobody_who_takes_no_batches_has_anything_read() -> None:
    run = LiveRun(A, whole_lines=True)
    run.files.append(A, lines("a", 100_000))
    run.go_on(0)
    run.files.append(A, lines("a", 100_000))
    reads = run.files.calls["read"]
    run.clock.advance(60)  # the driver is waiting for its sink: no turn is taken
    assert run.files.calls["read"] == reads
    run.go_on(1)
    assert len(run.data.splitlines()) == 200_000


# What it says


@both
def test_what_was_seen_has_left_or_was_filtered_or_is_held(whole_lines: bool) -> None:
    run = LiveRun(A, whole_lines=whole_lines, exclude=() if whole_lines else ("a 000001",))
    data = lines("a", 5)
    run.files.append(A, data + line(9, "torn")[:-4])
    run.go_on(0.1)
    account = run.account()
    assert account.bytes_seen == len(data) + len(line(9, "torn")) - 4
    assert account.bytes_seen == account.bytes_emitted + account.bytes_filtered + run.held()
    run.end()
    account = run.account()
    assert account.bytes_seen == account.bytes_emitted + account.bytes_filtered
    assert bool(account.bytes_filtered) != whole_lines


@both
def test_what_copytruncate_takes_is_named(whole_lines: bool) -> None:
    run = LiveRun(A, whole_lines=whole_lines)
    run.files.append(A, lines("a", 50))
    run.go_on(1)
    run.files.append(A, lines("b", 50))
    run.files.fail(A)  # it is seen how long the file is, and it cannot be read
    run.go_on(11)
    run.files.fail(A, None)
    run.files.truncate(A)
    run.files.append(A, line(99, "c"))
    assert run.go_on(5) == line(99, "c")
    assert run.account().reasons == ["input/output error", "truncated"]
    assert run.account().bytes_lost == len(lines("b", 50))
    assert run.said(BytesLost) == [f"{A}: {len(lines('b', 50))} bytes lost: truncated"]


def test_a_rotation_is_said_once() -> None:
    run = LiveRun(A)
    run.files.append(A, lines("a", 5))
    run.go_on(1)
    run.files.rotate(A)
    run.files.append(A, line(9, "b"))
    run.go_on(30)
    assert run.said(Rotated) == [f"{A}: rotated"]


def test_a_failure_that_goes_on_is_said_once() -> None:
    run = LiveRun(A)
    run.files.append(A, lines("a", 5))
    run.go_on(1)
    run.files.fail(A)
    run.files.append(A, line(9, "b"))
    assert run.go_on(60) == b""
    assert run.said(SourceFailed) == [f"{A}: input/output error"]
    run.files.fail(A, None)
    assert run.go_on(60) == line(9, "b")


# Files that are not what they seem


@both
def test_a_compressed_file_that_is_met_is_read_once(whole_lines: bool) -> None:
    run = LiveRun(ALL, whole_lines=whole_lines)
    run.files.append(A, gzip.compress(lines("a", 500)))
    run.files.append(B, line(9, "b"))
    data = b""
    while len(data.splitlines()) < 501:  # a thread of its own unpacks it
        data += run.go_on(1)
    assert sorted(data.splitlines()) == sorted((lines("a", 500) + line(9, "b")).splitlines())
    run.end()


@both
def test_a_file_with_the_inode_of_another_sources_old_file_is_read(whole_lines: bool) -> None:
    clock = ManualClock()
    files = FakeFiles([A, B], clock=clock, reuse=True)
    run = LiveRun(A, B, files=files, clock=clock, whole_lines=whole_lines)
    files.append(A, lines("a", 5))
    run.go_on(1)
    files.delete(A)
    run.go_on(30)
    files.append(B, lines("b", 5))  # bears the inode that was a's
    files.rotate(B)
    files.append(B, line(9, "b"))
    assert run.go_on(5) == lines("b", 5) + line(9, "b")


@both
def test_equal_heads_make_no_copies(whole_lines: bool) -> None:
    head = lines("same opening of every file", 200)
    run = LiveRun(A, whole_lines=whole_lines)
    written = head
    run.files.append(A, head)
    run.go_on(1)
    for number in range(5):
        run.files.append(A, line(20 + number, "end"))
        run.files.rotate(A)
        run.files.append(A, head)
        written += line(20 + number, "end") + head
    run.go_on(5)
    assert run.data == written if whole_lines else sorted(run.data.splitlines()) == sorted(written.splitlines())


@both
def test_a_command_is_a_source(whole_lines: bool) -> None:
    run = LiveRun(whole_lines=whole_lines, commands=["printf 'one\\ntwo\\nthree'"])
    while not run.pump.done:  # a thread of its own reads it
        run.go_on(1)
    run.end()
    assert run.data == b"one\ntwo\nthree\n"
