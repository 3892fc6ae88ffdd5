"""What a parser keeps: the same bytes, whether they came at once or one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.rest import Rest
from logbraid.core.types import Chunk

from .build import pieces

LINES = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"long" * 9]), max_size=30).map(b"".join)


def grown(data: bytes, more: bytes, size: int) -> Rest:
    """Return a rest that began with some bytes, to which others were added in pieces."""
    rest = Rest(np.frombuffer(data, np.uint8), newest=0)
    for piece in pieces(more, [size]):
        rest.grow(Chunk.of(piece), piece.rfind(b"\n") + 1, 0)
    return rest


@given(LINES, LINES, st.integers(1, 40))
def test_it_holds_all_bytes_in_their_order(data: bytes, more: bytes, size: int) -> None:
    rest = grown(data, more, size)
    assert bytes(rest) == data + more
    assert len(rest) == len(data + more)
    assert bytes(rest.before(Chunk.of(b"next\n"))) == data + more + b"next\n"


@given(LINES, LINES, st.integers(1, 40))
def test_it_knows_the_line_that_has_not_ended(data: bytes, more: bytes, size: int) -> None:
    rest = grown(data, more, size)
    assert rest.line == (data + more).rfind(b"\n") + 1
    assert bytes(rest.line_before(Chunk.of(b"next\n"))) == (data + more).rpartition(b"\n")[2] + b"next\n"


def test_what_grows_counts_its_untimed_lines() -> None:
    rest = Rest(np.frombuffer(b"timed\n", np.uint8), newest=0, untimed=0)
    rest.grow(Chunk.of(b"more\nand"), 5, 1)
    rest.grow(Chunk.of(b" more"), 0, 1)
    assert (rest.untimed, rest.line, rest.newest) == (1, 11, 0)
