"""Copying pieces: short ones lie inside the view, long ones behind it, and nobody can tell."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.gather import constants, gather, views

from .build import int64, padded

TEXTS = st.lists(st.binary(max_size=20), max_size=8)


@given(st.lists(TEXTS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_pieces_of_many_buffers_in_any_order(texts: list[list[bytes]], random: Random) -> None:
    made = [constants(column) for column in texts]
    rows = np.concatenate([views(number, *one) for number, one in enumerate(made)])
    flat = [text for column in texts for text in column]
    order = list(range(len(flat)))
    random.shuffle(order)
    gathered = gather([buffer for buffer, _, _ in made], rows[order])
    assert gathered.to_pylist() == [flat[number] for number in order]
    gathered.validate(full=True)


@given(st.binary(min_size=1, max_size=60), st.data())
def test_pieces_may_overlap_and_repeat(data: bytes, draw: st.DataObject) -> None:
    starts = draw.draw(st.lists(st.integers(0, len(data) - 1), min_size=1, max_size=10))
    lengths = [draw.draw(st.integers(0, len(data) - start)) for start in starts]
    buffer = padded(data)
    gathered = gather([buffer], views(0, buffer, int64(*starts), int64(*lengths)))
    assert gathered.to_pylist() == [data[a : a + n] for a, n in zip(starts, lengths, strict=True)]


def test_every_length_around_the_border() -> None:
    texts = [bytes(range(65, 65 + length)) for length in range(21)]
    buffer, starts, lengths = constants(texts)
    assert gather([buffer], views(0, buffer, starts, lengths)).to_pylist() == texts


def test_no_pieces() -> None:
    buffer, starts, lengths = constants([])
    assert gather([buffer], views(0, buffer, starts, lengths)).to_pylist() == []
