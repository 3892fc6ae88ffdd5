"""A tail that is thrown away at any moment, and another that goes on from what was saved, held against a plain model.

The programs and the model are those of ``test_tail_machine.py``: what was read but not saved must come again if it is
still there, and what was saved must not.
"""

from __future__ import annotations

import gzip
from collections import Counter
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from .follower import NAME
from .saved import Saved
from .test_tail_machine import LINE, Written


class Restarted(Written):
    """The follower is killed, and begins again where it was saved last."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = self.saved = Saved()  # where this run began, and what the next one would begin with
        self.left = 0  # pieces of this run
        self.in_order = True  # the later generation bears the later lines

    @property
    def delivered(self) -> list[int]:
        return numbers_in(self.begun.after(self.follower, len(self.follower.pieces)).text)

    @precondition(lambda self: self.files.stat(f"{NAME}.1") is not None)
    @rule()
    def write_late(self) -> None:
        """A program writes to a file that was rotated; that may come too late, but the file must not come again.

        Not while its successor is unread: if that is rotated, too, before it is looked at, their times say that it is
        the older one (see "What is not told apart" in the documentation).
        """
        if self.files.stat(NAME) is not None and self.unread(self.content(NAME)):
            return
        before = self.numbers
        self.files.append(f"{NAME}.1", self.text(1))
        self.excused.add(before)
        self.in_order = False

    @invariant()
    def each_line_comes_once_and_in_order(self) -> None:
        if self.in_order:
            super().each_line_comes_once_and_in_order()
        else:
            output = self.begun.after(self.follower, len(self.follower.pieces)).output
            assert not Counter(self.delivered) - Counter(set(self.delivered))
            assert all(before < after for text in output.values() for before, after in pairwise(numbers_in(text)))

    @rule(held=st.integers(0, 8))
    def save(self, held: int) -> None:
        """Let everything leave but the last pieces that were read."""
        self.left = max(self.left, len(self.follower.pieces) - held)
        self.saved = self.begun.after(self.follower, self.left)

    @precondition(lambda self: self.saved.position is not None)
    @rule()
    def restart(self) -> None:
        assert self.saved.position is not None
        read = set(self.delivered)
        self.begun, self.left = self.saved, 0
        self.follower.go_on_from(self.saved.position)
        self.follower.delivered = bytearray(self.saved.text)
        self.follower.losses = list(self.saved.losses)
        self.excused |= read - set(self.delivered) - self.there()
        self.announced = False  # the next run may never have heard of that file

    @rule(held=st.integers(0, 8))
    def save_and_restart(self, held: int) -> None:
        self.save(held)
        if self.saved.position is not None:
            self.restart()

    def there(self) -> set[int]:
        """Every line that stands in some file."""
        paths = self.files._tree.names()
        contents = (
            gzip.decompress(self.content(path)) if path.endswith(".gz") else self.content(path) for path in paths
        )
        return {number for content in contents for number in numbers_in(content)}


def numbers_in(text: bytes) -> list[int]:
    return [int(number) for number in LINE.findall(text)]


TestRestarted = Restarted.TestCase
TestRestarted.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
