"""The walk through the output: each line is taken from the source that has it next.

Where exactly one source has it, that is forced and costs a dictionary look-up; where several have it, ``ways.py``
follows all. A false verdict is only given while no way was ever dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from logbraid.core.types import NO_TIME, Nanos
from logbraid.errors import UsageError
from logbraid.verify.diagnosis import difference_at, name_difference
from logbraid.verify.labels import Labels, prefixes
from logbraid.verify.lines import Clock, LineReader, Readable, opened, room_for
from logbraid.verify.verdict import Difference, Kind, Truth, Verdict
from logbraid.verify.ways import MOST_STEPS, REBASE_EACH, Way, Ways, fits_after

__all__ = ["Walk", "verify"]


def verify(
    output: str | Path | Readable,
    sources: Sequence[str | Path | Readable],
    *,
    labels: Labels = None,
    order: Literal["arrival", "time"] = "arrival",
    clock: Clock | None = None,
) -> Verdict:
    """Say whether ``output`` is a true merge of ``sources``: each whole, in its own order, once, and nothing else.

    Lines are compared byte for byte; only a source's last line may lack the newline that the output gives it.

    Args:
        output: a path or an opened readable.
        sources: paths or opened readables, in the order in which the labels name them.
        labels: how the output was labelled: "name", "path", one label for each source, or None.
        order: "time" also asks that no line is older than the one above it; a source's own order stands above that: a
            line counts as no older than those before it in its source.
        clock: reads a line's time, for ``order="time"``.

    Raises:
        UsageError: the arguments contradict each other.
        SourceError: a source or the output could not be read.
    """
    if order == "time" and clock is None:
        raise UsageError("order by time cannot be verified without a clock")
    with ExitStack() as stack:
        merged, *origins = [opened(source, stack) for source in (output, *sources)]
        room = room_for(len(origins) + 1)
        timed = clock if order == "time" else None
        readers = [
            LineReader(origin, room, index=index, prefix=prefix, clock=timed)
            for index, (origin, prefix) in enumerate(
                zip(origins, prefixes(labels, [origin.path for origin in origins]), strict=True)
            )
        ]
        return Walk(LineReader(merged, room, torn_last=False), readers).verdict()


class Walk:
    """One output against its sources, from the first line to the last."""

    def __init__(self, output: LineReader, readers: Sequence[LineReader]) -> None:
        self._output = output
        self._readers = readers
        self._heads: dict[bytes, tuple[LineReader, ...]] = {}
        self._alone = [(reader,) for reader in readers]
        self._latest: Nanos = NO_TIME
        self._undecided_at: int | None = None
        self._steps_allowed = MOST_STEPS
        for reader in readers:
            self._offer(reader)

    def verdict(self) -> Verdict:
        """Walk to the end or to the first difference."""
        output = self._output
        while True:
            self._take_forced()
            if not output.has(0):
                return self._ended()
            fitting = self._heads.get(output.rest[-1], ())
            if len(fitting) == 1:
                return self._refused(difference_at(Kind.UNORDERED, fitting[0], output.offset()))
            if not fitting:
                return self._refused(name_difference(output, self._readers))
            if (difference := self._take_branching()) is not None:
                return self._refused(difference)

    def _take_forced(self) -> None:
        """Take lines as long as exactly one source has them next, and their time allows it.

        This loop runs once for every line of the output: whatever can be is kept out of it.
        """
        output, heads, alone = self._output, self._heads, self._alone
        rest = output.rest
        while rest or output.fill():
            fitting = heads.get(rest[-1])
            if fitting is None or len(fitting) != 1:
                return
            reader = fitting[0]
            if reader.keys and not self._pass(reader):
                return
            ahead = reader.rest
            del heads[rest.pop()]
            ahead.pop()
            if ahead or reader.fill():
                mine = alone[reader.index]
                if heads.setdefault(ahead[-1], mine) is not mine:
                    heads[ahead[-1]] += mine

    def _pass(self, reader: LineReader) -> bool:
        """Take the key of the reader's next line, unless it is older than the line above it."""
        key = reader.keys[-1]
        if not fits_after(key, self._latest):
            return False
        self._latest = max(key, self._latest)
        reader.keys.pop()
        return True

    def _take_branching(self) -> Difference | None:
        """Follow all ways from the next line on until one is left; the difference, where none is."""
        output = self._output
        ways = Ways(self._readers, self._heads, self._latest)
        while output.has(0):
            if not ways.step(output.rest[-1]):
                return self._no_way(ways)
            output.take()
            if ways.exceed(self._steps_allowed):
                self._give_up(ways)
            if len(ways) == 1:
                break
            if ways.lines % REBASE_EACH == 0:
                base = ways.common()
                ways.rebase(base, self._take(base))
        way, self._latest = ways.first()
        self._take(way)
        return None

    def _no_way(self, ways: Ways) -> Difference:
        """Name the difference at a line that fits no way."""
        if ways.refused is not None:
            way, reader = ways.refused
            self._take(way)
            return difference_at(Kind.UNORDERED, reader, self._output.offset())
        self._take(ways.first()[0])
        return name_difference(self._output, self._readers)

    def _give_up(self, ways: Ways) -> None:
        """Keep one way only, and remember that others were dropped; be quicker to do so the next time."""
        if self._undecided_at is None:
            self._undecided_at = self._output.offset() - ways.followed
        self._steps_allowed //= 2
        ways.drop_others()

    def _take(self, way: Way) -> int:
        """Take the lines of a way from the readers; their bytes."""
        size = 0
        for index, count in way:
            reader = self._readers[index]
            self._withdraw(reader)
            size += sum(len(reader.take()) + 1 for _ in range(count))
            self._offer(reader)
        return size

    def _offer(self, reader: LineReader) -> None:
        """Enter the reader's next line, if there is one, among the heads."""
        if reader.has(0):
            self._heads[reader.rest[-1]] = self._heads.get(reader.rest[-1], ()) + self._alone[reader.index]

    def _withdraw(self, reader: LineReader) -> None:
        """Take the reader's next line from the heads."""
        line = reader.rest[-1]
        others = tuple(other for other in self._heads.pop(line) if other is not reader)
        if others:
            # One reader alone is always entered as the very tuple that the loop above compares with.
            self._heads[line] = others if len(others) > 1 else self._alone[others[0].index]

    def _ended(self) -> Verdict:
        """The verdict at the end of the output; the number of lines makes it certain, whatever ways were dropped."""
        output = self._output
        if output.admit_torn():
            return self._false(name_difference(output, self._readers))
        for reader in self._readers:
            if reader.has(0):
                return self._false(difference_at(Kind.UNFINISHED, reader, output.offset()))
        return Verdict(Truth.TRUE, lines=output.taken())

    def _refused(self, difference: Difference) -> Verdict:
        """The verdict where the walk ends too early: it may have taken a wrong way, if it ever dropped one."""
        if self._undecided_at is None:
            return self._false(difference)
        return Verdict(Truth.UNDECIDED, undecided_at=self._undecided_at, lines=self._output.taken())

    def _false(self, difference: Difference) -> Verdict:
        return Verdict(Truth.FALSE, difference, lines=self._output.taken())
