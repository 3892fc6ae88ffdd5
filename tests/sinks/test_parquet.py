from __future__ import annotations

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from logbraid.core.records import SCHEMA
from logbraid.errors import SinkError, UsageError
from logbraid.sinks import parquet
from logbraid.sinks.parquet import ParquetSink

from .batches import batch

BATCH = batch(b"2026-03-01T08:00:00Z ERROR a\n  more\n2026-03-01T08:00:02Z b\n", b"2026-03-01T08:00:01Z c\xff\n")


def test_the_file_holds_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    sink = ParquetSink(str(path))
    sink.write(BATCH)
    sink.flush()
    assert not path.exists()
    sink.close()
    table = pq.read_table(path)
    assert table.schema.equals(SCHEMA)
    assert table.equals(BATCH.table)
    assert os.listdir(tmp_path) == ["out.parquet"]


def test_row_groups_are_gathered_from_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_BYTES", 2 * BATCH.table.nbytes)
    sink = ParquetSink(str(tmp_path / "out.parquet"))
    for _ in range(5):
        sink.write(BATCH)
    sink.close()
    metadata = pq.ParquetFile(tmp_path / "out.parquet").metadata
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [6, 6, 3]


def test_no_records_make_an_empty_table(tmp_path: Path) -> None:
    sink = ParquetSink(str(tmp_path / "out.parquet"))
    sink.close()
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


def test_an_aborted_file_is_not_there_and_the_old_one_stays(tmp_path: Path) -> None:
    path = tmp_path / "out.parquet"
    path.write_bytes(b"old")
    sink = ParquetSink(str(path))
    sink.write(BATCH)
    sink.abort()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out.parquet"]


def test_it_goes_through_a_pipe() -> None:
    ours, theirs = os.pipe()
    sink = ParquetSink(theirs)
    sink.write(BATCH)
    sink.close()
    os.close(theirs)
    with open(ours, "rb") as file:
        assert file.read(4) == b"PAR1"


def test_a_full_disk_is_a_sink_error() -> None:
    sink = ParquetSink("/dev/full")
    sink.write(BATCH)
    with pytest.raises(SinkError, match="No space left"):
        sink.close()
    sink.abort()


def test_a_terminal_is_refused() -> None:
    ours, theirs = os.openpty()
    with pytest.raises(UsageError, match="terminal"):
        ParquetSink(theirs)
    os.close(ours)
    os.close(theirs)
