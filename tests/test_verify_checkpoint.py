"""An output held against its checkpoint: real files, rotated in every way, and every fault that can be planted."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logbraid.core.account import SourceAccount
from logbraid.core.checkpoint import Commit, OutputState
from logbraid.core.positions import GUARD, Mark, Past, Place, Position
from logbraid.core.types import SECOND, Identity
from logbraid.errors import CheckpointError, SourceError, UsageError
from logbraid.system.store import Store
from logbraid.verify import Kind, Truth, Verdict, loose, verify_checkpoint


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def lines(name: str, count: int, first: int = 0) -> bytes:
    """Lines of which each is there once."""
    return b"".join(b"%b %05d something happened\n" % (name.encode(), number) for number in range(first, first + count))


def braided(*sources: bytes) -> bytes:
    """Take a line of each in turn."""
    rows = [source.splitlines(keepends=True) for source in sources]
    return b"".join(row[i] for i in range(max(map(len, rows))) for row in rows if i < len(row))


def labelled(label: str, data: bytes) -> bytes:
    return b"".join(label.encode() + b" | " + line for line in data.splitlines(keepends=True))


def identity(path: str) -> Identity:
    return Identity.of(os.stat(path))


def guard(data: bytes) -> bytes:
    return data[-GUARD:]


def place(path: str, data: bytes, generation: int = 0) -> Place:
    """Where a file stands of which so much has left."""
    return Place(generation, path, identity(path), len(data), guard(data), size=len(data))


def past(path: str, data: bytes, generation: int = 0, known: Identity | None = None) -> Past:
    marks = (Mark(len(data), guard(data)),)
    return Past(generation, known or identity(path), len(data), 0, marks)


def position(source: str, at: Place, left: int, *before: Past, filtered: int = 0, lost: int = 0) -> Position:
    """Where a source goes on, after so many bytes have left it in all."""
    account = SourceAccount(source, source, left + filtered + lost, left, filtered, bytes_lost=lost)
    account.reasons = ["deleted before it was read"] if lost else []
    return Position(source, at, account, past=before)


def commit(
    output: bytes,
    *positions: Position,
    form: str = "text",
    behind: bytes = b"",
    well: bool = False,
    first: int = 0,
    turned: int = 0,
    elsewhere: int = 0,
    since: int = 0,
) -> None:
    Path("out").write_bytes(output + behind)
    state = OutputState(
        identity("out"),
        len(output),
        guard(output),
        0,
        well,
        form,
        first,
        turned,
        elsewhere,
        since * SECOND,
        piped=Run.pipes,
    )
    with closing(Store("out.checkpoint")) as store:
        store.save(Commit(state, positions))


def judge() -> Verdict:
    return verify_checkpoint("out", "out.checkpoint")


A, B = lines("a", 9), lines("b", 7)


def two_files(output: bytes) -> Verdict:
    Path("a").write_bytes(A + lines("a", 3, first=9))
    Path("b").write_bytes(B)
    commit(output, position("a", place("a", A), len(A)), position("b", place("b", B), len(B)))
    return judge()


def test_what_has_left_is_there_and_no_more() -> None:
    assert two_files(braided(A, B)) == Verdict(Truth.TRUE, lines=16)


def without(data: bytes, line: int) -> bytes:
    rows = data.splitlines(keepends=True)
    return b"".join(rows[:line] + rows[line + 1 :])


def with_line(data: bytes, line: int, more: bytes) -> bytes:
    rows = data.splitlines(keepends=True)
    return b"".join([*rows[:line], more, *rows[line:]])


FAULTS: Final[dict[Kind, Callable[[bytes], bytes]]] = {
    Kind.DOUBLED: lambda data: with_line(data, 6, data.splitlines(keepends=True)[4]),
    Kind.MISSING: lambda data: without(data, 4),
    Kind.FOREIGN: lambda data: with_line(data, 4, b"nobody wrote this\n"),
    Kind.CUT: lambda data: with_line(without(data, 4), 4, data.splitlines(keepends=True)[4][:9] + b"\n"),
    Kind.SWAPPED: lambda data: with_line(without(data, 4), 6, data.splitlines(keepends=True)[4]),
    Kind.UNFINISHED: lambda data: without(data, 15),
}


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.name.lower())
def test_each_fault_is_found_and_named(kind: Kind) -> None:
    verdict = two_files(FAULTS[kind](braided(A, B)))
    assert verdict.truth is Truth.FALSE
    assert verdict.difference is not None
    assert verdict.difference.kind is kind


def test_a_line_that_had_not_left_is_too_much() -> None:
    verdict = two_files(braided(A + lines("a", 1, first=9), B))
    assert verdict.difference is not None
    assert verdict.difference.kind is Kind.FOREIGN


OLD, MIDDLE, NEW = lines("old", 20), lines("middle", 12), lines("new", 5)
ALL: Final = OLD + MIDDLE + NEW


def generations() -> None:
    """Three files of one source, numbered as logrotate does."""
    for name, data in (("a.2", OLD), ("a.1", MIDDLE), ("a", NEW)):
        Path(name).write_bytes(data)
    for age, name in enumerate(("a", "a.1", "a.2")):
        os.utime(name, (1_000_000 - age, 1_000_000 - age))


def rotated(*before: Past, output: bytes = ALL, at: Place | None = None) -> Verdict:
    commit(output, position("a", at or place("a", NEW, 2), len(ALL), *before))
    return judge()


def test_rotated_files_are_found_by_order_alone() -> None:
    generations()
    assert rotated() == Verdict(Truth.TRUE, lines=37)


def test_rotated_files_are_found_by_what_was_remembered() -> None:
    generations()
    assert rotated(past("a.2", OLD), past("a.1", MIDDLE, 1)).truth is Truth.TRUE


def test_files_that_rotated_on_since_the_commit_are_found() -> None:
    generations()
    at, before = place("a", NEW, 2), (past("a.2", OLD), past("a.1", MIDDLE, 1))
    for name, after in (("a.2", "a.3"), ("a.1", "a.2"), ("a", "a.1")):
        os.rename(name, after)
    Path("a").write_bytes(lines("newest", 4))
    assert rotated(*before, at=at).truth is Truth.TRUE


def test_copies_compressed_since_are_read() -> None:
    generations()
    at, before = place("a", NEW, 2), (past("a.2", OLD), past("a.1", MIDDLE, 1))
    for name in ("a.1", "a.2", "a"):
        Path(f"{name}.gz" if name != "a" else "a.0.gz").write_bytes(gzip.compress(Path(name).read_bytes()))
        os.unlink(name)
    assert rotated(*before, at=at) == Verdict(Truth.TRUE, lines=37)


def test_a_truncated_file_is_found_in_its_copy() -> None:
    Path("a.1").write_bytes(OLD)
    Path("a").write_bytes(NEW)
    before = past("a", OLD, 0)  # the same inode, and other bytes
    commit(OLD + NEW, position("a", place("a", NEW, 1), len(OLD + NEW), before))
    assert judge().truth is Truth.TRUE


def test_a_hole_behind_a_truncation_was_never_seen() -> None:
    hole = bytes(5000)
    Path("a.1").write_bytes(OLD)
    Path("a").write_bytes(hole + NEW)
    went_on = position("a", place("a", hole + NEW, 1), len(OLD + NEW), past("a.1", OLD))
    commit(OLD + NEW, replace(went_on, holed=True))
    assert judge().truth is Truth.TRUE


def test_stragglers_may_stand_below_lines_of_the_next_file() -> None:
    late = lines("old", 2, first=20)
    Path("a.1").write_bytes(OLD + late + b"not yet\n")
    Path("a").write_bytes(NEW)
    output = OLD + NEW[: len(NEW) // 5] + late + NEW[len(NEW) // 5 :]
    went_on = position("a", place("a", NEW, 1), len(output), past("a.1", OLD + late + b"not yet\n"))
    commit(output, replace(went_on, stragglers=(place("a.1", OLD + late),)))
    assert judge() == Verdict(Truth.TRUE, lines=27)


def test_a_torn_last_line_of_a_rotated_file_gets_its_newline() -> None:
    Path("a.1").write_bytes(OLD[:-1])
    Path("a").write_bytes(NEW)
    commit(OLD + NEW, position("a", place("a", NEW, 1), len(OLD + NEW) - 1, past("a.1", OLD[:-1])))
    assert judge().truth is Truth.TRUE


def test_what_was_there_before_the_first_run_is_not_wanted() -> None:
    generations()
    begun = place("a.1", MIDDLE[: len(MIDDLE) // 2])
    left = MIDDLE[len(MIDDLE) // 2 :] + NEW
    went_on = position("a", place("a", NEW, 1), len(left))
    commit(left, replace(went_on, begun=begun))
    assert judge() == Verdict(Truth.TRUE, lines=11, begun=True)
    assert str(judge()) == "true: 11 lines, each source whole from where it was begun, in order, once"


def test_files_older_than_the_first_run_are_not_taken_for_one_that_is_gone() -> None:
    generations()
    Path("a.3").write_bytes(lines("much older", 2))
    os.utime("a.3", (999_990, 999_990))
    at = place("a", NEW, 1)
    os.unlink("a.1")
    os.unlink("a.2")
    commit(MIDDLE + NEW, position("a", at, len(MIDDLE + NEW), past("a", MIDDLE, known=Identity(0, 0))))
    assert judge().truth is Truth.UNDECIDED


def test_an_equal_line_proves_nothing_where_outputs_are_gone() -> None:
    long_gone, partly_gone = b"tick\n" + A, OLD + b"tick\n" + NEW
    Path("a").write_bytes(long_gone)
    Path("b").write_bytes(partly_gone)
    Path("out.1").write_bytes(b"tick\n")
    os.utime("out.1", (1_000_000, 1_000_000))
    commit(
        NEW,
        position("a", place("a", long_gone), len(long_gone)),
        position("b", place("b", partly_gone), len(partly_gone)),
        turned=2,
    )
    assert judge().truth is Truth.UNDECIDED


@pytest.mark.parametrize("gone", ["a", "a.1", "a.2"])
def test_a_file_that_is_gone_leaves_it_undecided(gone: str) -> None:
    generations()
    at, before = place("a", NEW, 2), (past("a.2", OLD), past("a.1", MIDDLE, 1))
    size = os.stat(gone).st_size
    os.unlink(gone)
    verdict = rotated(*before, at=at)
    assert (verdict.truth, verdict.lines) == (Truth.UNDECIDED, 37)
    assert verdict.missing == (f"a: {size} bytes that have left could not be found beside the name",)
    assert str(verdict).startswith("true as far as it can be seen: 37 lines")


@pytest.mark.parametrize(
    "fault", [Kind.DOUBLED, Kind.MISSING, Kind.FOREIGN, Kind.UNFINISHED], ids=lambda kind: kind.name.lower()
)
def test_what_can_be_seen_is_proven_though_a_file_is_gone(fault: Kind) -> None:
    generations()
    before = (past("a.2", OLD), past("a.1", MIDDLE, 1))
    os.unlink("a.2")
    verdict = rotated(*before, output=OLD + FAULTS[fault](MIDDLE + NEW))
    assert verdict.truth is Truth.FALSE


def test_with_labels_only_lines_of_a_source_with_a_gone_file_pass_unseen() -> None:
    Path("a").write_bytes(NEW)
    Path("b").write_bytes(B)
    positions = position("a", place("a", NEW, 1), len(OLD + NEW)), position("b", place("b", B), len(B))
    output = braided(labelled("a", OLD + NEW), labelled("b", B))
    commit(output, *positions, form="text with labels")
    assert judge().missing == (f"a: {len(OLD)} bytes that have left could not be found beside the name",)
    commit(with_line(output, 3, b"b | what is this\n"), *positions, form="text with labels")
    assert judge().truth is Truth.FALSE


def test_lost_bytes_are_named() -> None:
    Path("a").write_bytes(A)
    commit(A, position("a", place("a", A), len(A), lost=12))
    verdict = judge()
    assert verdict.truth is Truth.UNDECIDED
    assert verdict.missing == ("a: 12 bytes were lost: deleted before it was read",)


def test_labels_are_those_of_the_account() -> None:
    Path("a").write_bytes(A)
    Path("b").write_bytes(A)
    positions = position("a", place("a", A), len(A)), position("b", place("b", A), len(A))
    commit(braided(labelled("a", A), labelled("b", A)), *positions, form="text with labels")
    assert judge() == Verdict(Truth.TRUE, lines=18)
    assert verify_checkpoint("out", "out.checkpoint", labelled=False).truth is Truth.FALSE


def test_bytes_behind_the_last_commit_are_told_and_not_judged() -> None:
    Path("a").write_bytes(A)
    commit(A, position("a", place("a", A), len(A)), behind=b"half a li")
    assert judge() == Verdict(Truth.TRUE, lines=9, behind=9)
    assert str(judge()).endswith("; 9 bytes behind the last commit: the next start cuts them")


def test_bytes_behind_a_run_that_ended_well_are_somebody_elses() -> None:
    Path("a").write_bytes(A)
    commit(A, position("a", place("a", A), len(A)), behind=b"who was this\n", well=True)
    difference = judge().difference
    assert difference is not None
    assert (difference.kind, difference.output_offset) == (Kind.FOREIGN, len(A))


def test_a_rotated_output_is_read_from_its_oldest_file_on() -> None:
    Path("a").write_bytes(A + B)
    Path("out.2").write_bytes(A[:100])
    Path("out.1.gz").write_bytes(gzip.compress(A[100:]))
    os.utime("out.2", (1_000_000, 1_000_000))
    commit(B, position("a", place("a", A + B), len(A + B)), turned=2)
    Path("out.3").write_bytes(b"of another run\n")
    os.utime("out.3", (999_999, 999_999))
    Path("out.4").touch()
    assert judge() == Verdict(Truth.TRUE, lines=16)


def test_a_difference_is_told_in_the_file_where_it_is() -> None:
    Path("a").write_bytes(A + B)
    Path("out.1").write_bytes(with_line(A, 2, b"foreign\n"))
    os.utime("out.1", (1_000_000, 1_000_000))
    commit(B, position("a", place("a", A + B), len(A + B)), turned=1)
    difference = judge().difference
    assert difference is not None
    assert (difference.output, difference.output_offset) == ("out.1", len(A) // 9 * 2)


def test_an_output_that_was_renamed_and_not_committed_since() -> None:
    Path("a").write_bytes(A)
    commit(A, position("a", place("a", A), len(A)))
    os.rename("out", "out.1")
    os.utime("out.1", (1_000_000, 1_000_000))
    Path("out").write_bytes(b"a 00009 some")
    assert judge() == Verdict(Truth.TRUE, lines=9, behind=12)


def test_rotated_outputs_that_are_gone_leave_it_undecided() -> None:
    Path("a").write_bytes(ALL)
    Path("out.1").write_bytes(MIDDLE)
    os.utime("out.1", (1_000_000, 1_000_000))
    commit(NEW, position("a", place("a", ALL), len(ALL)), turned=2)
    verdict = judge()
    assert (verdict.truth, verdict.lines) == (Truth.UNDECIDED, 17)
    assert verdict.missing == ("out: 1 file rotated away from it cannot be seen any more",)
    commit(without(NEW, 2), position("a", place("a", ALL), len(ALL)), turned=2)
    assert judge().truth is Truth.FALSE


def test_all_rotated_outputs_may_be_gone() -> None:
    Path("a").write_bytes(ALL)
    commit(NEW, position("a", place("a", ALL), len(ALL)), turned=9)
    assert judge().missing == ("out: 9 files rotated away from it cannot be seen any more",)
    assert (judge().truth, judge().lines) == (Truth.UNDECIDED, 5)


def test_what_is_missing_where_nothing_was_rotated_is_not_excused() -> None:
    Path("a").write_bytes(ALL)
    commit(NEW, position("a", place("a", ALL), len(ALL)))
    assert judge().truth is Truth.FALSE


def test_a_file_older_than_the_first_run_is_not_taken_for_a_rotated_output_that_is_gone() -> None:
    Path("a").write_bytes(ALL)
    Path("out.1").write_bytes(MIDDLE)
    os.utime("out.1", (1_000_000, 1_000_000))
    Path("out.old").write_bytes(b"of another run\n")
    os.utime("out.old", (999_000, 999_000))
    commit(NEW, position("a", place("a", ALL), len(ALL)), turned=2, since=999_990)
    assert (judge().truth, judge().lines) == (Truth.UNDECIDED, 17)


def test_a_clock_that_was_set_back_never_makes_it_false() -> None:
    Path("a").write_bytes(MIDDLE + NEW)
    Path("out.1").write_bytes(MIDDLE)
    os.utime("out.1", (1_000_000, 1_000_000))
    commit(NEW, position("a", place("a", MIDDLE + NEW), len(MIDDLE + NEW)), turned=1, since=2_000_000)
    assert (judge().truth, judge().lines) == (Truth.UNDECIDED, 5)


MINE: Final = b"what stood there\nbefore the first run\n"


def test_what_stood_there_before_the_first_run_is_told_and_not_judged() -> None:
    Path("a").write_bytes(A)
    commit(MINE + A, position("a", place("a", A), len(A)), first=len(MINE))
    assert judge() == Verdict(Truth.TRUE, lines=9, before=len(MINE))
    assert str(judge()).endswith(f"; {len(MINE)} bytes before the first run are not judged")
    commit(MINE + without(A, 3), position("a", place("a", A), len(A)), first=len(MINE))
    difference = judge().difference
    assert difference is not None
    assert (difference.kind, difference.output_offset) == (Kind.MISSING, len(MINE) + len(A) // 9 * 3)


def test_it_stays_in_the_oldest_file_when_that_is_rotated() -> None:
    Path("a").write_bytes(A + B)
    Path("out.1").write_bytes(MINE + A)
    os.utime("out.1", (1_000_000, 1_000_000))
    commit(B, position("a", place("a", A + B), len(A + B)), first=len(MINE), turned=1)
    assert judge() == Verdict(Truth.TRUE, lines=16, before=len(MINE))
    os.unlink("out.1")
    assert (judge().truth, judge().before) == (Truth.UNDECIDED, 0)


def test_what_had_left_into_another_output_is_told_and_not_missed() -> None:
    Path("a").write_bytes(ALL)
    commit(MINE + NEW, position("a", place("a", ALL), len(ALL)), first=len(MINE), elsewhere=len(OLD + MIDDLE))
    verdict = judge()
    assert (verdict.truth, verdict.lines) == (Truth.UNDECIDED, 5)
    assert verdict.missing == (f"out: {len(OLD + MIDDLE)} bytes had left before it was begun anew",)


def test_a_copy_of_the_output_is_judged_as_the_output() -> None:
    Path("a").write_bytes(A)
    commit(A, position("a", place("a", A), len(A)))
    Path("out.1.gz").write_bytes(gzip.compress(A))
    os.unlink("out")
    assert judge() == Verdict(Truth.TRUE, lines=9)
    Path("out.1.gz").write_bytes(b"\x1f\x8b\x08" + b"\xff" * 50)
    with pytest.raises(SourceError, match=r"out\.1\.gz: cannot be decompressed"):
        judge()


@pytest.mark.parametrize("error", [-1, 1])
def test_an_account_that_does_not_close_is_false(error: int) -> None:
    Path("a").write_bytes(A)
    stands = position("a", place("a", A), len(A))
    commit(A, replace(stands, account=replace(stands.account, bytes_seen=len(A) + error)))
    assert str(judge()) == f"false: a: {len(A) + error} bytes were seen, and {len(A)} are accounted for"


def test_an_account_of_fewer_bytes_than_have_left_is_false() -> None:
    Path("a").write_bytes(A)
    commit(A, position("a", place("a", A), len(A) - 1))
    assert judge().miscount is not None


def keep(data: bytes, each: int) -> bytes:
    return b"".join(data.splitlines(keepends=True)[::each])


def filtered(output: bytes, kept: int) -> Verdict:
    generations()
    before = (past("a.2", OLD), past("a.1", MIDDLE, 1))
    commit(output, position("a", place("a", NEW, 2), kept, *before, filtered=len(ALL) - kept))
    return judge()


def test_what_a_filter_took_out_need_not_be_there() -> None:
    output = keep(ALL, 3)
    verdict = filtered(output, len(output))
    assert verdict == Verdict(Truth.TRUE, lines=13, filtered=len(ALL) - len(output))
    assert "without the" in str(verdict)


@pytest.mark.parametrize(
    "fault", [Kind.DOUBLED, Kind.FOREIGN, Kind.CUT, Kind.SWAPPED, Kind.MISSING], ids=lambda kind: kind.name.lower()
)
def test_faults_are_found_in_spite_of_a_filter(fault: Kind) -> None:
    output = keep(ALL, 2)
    assert filtered(FAULTS[fault](output), len(output)).truth is Truth.FALSE


def test_equal_lines_and_a_filter_may_leave_it_undecided() -> None:
    Path("a").write_bytes(b"x\ntick\n")
    Path("b").write_bytes(b"tick\ny\n")
    at = [position(name, place(name, Path(name).read_bytes()), 0) for name in "ab"]
    accounts = [SourceAccount("a", "a", 7, 5, 2), SourceAccount("b", "b", 7, 7, 0)]
    commit(b"tick\ny\ntick\n", *(replace(one, account=account) for one, account in zip(at, accounts, strict=True)))
    assert judge().truth is not Truth.FALSE


def test_no_more_is_read_ahead_than_may_be_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loose, "MOST_AHEAD", 0)
    data = lines("a", 9000)
    Path("a").write_bytes(data)
    last = data.splitlines(keepends=True)[-1]
    commit(last, position("a", place("a", data), len(last), filtered=len(data) - len(last)))
    verdict = judge()
    assert verdict.truth is Truth.UNDECIDED
    assert "filtered out" in str(verdict)


def test_what_is_no_text_is_refused() -> None:
    commit(b"{}\n", form="jsonl")
    with pytest.raises(UsageError, match="only text can be verified, and this is jsonl"):
        judge()


def test_a_checkpoint_without_an_output_is_refused() -> None:
    Path("a").write_bytes(A)
    with closing(Store("out.checkpoint")) as store:
        store.save(Commit(None, [position("a", place("a", A), len(A))]))
    with pytest.raises(UsageError, match="without an output"):
        judge()


def test_what_is_not_there_is_an_error() -> None:
    with pytest.raises(CheckpointError):
        judge()
    commit(b"")
    os.unlink("out")
    with pytest.raises(SourceError, match="out: no such file"):
        judge()


# Losses, and what was not read.


def test_a_loss_is_still_named_one_run_later() -> None:
    Path("a").write_bytes(A)
    stands = position("a", place("a", A), len(A))
    later = replace(stands.account, earlier_reasons=["truncated"], reasons=["truncated"])
    commit(A, replace(stands, account=later))
    assert (judge().truth, judge().missing) == (Truth.UNDECIDED, ("a: some may be lost: truncated",))
    commit(A, replace(stands, account=replace(later, reasons=[])))
    assert (judge().truth, judge().missing) == (Truth.UNDECIDED, ("a: some may be lost: truncated",))


@pytest.mark.parametrize("name", ["a.1", "a.1.gz"])
def test_unread_bytes_of_a_file_that_the_run_went_past_are_told(name: str) -> None:
    late = lines("old", 2, first=20)
    Path(name).write_bytes(gzip.compress(OLD + late) if name.endswith("gz") else OLD + late)
    Path("a").write_bytes(NEW + B)
    commit(OLD + NEW, position("a", place("a", NEW, 1), len(OLD + NEW), past(name, OLD)))
    verdict = judge()
    assert (verdict.truth, verdict.lines) == (Truth.UNDECIDED, 25)
    assert verdict.missing == (f"a: unread bytes stand in {name} from byte {len(OLD)}",)


# One file under two names.


def test_a_name_that_another_has_gone_on_from_is_not_judged() -> None:
    Path("new.log").write_bytes(A + B)
    os.symlink("new.log", "link")
    for stale in ("old.log", "link"):
        before, after = place("new.log", A), place("new.log", A + B)
        commit(A + B, position(stale, before, len(A)), position("new.log", after, len(A + B)))
        assert judge() == Verdict(Truth.TRUE, lines=16)


def test_of_two_names_that_came_equally_far_the_one_that_leads_there_is_judged() -> None:
    Path("new.log").write_bytes(A)
    at = place("new.log", A)
    for names in (("new.log", "old.log"), ("old.log", "new.log")):
        commit(A, *(position(name, at, len(A)) for name in names))
        assert judge() == Verdict(Truth.TRUE, lines=9)


def test_a_name_is_stale_though_the_file_has_been_rotated_since() -> None:
    Path("new.log.1").write_bytes(A)
    Path("new.log").write_bytes(B)
    after = position("new.log", place("new.log", B, 1), len(A + B), past("new.log.1", A))
    commit(A + B, position("old.log", place("new.log.1", A[:100]), 100), after)
    assert judge() == Verdict(Truth.TRUE, lines=16)


def test_a_new_file_with_the_inode_of_one_that_is_gone_does_not_hide_it() -> None:
    Path("new.log").write_bytes(B + B)
    gone = replace(place("new.log", A[:60]), path="old.log")
    commit(A[:60] + B + B, position("old.log", gone, 60), position("new.log", place("new.log", B + B), len(B + B)))
    assert judge().missing == ("old.log: 60 bytes that have left could not be found beside the name",)


def test_a_stale_name_does_not_make_it_false_where_the_file_is_gone() -> None:
    Path("new.log").write_bytes(A + B)
    before, after = place("new.log", A), place("new.log", A + B)
    commit(A + B, position("old.log", before, len(A)), position("new.log", after, len(A + B)))
    os.unlink("new.log")
    assert judge().truth is Truth.UNDECIDED


# Pipes and commands.

PIPED: Final = b"from a pipe\n\nand another\n"


class Run:
    """What the run had besides files."""

    pipes = False


@pytest.fixture
def pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run has read pipes, too."""
    monkeypatch.setattr(Run, "pipes", True)


def test_without_pipes_no_line_is_excused() -> None:
    assert two_files(braided(A, B, PIPED)).truth is Truth.FALSE


@pytest.mark.usefixtures("pipes")
def test_lines_of_a_pipe_leave_it_undecided() -> None:
    verdict = two_files(braided(A, B, PIPED))
    assert (verdict.truth, verdict.strangers) == (Truth.UNDECIDED, len(PIPED))
    assert str(verdict).startswith(
        f"undecided: {len(PIPED)} bytes came from sources that cannot be read again (pipes, commands), or it is false: "
    )


@pytest.mark.usefixtures("pipes")
def test_lines_of_a_pipe_that_are_a_files_too_leave_it_undecided() -> None:
    output = with_line(with_line(braided(A, B), 6, A[: len(A) // 9]), 12, b"from a pipe\n")
    verdict = two_files(output)
    assert (verdict.truth, verdict.strangers) == (Truth.UNDECIDED, len(A) // 9 + 12)


@pytest.mark.parametrize("fault", [Kind.MISSING, Kind.UNFINISHED], ids=lambda kind: kind.name.lower())
@pytest.mark.usefixtures("pipes")
def test_a_line_that_is_missing_is_missing_whatever_a_pipe_brought(fault: Kind) -> None:
    assert two_files(PIPED * 9 + FAULTS[fault](braided(A, B))).truth is Truth.FALSE


@pytest.mark.usefixtures("pipes")
def test_where_the_counts_leave_no_room_for_a_pipe_it_is_false() -> None:
    row = len(A) // 9
    assert two_files(with_line(without(braided(A, B), 4), 4, b"x" * (row - 1) + b"\n")).truth is Truth.FALSE


@pytest.mark.usefixtures("pipes")
def test_what_somebody_wrote_behind_the_last_run_is_no_pipes() -> None:
    Path("a").write_bytes(A)
    commit(A + PIPED, position("a", place("a", A), len(A)), behind=b"who was this\n", well=True)
    assert judge().truth is Truth.FALSE


@pytest.mark.usefixtures("pipes")
def test_lines_of_a_pipe_are_told_by_their_label() -> None:
    Path("a").write_bytes(A)
    stands = position("a", place("a", A), len(A))
    piped = labelled("-", PIPED)
    commit(braided(labelled("a", A), piped), stands, form="text with labels")
    assert (judge().truth, judge().strangers) == (Truth.UNDECIDED, len(piped))
    for wrong in (b"a | who was this\n", b"who was this\n"):
        commit(braided(labelled("a", A), piped, wrong), stands, form="text with labels")
        assert judge().truth is Truth.FALSE


@pytest.mark.usefixtures("pipes")
def test_a_wrong_label_is_no_pipes() -> None:
    Path("a").write_bytes(A)
    output = labelled("b", A[: len(A) // 9]) + labelled("a", A[len(A) // 9 :])
    commit(output, position("a", place("a", A), len(A)), form="text with labels")
    assert judge().truth is Truth.FALSE


@pytest.mark.usefixtures("pipes")
def test_lines_of_a_pipe_and_a_filter() -> None:
    output = keep(ALL, 2)
    verdict = filtered(output + PIPED, len(output))
    assert (verdict.truth, verdict.strangers) == (Truth.UNDECIDED, len(PIPED))


@pytest.mark.usefixtures("pipes")
def test_lines_of_a_pipe_where_rotated_outputs_are_gone() -> None:
    Path("a").write_bytes(ALL)
    commit(NEW + PIPED, position("a", place("a", ALL), len(ALL)), turned=1)
    assert (judge().truth, judge().strangers) == (Truth.UNDECIDED, len(PIPED))


@pytest.mark.parametrize("output", [b"", PIPED])
def test_where_nothing_was_committed_nothing_is_said(output: bytes) -> None:
    commit(output)
    assert judge().truth is Truth.UNDECIDED
    assert str(judge()) == "undecided: nothing was committed of any source"


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[list[bytes]], bytes]:
    """The generations of a source, and an output that takes from each in its order."""
    words = st.lists(st.sampled_from([b"tick\n", b"tock\n", b"\n"]), max_size=5)
    files: Sequence[list[bytes]] = draw(st.lists(words, min_size=1, max_size=4))
    turns = draw(st.permutations([i for i, file in enumerate(files) for _ in file]))
    rest = [iter(file) for file in files]
    return list(files), b"".join(next(rest[turn]) for turn in turns)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(histories(), st.booleans())
def test_a_true_output_is_never_called_false(
    tmp_path: Path, history: tuple[list[list[bytes]], bytes], with_filter: bool
) -> None:
    files, output = history
    for old in tmp_path.iterdir():
        old.unlink()
    names = [f"a.{len(files) - 1 - i}" for i in range(len(files) - 1)] + ["a"]
    contents = [b"".join(file) for file in files]
    for age, (name, data) in enumerate(zip(names, contents, strict=True)):
        Path(name).write_bytes(data)
        os.utime(name, (1_000_000 + age, 1_000_000 + age))
    before = [past(name, data, i) for i, (name, data) in enumerate(zip(names[:-1], contents[:-1], strict=True)) if data]
    kept = b"".join(output.splitlines(keepends=True)[::2]) if with_filter else output
    at = place("a", contents[-1], len(files) - 1)
    commit(kept, position("a", at, len(kept), *before, filtered=len(output) - len(kept)))
    verdict = judge()
    assert verdict.truth is not Truth.FALSE
    assert with_filter or verdict.truth is Truth.TRUE
