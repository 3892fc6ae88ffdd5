"""The lane of records: true order of what is written in time, an exact count of what is not."""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.account import SourceAccount
from logbraid.core.events import NoTimestamps
from logbraid.core.options import Options
from logbraid.core.parse import Start
from logbraid.core.positions import Passed, Place, Position
from logbraid.core.recordlane import LONGEST_WAIT, RecordLane
from logbraid.core.records import RecordBatch
from logbraid.core.timestamps.detect import detect
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import NO_TIME, SECOND, Chunk, Identity, Nanos, Source, SourceId

from .build import SEEDS, Author, merge, source, sources

T0: Final = at("2026-03-10T12:00")
MILLI: Final = SECOND // 1000
LATENESS: Final = 200 * MILLI
SILENCE: Final = 500 * MILLI


def line(moment: Nanos, text: str = "x") -> bytes:
    return f"{datetime.fromtimestamp(moment // SECOND, UTC):%Y-%m-%dT%H:%M:%S}.{moment % SECOND:09}Z {text}\n".encode()


KNOWN: Final = Start(lock=detect([line(T0)]))


def opened(
    count: int, options: Options | None = None, start: Start = KNOWN, now: Nanos = T0
) -> tuple[RecordLane, list[SourceId]]:
    """Return a lane whose sources are caught up."""
    origins = sources(count)
    lane = RecordLane(origins, options or Options())
    lane.advance(now, now)
    lane.advance(now, now)
    for origin in origins:
        lane.add(origin, start)
        lane.caught_up(origin.id)
    return lane, [origin.id for origin in origins]


def account(lane: RecordLane, source: SourceId) -> SourceAccount:
    counted = SourceAccount("", "")
    lane.count(source, counted)
    return counted


def texts(batch: RecordBatch | None) -> list[bytes]:
    return [] if batch is None else [record.data for record in batch.records()]


# Order, on a simulated clock


@dataclass
class Writers:
    """Writers that put each record into its file some time after the time that it bears."""

    seed: int
    count: int
    longest_delay: Nanos
    written: list[tuple[Nanos, int, Nanos]] = field(default_factory=list)  # when, by whom, with which time

    def __post_init__(self) -> None:
        rng = random.Random(self.seed)
        pace = [rng.choice([5, 60, 900]) * MILLI for _ in range(self.count)]
        for writer in range(self.count):
            when = T0
            for _ in range(30):
                when += rng.randrange(1, pace[writer])
                self.written.append((when, writer, when - rng.randrange(self.longest_delay)))
        self.written.sort()


def follow(lane: RecordLane, names: list[SourceId], writers: Writers, step: Nanos) -> Iterator[RecordBatch | None]:
    """Do what the live pipeline does: look at the time, read, pause what is silent, release."""
    waiting, offsets, heard = list(writers.written), dict.fromkeys(names, 0), dict.fromkeys(names, T0)
    heapq.heapify(waiting)
    now = T0
    while waiting or any(lane.held(name) for name in names):
        now += step
        brought: dict[SourceId, bytes] = {}
        while waiting and waiting[0][0] <= now:
            _, writer, moment = heapq.heappop(waiting)
            brought[names[writer]] = brought.get(names[writer], b"") + line(moment)
        for name in brought:
            lane.behind(name, now)
        lane.advance(now, now)
        for name, data in brought.items():
            lane.receive(name, 0, offsets[name], Chunk.of(data), now)
            offsets[name] += len(data)
            heard[name] = now
        for name in names:
            if lane.holds_lines(name) and now - heard[name] >= SILENCE:
                lane.pause(name, now)
            lane.caught_up(name)
        yield lane.release()


def late_by_oracle(batches: list[RecordBatch | None]) -> list[int]:
    """Number of late records of each source, counted one by one."""
    late, highest = [0] * 10, -1
    for batch in batches:
        if batch is None:
            continue
        above = highest
        for key, number in zip(batch.key.tolist(), batch.source.tolist(), strict=True):
            late[number] += key < above
            highest = max(highest, key)
    return late


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(1, 5), st.sampled_from([1, 7, 50, 300]), st.sampled_from([KNOWN, Start()]))
def test_what_is_written_in_time_leaves_in_order(seed: int, count: int, step: int, start: Start) -> None:
    writers = Writers(seed, count, LATENESS)
    lane, names = opened(count, start=start)
    batches = [*follow(lane, names, writers, step * MILLI)]
    keys = [key for batch in batches if batch is not None for key in batch.key.tolist()]
    assert keys == sorted(keys)
    assert len(keys) == len(writers.written)
    assert all(batch is None or batch.late is None for batch in batches)
    assert [account(lane, name).ahead for name in names] == [0] * count


@settings(max_examples=25, deadline=None)
@given(SEEDS, st.integers(2, 5), st.sampled_from([7, 50]), st.sampled_from([KNOWN, Start()]))
def test_what_is_written_too_late_is_counted(seed: int, count: int, step: int, start: Start) -> None:
    writers = Writers(seed, count, 10 * LATENESS)
    lane, names = opened(count, start=start)
    batches = [*follow(lane, names, writers, step * MILLI)]
    counted = [account(lane, name) for name in names]
    assert [one.late for one in counted] == late_by_oracle(batches)[:count]
    assert sum(one.records for one in counted) == len(writers.written)
    assert sum(batch.late.sum() for batch in batches if batch is not None and batch.late is not None) == sum(
        one.late for one in counted
    )


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["ISO with micros", "syslog", "epoch"]), SEEDS, st.integers(0, 80)),
        min_size=1,
        max_size=4,
    ),
    st.integers(100, 3000),
)
def test_files_that_grow_no_more_come_out_as_a_merge(written: list[tuple[str, int, int]], size: int) -> None:
    logs = [Author(seed).log(style, records) for style, seed, records in written]
    lane = RecordLane(origins := sources(len(logs)), Options())
    now, text = T0, b""
    for origin in origins:
        lane.add(origin)
    for start in range(0, max(map(len, logs)), size):
        now += MILLI
        lane.advance(now, now)
        for origin, log in zip(origins, logs, strict=True):
            if log[start : start + size]:
                lane.receive(origin.id, 0, start, Chunk.of(log[start : start + size]), now)
            if lane.wants_history(origin.id):
                lane.history(origin.id, log.splitlines(keepends=True))
        text += b"".join(texts(lane.release()))
    for origin in origins:
        lane.finish(origin.id, now)
    text += b"".join(texts(lane.flush()))
    assert text == merge(logs).text
    assert lane.size == 0


# One by one


def test_an_open_record_holds_the_others_until_it_is_whole() -> None:
    lane, (a, b) = opened(2)
    now = T0 + SECOND
    lane.advance(now, now)
    lane.receive(a, 0, 0, Chunk.of(line(now - 20)), now)
    lane.receive(b, 0, 0, Chunk.of(line(now - 30) + line(now - 10)), now)
    lane.caught_up(a)
    lane.caught_up(b)
    lane.advance(now + LATENESS, now + LATENESS)
    assert texts(lane.release()) == [line(now - 30)]
    assert lane.next_release() is None
    assert lane.holding_back(a)
    assert lane.held(b) == lane.held(a) == len(line(now))
    for name in (a, b):
        lane.pause(name, now + SILENCE)
        lane.caught_up(name)
    assert not lane.holds_lines(a)
    assert not lane.holding_back(a)
    assert texts(lane.release()) == [line(now - 20), line(now - 10)]


def test_a_release_is_due_when_the_lateness_is_over() -> None:
    lane, (a, _) = opened(2)
    lane.receive(a, 0, 0, Chunk.of(line(T0) + line(T0 + 5)), T0, live=True)
    lane.pause(a, T0)
    lane.caught_up(a)
    assert lane.release() is None
    assert lane.next_release() == T0 + LATENESS
    lane.advance(T0 + LATENESS, T0)
    assert texts(lane.release()) == [line(T0)]
    assert lane.size == len(line(T0))


def test_a_record_that_goes_on_and_on_is_parted() -> None:
    lane, (a, _) = opened(2)
    lane.receive(a, 0, 0, Chunk.of(line(T0)), T0)
    offset, now = len(line(T0)), T0
    while lane.holds_lines(a):
        now += SILENCE // 2
        lane.receive(a, 0, offset, Chunk.of(b"  more\n"), now)
        offset += 7
    assert now == T0 + LONGEST_WAIT * SILENCE


@pytest.mark.parametrize("ahead", [10 * SECOND, 7200 * SECOND])
def test_a_clock_that_is_ahead_holds_nothing_and_makes_nothing_late(ahead: Nanos) -> None:
    lane = RecordLane(origins := sources(2), Options())
    for origin in origins:
        lane.add(origin)
        lane.advance(T0, T0)
        lane.receive(origin.id, 0, 0, Chunk.of(line(T0 + ahead) + line(T0 + ahead)), T0)
    lane.release()
    for origin in origins:
        lane.pause(origin.id, T0)
        lane.caught_up(origin.id)
    now = T0 + 3 * LATENESS
    lane.advance(now, now)
    lane.release()
    assert lane.size == 0
    for origin in origins:
        lane.receive(origin.id, 0, 2 * len(line(T0)), Chunk.of(line(now + ahead)), now)
        lane.finish(origin.id, now)
    assert len(texts(lane.flush())) == 2
    assert [account(lane, origin.id).late for origin in origins] == [0, 0]


def test_two_generations_share_format_and_order() -> None:
    lane, (a,) = opened(1)
    lane.receive(a, 0, 0, Chunk.of(line(T0, "a") + line(T0 + 9, "b")[:-1]), T0)
    lane.leave(a, 0, T0)
    lane.receive(a, 1, 0, Chunk.of(line(T0 + 5, "c")), T0)
    offset = len(line(T0, "a") + line(T0 + 9, "b")) - 1
    lane.receive(a, 0, offset, Chunk.of(b"straggler\n"), T0)
    lane.end(a, 0, T0)
    lane.leave(a, 7, T0)
    lane.finish(a, T0)
    batch = lane.flush()
    assert texts(batch) == [line(T0, "a"), line(T0 + 9, "b"), b"straggler\n", line(T0 + 5, "c")]
    assert batch is not None
    assert batch.key.tolist() == [T0, T0 + 9, T0 + 9, T0 + 9]
    assert account(lane, a).records == 4
    assert lane.size == lane.held(a) == 0


def test_bytes_that_are_missing_end_the_line_before_them() -> None:
    lane, (a,) = opened(1)
    lane.receive(a, 0, 0, Chunk.of(line(T0)[:-1]), T0)
    lane.receive(a, 0, 1000, Chunk.of(line(T0 + 1)), T0)
    lane.finish(a, T0)
    batch = lane.flush()
    assert texts(batch) == [line(T0), line(T0 + 1)]
    assert batch is not None
    assert batch.offset.tolist() == [0, 1000]


def test_filters_and_counters() -> None:
    lane, (a, b) = opened(2, Options(include=("keep",)))
    lane.receive(a, 0, 0, Chunk.of(line(T0, "keep") + line(T0, "drop") + line(T0, "keep")), T0)
    lane.finish(a, T0)
    lane.finish(b, T0)
    assert texts(lane.release()) == [line(T0, "keep")] * 2
    counted = account(lane, a)
    assert (counted.records, counted.bytes_emitted, counted.bytes_filtered) == (2, 72, 36)
    assert account(lane, b) == SourceAccount("", "")


def test_what_has_left_of_a_batch_is_known_by_the_record() -> None:
    lane, (a, b) = opened(2)
    lane.behind(a, T0 - 60 * SECOND)
    lane.behind(b, T0 - 60 * SECOND)
    first, second, third = (line(T0 - SECOND * ago) for ago in (3, 2, 1))
    lane.receive(a, 0, 0, Chunk.of(first + second + third), T0)
    lane.pause(a, T0)
    lane.receive(b, 0, 0, Chunk.of(second), T0)
    assert lane.last(a) == (NO_TIME, NO_TIME)
    assert texts(lane.release()) == [first, second]
    assert lane.passed(a) == [Passed(0, 66, (first + second)[-64:], 99)]
    assert lane.passed(b) == [Passed(0, 0, b"", 33)]
    assert lane.last(a) == (T0 - 2 * SECOND, T0 - 2 * SECOND)


def test_what_a_filter_took_out_has_left_unless_something_before_it_waits() -> None:
    lane, (a, b) = opened(2, Options(include=("keep",)))
    lane.behind(b, T0)
    keep, drop = line(T0, "keep"), line(T0, "drop")
    lane.receive(a, 0, 0, Chunk.of(drop + keep + drop), T0)
    lane.receive(a, 0, 1000, Chunk.of(drop + keep + drop), T0, guard=b"guard")
    lane.pause(a, T0)
    assert lane.passed(a) == [Passed(0, 36, drop, 1108)]
    assert (lane.held(a), lane.filtered_ahead(a), account(lane, a).bytes_filtered) == (72, 108, 144)
    lane.finish(b, T0)
    lane.finish(a, T0)
    assert texts(lane.flush()) == [keep, keep]
    assert lane.passed(a) == [Passed(0, 1108, (keep + drop)[-64:], 1108)]
    assert (lane.held(a), lane.filtered_ahead(a)) == (0, 0)


def test_a_straggler_that_waits_is_not_forgotten_with_its_file() -> None:
    lane, (a, b) = opened(2)
    lane.receive(a, 0, 0, Chunk.of(line(T0)), T0)
    lane.receive(a, 1, 0, Chunk.of(line(T0)), T0)
    lane.pause(a, T0)
    lane.advance(T0 + LATENESS, T0 + LATENESS)
    lane.caught_up(a)
    lane.release()
    lane.behind(b, T0)
    lane.receive(a, 0, 33, Chunk.of(line(T0 + 2 * LATENESS)), T0)
    lane.end(a, 0, T0)
    assert lane.release() is None
    assert lane.passed(a) == [Passed(0, 33, line(T0), 66), Passed(1, 33, line(T0), 33)]
    lane.flush()
    assert lane.passed(a) == [Passed(1, 33, line(T0), 33)]


@pytest.mark.parametrize("highest", [T0, T0 + 5 * SECOND])
def test_a_source_is_taken_up_where_an_earlier_run_left_off(highest: Nanos) -> None:
    (origin,) = origins = sources(1)
    lane = RecordLane(origins, Options())
    place = Place(4, origin.path, Identity(0, 0), 400, b"guard")
    lane.add(origin, position=Position(origin.path, place, SourceAccount("", ""), time=T0, highest=highest))
    data = b"  more of it\n\n" + line(T0 + SECOND) + line(T0 + 9 * SECOND)
    lane.receive(origin.id, 4, 400, Chunk.of(data), T0, guard=b"guard")
    assert lane.passed(origin.id) == [Passed(4, 400, b"guard", 400 + len(data))]
    lane.finish(origin.id, T0)
    batch = lane.flush()
    assert texts(batch) == [b"  more of it\n\n", line(T0 + SECOND), line(T0 + 9 * SECOND)]
    assert batch is not None
    assert batch.time.tolist() == [T0, T0 + SECOND, T0 + 9 * SECOND]
    assert batch.key.tolist() == [highest, max(highest, T0 + SECOND), T0 + 9 * SECOND]
    assert lane.passed(origin.id) == [Passed(4, 400 + len(data), data[-64:], 400 + len(data))]


def test_where_records_that_may_go_on_fill_the_buffer_those_that_waited_longest_are_parted() -> None:
    lane, names = opened(4, Options(order="arrival", buffer=1 << 20))
    data = [line(T0) + b"  more\n" * (40_000 + number) for number in range(4)]
    for number in (2, 0, 3, 1):
        lane.receive(names[number], 0, 0, Chunk.of(data[number]), T0 + number)
    lane.advance(T0 + SECOND, T0)
    assert texts(lane.release()) == data[:3]
    assert lane.size == len(data[3])
    lane.receive(names[0], 0, len(data[0]), Chunk.of(b"no newline" * 50_000), T0)
    assert lane.release() is None
    assert lane.size == len(data[3]), "nobody must wait for the end of a line"


def test_a_place_that_is_ahead_of_the_clock_is_now() -> None:
    lane, (a,) = opened(1)
    lane.receive(a, 0, 0, Chunk.of(line(T0 + 3600 * SECOND)), T0)
    lane.finish(a, T0)
    assert len(texts(lane.flush())) == 1
    assert lane.last(a) == (T0 + 3600 * SECOND, T0 + LATENESS)


def test_what_comes_below_what_an_earlier_run_has_let_go_is_late() -> None:
    lane, (a,) = opened(1)
    lane.go_on(T0 + 5)
    lane.receive(a, 0, 0, Chunk.of(line(T0) + line(T0 + 9)), T0)
    lane.finish(a, T0)
    lane.flush()
    assert (account(lane, a).late, account(lane, a).records) == (1, 2)


def test_arrival_order_waits_for_nobody() -> None:
    lane, (a, b) = opened(2, Options(order="arrival"))
    lane.behind(a, T0)
    lane.receive(b, 0, 0, Chunk.of(line(T0 + 9) * 2), T0)
    lane.receive(a, 0, 0, Chunk.of(line(T0) * 2), T0)
    assert not lane.holding_back(a)
    assert texts(lane.release()) == [line(T0 + 9), line(T0)]
    assert lane.next_release() is None


def test_what_is_noticed_is_told_and_a_start_is_heeded() -> None:
    growing = list[Source]()
    lane = RecordLane(growing, Options(silence=0))
    growing.append(source())
    lane.add(growing[0], Start(offset=400, previous=at("2025-01-01")), polled=True)
    lane.receive(growing[0].id, 3, 400, Chunk.of(b"Jan  1 00:01:00 host a: b\n" * 2), T0)
    lane.finish(growing[0].id, T0)
    batch = lane.flush()
    assert batch is not None
    assert (batch.time[0], batch.offset[0], batch.parts[0].generation) == (at("2025-01-01T00:01"), 400, 3)
    growing.append(source(1))
    lane.add(growing[1])
    lane.receive(growing[1].id, 0, 0, Chunk.of(b"nothing\n" * 20_000), T0)
    assert lane.events() == [NoTimestamps("/logs/1.log", observed=True)]
    assert lane.events() == []


def test_tens_of_thousands_of_quiet_sources_cost_nothing_a_turn() -> None:
    lane, (_, noisy, *_others) = opened(20_000)
    begin = time.process_time()
    for turn in range(1000):
        now = T0 + turn * MILLI
        lane.behind(noisy, now)
        lane.advance(now, now)
        lane.receive(noisy, 0, turn * len(line(T0)), Chunk.of(line(now)), now)
        lane.caught_up(noisy)
        lane.release()
        lane.next_release()
    assert time.process_time() - begin < 5
    assert account(lane, noisy).records >= 700
