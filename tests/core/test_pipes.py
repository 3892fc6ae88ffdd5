"""Sources that are read front to back: asked once at a time, and read over up to where an earlier run stopped."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.actions import Read
from logbraid.core.pipes import PIPE_READ, Pipes
from logbraid.core.positions import GUARD, Place
from logbraid.core.types import Chunk, Identity, SourceId

ONE, TWO = SourceId(1), SourceId(2)


def place(offset: int) -> Place:
    return Place(0, "a.gz", Identity(1, 1), offset, compressed=True)


def test_each_is_asked_once_until_it_has_answered() -> None:
    pipes = Pipes()
    for source in (TWO, ONE):
        pipes.add(source, waits=True)
    assert list(pipes.reads(lambda source: True)) == [Read(ONE, PIPE_READ), Read(TWO, PIPE_READ)]
    assert not pipes.wants_read(lambda source: True)
    pipes.receive(TWO, Chunk.of(b"x"))
    assert pipes.wants_read(lambda source: True)
    assert list(pipes.reads(lambda source: True)) == [Read(TWO, PIPE_READ)]


def test_who_may_not_be_read_is_asked_later() -> None:
    pipes = Pipes()
    pipes.add(ONE, waits=False)
    assert not pipes.wants_read(lambda source: False)
    assert list(pipes.reads(lambda source: False)) == []
    assert list(pipes.reads(lambda source: True)) == [Read(ONE, PIPE_READ)]
    assert pipes.waiting == set()


@given(st.binary(max_size=300), st.lists(st.integers(1, 100), max_size=10), st.integers(0, 300))
def test_what_was_read_before_is_left_out(data: bytes, cuts: list[int], skip: int) -> None:
    skip = min(skip, len(data))
    pipes = Pipes()
    pipes.add(ONE, waits=False, place=place(skip))
    taken, at = b"", 0
    for cut in [*cuts, len(data)]:
        chunk = Chunk.of(data[at : at + cut])
        at += len(chunk)
        offset, guard = pipes.receive(ONE, chunk)
        if len(chunk):
            assert offset == skip + len(taken)
            assert data[:offset].endswith(guard)
            assert len(guard) <= GUARD
        taken += bytes(chunk)
    assert taken == data[skip:at]
