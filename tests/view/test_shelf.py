"""Text that is read again: the same bytes as when it came, wherever they are now, or a line that says they are gone."""

from __future__ import annotations

import bz2
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import logbraid
from logbraid.core.records import Record, RecordBatch, SourceBatch
from logbraid.core.types import PADDING, Source, SourceId
from logbraid.sinks.destinations import sink_for
from logbraid.view import shelf as shelf_module
from logbraid.view.index import Index
from logbraid.view.shelf import GONE, NAMELESS, NEAR, NOT_COPIED, Shelf, portions


class Log:
    """A file that is written to, and the batches in which a run would read it; or a pipe, which is no file."""

    def __init__(self, path: Path, sources: list[Source], *, is_file: bool) -> None:
        self.path = path
        self.source = Source(SourceId(len(sources)), str(path), path.name, 0)
        self.generation = 0
        self.offset = 0
        self._is_file = is_file
        self._sources = sources
        sources.append(self.source)

    def write(self, *texts: bytes, unended: bool = False) -> RecordBatch:
        """Append these records; unended: the last one's newline is not in the file."""
        data = b"".join(texts)
        size = len(data) - unended
        if self._is_file:
            with self.path.open("ab") as file:
                file.write(data[:size])
        part = part_of(self.source, self.generation, self.offset, texts, limit=self.offset + size)
        self.offset += size
        return RecordBatch((part,), np.arange(len(part)), self._sources)

    def renew(self) -> None:
        """What is written next stands at the beginning of a new file, or of this one made empty."""
        self.generation += 1
        self.offset = 0


class Taken:
    """An index and a shelf that got the same batches, of logs in one directory."""

    def __init__(self, directory: Path, shelf: Shelf) -> None:
        self.directory = directory
        self.shelf = shelf
        self.index = Index()
        self.sources: list[Source] = []

    def log(self, name: str = "app.log", *, is_file: bool = True) -> Log:
        """A source more."""
        return Log(self.directory / name, self.sources, is_file=is_file)

    def take(self, *batches: RecordBatch) -> None:
        for batch in batches:
            self.shelf.keep(batch)
            self.index.append(batch)

    def texts(self, *numbers: int) -> list[bytes]:
        """Text of these records, or of all."""
        return [record.data for record in self.shelf.batch(self.index, numbers or range(len(self.index))).records()]


def part_of(source: Source, generation: int, base: int, texts: Sequence[bytes], limit: int) -> SourceBatch:
    ends = np.cumsum([len(text) for text in texts])
    starts = ends - np.array([len(text) for text in texts])
    times = base + starts
    buffer = np.frombuffer(b"".join(texts) + bytes(PADDING), np.uint8)
    return SourceBatch(source, generation, buffer, base, starts, ends, times, times, int(times[-1]), limit)


def line(number: int) -> bytes:
    return b"2026-03-01T00:00:%02dZ INFO record %d\n" % (number % 60, number)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with closing(Shelf()) as shelf:
        yield shelf


@pytest.fixture
def taken(tmp_path: Path, shelf: Shelf) -> Taken:
    return Taken(tmp_path, shelf)


@pytest.fixture
def frugal(tmp_path: Path) -> Iterator[Taken]:
    """Keeps one file open."""
    with closing(Shelf(descriptors=1)) as shelf:
        yield Taken(tmp_path, shelf)


# Batches come back

RECORD = st.binary(min_size=1, max_size=12).map(lambda text: text.replace(b"\n", b".") + b"\n")
TURNS = st.lists(st.tuples(st.integers(0, 2), st.lists(RECORD, min_size=1, max_size=5)), min_size=1, max_size=8)


@settings(max_examples=50, deadline=None)
@given(TURNS, st.lists(st.booleans(), min_size=3, max_size=3), st.randoms(use_true_random=False))
def test_any_records_come_back(
    tmp_path_factory: pytest.TempPathFactory, turns: list[tuple[int, list[bytes]]], files: list[bool], random: Any
) -> None:
    with closing(Shelf()) as shelf:
        taken = Taken(tmp_path_factory.mktemp("logs"), shelf)
        logs = [taken.log(f"{number}.log", is_file=is_file) for number, is_file in enumerate(files)]
        expected: list[Record] = []
        for number, texts in turns:
            batch = logs[number].write(*texts)
            taken.take(batch)
            expected += batch.records()
        wanted = [number for number in range(len(expected)) if random.random() < 0.7] or [0]
        assert list(shelf.batch(taken.index, wanted).records()) == [expected[number] for number in wanted]


LOGS = {
    "app.log": b"".join(line(number) for number in range(0, 60, 2)) + b"Traceback:\n  File x\nKeyError: 1\n",
    "web.log": b"".join(line(number).replace(b"INFO", b"ERROR") for number in range(1, 60, 3))
    + b"no newline at the end",
    "long.log": line(3)[:-1] + b" and on" * 40 + b"\n" + line(5) + b"\r\n",
    "old.log.bz2": bz2.compress(b"".join(line(number) for number in range(5, 60, 7))),
    "wide.log": "".join(line(number).decode() for number in range(50)).encode("utf-16"),
}


@pytest.fixture
def merged(tmp_path: Path, taken: Taken) -> list[RecordBatch]:
    """What a run gave of these logs; the shelf and the index have it, too."""
    for name, data in LOGS.items():
        (tmp_path / name).write_bytes(data)
    batches: list[RecordBatch] = []
    logbraid.merge([str(tmp_path / name) for name in LOGS], batches.append, max_record=100, exclude=["record 7"])
    taken.take(*batches)
    return batches


def test_a_run_comes_back_as_it_was(merged: list[RecordBatch], taken: Taken) -> None:
    batch = taken.shelf.batch(taken.index, range(len(taken.index)))
    assert list(batch.records()) == [record for one in merged for record in one.records()]
    assert bytes(batch.data) == b"".join(bytes(one.data) for one in merged)
    assert batch.end_offset.tolist() == [end for one in merged for end in one.end_offset.tolist()]
    assert batch.source.tolist() == [number for one in merged for number in one.source.tolist()]
    batch.table.validate(full=True)


@pytest.mark.parametrize("output_format", ["text", "jsonl", "parquet"])
def test_sinks_write_it_as_they_would_have(
    merged: list[RecordBatch], taken: Taken, tmp_path: Path, output_format: Any
) -> None:
    def written(name: str, batches: Sequence[RecordBatch]) -> bytes:
        sink = sink_for(str(tmp_path / name), batches[0].sources, output_format, labelled=output_format == "text")
        for batch in batches:
            sink.write(batch)
        sink.close()
        return (tmp_path / name).read_bytes()

    again = [taken.shelf.batch(taken.index, range(len(taken.index)))]
    assert written("again", again) == written("merged", merged)


def test_late_records_are_late(taken: Taken) -> None:
    log = taken.log()
    batch = log.write(line(1), line(2), line(3))
    late = np.array([False, True, False])
    taken.take(RecordBatch(batch.parts, batch.order, batch.sources, late))
    assert [record.late for record in taken.shelf.batch(taken.index, [1, 2]).records()] == [True, False]
    assert taken.shelf.batch(taken.index, [0, 2]).late is None


def test_no_records_are_an_empty_batch(taken: Taken) -> None:
    log = taken.log()
    taken.take(log.write(line(1)))
    assert len(taken.shelf.batch(taken.index, [])) == 0


def test_records_far_apart_are_read_apart(taken: Taken) -> None:
    log = taken.log()
    filler = b"x" * NEAR + b"\n"
    taken.take(log.write(line(0), line(1), line(2), filler, line(4)))
    batch = taken.shelf.batch(taken.index, [0, 2, 4])
    assert [len(part) for part in batch.parts] == [2, 1]
    assert [record.data for record in batch.records()] == [line(0), line(2), line(4)]
    assert batch.offset.tolist() == taken.index.blocks[0].offset[[0, 2, 4]].tolist()


def test_portions_count_what_is_read(taken: Taken) -> None:
    log, other = taken.log(), taken.log("other.log")
    far, near = b"x" * (2 * NEAR - 1) + b"\n", b"x" * (NEAR // 2 - 1) + b"\n"
    taken.take(log.write(b"0\n", far, b"2\n", near, b"4\n", b"5\n"), other.write(b"6\n"))
    records = np.array([0, 2, 4, 5, 6])
    weights = [2 + NEAR, 2 + NEAR, 2 + NEAR // 2, 2, 2 + NEAR]

    def all_portions(room: int) -> list[tuple[int, int]]:
        return [(one.start, one.stop) for one in portions(taken.index, records, room)]

    assert all_portions(sum(weights)) == [(0, 5)]
    assert all_portions(sum(weights[:2])) == [(0, 2), (2, 5)]
    assert all_portions(weights[0]) == [(0, 1), (1, 2), (2, 4), (4, 5)]
    assert all_portions(1) == [(number, number + 1) for number in range(5)]
    assert list(portions(taken.index, records[:0], 1)) == []


def test_scattered_records_take_no_more_memory_than_a_portion(taken: Taken) -> None:
    apart, count = 40 * 1024, 2000
    log = taken.log()
    part = log.write(b"x" * 10)
    with log.path.open("r+b") as file:
        file.truncate(apart * count)
    scattered = scattered_part(part.parts[0], np.arange(count) * apart)
    taken.shelf.keep(part)
    taken.index.append(RecordBatch((scattered,), np.arange(count), taken.sources))
    records = np.arange(count)
    read = [
        sum(len(one.buffer) for one in taken.shelf.batch(taken.index, records[portion]).parts)
        for portion in portions(taken.index, records, 1 << 20)
    ]
    assert max(read) < 1 << 20
    assert len(read) == pytest.approx(count * NEAR / (1 << 20), abs=1)


def scattered_part(part: SourceBatch, starts: Any) -> SourceBatch:
    """Records of 10 bytes at these offsets of the same source."""
    buffer = np.zeros(int(starts[-1]) + 10 + PADDING, np.uint8)
    return SourceBatch(part.source, 0, buffer, 0, starts, starts + 10, starts, starts, 0, int(starts[-1]) + 10)


def test_records_may_come_out_of_their_order(taken: Taken) -> None:
    log = taken.log()
    first, second = log.write(line(1)), log.write(line(2))
    taken.take(second, first)
    assert taken.texts() == [line(2), line(1)]


def test_no_buffer_is_too_large(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    log = taken.log()
    taken.take(log.write(*map(line, range(9))))
    monkeypatch.setattr(shelf_module, "WINDOW", 4 * len(line(0)))
    assert [len(part) for part in taken.shelf.batch(taken.index, range(9)).parts] == [4, 4, 1]
    assert taken.texts() == [line(number) for number in range(9)]


def test_parts_ascend_by_source_and_generation(taken: Taken) -> None:
    first, second = taken.log("app.log"), taken.log("b.log")
    taken.take(second.write(line(1)), first.write(line(2)))
    rotate(first)
    taken.take(first.write(line(3)), second.write(line(4)))
    batch = taken.shelf.batch(taken.index, range(4))
    assert [(part.source.id, part.generation) for part in batch.parts] == [(0, 0), (0, 1), (1, 0)]
    assert taken.texts() == [line(1), line(2), line(3), line(4)]


def test_a_newline_that_was_added_is_added_again(taken: Taken) -> None:
    log = taken.log()
    taken.take(log.write(line(1), b"open\n", unended=True))
    taken.take(log.write(b" after all\n"))
    assert taken.texts() == [line(1), b"open\n", b" after all\n"]
    batch = taken.shelf.batch(taken.index, [0, 1])
    assert batch.end_offset.tolist() == [len(line(1)), len(line(1)) + 4]
    assert batch.size == len(line(1)) + 4


# What becomes of files


def rotate(log: Log) -> None:
    log.path.rename(log.path.with_name("app.log.1"))
    log.renew()


def copy_and_truncate(log: Log) -> None:
    log.path.with_name("app.log.1").write_bytes(log.path.read_bytes())
    log.path.write_bytes(b"")
    log.renew()


@pytest.mark.parametrize("happen", [rotate, copy_and_truncate])
@pytest.mark.parametrize("kind", ["taken", "frugal"])
def test_a_rotated_file_is_read_on(request: pytest.FixtureRequest, kind: str, happen: Callable[[Log], None]) -> None:
    taken: Taken = request.getfixturevalue(kind)
    log, other = taken.log(), taken.log("other.log")
    taken.take(log.write(line(1), line(2)), other.write(line(3)))
    happen(log)
    assert taken.texts() == [line(1), line(2), line(3)]
    taken.take(log.write(line(4)), other.write(line(5)))
    assert taken.texts() == [line(1), line(2), line(3), line(4), line(5)]
    (taken.directory / "app.log.1").rename(taken.directory / "app.log.2")
    assert taken.texts(0, 3, 4) == [line(1), line(4), line(5)]


def test_a_file_may_be_rotated_before_its_text_is_kept(taken: Taken) -> None:
    log = taken.log()
    batch = log.write(line(1))
    rotate(log)
    taken.take(log.write(line(2)), batch)
    assert taken.texts() == [line(2), line(1)]
    assert taken.shelf.failure is None


def test_a_file_that_is_deleted_is_read_while_it_is_open(taken: Taken) -> None:
    log = taken.log()
    taken.take(log.write(line(1)))
    log.path.unlink()
    assert taken.texts() == [line(1)]


def test_text_is_gone_with_its_file(frugal: Taken) -> None:
    log = frugal.log()
    frugal.take(log.write(line(1) * 2, b"short\n"))
    log.path.unlink()
    frugal.take(frugal.log("other.log").write(line(2)))
    assert frugal.texts() == [GONE, GONE[:5] + b"\n", line(2)]


def test_few_deleted_files_stay_open(taken: Taken) -> None:
    log = taken.log()
    for number in range(4 * NAMELESS):
        taken.take(log.write(line(number) * 2))
        log.path.unlink()
        log.renew()
    texts = taken.texts()
    there = [number for number, text in enumerate(texts) if text != GONE]
    assert texts[-NAMELESS:] == [line(number) * 2 for number in range(4 * NAMELESS)][-NAMELESS:]
    assert NAMELESS <= len(there) <= NAMELESS + 2, "one file is looked at for each batch"


def test_files_that_have_a_name_stay_however_many(taken: Taken) -> None:
    logs = [taken.log(f"{number}.log") for number in range(2 * NAMELESS)]
    for turn in range(3):
        taken.take(*(log.write(line(turn)) for log in logs))
    assert len(taken.shelf._named) == len(logs)


def test_what_could_not_be_copied_says_so(tmp_path: Path) -> None:
    with closing(Shelf(directory=str(tmp_path / "missing"))) as shelf:
        taken = Taken(tmp_path, shelf)
        taken.take(taken.log("pipe", is_file=False).write(line(1) * 2, b"short\n"))
        assert taken.texts() == [NOT_COPIED, NOT_COPIED[:5] + b"\n"]


def test_what_was_truncated_is_gone_and_what_came_after_is_there(taken: Taken) -> None:
    log = taken.log()
    taken.take(log.write(line(1) * 2))
    log.path.write_bytes(b"")
    assert taken.texts() == [GONE]
    log.renew()
    taken.take(log.write(line(3) * 2))
    assert taken.texts() == [GONE, line(3) * 2]


def test_gone_records_still_have_their_numbers(taken: Taken) -> None:
    log = taken.log()
    taken.take(log.write(line(1).replace(b"INFO", b"ERROR") * 2, line(2)))
    log.path.write_bytes(b"")
    first, second = taken.shelf.batch(taken.index, [0, 1]).records()
    assert (first.level, first.offset, second.offset) == ("error", 0, 2 * len(line(1)) + 2)
    assert second.data == GONE[: len(line(2)) - 1] + b"\n"


def test_the_copies_go_with_the_shelf(taken: Taken) -> None:
    taken.take(taken.log("pipe", is_file=False).write(line(2) * 2))
    taken.shelf.close()
    assert taken.texts() == [GONE]


# At the same time


def test_batches_are_read_while_others_are_kept(taken: Taken) -> None:
    logs = [taken.log("a.log"), taken.log("pipe", is_file=False)]
    wrong: list[bytes] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            count = len(taken.index)
            expected = [line(number) for number in range(count)]
            wrong.extend(set(taken.texts(*range(count))) - set(expected) if count else ())

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(200):
        taken.take(logs[number % 2].write(line(number)))
    done.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert taken.texts() == [line(number) for number in range(200)]
