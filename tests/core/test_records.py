"""Records as columns: every face of a batch shows the same records."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.levels import LEVELS
from logbraid.core.options import Options
from logbraid.core.records import SCHEMA, Record, RecordBatch, SourceBatch
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import SourceId

from .build import SEEDS, STAMPS, Author, merge, padded, source

LOGS = st.lists(st.tuples(st.sampled_from(sorted(STAMPS)), SEEDS, st.integers(1, 70)), min_size=1, max_size=3)


@settings(max_examples=50, deadline=None)
@given(LOGS, st.sampled_from([64, 1 << 20]))
def test_rows_columns_and_table_agree(written: list[tuple[str, int, int]], max_record: int) -> None:
    logs = [Author(seed).log(style, records) for style, seed, records in written]
    for batch in merge(logs, [[700]], Options(max_record=max_record)).batches:
        records = list(batch.records())
        table = batch.table
        assert table.schema == SCHEMA
        table.validate(full=True)
        assert table.column("time").cast(pa.int64()).to_pylist() == [one.time for one in records] == batch.time.tolist()
        assert table.column("source").to_pylist() == [one.source for one in records]
        assert table.column("offset").to_pylist() == [one.offset for one in records] == batch.offset.tolist()
        assert table.column("level").to_pylist() == [one.level for one in records]
        assert table.column("data").to_pylist() == [one.data for one in records]
        assert not any(table.column("late").to_pylist())
        for one, number, end in zip(records, batch.source.tolist(), batch.end_offset.tolist(), strict=True):
            span = logs[number][one.offset : end]
            assert one.data == span or (one.data == span + b"\n" and end == len(logs[number]))


@settings(max_examples=30, deadline=None)
@given(LOGS, st.sets(st.integers(0, 2)))
def test_without_some_sources_the_others_stay_as_they_are(written: list[tuple[str, int, int]], gone: set[int]) -> None:
    logs = [Author(seed).log(style, records) for style, seed, records in written]
    for batch in merge(logs, [[700]], Options()).batches:
        left = [
            record for record, number in zip(batch.records(), batch.source.tolist(), strict=True) if number not in gone
        ]
        rest = batch.without({SourceId(number) for number in gone})
        assert (list(rest.records()) if len(rest) else []) == left


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([b"", b"a", b"b" * 20, b"\r"]), min_size=1, max_size=4), min_size=1), st.data()
)
def test_physical_lines_of_the_records_that_stay(records: list[list[bytes]], data: st.DataObject) -> None:
    texts = [b"".join(line + b"\n" for line in record) for record in records]
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))))
    if not kept.any():
        return
    batch = laid_end_to_end(texts).take(kept)
    starts, ends, counts = batch.physical_lines()
    buffer = bytes(batch.buffer)
    lines = [buffer[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    stay = [record for record, keep in zip(records, kept.tolist(), strict=True) if keep]
    assert lines == [line + b"\n" for record in stay for line in record]
    assert counts.tolist() == [len(record) for record in stay]


def laid_end_to_end(texts: list[bytes], *, torn: bool = False, lacking: int = 0) -> SourceBatch:
    """One batch of these records; the source lacks the last ``lacking`` bytes."""
    ends = np.cumsum([len(text) for text in texts])
    starts = ends - [len(text) for text in texts]
    keys = np.arange(len(texts))
    buffer, limit = padded(b"".join(texts)), int(ends[-1]) - lacking
    return SourceBatch(source(), 0, buffer, 0, starts, ends, keys, keys, len(texts), limit, torn=torn)


def merged(part: SourceBatch, open_before: tuple[int, int] | None = None) -> RecordBatch:
    return RecordBatch((part,), np.arange(len(part)), [source()], open_before=open_before)


def test_an_added_newline_is_no_byte_of_the_source() -> None:
    batch = laid_end_to_end([b"a\n", b"b\n"], lacking=1)
    assert batch.size == 3
    assert batch.end_offsets.tolist() == [2, 3]
    assert batch.take(slice(0, 1)).size == 2
    assert batch.take(slice(1, 2)).size == 1
    assert batch.take(slice(0, 0)).size == 0


def test_prefixes_of_any_length_stand_before_each_line() -> None:
    batch = merged(laid_end_to_end([b"a\n  b\n", b"c\n"]))
    for prefix in (b"", b"x|", b"twelve bytes", b"more than twelve bytes | "):
        assert bytes(batch.text([prefix])) == b"".join(prefix + line for line in (b"a\n", b"  b\n", b"c\n"))


def test_a_torn_line_goes_on_over_batches() -> None:
    first = merged(laid_end_to_end([b"a\n", b"bb"], torn=True))
    assert first.open_after == (0, 4)
    assert bytes(first.text([b"x|"])) == b"x|a\nx|bb"
    second = laid_end_to_end([b"cc\n"])
    goes_on = SourceBatch(second.source, 0, second.buffer, 4, second.starts, second.ends, second.time, second.key, 1, 7)
    assert bytes(merged(goes_on, first.open_after).text([b"x|"])) == b"cc\n"
    assert bytes(merged(second, first.open_after).text([b"x|"])) == b"\nx|cc\n", "another line never glues to it"


def test_levels_have_names() -> None:
    (batch,) = merge([b"2026-01-01T00:00:01Z WARN x\n2026-01-01T00:00:02Z y\n"]).batches
    assert [one.level for one in batch.records()] == ["warn", None]
    assert batch.level.tolist() == [LEVELS.index("warn"), -1]


def test_the_text_of_a_record_has_no_line_end() -> None:
    record = Record(at("2026-01-01"), "a", 0, None, b"\xffx\n y\r\n")
    assert record.text == "\ufffdx\n y"
