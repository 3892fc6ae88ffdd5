"""Whole lines, as they came: nothing lost, nothing glued, whatever the chunks are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.account import SourceAccount
from logbraid.core.events import RecordCut
from logbraid.core.linelane import LineLane
from logbraid.core.options import Options
from logbraid.core.types import Chunk, Source, SourceId

A, B = SourceId(0), SourceId(1)
SOURCES = [Source(A, "/a.log", "a.log", 0), Source(B, "/b.log", "b.log", 0)]
LINES = st.lists(st.binary(max_size=200).map(lambda line: line.replace(b"\n", b"")), max_size=30)


def lane(max_record: int = 1 << 20) -> LineLane:
    return LineLane(SOURCES, Options(order="arrival", max_record=max_record))


def released(lane: LineLane) -> bytes:
    batch = lane.release()
    return b"" if batch is None else bytes(batch.data)


def give(lane: LineLane, source: SourceId, data: bytes, offset: int = 0, generation: int = 0) -> None:
    lane.receive(source, generation, offset, Chunk.of(data), 0)


def test_what_has_ended_leaves_and_the_rest_waits() -> None:
    lines = lane()
    give(lines, A, b"one\ntwo\nthr")
    assert released(lines) == b"one\ntwo\n"
    assert lines.held(A) == 3
    give(lines, A, b"ee\n", offset=11)
    assert released(lines) == b"three\n"
    assert (lines.held(A), lines.size, released(lines)) == (0, 0, b"")


def test_a_line_that_was_left_is_ended_and_glues_to_nothing() -> None:
    lines = lane()
    give(lines, A, b"half")
    lines.leave(A, 0, 0)
    give(lines, A, b"whole\n", generation=1)
    assert released(lines) == b"half\nwhole\n"
    account = SourceAccount("a.log", "/a.log")
    lines.count(A, account)
    assert (account.records, account.bytes_emitted) == (2, 10)


def test_the_generations_of_a_source_do_not_mix() -> None:
    lines = lane()
    give(lines, A, b"old ", generation=0)
    give(lines, A, b"new ", generation=1)
    give(lines, A, b"straggler\n", offset=4, generation=0)
    give(lines, A, b"line\n", offset=4, generation=1)
    assert released(lines) == b"old straggler\nnew line\n"


def test_every_generation_ends_with_its_source() -> None:
    lines = lane()
    give(lines, A, b"old", generation=0)
    give(lines, A, b"new", generation=1)
    lines.finish(A, 0)
    assert released(lines) == b"old\nnew\n"


def test_a_line_that_is_too_long_leaves_in_pieces_that_others_do_not_glue_to() -> None:
    lines = lane(max_record=64)
    give(lines, A, b"x" * 64)
    first = released(lines)
    give(lines, B, b"other\n")
    second = released(lines)
    give(lines, A, b"yy\n", offset=64)
    assert first + second + released(lines) == b"x" * 64 + b"\nother\nyy\n"
    assert lines.events() == [RecordCut("/a.log", 0, 64)]
    account = SourceAccount("a.log", "/a.log")
    lines.count(A, account)
    assert (account.cut, account.records, account.bytes_emitted) == (1, 1, 67)


def test_its_pieces_join_where_nothing_comes_between() -> None:
    lines = lane(max_record=64)
    give(lines, A, b"x" * 64)
    first = released(lines)
    give(lines, A, b"y" * 80, offset=64)
    give(lines, A, b"z\n", offset=144)
    assert first + released(lines) == b"x" * 64 + b"y" * 80 + b"z\n"


@given(LINES, st.lists(st.integers(1, 300), min_size=1))
def test_any_chunks_give_the_same_lines(texts: list[bytes], sizes: list[int]) -> None:
    data = b"".join(text + b"\n" for text in texts)
    lines, out, offset, turn = lane(), b"", 0, 0
    while offset < len(data):
        size = sizes[turn % len(sizes)]
        give(lines, A, data[offset : offset + size], offset)
        offset, turn = offset + size, turn + 1
        some = released(lines)
        assert some[-1:] in (b"", b"\n")
        out += some
    assert out == data
