"""A lane, and what somebody saw who wrote down each byte that it was given and each that left: the straight line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from logbraid.core.account import SourceAccount
from logbraid.core.lane import Lane
from logbraid.core.linewise import LineBatch
from logbraid.core.positions import GUARD, Passed
from logbraid.core.records import RecordBatch
from logbraid.core.types import SECOND, Chunk, SourceId

from .build import MODIFIED, sources


@dataclass
class File:
    """One generation of a source.

    Attributes:
        data: what stands in it.
        place: up to where the lane has been given it.
        given: offsets of all bytes that it was given.
        left: offsets of all bytes that left in batches, in this order.
        ended: the lane was told that nothing more comes.
    """

    data: bytes
    place: int = 0
    given: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    ended: bool = False

    def guard(self, offset: int) -> bytes:
        return self.data[max(offset - GUARD, 0) : offset]

    def given_before(self, offset: int) -> list[int]:
        return [each for each in self.given if each < offset]


class Observed:
    """Drives a lane as a pipeline does, over the files of some sources, and checks what it says.

    Args:
        lane: fresh; knows as many sources as there are here.
        files: of each source: its generations.
        filtered: the lane may take records out.
    """

    def __init__(self, lane: Lane, files: Sequence[Sequence[File]], *, filtered: bool = False) -> None:
        self.lane = lane
        self.files = files
        self.filtered = filtered
        self.finished: set[SourceId] = set()
        self.now = MODIFIED
        lane.advance(self.now, self.now)
        self.names = [SourceId(number) for number in range(len(files))]

    # Steps

    def read(self, source: SourceId, generation: int, size: int) -> None:
        file = self.files[source][generation]
        data = file.data[file.place : file.place + size]
        if not data or file.ended or source in self.finished:
            return
        guard = file.guard(file.place)
        self.lane.receive(source, generation, file.place, Chunk.of(data), self.now, guard=guard)
        file.given += range(file.place, file.place + len(data))
        file.place += len(data)
        if self.lane.wants_history(source):
            self.lane.history(source, [])

    def miss(self, source: SourceId, generation: int, size: int) -> None:
        """Bytes of a file are gone before they are read."""
        self.files[source][generation].place += size

    def leave(self, source: SourceId, generation: int, size: int) -> None:
        self.lane.leave(source, generation, self.now)

    def end(self, source: SourceId, generation: int, size: int) -> None:
        self.lane.end(source, generation, self.now)
        self.files[source][generation].ended = True

    def pause(self, source: SourceId, generation: int, size: int) -> None:
        self.lane.pause(source, self.now)

    def catch_up(self, source: SourceId, generation: int, size: int) -> None:
        if source not in self.finished:
            self.lane.caught_up(source)

    def wait(self, source: SourceId, generation: int, size: int) -> None:
        self.now += size * SECOND
        self.lane.advance(self.now, self.now)

    def finish(self, source: SourceId, generation: int, size: int) -> None:
        self.lane.finish(source, self.now)
        self.finished.add(source)

    def release(self, source: SourceId, generation: int, size: int) -> None:
        self._take(self.lane.release())

    def flush(self) -> None:
        for name in self.names:
            self.finish(name, 0, 0)
        self._take(self.lane.flush())

    def _take(self, batch: RecordBatch | LineBatch | None) -> None:
        for source, generation, offset, end, data in _rows(batch):
            file = self.files[source][generation]
            assert data.removesuffix(b"\n") == file.data[offset:end].removesuffix(b"\n")
            file.left += range(offset, end)

    # What must be true after each step

    def check(self) -> None:
        for name in self.names:
            passed = self.lane.passed(name)
            numbers = [each.generation for each in passed]
            assert numbers == sorted(set(numbers))
            for each in passed:
                self._check_passed(self.files[name][each.generation], each)
            for number, file in enumerate(self.files[name]):
                if number not in numbers:
                    assert file.ended or not file.given
                    assert self.filtered or file.left == file.given
            self._check_account(name, passed)

    def _check_passed(self, file: File, passed: Passed) -> None:
        assert file.given, "what has not begun is not listed"
        assert passed.received == file.given[-1] + 1
        assert passed.guard == file.guard(passed.offset)
        before = file.given_before(passed.offset)
        assert file.left == before or (self.filtered and set(file.left) < set(before))
        assert file.left == sorted(set(file.left)), "what leaves is in order, and leaves once"

    def _check_account(self, name: SourceId, passed: Sequence[Passed]) -> None:
        account = SourceAccount("", "")
        self.lane.count(name, account)
        held, ahead = self.lane.held(name), self.lane.filtered_ahead(name)
        given = sum(len(file.given) for file in self.files[name])
        assert given == account.bytes_emitted + account.bytes_filtered + held
        assert account.bytes_emitted == sum(len(file.left) for file in self.files[name])
        files = self.files[name]
        behind = [
            len(files[each.generation].given) - len(files[each.generation].given_before(each.offset)) for each in passed
        ]
        assert sum(behind) == held + ahead
        assert held or not any(behind), "what a filter took out waits for nothing"


def _rows(batch: RecordBatch | LineBatch | None) -> Iterator[tuple[SourceId, int, int, int, bytes]]:
    """Yield source, generation, offset, end and bytes of what leaves."""
    if isinstance(batch, LineBatch):
        for part in batch.parts:
            yield part.source, part.generation, part.offset, part.offset + part.size, bytes(part.data)
    elif batch is not None:
        for records in batch.parts:
            offsets = (records.starts + records.base).tolist()
            for offset, end, data in zip(offsets, records.end_offsets.tolist(), records.data(), strict=True):
                yield records.source.id, records.generation, offset, end, data.as_py()


def added(lane: Lane, count: int) -> Lane:
    """Tell a lane of its sources."""
    for one in sources(count):
        lane.add(one)
    return lane
