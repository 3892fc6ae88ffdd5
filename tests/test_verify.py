"""Verification against an oracle that tries everything, and against every fault that can be planted."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.errors import SourceError, UsageError
from logbraid.verify import Difference, Kind, Truth, Verdict, check, verify, ways

Lines = tuple[bytes, ...]


class Held:
    """Bytes in memory as a source; read in small pieces so that lines cross the borders of blocks."""

    def __init__(self, data: bytes, path: str, piece: int = 7) -> None:
        self.path = path
        self._data = data
        self._at = 0
        self._piece = piece

    def read_into(self, room: memoryview) -> int:
        piece = self._data[self._at : self._at + min(self._piece, len(room))]
        room[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def reopen(self) -> Held:
        return Held(self._data, self.path, self._piece)


def judge(output: bytes, *sources: bytes, labels: Sequence[str] | None = None) -> Verdict:
    return verify(Held(output, "output"), [Held(data, f"s{i}") for i, data in enumerate(sources)], labels=labels)


def joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def is_shuffle(output: Lines, sources: tuple[Lines, ...], order: bool = False) -> bool:
    """The oracle: try every source for every line. With ``order``, the lines are their own times."""

    @cache
    def fits(taken: tuple[int, ...], latest: bytes) -> bool:
        done = sum(taken)
        if done == len(output):
            return taken == tuple(map(len, sources))
        return any(
            at < len(source)
            and source[at] == output[done]
            and not (order and max(source[: at + 1]) < latest)
            and fits((*taken[:i], at + 1, *taken[i + 1 :]), max(source[: at + 1]))
            for i, (at, source) in enumerate(zip(taken, sources, strict=True))
        )

    return fits((0,) * len(sources), b"")


# Few distinct lines, so that several sources often have the same one next.
alike = st.lists(st.sampled_from([b"", b"a", b"b", b"tick"]), max_size=12)


@st.composite
def merges(draw: st.DrawFn) -> tuple[list[list[bytes]], list[bytes]]:
    sources = draw(st.lists(alike, min_size=1, max_size=5))
    owners = draw(st.permutations([i for i, source in enumerate(sources) for _ in source]))
    rest = [iter(source) for source in sources]
    return sources, [next(rest[owner]) for owner in owners]


@given(merges())
def test_a_true_merge_is_called_true(merge: tuple[list[list[bytes]], list[bytes]]) -> None:
    sources, output = merge
    assert judge(joined(output), *map(joined, sources)) == Verdict(Truth.TRUE, lines=len(output))


@given(merges(), st.integers(0, 3))
def test_past_the_limits_a_true_merge_is_never_called_false(
    merge: tuple[list[list[bytes]], list[bytes]], steps: int
) -> None:
    sources, output = merge
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "MOST_STEPS", steps)
        verdict = judge(joined(output), *map(joined, sources))
    assert verdict.truth is not Truth.FALSE


@given(merges())
def test_a_frequent_rebase_changes_nothing(merge: tuple[list[list[bytes]], list[bytes]]) -> None:
    sources, output = merge
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "REBASE_EACH", 1)
        assert judge(joined(output), *map(joined, sources)).truth is Truth.TRUE


two_letters = st.lists(st.sampled_from([b"a", b"b"]), max_size=6).map(tuple)


@settings(max_examples=400)
@given(st.lists(two_letters, min_size=1, max_size=3).map(tuple), st.data())
def test_the_oracle_agrees(sources: tuple[Lines, ...], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(list(itertools.chain(*sources))) | two_letters)
    truth = Truth.TRUE if is_shuffle(tuple(shuffled), sources) else Truth.FALSE
    assert judge(joined(shuffled), *map(joined, sources)).truth is truth


@settings(max_examples=400)
@given(st.lists(two_letters, min_size=1, max_size=3).map(tuple), st.data())
def test_the_oracle_agrees_on_time_order(sources: tuple[Lines, ...], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(list(itertools.chain(*sources))))
    held = [Held(joined(source), str(i)) for i, source in enumerate(sources)]
    verdict = verify(Held(joined(shuffled), "output"), held, order="time", clock=lambda _, line: line[0])
    assert verdict.truth is (Truth.TRUE if is_shuffle(tuple(shuffled), sources, order=True) else Truth.FALSE)


@given(st.lists(two_letters, min_size=1, max_size=3).map(tuple), st.integers(0, 3), st.data())
def test_past_the_limits_no_verdict_is_wrong(sources: tuple[Lines, ...], steps: int, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(list(itertools.chain(*sources))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "MOST_STEPS", steps)
        truth = judge(joined(shuffled), *map(joined, sources)).truth
    right = Truth.TRUE if is_shuffle(tuple(shuffled), sources) else Truth.FALSE
    assert truth in (right, Truth.UNDECIDED)


# Planted faults. Two sources of distinct lines, eight bytes each with the newline; the output takes them in turns.
FIRST = [b"first-%d" % n for n in range(6)]
SECOND = [b"secnd-%d" % n for n in range(6)]
TRUE = [line for pair in zip(FIRST, SECOND, strict=True) for line in pair]


def found(lines: Sequence[bytes]) -> tuple[Kind, str | None, int | None, int]:
    verdict = judge(joined(lines), joined(FIRST), joined(SECOND))
    assert verdict.truth is Truth.FALSE
    return place(verdict.difference)


def place(difference: Difference | None) -> tuple[Kind, str | None, int | None, int]:
    assert difference is not None
    return difference.kind, difference.source, difference.source_offset, difference.output_offset


def test_the_pattern_itself_is_true() -> None:
    assert judge(joined(TRUE), joined(FIRST), joined(SECOND)).truth is Truth.TRUE


@pytest.mark.parametrize("dropped", range(10))
def test_a_dropped_line_is_missing(dropped: int) -> None:
    output = TRUE[:dropped] + TRUE[dropped + 1 :]
    # It is noticed where the next line of the same source comes, one line further.
    assert found(output) == (Kind.MISSING, f"s{dropped % 2}", dropped // 2 * 8, (dropped + 1) * 8)


@pytest.mark.parametrize("dropped", [10, 11])
def test_a_dropped_last_line_is_unfinished(dropped: int) -> None:
    output = TRUE[:dropped] + TRUE[dropped + 1 :]
    assert found(output) == (Kind.UNFINISHED, f"s{dropped % 2}", 40, 88)


@pytest.mark.parametrize("at", range(12))
@pytest.mark.parametrize("later", [1, 2, 12])
def test_a_repeated_line_is_doubled(at: int, later: int) -> None:
    place = min(at + later, 12)
    output = [*TRUE[:place], TRUE[at], *TRUE[place:]]
    assert found(output) == (Kind.DOUBLED, f"s{at % 2}", at // 2 * 8, place * 8)


@pytest.mark.parametrize("at", range(10))
def test_two_lines_of_a_source_are_swapped(at: int) -> None:
    output = TRUE.copy()
    output[at], output[at + 2] = output[at + 2], output[at]
    assert found(output) == (Kind.SWAPPED, f"s{at % 2}", at // 2 * 8, at * 8)


@pytest.mark.parametrize("at", range(12))
def test_a_shortened_line_is_cut(at: int) -> None:
    output = [*TRUE[:at], TRUE[at][:-1], *TRUE[at + 1 :]]
    assert found(output) == (Kind.CUT, f"s{at % 2}", at // 2 * 8, at * 8)


def test_glued_lines_are_cut() -> None:
    output = [*TRUE[:4], TRUE[4] + TRUE[5], *TRUE[6:]]
    assert found(output) == (Kind.CUT, "s0", 16, 32)


@pytest.mark.parametrize("at", range(13))
def test_a_line_from_nowhere_is_foreign(at: int) -> None:
    assert found([*TRUE[:at], b"nowhere", *TRUE[at:]]) == (Kind.FOREIGN, None, None, at * 8)


def test_a_missing_source_is_unfinished() -> None:
    assert found(FIRST) == (Kind.UNFINISHED, "s1", 0, 48)


def test_an_unknown_source_is_foreign() -> None:
    verdict = judge(joined(TRUE), joined(FIRST))
    assert place(verdict.difference) == (Kind.FOREIGN, None, None, 8)


def test_an_output_whose_end_is_torn_is_cut() -> None:
    for torn in (joined(TRUE)[:-1], joined(TRUE)[:-4]):
        verdict = judge(torn, joined(FIRST), joined(SECOND))
        assert place(verdict.difference) == (Kind.CUT, "s1", 40, 88)


def test_an_empty_line_more_is_not_overlooked() -> None:
    assert found([*TRUE, b""]) == (Kind.FOREIGN, None, None, 96)


# Details of lines.


def test_a_torn_source_gets_its_newline() -> None:
    assert judge(b"one\ntwo\n", b"one", b"two").truth is Truth.TRUE
    assert judge(b"onetwo\n", b"one", b"two").truth is Truth.FALSE


def test_bytes_are_compared_as_they_are() -> None:
    data = b"a\r\nb\x00c\n\xff\xfe\n\n"
    assert judge(data, data).truth is Truth.TRUE
    assert judge(data.replace(b"\r", b""), data).truth is Truth.FALSE


def test_empty_sources_and_no_sources() -> None:
    assert judge(b"", b"", b"").truth is Truth.TRUE
    assert judge(b"").truth is Truth.TRUE
    assert judge(b"x\n").truth is Truth.FALSE


def test_a_line_longer_than_any_block(tmp_path: Path) -> None:
    long = b"x" * 300_000
    (tmp_path / "log").write_bytes(long + b"\nend\n")
    (tmp_path / "output").write_bytes(b"other\n" + long + b"\nend\n")
    (tmp_path / "other").write_bytes(b"other")
    assert verify(tmp_path / "output", [tmp_path / "log", str(tmp_path / "other")]).truth is Truth.TRUE


# Labels.


def labelled(label: bytes, lines: Sequence[bytes]) -> list[bytes]:
    return [label + b" | " + line for line in lines]


def test_labels_tell_equal_lines_apart() -> None:
    output = [*labelled(b"a", [b"x", b"y"]), *labelled(b"b", [b"x", b"y"])]
    source = joined([b"x", b"y"])
    assert judge(joined(output), source, source, labels=["a", "b"]).truth is Truth.TRUE
    output[1], output[3] = output[3], output[1]
    assert judge(joined(output), source, source, labels=["a", "b"]).truth is Truth.FALSE


@pytest.mark.parametrize("wrong", [b"b | y", b"c | y", b"y"])
def test_a_wrong_label_is_named(wrong: bytes) -> None:
    output = [b"a | x", wrong, b"b | z"]
    verdict = judge(joined(output), b"x\ny\n", b"z\n", labels=["a", "b"])
    assert place(verdict.difference) == (Kind.MISLABELLED, "s0", 2, 6)


def test_offsets_do_not_count_labels() -> None:
    output = [b"a | one", b"a | three"]
    verdict = judge(joined(output), b"one\ntwo\nthree\n", labels=["a"])
    assert verdict.difference == Difference(Kind.MISSING, "s0", 4, 8, "'two'")


def test_labels_by_rule(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "app.log", tmp_path / "b" / "app.log"]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(b"x\n")
    output = tmp_path / "output"
    output.write_bytes(b"b/app.log | x\na/app.log | x\n")
    assert verify(output, paths, labels="name").truth is Truth.TRUE
    output.write_bytes(b"".join(b"%s | x\n" % str(path).encode() for path in paths))
    assert verify(output, paths, labels="path").truth is Truth.TRUE
    assert verify(output, paths, labels="name").truth is Truth.FALSE


def test_labels_must_be_as_many_as_sources() -> None:
    with pytest.raises(UsageError, match="one for each of the 2 sources"):
        judge(b"", b"", b"", labels=["a"])


# Time order.


def number(_: int, line: bytes) -> int | None:
    return int(line) if line.isdigit() else None


def in_time(output: Sequence[bytes], *sources: Sequence[bytes]) -> Verdict:
    held = [Held(joined(source), f"s{i}") for i, source in enumerate(sources)]
    return verify(Held(joined(output), "output"), held, order="time", clock=number)


def test_a_line_out_of_order_is_named() -> None:
    assert in_time([b"1", b"2", b"3", b"4"], [b"1", b"3"], [b"2", b"4"]).truth is Truth.TRUE
    verdict = in_time([b"1", b"3", b"2", b"4"], [b"1", b"3"], [b"2", b"4"])
    assert place(verdict.difference) == (Kind.UNORDERED, "s1", 0, 4)


def test_a_source_own_order_stands_above_time() -> None:
    assert in_time([b"5", b"3", b"6"], [b"5", b"3"], [b"6"]).truth is Truth.TRUE


def test_a_line_without_a_time_goes_with_the_one_above_it() -> None:
    assert in_time([b"1", b"at x", b"2"], [b"1", b"at x"], [b"2"]).truth is Truth.TRUE
    verdict = in_time([b"1", b"2", b"at x"], [b"1", b"at x"], [b"2"])
    assert place(verdict.difference) == (Kind.UNORDERED, "s0", 2, 4)
    assert in_time([b"5", b"no time"], [b"no time"], [b"5"]).truth is Truth.TRUE


def test_time_order_decides_between_equal_lines() -> None:
    sources = [b"9", b"x"], [b"1", b"x"]
    assert in_time([b"1", b"x", b"9", b"x"], *sources).truth is Truth.TRUE
    verdict = in_time([b"1", b"9", b"x", b"x"], *sources)
    assert place(verdict.difference) == (Kind.UNORDERED, "s1", 2, 6)


def test_time_order_needs_a_clock() -> None:
    with pytest.raises(UsageError, match="clock"):
        verify(Held(b"", "output"), [], order="time")


# Limits.


def test_thousands_of_equal_lines_are_decided_by_their_number() -> None:
    source = b"tick\n" * 3000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "MOST_STEPS", 1000)
        assert judge(b"tick\n" * 9000, source, source, source).truth is Truth.TRUE
        short = judge(b"tick\n" * 8999, source, source, source)
    assert short.truth is Truth.FALSE
    assert short.difference is not None
    assert short.difference.kind is Kind.UNFINISHED


def test_where_a_dropped_way_was_right_the_verdict_is_undecided() -> None:
    first, second = [b"x"] * 5 + [b"a"], [b"x"] * 5 + [b"b"]
    output = [*second, *first]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(check, "MOST_STEPS", 3)
        verdict = judge(joined(output), joined(first), joined(second))
    assert verdict.truth is Truth.UNDECIDED
    assert verdict.undecided_at == 0
    assert "with labels" in str(verdict)
    assert judge(joined(output), joined(first), joined(second)).truth is Truth.TRUE


def test_lines_held_while_undecided_are_limited() -> None:
    common = joined([b"line %d" % n for n in range(1000)])
    first, second = common + b"first\n", common + b"second\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways, "MOST_BYTES", 1000)
        assert judge(first + second, first, second).truth is Truth.TRUE
        assert judge(second + first, first, second).truth is Truth.UNDECIDED
    assert judge(second + first, first, second).truth is Truth.TRUE


def test_ways_that_are_open_at_once_are_limited() -> None:
    first, second = b"x\n" * 20 + b"a\n", b"x\n" * 20 + b"b\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways, "MOST_WAYS", 4)
        assert judge(second + first, first, second).truth is Truth.UNDECIDED


# Files and words.


def test_a_source_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "output").write_bytes(b"")
    with pytest.raises(SourceError, match="absent: no such file or directory"):
        verify(tmp_path / "output", [tmp_path / "absent"])


def test_files_are_closed_whatever_is_found(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a\nb\n" * 100_000)
    (tmp_path / "output").write_bytes(b"a\nc\n" * 100_000)
    difference = verify(tmp_path / "output", [tmp_path / "log"]).difference
    assert place(difference)[0] is Kind.FOREIGN


def test_a_verdict_says_itself_without_control_sequences() -> None:
    assert str(judge(b"a\n", b"a\n")) == "true: 1 lines, each source whole, in order, once"
    said = str(judge(b"\x1b[2J" + b"x" * 500 + b"\n", b"a\n"))
    assert said.startswith("false: output at byte 0: this line is in no source: '\\x1b[2Jxxx")
    assert len(said) < 250
