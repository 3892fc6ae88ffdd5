"""One action of the core done and answered, whatever the source does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from logbraid.core.actions import Close, Read, Sample
from logbraid.core.events import SourceFailed
from logbraid.core.options import Options
from logbraid.core.parse import Start
from logbraid.core.pipeline import LEAST_READ, Pipeline
from logbraid.core.types import Chunk, Source, SourceId
from logbraid.drivers.once import Reads
from logbraid.errors import SourceError
from logbraid.system.descriptors import Descriptors
from logbraid.system.files import LocalFile

from .logs import nothing_left_behind, steady, write

FIRST = SourceId(0)
LINES = steady("x", 4000)


@pytest.fixture
def file(tmp_path: Path) -> LocalFile:
    path = write(tmp_path / "a.log", LINES)
    return LocalFile(str(path), os.stat(path), Descriptors(8))


def pump(file: LocalFile, start: Start | None = None, stop: int | None = None) -> Reads:
    source = Source(FIRST, file.path, "a.log", file.modified, file.size)
    starts = [start or Start()]
    return Reads(Pipeline([source], Options(), starts), [file], starts, None if stop is None else [stop])


def test_a_whole_run(file: LocalFile) -> None:
    pumped, text = pump(file), b""
    with nothing_left_behind():
        while not pumped.pipeline.done:
            for action in pumped.pipeline.actions():
                pumped.do(action)
            text += b"".join(bytes(batch.data) for batch in pumped.pipeline.batches())
        text += b"".join(bytes(batch.data) for batch in pumped.pipeline.batches())
        for action in pumped.pipeline.actions():
            pumped.do(action)
    assert text.decode() == "".join(LINES)
    assert pumped.bytes_read == file.size


def test_a_read_goes_on_where_the_last_one_ended(file: LocalFile) -> None:
    pumped = pump(file, Start(offset=10))
    chunks = [pumped.read(Read(FIRST, 100)) for _ in range(2)]
    assert b"".join(bytes(chunk) for chunk in chunks if isinstance(chunk, Chunk)) == "".join(LINES).encode()[10:210]
    file.close()


def test_a_read_behind_the_stop_is_short(file: LocalFile) -> None:
    chunk = pump(file, stop=5).read(Read(FIRST, 1 << 20))
    assert isinstance(chunk, Chunk)
    assert len(chunk) == LEAST_READ
    file.close()


def test_a_failure_is_an_answer(file: LocalFile) -> None:
    os.unlink(file.path)
    pumped = pump(file)
    answer = pumped.read(Read(FIRST, 100))
    assert isinstance(answer, SourceError)
    pumped.do(Read(FIRST, 100))
    assert pumped.pipeline.done
    assert pumped.pipeline.events() == [SourceFailed(file.path, "no such file or directory")]
    assert pumped.pipeline.account().sources[0].bytes_lost == file.size


def test_a_sample_and_a_close(file: LocalFile, monkeypatch: pytest.MonkeyPatch) -> None:
    pumped = pump(file)
    sampled: list[int] = []
    monkeypatch.setattr(pumped.pipeline, "receive_sample", lambda source, lines: sampled.append(len(lines)))
    with nothing_left_behind():
        pumped.do(Sample(FIRST))
        pumped.do(Close(FIRST))
    assert sampled == [len(LINES)]
