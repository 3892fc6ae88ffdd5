"""The judge of one run: what is in the output, and what the account says, against all that was ever written.

Each line once, whole, in its file's order and with its record; nothing else; in time order where that is promised; and
nothing is missing but what nobody could have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from logbraid.core.account import SourceAccount
from logbraid.core.options import MEBIBYTE

from .logs import name_of
from .world import World
from .written import Record

__all__ = ["Wrong", "judge"]

LABEL = re.compile(rb"(?:([abc])\.log|(link)\.log) \| ")


class Wrong(AssertionError):
    """A promise is broken."""


def judge(world: World) -> None:
    """Hold a run that has come to its end against what was written.

    Raises:
        Wrong: a promise is broken.
    """
    output = b"".join(world.disk.outputs()).splitlines(keepends=True)
    lines = [*_bare(world, output)]
    _whole(world, lines)
    _once(lines)
    _complete(world, lines)
    records = [world.logs.written.by_line[line] for line in lines if line in world.logs.written.by_line]
    _in_order(records)
    if not world.setup.whole_lines:
        _together(world, records)
    if world.setup.order == "time":
        _by_time(world, lines)
    _accounted(world, lines)


def _bare(world: World, lines: Iterable[bytes]) -> Iterator[bytes]:
    """Take off the labels, which must be right."""
    for line in lines:
        if not world.setup.labelled:
            yield line
            continue
        label = LABEL.match(line)
        _must(label, "a line has no label", line)
        bare = line[label.end() :] if label else line
        record = world.logs.written.by_line.get(bare)
        source = "d" if label and label[2] else label[1].decode() if label else ""
        _must(record is None or record.source == source, "a line has another's label", line)
        yield bare


def _whole(world: World, lines: Iterable[bytes]) -> None:
    """Each is a line that was written; only of what was cut off while it was written may a part be there."""
    written = world.logs.written
    for line in lines:
        if line not in written.by_line:
            torn = line.endswith(b"\n") and any(each.startswith(line[:-1]) for each in written.excused)
            _must(torn, "a line was never written so", line)


def _once(lines: Iterable[bytes]) -> None:
    for line, count in Counter(lines).items():
        _must(count == 1, f"a line is there {count} times", line)


def _complete(world: World, lines: Iterable[bytes]) -> None:
    written = world.logs.written
    there = set(lines)
    for record in written.records:
        for line in record.lines:
            if record.skipped:
                _must(line not in there, "a line is there that the filter takes out", line)
            else:
                _must(line in there or line in written.excused, "a line is lost", line)


def _in_order(records: Iterable[Record]) -> None:
    """Each file's lines in their order, and files one after the other but for stragglers."""
    numbers: dict[tuple[str, int], int] = {}
    generations: dict[str, int] = {}
    for record in records:
        file = record.source, record.generation
        _must(numbers.get(file, -1) <= record.number, "a line is behind a later one of its file", record.lines[0])
        numbers[file] = record.number
        latest = generations.setdefault(record.source, record.generation)
        _must(record.generation >= latest or record.straggler, "a line is behind the next file's", record.lines[0])
        generations[record.source] = max(latest, record.generation)


def _together(world: World, records: Iterable[Record]) -> None:
    """Nothing stands between the lines of a record that was written at once and is not longer than one may be."""
    if world.setup.order == "arrival" and world.setup.buffer < MEBIBYTE:
        return  # what does not fit leaves as it is
    groups = Counter(number for number, _ in groupby(map(id, records)))
    for record in world.logs.written.records:
        short = len(record.data) <= world.setup.max_record and not record.parted
        _must(groups[id(record)] <= 1 or not short, "a record was parted", record.lines[0])


def _by_time(world: World, lines: Iterable[bytes]) -> None:
    """Later times later, but for those that were called late, be it by another process."""
    if world.stepped:
        return
    unclear = {account.path for account in world.account.sources if account.ahead}  # ordered by when they were seen
    unclear |= {name_of(each.source) for each in world.logs.written.records if each.straggler and each.skipped}
    by_line, keys, highest = world.logs.written.by_line, Counter[str](), 0
    for line in lines:
        record = by_line.get(line)
        if record is None or line != record.lines[0] or line in world.late or name_of(record.source) in unclear:
            continue
        # Stragglers are behind the lines that they were written after: their file comes first.
        keys[record.source] = key = max(keys[record.source], record.time)
        _must(key >= highest, "a line came too late, and was not called late", line)
        highest = key
    if world.setup.weather == "calm":
        _must(not world.late, "something was late", min(world.late, default=b""))


def _accounted(world: World, lines: Iterable[bytes]) -> None:
    """All that was seen has left or was lost, and what has left is what is there."""
    written = world.logs.written
    sizes: Counter[str] = Counter()
    unclear = set()
    for line in lines:
        record = written.by_line.get(line)
        if record is not None:
            sizes[name_of(record.source)] += len(line) - (line in written.halves)
        else:
            unclear |= {name_of(written.by_line[each].source) for each in written.excused if each.startswith(line[:-1])}
    lost: Counter[str] = Counter()
    for line in written.excused:
        lost[name_of(written.by_line[line].source)] += len(line)
    for account in world.account.sources:
        _closed(account, lost[account.path])
        if account.path not in unclear:
            there = sizes[account.path]
            what = f"{account.bytes_emitted} bytes are said to have left, and {there} are there"
            _must(account.bytes_emitted == there, what, account.path.encode())
    for source in written.announced:
        _must(name_of(source) in world.said, "lines are lost, and nothing is said of that", name_of(source).encode())


def _closed(account: SourceAccount, lost: int) -> None:
    gone = account.bytes_emitted + account.bytes_filtered + account.bytes_held + account.bytes_lost
    _must(account.bytes_seen == gone, "the account does not close", str(account).encode())
    what = f"{account.bytes_lost} bytes are said to be lost, and {lost} are"
    _must(account.bytes_lost <= lost, what, account.path.encode())


def _must(holds: object, what: str, line: bytes) -> None:
    if not holds:
        raise Wrong(f"{what}: {line.decode(errors='backslashreplace').rstrip()}")
