"""Which sink a destination gets: paths, descriptors, file objects, functions, sinks, and what is none of these."""

from __future__ import annotations

import bz2
import io
import os
import socket
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from logbraid.errors import SinkError, UsageError
from logbraid.sinks.append import AppendSink
from logbraid.sinks.base import ByteSink
from logbraid.sinks.callback import CallbackSink
from logbraid.sinks.destinations import live_sink_for, own_paths, renderer_for, sink_for
from logbraid.sinks.file import DescriptorSink, FileSink, WriterSink
from logbraid.sinks.parquet import ParquetSink

from .batches import batch

LINES = b"2026-03-01T10:00:00Z one\n2026-03-01T10:00:01Z two\n"


def test_paths(tmp_path: Path) -> None:
    for path in (tmp_path / "out", str(tmp_path / "out")):
        sink = sink_for(path, [], "text", labelled=False)
        assert isinstance(sink, FileSink)
        sink.abort()
        parquet = sink_for(path, [], "parquet", labelled=False)
        assert isinstance(parquet, ParquetSink)
        parquet.abort()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("buffering", [0, -1])
def test_a_binary_file_is_its_descriptor(tmp_path: Path, buffering: int) -> None:
    with open(tmp_path / "out", "wb", buffering=buffering) as file:
        file.write(b"before\n")
        sink = sink_for(file, [], "text", labelled=False)
        assert isinstance(sink, DescriptorSink)
        assert isinstance(sink, ByteSink), "other processes may write to it"
        sink.write(batch(LINES))
        sink.close()
        file.write(b"after\n")
    assert (tmp_path / "out").read_bytes() == b"before\n" + LINES + b"after\n"


def test_a_named_temporary_file_is_its_descriptor() -> None:
    with tempfile.NamedTemporaryFile() as file:
        assert isinstance(sink_for(file, [], "text", labelled=False), DescriptorSink)
        assert [os.path.samefile(path, file.name) for path in own_paths(file)] == [True]


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_object_that_is_more_than_its_descriptor(compressed: bool) -> None:
    memory = io.BytesIO()
    with bz2.BZ2File(memory, "wb") if compressed else nullcontext(memory) as file:
        sink = sink_for(file, [], "text", labelled=False)
        assert isinstance(sink, WriterSink)
        assert not isinstance(sink, ByteSink), "other processes must not write to it"
        sink.write(batch(LINES))
        sink.flush()
        sink.close()
        sink.abort()
        assert own_paths(file) == []
    assert (bz2.decompress(memory.getvalue()) if compressed else memory.getvalue()) == LINES


def test_a_socket_that_nobody_reads_is_a_sink_error() -> None:
    ours, theirs = socket.socketpair()
    with ours, ours.makefile("wb", buffering=0) as file:
        sink = sink_for(file, [], "text", labelled=False)
        theirs.close()
        with pytest.raises(SinkError):
            sink.write(batch(LINES))


def test_a_function_and_a_sink() -> None:
    got: list[Any] = []
    sink = sink_for(got.append, [], "text", labelled=False)
    assert isinstance(sink, CallbackSink)
    assert sink_for(sink, [], "text", labelled=False) is sink
    assert own_paths(got.append) == []


@pytest.mark.parametrize("destination", [7, None, object(), io.StringIO(), b"path"])
def test_what_cannot_be_written_to(destination: Any) -> None:
    with pytest.raises(UsageError, match="cannot write to"):
        sink_for(destination, [], "text", labelled=False)
    assert own_paths(destination) == []


def test_formats_that_are_no_bytes() -> None:
    with pytest.raises(UsageError, match="only be written to a path"):
        renderer_for("parquet", None)
    with pytest.raises(UsageError, match="no such output format: xml"):
        renderer_for("xml", None)


def test_following_appends_to_a_path(tmp_path: Path) -> None:
    sink = live_sink_for(tmp_path / "out", [], "text", labelled=False)
    assert isinstance(sink, AppendSink)
    sink.write(batch(LINES))
    sink.close()
    again = live_sink_for(tmp_path / "out", [], "jsonl", labelled=False, fresh=True)
    again.close()
    assert (tmp_path / "out").read_bytes() == b""


def test_following_into_what_is_no_path() -> None:
    memory = io.BytesIO()
    assert isinstance(live_sink_for(memory, [], "text", labelled=False), WriterSink)
    with pytest.raises(UsageError, match="parquet cannot be followed into"):
        live_sink_for("out.parquet", [], "parquet", labelled=False)
