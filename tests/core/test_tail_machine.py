"""Random programs over one followed name, held against a plain model: each byte once, in order, or lost for a reason.

The model knows every line that was ever written and in which file it stands; what it excuses is only what no reader
could have had: bytes of a file that nobody had open when its last name went, and bytes cut off before they were copied.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from logbraid.core.reading import FIRST_MARK

from .follower import NAME, Follower

LINE: Final = re.compile(rb"<(\d{6})\.*>\n")
WIDTH: Final = 48


def line(number: int) -> bytes:
    return b"<%06d%s>\n" % (number, b"." * (number % (WIDTH - 20) + 10))


def there(self: Written) -> bool:
    return self.files.stat(NAME) is not None


class Written(RuleBasedStateMachine):
    """One writer, one rotator, one follower that is stalled, robbed of descriptors and of hints."""

    def __init__(self) -> None:
        super().__init__()
        self.follower = Follower()
        self.files = self.follower.files
        self.numbers = 0
        self.excused: set[int] = set()
        self.torn = b""
        self.announced = False

    @initialize(size=st.sampled_from([11, 64, 1000]), reuse=st.booleans())
    def begin(self, size: int, reuse: bool) -> None:
        self.follower.size = size
        self.files.reuse = reuse
        self.append(8)
        self.follower.run()

    def text(self, count: int) -> bytes:
        data = b"".join(line(self.numbers + index) for index in range(count))
        self.numbers += count
        return data

    def content(self, path: str) -> bytes:
        node = self.files._tree.node(path)  # not by the port: that would open the file, and keep it
        assert node is not None
        return bytes(node.content)

    def unread(self, data: bytes) -> set[int]:
        return {int(number) for number in re.findall(rb"<(\d{6})", data)} - set(self.delivered)

    def finish_line(self) -> None:
        """Write the rest of a torn line before anything happens to its file."""
        if self.torn:
            rest, self.torn = self.torn, b""
            self.files.append(NAME, rest)

    # The writer

    @rule(count=st.integers(1, 6))
    def append(self, count: int) -> None:
        self.finish_line()
        self.files.append(NAME, self.text(count))

    @precondition(there)
    @rule()
    def append_torn(self) -> None:
        self.finish_line()
        data = self.text(2)
        self.files.append(NAME, data[:-7])
        self.torn = data[-7:]

    # The rotator

    def make_way(self) -> None:
        """Number the rotated files anew, so that ``.1`` is free."""
        for number in range(50, 0, -1):
            for suffix in ("", ".gz"):
                if self.files.stat(f"{NAME}.{number}{suffix}") is not None:
                    self.files.rename(f"{NAME}.{number}{suffix}", f"{NAME}.{number + 1}{suffix}")

    @precondition(there)
    @rule()
    def rotate(self) -> None:
        self.finish_line()
        self.make_way()
        self.files.rename(NAME, f"{NAME}.1")

    @precondition(there)
    @rule(late=st.booleans(), empty=st.booleans())
    def rotate_and_write_on(self, late: bool, empty: bool) -> None:
        """The writer has the old file open for a while yet."""
        self.rotate()
        if empty:
            self.files.create(NAME)
        if late:
            self.files.append(f"{NAME}.1", self.text(1))

    @precondition(lambda self: self.files.stat(f"{NAME}.2") is not None)
    @rule()
    def compress(self) -> None:
        if self.can_tell(f"{NAME}.2"):
            self.files.compress(f"{NAME}.2")

    @precondition(lambda self: self.files.stat(f"{NAME}.3") is not None)
    @rule()
    def delete_a_rotated_file(self) -> None:
        if not self.can_tell(f"{NAME}.3"):
            return
        self.excused |= self.unread(self.content(f"{NAME}.3"))
        self.files.delete(f"{NAME}.3")

    @precondition(there)
    @rule()
    def delete(self) -> None:
        """What was not read is lost, unless the file is still open."""
        self.finish_line()
        self.excused |= self.unread(self.content(NAME))
        self.files.delete(NAME)

    @precondition(there)
    @rule()
    def truncate(self) -> None:
        self.finish_line()
        lost = self.unread(self.content(NAME))
        self.announced |= bool(lost) and self.has_begun(NAME)
        self.excused |= lost
        self.files.truncate(NAME)

    @precondition(there)
    @rule(between=st.integers(0, 3), read=st.booleans())
    def copytruncate(self, between: int, read: bool) -> None:
        """What is written between copying and truncating is lost, unless it is read in time."""
        self.finish_line()
        content = self.content(NAME)
        if not self.can_tell(NAME):
            return
        self.make_way()
        self.files.create(f"{NAME}.1", content)
        if len(content) >= 4 * FIRST_MARK:
            self.files.append(NAME, data := self.text(between))
            if read and self.has_begun(NAME):  # who is behind takes a copy for a file of its own
                self.read()
            self.excused |= self.unread(data)
        self.files.truncate(NAME)

    def can_tell(self, path: str) -> bool:
        """Whether the tail can tell the file from what replaces it: not where it knows the file, but no byte of it."""
        return self.has_begun(path) or not self.knows(path)

    def knows(self, path: str) -> bool:
        """Whether the tail reads the file, or is about to."""
        stat, tail = self.files.stat(path), self.follower.tail
        following = () if tail._course.next is None else (tail._course.next.stat.identity,)
        return stat is not None and stat.identity in (*tail.owned, *following)

    def has_begun(self, path: str) -> bool:
        """Whether something of the file was read."""
        head = self.content(path)[:8]
        return self.knows(path) and len(head) == 8 and head in self.follower.delivered

    # The reader

    @rule()
    def read(self) -> None:
        self.follower.steps = 0
        self.follower.run()

    @rule(steps=st.integers(1, 6))
    def read_a_little(self, steps: int) -> None:
        self.follower.steps = 0
        self.follower.tail.hint(renamed=False)
        for _ in range(steps):
            self.follower.step()

    @rule()
    def look_but_do_not_read(self) -> None:
        self.follower.tail.hint(renamed=True)
        for _ in range(3):
            self.follower.look()

    @rule()
    def evict(self) -> None:
        self.files.evict()

    @rule(seconds=st.sampled_from([1, 5, 15]))
    def wait(self, seconds: int) -> None:
        self.follower.steps = 0
        self.follower.wait(seconds)

    # What must hold

    @property
    def delivered(self) -> list[int]:
        return [int(number) for number in LINE.findall(bytes(self.follower.delivered))]

    @invariant()
    def time_passes(self) -> None:
        self.follower.clock.advance(0.01)

    @invariant()
    def each_line_comes_once_and_in_order(self) -> None:
        delivered = self.delivered
        assert all(before < after for before, after in pairwise(delivered))

    def teardown(self) -> None:
        self.finish_line()
        self.files.append(NAME, self.text(1))
        for _ in range(3):
            self.read()
            self.wait(20)
        self.each_line_comes_once_and_in_order()
        missing = set(range(self.numbers)) - set(self.delivered)
        assert missing <= self.excused
        assert not self.announced or self.follower.losses
        assert sum(loss.count for loss in self.follower.losses) <= sum(len(line(number)) for number in missing)


TestWritten = Written.TestCase
TestWritten.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
