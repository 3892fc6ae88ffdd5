"""One source in the lane of records: a parser for each of its generations, which of their records wait, and counts.

Records are put in order elsewhere; here it is only known which have come and which have left. Nothing here decides what
leaves.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from logbraid.core.liveparse import LiveParser
from logbraid.core.passage import Passage, forget_done
from logbraid.core.positions import Passed
from logbraid.core.records import SourceBatch
from logbraid.core.types import NO_TIME

__all__ = ["Parsing", "RecordPassage"]


class _Waiting(NamedTuple):
    """Records that wait; ``shift`` added to an offset among them makes the number of bytes received before it."""

    batch: SourceBatch
    shift: int


class RecordPassage(Passage):
    """One generation: what is open in its parser, behind the records that wait to leave.

    Attributes:
        parser: of the bytes that come next.
    """

    __slots__ = ("_gone", "_held", "_shift", "_waiting", "parser")

    def __init__(self, generation: int, parser: LiveParser) -> None:
        super().__init__(generation, parser.offset)
        self.parser = parser
        self._shift = -parser.offset
        self._waiting: deque[_Waiting] = deque()
        self._gone = 0  # how many of the first batch's records have left
        self._held = 0  # bytes that wait

    def go_on(self, parser: LiveParser) -> None:
        """Go on elsewhere in the file, all before having been parsed."""
        self._shift += self.parser.offset - parser.offset
        self.parser = parser
        self.ended = False

    def hold(self, batch: SourceBatch) -> None:
        """Take note of records that wait, behind those before."""
        if len(batch):
            self._waiting.append(_Waiting(batch, self._shift))
            self._held += batch.size

    def leave(self, part: SourceBatch) -> None:
        """Take note that the next records have left."""
        self._gone += len(part)
        self._held -= part.size
        while self._waiting and self._gone >= len(self._waiting[0].batch):
            self._gone -= len(self._waiting.popleft().batch)

    @property
    def received(self) -> int:
        """Offset behind the last byte that came."""
        return self.parser.offset + self.parser.held

    @property
    def held(self) -> int:
        """Bytes that were received and have not left."""
        return self._held + self.parser.held

    @property
    def waits(self) -> bool:
        """Whether something is here that has not left."""
        return bool(self._waiting) or self.parser.held > 0

    @property
    def passed(self) -> Passed:
        """How far it has left; what a filter took out has, where nothing before it waits."""
        if not self._waiting:
            return Passed(self.generation, self.parser.offset, self.parser.guard, self.received)
        batch = self._waiting[0].batch
        offset = int(batch.starts[self._gone]) + batch.base
        return Passed(self.generation, offset, batch.guard(self._gone), self.received)

    @property
    def filtered_ahead(self) -> int:
        """Bytes that a filter took out behind a record that waits."""
        if not self._waiting:
            return 0
        batch, shift = self._waiting[0]
        parsed = self.parser.offset + self._shift - (int(batch.starts[self._gone]) + batch.base + shift)
        return parsed - self._held


class Parsing:
    """The generations of one source, and what was counted of it.

    Attributes:
        passages: of its generations that may bring more, have not left wholly, or tell how far the source has left.
        latest: the parser that the next generation goes on from.
        opened: when the lines came that wait for the end of their record; NO_TIME where none do.
        since: when it was known that they were not there yet.
        last: time and key of the last record that left; NO_TIME where none has.
        cut: records that were cut in generations that are over.
    """

    __slots__ = ("cut", "emitted", "filtered", "last", "late", "latest", "opened", "passages", "records", "since")

    def __init__(self, generation: int, parser: LiveParser) -> None:
        self.passages = {generation: RecordPassage(generation, parser)}
        self.latest = parser
        self.opened = self.since = NO_TIME
        self.last = (NO_TIME, NO_TIME)
        self.cut = self.records = self.late = self.emitted = self.filtered = 0

    @property
    def parsers(self) -> list[LiveParser]:
        """Those that may still be given bytes."""
        return [passage.parser for passage in self.passages.values() if not passage.ended]

    @property
    def upto(self) -> int:
        """No later record of the source has a smaller key."""
        return self.latest.upto if self.parsers == [self.latest] else self.latest.maximum.highest

    @property
    def held(self) -> int:
        """Bytes that were received and have not left."""
        return sum(passage.held for passage in self.passages.values())

    @property
    def filtered_ahead(self) -> int:
        """Bytes that a filter took out behind records that wait."""
        return sum(passage.filtered_ahead for passage in self.passages.values())

    def passed(self) -> list[Passed]:
        """Return how far each generation has left, in their order."""
        forget_done(self.passages)
        return [passage.passed for _, passage in sorted(self.passages.items())]

    def succeed(self, generation: int, offset: int, guard: bytes) -> LiveParser:
        """Return a new parser, of another generation or of another part of one."""
        parser = self.latest = self.latest.successor(generation, offset, guard)
        if generation in self.passages:
            self.passages[generation].go_on(parser)
        else:
            self.passages[generation] = RecordPassage(generation, parser)
        return parser

    def end(self, generation: int) -> None:
        """Give a generation's parser no more bytes."""
        passage = self.passages.get(generation)
        if passage is not None and not passage.ended:
            passage.ended = True
            self.cut += passage.parser.cut
            forget_done(self.passages)

    def hold(self, batch: SourceBatch) -> None:
        """Take note of records that wait."""
        self.passages[batch.generation].hold(batch)

    def leave(self, part: SourceBatch) -> None:
        """Count records that leave."""
        self.passages[part.generation].leave(part)
        self.records += len(part)
        self.emitted += part.size
        self.last = (int(part.time[-1]), int(part.key[-1]))
