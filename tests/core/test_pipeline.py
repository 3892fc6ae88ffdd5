"""The whole core, pumped by hand: one true order, each byte once, an account that adds up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.actions import Close, Read, Sample
from logbraid.core.events import SourceFailed
from logbraid.core.options import MEBIBYTE, Options
from logbraid.core.pipeline import LEAST_READ, Pipeline
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import SECOND, Chunk

from .build import SEEDS, STAMPS, Author, merge, parse, source, sources

HOUR = 3600 * SECOND
STAMP = re.compile(rb"2026-[0-9-]+ [0-9:]+(?:\.[0-9]{6})?(?= (?!neither))")

SIZES_OF_ALL = st.lists(st.lists(st.integers(30, 3000), min_size=1, max_size=3), min_size=1, max_size=3)
COUNTS = st.lists(st.integers(0, 12) | st.integers(60, 90), min_size=1, max_size=5)


def iso_log(seed: int, records: int) -> bytes:
    """A log whose times any program can read, with lines between them that have none."""
    return Author(seed).log("ISO with micros", records).replace(b"\xef\xbb\xbf", b"")


def oracle(logs: list[bytes]) -> list[tuple[int, int, int, bytes]]:
    """Key, source, offset and bytes of each record, in order: slowly, in plain Python."""
    return sorted(
        (key, number, offset, data)
        for number, log in enumerate(logs)
        for key, (_, offset, data) in zip(keys_of(log), records_of(log), strict=True)
    )


def records_of(log: bytes) -> list[tuple[int, int, bytes]]:
    """Time, offset and bytes of each record of one log."""
    records: list[list[int | bytes]] = []
    offset = 0
    for line in log.split(b"\n") if log else []:
        stamp = STAMP.match(line)
        whole = line + b"\n"
        if stamp:
            records.append([at(stamp[0].decode()), offset, whole])
        elif offset < len(log) and records:
            records[-1][2] += whole  # type: ignore[operator]
        elif offset < len(log):
            records.append([-1, offset, whole])
        offset += len(whole)
    first = next((time for time, _, _ in records if time != -1), None)
    return [(first if time == -1 else time, place, data) for time, place, data in records]  # type: ignore[misc]


def keys_of(log: bytes) -> list[int]:
    """The running maximum of the times; a leap counts as the record above it."""
    times = [time for time, _, _ in records_of(log)]
    keys: list[int] = []
    for number, time in enumerate(times):
        before, behind = times[max(number - 1, 0)], times[min(number + 1, len(times) - 1)]
        leaps = 0 < number < len(times) - 1 and time > before + HOUR and time > behind + HOUR
        keys.append(max([before if leaps else time, *keys[-1:]]))
    return keys


@settings(max_examples=80, deadline=None)
@given(SEEDS, COUNTS, SIZES_OF_ALL)
def test_a_merge_is_a_stable_sort(seed: int, counts: list[int], sizes: list[list[int]]) -> None:
    logs = [iso_log(seed + number, count) for number, count in enumerate(counts)]
    logs = [log for log in logs if STAMP.search(log)] or [b""]
    merged = merge(logs, sizes)
    assert merged.records == oracle(logs)
    assert merged.records == merge(logs).records, "chunks make no difference"
    assert merged.text == b"".join(data for _, _, _, data in oracle(logs))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(STAMPS)), SEEDS, st.integers(0, 90)), min_size=1, max_size=4),
    SIZES_OF_ALL,
    st.sampled_from([64, 200, MEBIBYTE]),
    st.sampled_from(["time", "arrival"]),
)
def test_each_byte_comes_out_once(
    written: list[tuple[str, int, int]], sizes: list[list[int]], max_record: int, order: str
) -> None:
    logs = [Author(seed).log(style, records, longest=300) for style, seed, records in written]
    options = Options(order=order, max_record=max_record)  # type: ignore[arg-type]
    merged = merge(logs, sizes, options)
    for number, log in enumerate(logs):
        own = [(offset, data) for _, owner, offset, data in merged.records if owner == number]
        assert own == sorted(own), "a source's own order is never broken"
        assert b"".join(data for _, data in own) == (log + b"\n" if log and not log.endswith(b"\n") else log)
    account = merged.pipeline.account()
    assert [one.bytes_seen for one in account.sources] == [len(log) for log in logs]
    assert [one.bytes_emitted for one in account.sources] == [len(log) for log in logs]
    assert account.records == len(merged.records)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(STAMPS)), SEEDS, st.integers(0, 80)), min_size=1, max_size=3),
    SIZES_OF_ALL,
    st.sampled_from([64, MEBIBYTE]),
)
def test_lines_come_out_whole_behind_their_labels(
    written: list[tuple[str, int, int]], sizes: list[list[int]], max_record: int
) -> None:
    logs = [Author(seed).log(style, records, longest=300) for style, seed, records in written]
    merged = merge(logs, sizes, Options(max_record=max_record))
    for prefixes in ([b"%d | " % number for number in range(3)], [b"a long label, number %d | " % n for n in range(3)]):
        lines = [line + b"\n" for line in merged.labelled(prefixes).split(b"\n")[:-1]]
        if max_record == MEBIBYTE:
            for number, log in enumerate(logs):
                own = b"".join(
                    line.removeprefix(prefixes[number]) for line in lines if line.startswith(prefixes[number])
                )
                assert own == (log + b"\n" if log and not log.endswith(b"\n") else log)
        assert all(line.startswith(tuple(prefixes)) for line in lines)


def test_pieces_of_a_line_join_again_and_never_glue_to_others() -> None:
    long = b"2026-01-01T00:00:01Z " + b"x" * 200 + b"\n"
    logs = [long + b"2026-01-01T00:00:03Z a\n", b"2026-01-01T00:00:01Z b\n2026-01-01T00:00:02Z c\n"]
    expected = long + logs[1] + b"2026-01-01T00:00:03Z a\n"
    for sizes in ([10], [64], [1 << 20]):
        merged = merge(logs, [sizes], Options(max_record=64))
        assert merged.text == expected
        assert merged.labelled([b"A|", b"B|"]) == b"".join(
            label + line for label, line in zip([b"A|", b"B|", b"B|", b"A|"], expected.splitlines(True), strict=True)
        )
    arrival = merge(logs, [[100], [30]], Options(max_record=64, order="arrival")).text
    assert arrival.endswith(b"\n")
    assert arrival.count(b"\n") >= 4
    assert b"b\n" in arrival


def test_equal_times_go_by_source_then_offset() -> None:
    log = b"2026-01-01T00:00:01Z a\n2026-01-01T00:00:01Z b\n"
    assert [row[1:3] for row in merge([log, log, log], [[5], [50], [500]]).records] == [
        (number, offset) for number in range(3) for offset in (0, 23)
    ]


def test_the_same_again_is_the_same() -> None:
    logs = [Author(number).log(style, 100) for number, style in enumerate(STAMPS)]
    assert merge(logs, [[100], [999]]).text == merge(logs, [[77]]).text


def test_a_run_asks_reads_samples_and_closes() -> None:
    pipeline = Pipeline(sources(2), Options())
    assert [action.source for action in pipeline.actions() if isinstance(action, Read)] == [0, 1]
    assert pipeline.actions() == [], "no source is asked again before it has answered"
    pipeline.receive_data(source(0).id, Chunk.of(b"Jan  1 00:00:00 host a: b\n" * 64))
    assert pipeline.actions() == [Sample(source(0).id)]
    pipeline.receive_sample(source(0).id, [])
    (read,) = pipeline.actions()
    assert isinstance(read, Read)
    assert read.size >= LEAST_READ
    for one in sources(2):
        pipeline.receive_eof(one.id)
    assert pipeline.done
    assert pipeline.actions() == [Close(one.id) for one in sources(2)]
    assert sum(len(batch) for batch in pipeline.batches()) == 64


def test_what_was_read_before_a_failure_stands() -> None:
    one = source(size=100)
    pipeline = Pipeline([one], Options())
    pipeline.actions()
    pipeline.receive_data(one.id, Chunk.of(b"2026-01-01T00:00:01Z a\n2026"))
    pipeline.receive_failure(one.id, "input/output error")
    assert b"".join(batch.data for batch in pipeline.batches()) == b"2026-01-01T00:00:01Z a\n2026\n"
    account = pipeline.account()
    assert not account.whole
    assert account.bytes_lost == 73
    assert pipeline.events() == [SourceFailed(one.path, "input/output error")]


def test_a_silent_source_holds_the_others() -> None:
    pipeline = Pipeline(sources(2), Options())
    pipeline.actions()
    lines = b"".join(b"2026-01-01T00:00:%02dZ a\n" % (number % 60) for number in range(60)) * 2
    pipeline.receive_data(source(0).id, Chunk.of(lines))
    assert pipeline.batches() == []
    pipeline.receive_eof(source(1).id)
    assert sum(len(batch) for batch in pipeline.batches()) > 0


@pytest.mark.parametrize("count", [1, 2, 40, 200])
def test_many_sources(count: int) -> None:
    logs = [b"2026-01-01T00:00:%02dZ %d\n" % (second, number) for second in range(3) for number in range(count)]
    own = [b"".join(log for log in logs if log.split()[1] == b"%d" % number) for number in range(count)]
    assert merge(own).text == b"".join(logs)


def test_skew_repairs_a_clock() -> None:
    options = Options(skews={"1.log": -10 * SECOND})
    merged = merge([b"2026-01-01T00:00:01Z a\n", b"2026-01-01T00:00:10Z b\n"], options=options)
    assert [row[1] for row in merged.records] == [1, 0]


def test_a_forced_format_is_the_only_one() -> None:
    log = b"31.01.2026 00:00:01 2020-01-01T00:00:00Z a\n"
    assert merge([log], options=Options(time_format="%d.%m.%Y %H:%M:%S")).records[0][0] == at("2026-01-31T00:00:01")
    assert parse(b"2020-01-01T00:00:00Z a\n", options=Options(time_format="%d.%m.%Y %T")).events
