"""How a tail goes on from a position, scenario by scenario; random programs are in ``test_tail_resume.py``."""

from __future__ import annotations

from dataclasses import replace

import pytest

from logbraid.core.account import SourceAccount
from logbraid.core.positions import Position
from logbraid.core.predecessors import MOST_PROBES
from logbraid.core.states import Loss
from logbraid.testing import FakeFiles

from .follower import NAME, Follower
from .saved import Saved
from .test_tail import FIVE, FOUR, ONE, THREE, TWO, rotated

PERHAPS = "deleted, perhaps before all of it was read"


def restarted(follower: Follower, held: int = 0) -> Position:
    """Save what has left, all but the last pieces, and begin again from there; return the position."""
    saved = Saved().after(follower, len(follower.pieces) - held)
    assert saved.position is not None
    follower.go_on_from(saved.position)
    follower.clock.advance(1)
    return saved.position


def followed(data: bytes = ONE) -> Follower:
    """Follow a file that was read to its end."""
    follower = Follower(size=1000)
    follower.files.append(NAME, data)
    assert follower.run() == data
    follower.clock.advance(1)
    return follower


def with_straggler() -> Follower:
    """Follow a file that has come after another, to which somebody may still write."""
    follower = followed()
    rotated(follower.files, TWO)
    assert follower.run() == TWO
    return follower


def replaced(files: FakeFiles, path: str, *, packed: bool) -> None:
    """Put a copy in the place of a file, compressed or plain."""
    if packed:
        files.compress(path)
        files.rename(f"{path}.gz", f"{NAME}.9.gz")
        return
    stat = files.stat(path)
    assert stat is not None
    content = bytearray(stat.size)
    assert files.read(path, stat.identity, memoryview(content), 0) == stat.size
    files.close()
    files.create(f"{path}-copy", bytes(content))
    files.rename(f"{path}-copy", path)


def test_what_was_read_and_has_not_left_comes_again() -> None:
    follower = followed()
    follower.files.append(NAME, TWO)
    assert follower.run() == TWO
    position = restarted(follower, held=1)
    assert (position.place.offset, position.place.size) == (len(ONE), len(ONE + TWO))
    assert follower.run() == TWO
    assert follower.told == []


@pytest.mark.parametrize("compressed", [(), (2,), (1, 2, 3)])
def test_rotations_while_nobody_looked_cost_nothing(compressed: tuple[int, ...]) -> None:
    follower = followed()
    restarted(follower)
    follower.files.append(NAME, TWO)
    for data in (THREE, FOUR, FIVE):
        rotated(follower.files, data)
        follower.clock.advance(1)
    for number in compressed:
        follower.files.compress(f"{NAME}.{number}")
    assert follower.run() == TWO + THREE + FOUR + FIVE
    assert (follower.losses, follower.tail.generation) == ([], 3)


def test_copies_and_truncations_while_nobody_looked_cost_nothing() -> None:
    follower = followed()
    restarted(follower)
    for number, data in enumerate((TWO, THREE), 1):
        follower.files.append(NAME, data)
        follower.files.copy_truncate(NAME, f"{NAME}-2026010{number}")
        follower.clock.advance(1)
    follower.files.append(NAME, FOUR)
    assert follower.run() == TWO + THREE + FOUR
    assert follower.losses == []


def test_a_copy_shorter_than_what_has_left_is_known_by_a_mark() -> None:
    follower = followed(ONE + TWO)
    follower.files.create(f"{NAME}.1", ONE + TWO)
    follower.files.append(NAME, THREE)
    follower.run()
    restarted(follower)
    follower.files.truncate(NAME)
    follower.files.append(NAME, FOUR)
    assert follower.run() == FOUR


@pytest.mark.parametrize("reuse", [False, True])
def test_a_file_that_is_gone_is_a_loss_of_what_had_not_left(reuse: bool) -> None:
    follower = followed()
    follower.files.append(NAME, TWO)
    follower.run()
    position = restarted(follower, held=1)
    follower.files.reuse = reuse
    follower.files.delete(NAME)
    follower.files.append(NAME, THREE + FOUR)
    assert (position.place.identity == getattr(follower.files.stat(NAME), "identity", None)) == reuse
    assert follower.run() == THREE + FOUR
    assert [(loss.count, loss.grave) for loss in follower.losses] == [(len(TWO), True)]


def test_a_file_that_has_left_wholly_and_is_gone_may_have_got_more() -> None:
    follower = followed()
    restarted(follower)
    follower.files.delete(NAME)
    follower.files.append(NAME, TWO)
    assert follower.run() == TWO
    assert follower.losses == [Loss(0, 0, PERHAPS, grave=False)]


def test_a_file_that_was_truncated_is_a_grave_loss_even_where_nothing_is_known_of() -> None:
    follower = followed()
    restarted(follower)
    follower.files.truncate(NAME)
    follower.files.append(NAME, TWO)
    assert follower.run() == TWO
    assert follower.losses == [Loss(0, 0, "truncated")]


def test_a_file_deleted_while_it_could_not_be_looked_at_is_no_grave_loss_if_all_that_was_known_was_read() -> None:
    follower = followed()
    follower.files.evict()
    follower.files.delete(NAME)
    follower.files.append(NAME, TWO)
    assert follower.run() == TWO
    assert follower.losses == [Loss(0, 0, PERHAPS, grave=False)]


def test_a_place_in_a_compressed_file_is_gone_on_with_there() -> None:
    follower = Follower(with_past=True, size=1000)
    follower.files.append(NAME, ONE + TWO)
    follower.files.rotate(NAME)
    follower.files.compress(f"{NAME}.1")
    follower.clock.advance(1)
    follower.files.append(NAME, THREE)
    follower.size = len(ONE)
    assert follower.run() == ONE + TWO + THREE
    saved = Saved().after(follower, 1)
    assert saved.position is not None
    assert (saved.position.place.compressed, saved.position.place.offset) == (True, len(ONE))
    follower.go_on_from(saved.position)
    follower.files.rename(f"{NAME}.1.gz", f"{NAME}.2.gz")
    assert follower.run() == TWO + THREE


def test_stragglers_are_found_where_they_are_now_and_are_left_already() -> None:
    follower = with_straggler()
    position = restarted(follower)
    assert [place.generation for place in position.stragglers] == [0]
    follower.files.append(f"{NAME}.1", THREE)
    rotated(follower.files, FOUR)
    assert follower.run() == THREE + FOUR
    follower.wait(20)
    assert follower.told == ["0 rotated", "1 rotated", "0 ended", "1 ended"]


@pytest.mark.parametrize("reuse", [False, True])
def test_a_straggler_that_is_nowhere_ends_and_is_a_loss_only_where_bytes_are_known_of(reuse: bool) -> None:
    follower = with_straggler()
    follower.files.append(f"{NAME}.1", THREE)
    assert follower.wait(1) == THREE
    position = restarted(follower)
    assert [place.offset for place in position.stragglers] == [len(ONE + THREE)]
    held = replace(position.stragglers[0], offset=len(ONE), guard=ONE[-64:])
    follower.files.reuse = reuse
    follower.files.delete(f"{NAME}.1")
    follower.files.append("/logs/other.log" if reuse else f"{NAME}.1", FIVE * 3)
    follower.files.append(NAME, FOUR)
    for straggler, lost in ((position.stragglers[0], 0), (held, len(THREE))):
        follower.losses.clear()
        follower.told.clear()
        follower.go_on_from(replace(position, stragglers=(straggler,)))
        assert follower.run() == FOUR
        assert [(loss.count, loss.grave) for loss in follower.losses] == [(lost, lost > 0)]
        assert follower.told[-1] == "0 ended"


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("reuse", [False, True])
@pytest.mark.parametrize("rotations", [0, 2])
def test_what_a_slow_writer_left_is_found_in_a_copy_made_while_nobody_looked(
    packed: bool, reuse: bool, rotations: int
) -> None:
    follower = with_straggler()
    restarted(follower)
    follower.files.reuse = reuse
    follower.files.append(f"{NAME}.1", THREE)
    follower.clock.advance(1)
    replaced(follower.files, f"{NAME}.1", packed=packed)
    for data in (FOUR, FIVE)[:rotations]:
        rotated(follower.files, data)
        follower.clock.advance(1)
    assert follower.run() == THREE + (FOUR + FIVE if rotations else b"")
    follower.wait(20)
    assert (follower.losses, follower.told.count("0 ended")) == ([], 1)


def test_a_copy_is_read_to_its_end_once() -> None:
    follower = with_straggler()
    restarted(follower)
    follower.files.append(f"{NAME}.1", THREE)
    follower.files.compress(f"{NAME}.1")
    assert follower.run() == THREE
    assert follower.told == ["0 rotated", "0 ended"]
    assert follower.tail.stragglers == ()
    assert follower.files.stat(f"{NAME}.1.gz").identity in follower.tail.owned  # type: ignore[union-attr]


def test_a_copy_that_is_half_read_is_gone_on_with_after_another_restart() -> None:
    follower = with_straggler()
    position = restarted(follower)
    follower.files.append(f"{NAME}.1", THREE + FOUR)
    follower.files.compress(f"{NAME}.1")
    follower.size = len(THREE)
    follower.run()
    saved = Saved(position, {0: ONE, 1: TWO}).after(follower, 1)
    assert saved.position is not None
    assert [(each.compressed, each.offset) for each in saved.position.stragglers] == [(True, len(ONE + THREE))]
    follower.go_on_from(saved.position)
    assert follower.run() == FOUR
    assert follower.told[-1] == "0 ended"


def test_several_stragglers_are_each_found_in_their_own_copy() -> None:
    follower = with_straggler()
    rotated(follower.files, THREE)
    assert follower.run() == THREE
    restarted(follower)
    follower.files.append(f"{NAME}.2", FOUR)
    follower.files.append(f"{NAME}.1", FIVE)
    for number in (2, 1):
        follower.files.reuse = True
        follower.files.compress(f"{NAME}.{number}")
    assert follower.run() == FOUR + FIVE
    assert follower.losses == []


@pytest.mark.parametrize("late", [b"", THREE])
def test_a_copy_of_a_straggler_is_not_taken_for_what_comes_after_a_file_that_was_rotated_too(late: bytes) -> None:
    follower = with_straggler()
    restarted(follower)
    follower.files.append(f"{NAME}.1", late)
    follower.files.compress(f"{NAME}.1")
    follower.files.append(f"{NAME}.1.gz", b"")  # it is newer than that file
    follower.files.rename(f"{NAME}.1.gz", f"{NAME}.2.gz")
    follower.clock.advance(1)
    follower.files.rename(NAME, f"{NAME}.1")
    follower.files.append(NAME, FOUR)
    assert follower.run() == late + FOUR
    follower.files.append(NAME, FIVE)
    assert follower.run() == FIVE


def test_a_straggler_without_a_descriptor_is_found_under_its_next_name_or_in_a_copy() -> None:
    follower = with_straggler()
    follower.files.append(f"{NAME}.1", THREE)
    follower.files.evict()
    rotated(follower.files, FOUR)
    assert follower.wait(1) == THREE + FOUR
    follower.files.append(f"{NAME}.1", FIVE)
    follower.files.evict()
    follower.files.compress(f"{NAME}.1")
    assert follower.wait(10) == FIVE
    assert follower.losses == []


def test_a_newer_file_with_the_same_opening_lines_is_not_taken_for_a_copy_of_few_bytes() -> None:
    follower = followed(banner := b"begun\n")
    rotated(follower.files, TWO)
    assert follower.run() == TWO
    restarted(follower)
    follower.files.delete(f"{NAME}.1")
    for data in (banner + THREE, FOUR):
        rotated(follower.files, data)
        follower.clock.advance(1)
    assert follower.run() == banner + THREE + FOUR
    assert follower.losses == [Loss(0, 0, PERHAPS, grave=False)]


def test_a_straggler_that_is_nowhere_is_looked_for_with_few_probes_and_once() -> None:
    follower = with_straggler()
    restarted(follower)
    follower.files.delete(f"{NAME}.1")
    for number in range(40):
        follower.files.create(f"{NAME}-202601{number % 20 + 10}-{number}", b"%08d " % number * 40)
    follower.files.append(NAME, THREE)
    assert follower.run() == THREE
    assert follower.steps <= MOST_PROBES + 10
    before = follower.steps
    follower.wait(20)
    assert follower.steps - before <= 10
    assert follower.losses == [Loss(0, 0, PERHAPS, grave=False)]


def test_a_copy_that_is_renamed_while_it_is_looked_at_is_looked_for_again() -> None:
    follower = with_straggler()
    restarted(follower)
    follower.files.append(f"{NAME}.1", THREE)
    follower.files.compress(f"{NAME}.1")
    follower.step()
    follower.look()
    assert follower.tail._predecessors.search is not None
    follower.files.rename(f"{NAME}.1.gz", f"{NAME}.2.gz")
    assert follower.run() == THREE
    assert follower.losses == []


def test_stragglers_that_were_not_found_yet_are_not_forgotten() -> None:
    follower = with_straggler()
    position = restarted(follower)
    assert [reading.generation for reading in follower.tail.stragglers] == [0]
    again = Saved(position, {0: ONE, 1: TWO}).after(follower, 0).position
    assert again is not None
    assert again.stragglers == position.stragglers


def test_what_was_left_is_owned_when_it_is_proven_to_be_there() -> None:
    follower = with_straggler()
    first, second = follower.files.stat(f"{NAME}.1"), follower.files.stat(NAME)
    assert first is not None
    assert second is not None
    follower.wait(20)
    position = restarted(follower)
    assert [past.generation for past in position.past] == [0]
    follower.run()
    assert follower.tail.owned == {first.identity, second.identity}
    assert follower.tail.has_read(first)


def test_what_got_the_inode_of_a_file_that_was_left_is_not_owned() -> None:
    follower = with_straggler()
    first = follower.files.stat(f"{NAME}.1")
    assert first is not None
    follower.wait(20)
    restarted(follower)
    follower.files.reuse = True
    follower.files.delete(f"{NAME}.1")
    follower.files.append(f"{NAME}.1", FIVE * 3)
    assert getattr(follower.files.stat(f"{NAME}.1"), "identity", None) == first.identity
    follower.run()
    assert first.identity not in follower.tail.owned


def test_copies_of_what_was_left_are_nothing_new() -> None:
    follower = with_straggler()
    follower.wait(20)
    restarted(follower)
    follower.files.compress(f"{NAME}.1")
    follower.files.truncate(NAME)
    follower.files.append(NAME, THREE)
    assert follower.run() == THREE


def test_what_is_remembered_of_many_files_is_bounded() -> None:
    follower = followed()
    for number in range(40):
        rotated(follower.files, ONE + b"%d\n" % number)
        follower.run()
    past = follower.tail.past(follower.tail.generation - 1)
    assert [each.generation for each in past] == list(range(28, 39))
    assert sum(len(each.marks) for each in past) <= 12


def test_a_writer_that_goes_on_behind_a_hole_is_followed_after_a_restart() -> None:
    follower = followed()
    follower.files.truncate(NAME)
    follower.files.write_at(NAME, len(ONE), TWO)
    assert follower.run() == TWO
    assert restarted(follower).holed
    assert follower.tail.holed
    follower.files.truncate(NAME)
    follower.files.write_at(NAME, len(ONE + TWO), THREE)
    assert follower.run() == THREE


def test_a_file_of_which_nothing_has_left_is_found_by_its_identity() -> None:
    follower = followed()
    place = replace(restarted(follower).place, offset=0, guard=b"")
    follower.go_on_from(Position(NAME, place, SourceAccount("", NAME)))
    rotated(follower.files, TWO)
    assert follower.run() == ONE + TWO
    assert follower.losses == []


def test_a_file_of_which_nothing_has_left_is_found_in_a_copy() -> None:
    follower = followed()
    place = replace(restarted(follower).place, offset=0, guard=b"")
    follower.files.copy_truncate(NAME, f"{NAME}.1")
    follower.files.append(NAME, TWO + THREE)
    follower.go_on_from(Position(NAME, place, SourceAccount("", NAME)))
    assert follower.run() == ONE + TWO + THREE
