"""What a tail does, scenario by scenario; random programs are in ``test_tail_machine.py``."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from logbraid.core.states import State
from logbraid.testing import FakeFiles

from .follower import NAME, Follower

LINES = [b"line %03d of app.log, as it is written by somebody\n" % number for number in range(40)]
ONE, TWO, THREE, FOUR, FIVE = (b"".join(LINES[start : start + 4]) for start in range(0, 20, 4))


def opened(data: bytes = ONE) -> Follower:
    """Follow a file that was read to its end."""
    follower = Follower()
    follower.files.append(NAME, data)
    assert follower.run() == data
    follower.clock.advance(1)
    return follower


def rotated(files: FakeFiles, data: bytes) -> None:
    """Rename the file away and write a new one."""
    files.rotate(NAME)
    files.append(NAME, data)


def test_what_is_written_is_read_once_however_it_is_cut() -> None:
    follower = Follower(size=7)
    follower.files.append(NAME, ONE)
    assert follower.run() == ONE
    follower.files.append(NAME, TWO[:11])
    assert follower.run() == TWO[:11]
    follower.files.append(NAME, TWO[11:])
    assert follower.run() == TWO[11:]
    assert follower.run() == b""


def test_a_quiet_file_asks_for_nothing_and_has_no_deadline() -> None:
    follower = opened()
    assert (follower.tail.caught_up, follower.tail.deadline, follower.tail.wants_read) == (True, None, False)
    assert follower.tail.lookups() == []


def test_one_look_and_one_short_read_answer_a_hint() -> None:
    follower = opened()
    steps = follower.steps
    follower.run()
    assert follower.steps == steps + 2


def test_a_look_repairs_a_lost_hint() -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    follower.tail.hint(renamed=True)
    follower.look()
    assert not follower.tail.caught_up
    assert follower.run() == TWO


def test_a_name_that_leads_nowhere_is_waited_for() -> None:
    follower = Follower()
    assert not follower.tail.caught_up
    follower.run()
    assert follower.tail.caught_up
    assert follower.tail.state is State.ABSENT
    follower.files.append(NAME, ONE)
    assert follower.wait(1) == ONE


def test_it_goes_on_where_it_was() -> None:
    follower = Follower()
    follower.files.append(NAME, ONE + TWO)
    follower.begin_at(len(ONE))
    assert follower.run() == TWO


def test_it_goes_on_where_it_was_through_rotations_while_nobody_looked() -> None:
    follower = Follower()
    follower.files.append(NAME, ONE + TWO)
    follower.begin_at(len(ONE))
    follower.clock.advance(1)
    for data in (THREE, FOUR):
        rotated(follower.files, data)
        follower.clock.advance(1)
    follower.files.compress(f"{NAME}.2")
    assert follower.run() == TWO + THREE + FOUR
    assert not follower.losses


def test_with_its_past_the_oldest_comes_first() -> None:
    follower = Follower(with_past=True)
    for data in (ONE, TWO, THREE):
        if follower.files.stat(NAME):
            follower.files.rotate(NAME)
        follower.files.append(NAME, data)
        follower.clock.advance(1)
    follower.files.compress(f"{NAME}.2")
    assert follower.run() == ONE + TWO + THREE
    assert follower.tail.generation == 2


def test_without_its_past_only_the_file_at_the_name_is_read() -> None:
    follower = Follower()
    follower.files.append(NAME, ONE)
    follower.clock.advance(1)
    rotated(follower.files, TWO)
    assert follower.run() == TWO


# Rotation by renaming


def test_the_old_file_is_read_to_its_end_before_the_new_one() -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    rotated(follower.files, THREE)
    assert follower.run() == TWO + THREE
    assert follower.told == ["0 rotated"]


def test_while_the_new_file_is_empty_the_old_one_may_grow() -> None:
    follower = opened()
    follower.files.rotate(NAME)
    follower.files.create(NAME)
    assert follower.run() == b""
    assert follower.tail.caught_up
    follower.files.append(f"{NAME}.1", TWO)
    assert follower.wait(1) == TWO
    follower.files.append(f"{NAME}.1", THREE)
    follower.files.append(NAME, FOUR)
    assert follower.run() == THREE + FOUR


def test_a_renamed_file_is_read_for_ever_as_long_as_no_other_takes_its_place() -> None:
    follower = opened()
    follower.files.rotate(NAME)
    follower.run()
    follower.wait(100)
    follower.files.append(f"{NAME}.1", TWO)
    assert follower.wait(2) == TWO


def test_stragglers_are_delivered_and_then_the_old_file_is_let_go() -> None:
    follower = opened()
    rotated(follower.files, TWO)
    follower.run()
    follower.files.append(f"{NAME}.1", THREE)
    assert follower.wait(2) == THREE
    assert follower.told == ["0 rotated"]
    follower.wait(15)
    assert follower.told == ["0 rotated", "0 ended"]
    assert follower.files.open_files == 1
    assert follower.tail.deadline is None


@pytest.mark.parametrize("seconds", [0, 5, 20])
def test_a_straggler_written_later_than_its_successor_is_not_taken_for_a_newer_file(seconds: float) -> None:
    follower = opened()
    rotated(follower.files, TWO)
    follower.run()
    follower.wait(seconds)
    follower.clock.advance(0.01)
    follower.files.append(f"{NAME}.1", THREE)
    rotated(follower.files, FOUR)
    follower.run()
    follower.wait(5)
    assert [follower.delivered.count(data) for data in (ONE, TWO, THREE, FOUR)] == [1, 1, seconds < 10, 1]


def test_waiting_and_lingering_cost_little() -> None:
    follower = opened()
    rotated(follower.files, TWO)
    follower.wait(20)
    assert follower.steps < 50


def test_a_file_renamed_back_is_read_on() -> None:
    follower = opened()
    follower.files.rotate(NAME)
    follower.run()
    follower.files.rename(f"{NAME}.1", NAME)
    follower.files.append(NAME, TWO)
    assert follower.run() == TWO
    assert follower.tail.generation == 0


@pytest.mark.parametrize("compressed", [(), (3,), (2,), (3, 2, 1)])
@pytest.mark.parametrize("evicted", [False, True])
def test_several_rotations_behind_each_byte_comes_once(compressed: tuple[int, ...], evicted: bool) -> None:
    follower = opened(ONE)
    follower.files.append(NAME, TWO)
    for data in (THREE, FOUR, FIVE):
        follower.clock.advance(1)
        rotated(follower.files, data)
    for number in compressed:
        follower.files.compress(f"{NAME}.{number}")
    if evicted:
        follower.files.evict()
    assert follower.run() == TWO + THREE + FOUR + FIVE
    assert follower.losses == []
    assert follower.tail.generation == 3


def test_rotations_go_on_while_it_catches_up() -> None:
    follower = opened(ONE)
    for data in (TWO, THREE, FOUR):
        follower.clock.advance(1)
        rotated(follower.files, data)
    follower.tail.hint(renamed=True)
    while len(follower.delivered) < len(ONE + TWO):
        follower.step()
    follower.clock.advance(1)
    rotated(follower.files, FIVE)
    follower.files.evict()
    follower.run()
    assert follower.delivered == ONE + TWO + THREE + FOUR + FIVE


def test_older_files_and_what_becomes_of_them_do_not_matter() -> None:
    follower = Follower()
    follower.files.append(f"{NAME}.1", LINES[30] * 10)
    follower.clock.advance(5)
    follower.files.append(NAME, ONE)
    follower.run()
    follower.files.compress(f"{NAME}.1")
    follower.files.delete(NAME)
    follower.clock.advance(1)
    follower.files.append(NAME, TWO)
    assert follower.run() == TWO


def test_equal_heads_do_not_matter() -> None:
    head = LINES[20] * 3
    follower = opened(head + ONE)
    for data in (TWO, THREE):
        follower.clock.advance(1)
        rotated(follower.files, head + data)
    follower.files.compress(f"{NAME}.2")
    follower.files.evict()
    assert follower.run() == head + TWO + head + THREE


# Deletion


def test_a_deleted_file_is_read_to_its_end() -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    follower.files.delete(NAME)
    assert follower.run() == TWO
    follower.wait(15)
    assert follower.told == ["0 deleted", "0 ended"]
    assert (follower.tail.state, follower.files.open_files) == (State.ABSENT, 0)
    follower.files.append(NAME, THREE)
    assert follower.run() == THREE
    assert follower.tail.generation == 1


def test_a_file_deleted_while_it_was_not_open_is_lost_and_that_is_said() -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    follower.tail.hint(renamed=True)
    follower.look()
    follower.files.evict()
    follower.files.delete(NAME)
    follower.clock.advance(1)
    follower.files.append(NAME, THREE)
    assert follower.run() == THREE
    assert follower.told[0] == f"0 lost {len(TWO)}: deleted before it was read"


def test_a_new_file_with_the_old_inode_is_a_new_file() -> None:
    follower = opened()
    follower.files.reuse = True
    follower.files.evict()
    follower.files.delete(NAME)
    follower.clock.advance(1)
    follower.files.append(NAME, TWO + THREE)
    assert follower.run() == TWO + THREE
    assert follower.tail.generation == 1


def test_a_link_that_leads_elsewhere_is_a_rotation() -> None:
    follower = Follower()
    follower.files.append("/logs/one", ONE)
    follower.files.symlink(NAME, "/logs/one")
    follower.run()
    follower.files.append("/logs/one", TWO)
    follower.files.append("/logs/two", THREE)
    follower.files.symlink(NAME, "/logs/two")
    assert follower.run() == TWO + THREE


# Truncation


def test_a_truncated_file_is_read_from_its_beginning() -> None:
    follower = opened()
    follower.files.truncate(NAME)
    follower.files.append(NAME, LINES[20])
    assert follower.run() == LINES[20]
    assert follower.told == ["0 lost 0: truncated", "0 truncated", "0 ended"]


@pytest.mark.parametrize("data", [TWO, TWO + THREE], ids=["to its old size", "past its old size"])
def test_a_file_rewritten_is_read_from_its_beginning(data: bytes) -> None:
    follower = opened()
    follower.files.truncate(NAME)
    follower.clock.advance(1)
    follower.files.append(NAME, data)
    assert follower.run() == data


def test_what_was_known_to_be_there_before_a_truncation_is_counted() -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    follower.tail.hint(renamed=True)
    follower.look()
    follower.files.truncate(NAME)
    follower.tail.hint(renamed=True)
    follower.look()
    follower.run()
    assert follower.losses[0].count == len(TWO)


def test_a_truncated_file_that_stays_empty_does_not_spin() -> None:
    follower = opened()
    follower.files.truncate(NAME)
    follower.run()
    steps = follower.steps
    follower.wait(60)
    assert follower.steps == steps
    assert follower.tail.caught_up


def test_the_hole_that_a_writer_leaves_after_a_truncation_is_skipped() -> None:
    follower = opened()
    follower.files.truncate(NAME)
    follower.files.write_at(NAME, len(ONE), TWO)
    assert follower.run() == TWO
    follower.files.append(NAME, b"\0\0" + THREE)
    assert follower.run() == b"\0\0" + THREE


def test_nul_bytes_at_the_beginning_of_any_other_file_are_data() -> None:
    assert opened(b"\0\0\0" + ONE).delivered == b"\0\0\0" + ONE


@pytest.mark.parametrize("compressed", [False, True])
def test_what_was_not_read_before_a_copytruncate_is_read_from_the_copy(compressed: bool) -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    follower.files.copy_truncate(NAME, f"{NAME}.1")
    if compressed:
        follower.files.compress(f"{NAME}.1")
    follower.clock.advance(1)
    follower.files.append(NAME, THREE)
    assert follower.run() == TWO + THREE
    assert follower.told == ["0 truncated", "0 ended"]


def test_several_copytruncates_behind_each_byte_comes_once() -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    follower.files.copy_truncate(NAME, f"{NAME}-20260101")
    follower.clock.advance(1)
    follower.files.append(NAME, THREE + FOUR)
    follower.files.copy_truncate(NAME, f"{NAME}-20260102")
    follower.clock.advance(1)
    follower.files.append(NAME, FIVE)
    assert follower.run() == TWO + THREE + FOUR + FIVE
    assert follower.losses == []


def test_a_copy_made_before_our_last_reads_is_known_as_ours() -> None:
    follower = opened(ONE + TWO)
    follower.files.create(f"{NAME}.1", ONE + TWO)
    follower.files.append(NAME, THREE)
    assert follower.run() == THREE
    follower.files.truncate(NAME)
    follower.files.append(NAME, FOUR)
    assert follower.run() == FOUR


def test_what_was_written_between_copy_and_truncation_is_said_to_be_lost_where_it_was_seen() -> None:
    follower = opened()
    follower.files.create(f"{NAME}.1", ONE)
    follower.files.append(NAME, TWO)
    follower.tail.hint(renamed=True)
    follower.look()
    follower.files.truncate(NAME)
    follower.tail.hint(renamed=True)
    follower.look()
    assert follower.run() == b""
    assert sum(loss.count for loss in follower.losses) == len(TWO)


# Failures


def test_after_an_unreadable_file_that_nothing_follows_it_is_caught_up() -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    follower.files.fail(NAME, errno.EIO)
    follower.files.rotate(NAME)
    follower.run()
    follower.wait(30)
    assert (follower.tail.state, follower.tail.caught_up) == (State.ABSENT, True)


def test_what_cannot_be_read_is_tried_again_after_growing_pauses() -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    follower.files.fail(NAME, errno.EIO)
    follower.run()
    steps = follower.steps
    follower.wait(60)
    assert steps + 6 < follower.steps < steps + 30
    follower.files.fail(NAME, None)
    assert follower.wait(31) == TWO


def test_a_rotated_file_that_cannot_be_read_does_not_hold_up_the_next() -> None:
    follower = opened()
    follower.files.append(NAME, TWO)
    follower.run()
    follower.files.append(NAME, THREE)
    follower.files.fail(NAME, errno.EIO)
    rotated(follower.files, FOUR)
    assert follower.wait(0) == b""
    follower.run()
    assert follower.wait(10) == FOUR
    assert follower.losses


def test_an_answer_that_nobody_waits_for_is_ignored() -> None:
    follower = opened()
    follower.tail.hint(renamed=False)
    action = follower.tail.read(10)
    assert action is not None
    assert follower.tail.read(10) is None
    follower.tail.receive_gone(action, follower.clock.now())
    follower.tail.receive_failure(action, "input/output error", follower.clock.now())
    follower.files.append(NAME, TWO)
    follower.run()
    assert follower.wait(1) == TWO


def test_it_owns_what_it_reads_and_what_it_has_read() -> None:
    follower = opened()
    first = follower.files.stat(NAME)
    rotated(follower.files, TWO)
    follower.run()
    second = follower.files.stat(NAME)
    assert first is not None
    assert second is not None
    assert follower.tail.owned == {first.identity, second.identity}
    follower.wait(15)
    assert follower.tail.owned == {first.identity, second.identity}
    follower.files.delete(f"{NAME}.1")
    rotated(follower.files, THREE)
    follower.run()
    assert first.identity not in follower.tail.owned


def test_a_truncated_file_that_is_deleted_is_read_as_long_as_it_is_open() -> None:
    follower = opened()
    follower.files.truncate(NAME)
    follower.files.append(NAME, TWO)
    follower.files.delete(NAME)
    follower.files.append(NAME, THREE)
    assert follower.run() == TWO + THREE


@pytest.mark.parametrize("gone", [lambda files: files.delete(NAME), lambda files: files.rename(NAME, f"{NAME}.1")])
def test_that_a_file_was_truncated_is_said_even_where_it_was_moved_or_deleted_since(
    gone: Callable[[FakeFiles], None],
) -> None:
    follower = opened()
    follower.files.truncate(NAME)
    gone(follower.files)
    follower.run()
    assert [(loss.reason, loss.grave) for loss in follower.losses] == [("truncated", True)]


def test_what_was_copied_comes_before_a_truncated_file_that_is_deleted() -> None:
    follower = opened(ONE + TWO)
    follower.files.append(NAME, THREE)
    follower.files.copy_truncate(NAME, f"{NAME}.1")
    follower.files.append(NAME, FOUR)
    follower.files.delete(NAME)
    assert follower.run() == THREE + FOUR


def test_an_empty_file_is_held_open_and_so_cannot_be_taken_for_another_with_its_inode() -> None:
    follower = opened(b"")
    follower.files.append(NAME, ONE)
    follower.files.delete(NAME)
    assert follower.run() == ONE


def test_many_stragglers_are_read_in_turns_and_never_keep_the_current_file_from_being_read() -> None:
    follower = opened()
    for number in range(60):
        rotated(follower.files, b"%d\n" % number)
        follower.run()
        follower.clock.advance(0.02)
    follower.steps = 0
    follower.tail.wake()
    follower.files.append(NAME, TWO)
    follower.tail.hint(renamed=True)
    for _ in range(4):
        follower.step()
    assert follower.delivered.endswith(TWO)
    follower.wait(20)
    assert follower.steps < 60 * 40
    assert follower.files.open_files == 1


def seen_empty_behind_a_truncation() -> Follower:
    """Follow a file that was truncated, and was seen to be empty since."""
    follower = opened(ONE + TWO + THREE)
    follower.files.copy_truncate(NAME, f"{NAME}.1")
    follower.run()
    follower.clock.advance(1)
    return follower


def copied_away(files: FakeFiles, data: bytes) -> None:
    """Write, copy and truncate while nobody looks."""
    files.append(NAME, data)
    for number in range(9, 0, -1):
        if files.stat(f"{NAME}.{number}"):
            files.rename(f"{NAME}.{number}", f"{NAME}.{number + 1}")
    files.copy_truncate(NAME, f"{NAME}.1")


def test_what_stood_in_a_truncated_file_before_the_first_bytes_that_are_read_is_found_in_the_copies() -> None:
    follower = seen_empty_behind_a_truncation()
    for data in (TWO, THREE, FOUR):
        copied_away(follower.files, data)
        follower.clock.advance(0.01)
    follower.files.append(NAME, FIVE)
    assert follower.run() == TWO + THREE + FOUR + FIVE


def test_the_first_bytes_behind_a_truncation_are_read_once_where_nothing_stood_there_before() -> None:
    follower = seen_empty_behind_a_truncation()
    follower.files.append(NAME, TWO)
    assert follower.run() == TWO
    follower.files.append(NAME, THREE)
    assert follower.run() == THREE
    assert follower.losses == []


def test_first_bytes_that_are_copied_away_before_they_are_settled_come_once() -> None:
    follower = seen_empty_behind_a_truncation()
    follower.files.append(NAME, TWO)
    follower.tail.hint(renamed=False)
    follower.step()  # has them, and wants to see what stands beside the name
    copied_away(follower.files, b"")
    follower.files.append(NAME, THREE)
    assert follower.run() == TWO + THREE


@pytest.mark.parametrize("copied", [1, 70, len(TWO)])
def test_a_copy_that_is_being_made_of_the_first_bytes_is_nothing_that_stood_there_before_them(copied: int) -> None:
    follower = seen_empty_behind_a_truncation()
    follower.files.append(NAME, TWO)
    follower.tail.hint(renamed=False)
    follower.step()
    follower.files.rename(f"{NAME}.1", f"{NAME}.2")
    follower.files.create(f"{NAME}.1", TWO[:copied])
    assert follower.run() == TWO
    follower.files.append(f"{NAME}.1", TWO[copied:])
    follower.files.truncate(NAME)
    follower.files.append(NAME, THREE)
    assert follower.run() == THREE


def test_a_copy_that_is_being_made_is_read_where_it_comes_from() -> None:
    follower = seen_empty_behind_a_truncation()
    copied_away(follower.files, TWO)
    follower.clock.advance(0.01)
    follower.files.append(NAME, THREE)
    for number in (2, 1):
        follower.files.rename(f"{NAME}.{number}", f"{NAME}.{number + 1}")
    follower.files.create(f"{NAME}.1", THREE[:70])
    assert follower.run() == TWO + THREE
    follower.files.append(f"{NAME}.1", THREE[70:])
    follower.files.truncate(NAME)
    follower.files.append(NAME, FOUR)
    assert follower.run() == FOUR


@pytest.mark.parametrize("steps", range(8))
def test_a_file_that_is_copied_and_truncated_before_its_first_byte_was_read_is_found_in_its_copy(steps: int) -> None:
    one, two, three = b"one\n" * 50, b"two\n" * 50, b"three\n" * 50
    follower = Follower(with_past=True, size=1000)
    follower.files.append(NAME + ".1", one)
    follower.clock.advance(1)
    follower.files.append(NAME, two)
    follower.tail.hint(renamed=True)
    for _ in range(steps):
        follower.step()
    follower.clock.advance(1)
    follower.files.rename(NAME + ".1", NAME + ".2")
    follower.files.append(NAME + ".1", two)
    follower.files.truncate(NAME)
    follower.files.append(NAME, three)
    follower.run()
    follower.wait(30)
    assert bytes(follower.delivered) == one + two + three
