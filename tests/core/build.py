"""Builders for tests of the core: sources, logs of many kinds, and whole runs pumped by hand, without files."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Final, NamedTuple

import numpy as np
from hypothesis import strategies as st

from logbraid.core.actions import Read, Sample
from logbraid.core.events import Event
from logbraid.core.options import Options
from logbraid.core.parse import Parser, Start
from logbraid.core.pipeline import Pipeline
from logbraid.core.recognise import Recognisers
from logbraid.core.records import RecordBatch, SourceBatch
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import PADDING, Bytes8, Chunk, Int64, Source, SourceId
from logbraid.core.window import Window

MODIFIED: Final = at("2026-03-10T12:00")
AT_ONCE: Final = (1 << 30,)

SEEDS = st.integers(0, 2**32)
SIZES = st.lists(st.integers(1, 400), min_size=1, max_size=5) | st.lists(st.integers(300, 5000), min_size=1, max_size=3)
"""Sizes of the chunks that a source comes in, again and again."""


class Row(NamedTuple):
    """What the core says of one record."""

    start: int
    end: int
    time: int
    key: int
    data: bytes


def source(number: int = 0, modified: int = MODIFIED, size: int | None = None) -> Source:
    return Source(SourceId(number), f"/logs/{number}.log", f"{number}.log", modified, size)


def sources(count: int) -> list[Source]:
    return [source(number) for number in range(count)]


def padded(data: bytes, before: int = 0) -> Bytes8:
    """Return a buffer as a chunk has it: ``before`` bytes of rubbish, the data, and padding."""
    return np.frombuffer(b"\n" * before + data + bytes(PADDING), np.uint8)


def int64(*numbers: int) -> Int64:
    return np.array(numbers, np.int64)


def pieces(data: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """Yield the data in pieces of these sizes, again and again."""
    start = 0
    for size in cycle(sizes):
        if start >= len(data):
            return
        yield data[start : start + size]
        start += size


@dataclass
class Parsed:
    """What a parser made of a source."""

    rows: list[Row] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    cut: int = 0
    leaps: int = 0


def parse(data: bytes, sizes: Sequence[int] = AT_ONCE, options: Options | None = None) -> Parsed:
    """Parse one source that comes in chunks of these sizes."""
    options = options or Options()
    parser = Parser(source(), Recognisers(options).of(source()), options.max_record)
    parsed = Parsed()
    lines = data.splitlines()
    for piece in pieces(data, sizes):
        parsed.rows += rows_of(parser.receive(Chunk.of(piece), MODIFIED))
        if parser.recogniser.history_wanted:
            parser.recogniser.history(lines)
        parsed.events += parser.events()
    parsed.rows += rows_of(parser.finish(MODIFIED))
    parsed.events += parser.events()
    parsed.cut, parsed.leaps = parser.cut, parser.maximum.leaps
    return parsed


def rows_of(batch: SourceBatch | None) -> Iterator[Row]:
    if batch is not None:
        starts = (batch.starts + batch.base).tolist()
        columns = (starts, batch.end_offsets.tolist(), batch.time.tolist(), batch.key.tolist())
        for start, end, time, key, data in zip(*columns, batch.data(), strict=True):
            yield Row(start, end, time, key, data.as_py())


@dataclass
class Merged:
    """What a pipeline made of its sources."""

    pipeline: Pipeline
    batches: list[RecordBatch] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def text(self) -> bytes:
        return self.labelled(None)

    def labelled(self, prefixes: Sequence[bytes] | None) -> bytes:
        return b"".join(batch.text(prefixes) for batch in self.batches)

    @property
    def records(self) -> list[tuple[int, int, int, bytes]]:
        """Key, source, offset and bytes of each record."""
        rows: list[tuple[int, int, int, bytes]] = []
        for batch in self.batches:
            columns = (batch.key.tolist(), batch.source.tolist(), batch.offset.tolist())
            rows += [(*row, data.as_py()) for *row, data in zip(*columns, batch.payload, strict=True)]
        return rows


def merge(
    logs: Sequence[bytes],
    sizes: Sequence[Sequence[int]] = (AT_ONCE,),
    options: Options | None = None,
    starts: Sequence[Start] | None = None,
    window: Window | None = None,
) -> Merged:
    """Pump a pipeline by hand; source ``i`` comes in chunks of ``sizes[i]``, or smaller where less was asked for."""
    pipeline = Pipeline(sources(len(logs)), options or Options(), starts, window)
    places = [start.offset for start in starts] if starts else [0] * len(logs)
    turns = [cycle(sizes[number % len(sizes)]) for number in range(len(logs))]
    merged = Merged(pipeline)
    while not pipeline.done:
        for action in pipeline.actions():
            if isinstance(action, Sample):
                pipeline.receive_sample(action.source, logs[action.source].splitlines(keepends=True))
            elif isinstance(action, Read):
                place = places[action.source]
                piece = logs[action.source][place : place + min(next(turns[action.source]), action.size)]
                places[action.source] += len(piece)
                if piece:
                    pipeline.receive_data(action.source, Chunk.of(piece))
                else:
                    pipeline.receive_eof(action.source)
        merged.batches += pipeline.batches()
    merged.batches += pipeline.batches()
    merged.events += pipeline.events()
    return merged


# Logs

Stamp = Callable[[datetime], str]

STAMPS: Final[dict[str, Stamp]] = {
    "ISO with micros": lambda time: time.isoformat(sep=" "),
    "ISO with millis and zone": lambda time: time.isoformat(timespec="milliseconds") + "+02:00",
    "Python logging": lambda time: time.strftime("%Y-%m-%d %H:%M:%S,") + f"{time.microsecond // 1000:03}",
    "syslog": lambda time: time.strftime("%b %d %H:%M:%S host app[42]:"),
    "Apache": lambda time: time.strftime('1.2.3.4 - - [%d/%b/%Y:%H:%M:%S +0000] "GET /"'),
    "epoch": lambda time: str(int(time.timestamp() * 1000)),
    "time of day": lambda time: time.strftime("%H:%M:%S.%f"),
    "JSON": lambda time: '{"level":"info","time":"' + time.isoformat() + 'Z"}',
    "logfmt": lambda time: f"ts={time.isoformat()}Z",
    "pretty JSON": lambda time: '{\n  "a": 1,\n  "time": "' + time.isoformat() + 'Z"\n}',
    "none": lambda time: "nothing happened at all",
}

PYTHON: Final = b'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    f()\nValueError: no\n'
JAVA: Final = b"java.lang.IllegalStateException: no\n\tat a.B.c(B.java:1)\nCaused by: x.Y: z\n\t... 3 more\n"
EXTRAS: Final = (
    *(PYTHON, JAVA, b"\n", b"\n\n \n", b"\xff\xfe\xc3\x28 invalid\n", b"NUL \x00 inside\n", b"}\n", b"{\n"),
    *(b"2026 is no time\n", b"2026-02-30 25:61:99 neither\n", b"  2026-01-01 00:00:00 indented\n", b"12\n", b"\r\n"),
)


class Author:
    """Writes logs, always the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._time = datetime(2026, 3, 1, 23, 50, tzinfo=UTC).replace(tzinfo=None)

    def log(self, style: str, records: int, *, longest: int = 40, leaps: bool = True) -> bytes:
        """Return a log of so many records, some with lines that bear no time."""
        rng = self._random
        end = rng.choice([b"\n", b"\n", b"\r\n"])
        text = b""
        for _ in range(records):
            text += STAMPS[style](self._next_time(leaps=leaps)).encode() + self._words(longest) + end
            if rng.random() < 0.2:
                text += rng.choice(EXTRAS)
        if rng.random() < 0.3:
            text = rng.choice([b"\xef\xbb\xbf", b"a header\n\n", b"\n"]) + text
        return text if rng.random() < 0.7 else text.removesuffix(b"\n")

    def _next_time(self, *, leaps: bool) -> datetime:
        seconds = self._random.choice([0, 0, 0.25, 0.001, 1, 7, 60, -3])
        self._time += timedelta(seconds=seconds)
        if leaps and self._random.random() < 0.05:
            return self._time + timedelta(hours=5)
        return self._time

    def _words(self, longest: int) -> bytes:
        return b" " + b"abc d=1 " * (self._random.randrange(longest) // 8)
