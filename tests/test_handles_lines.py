"""LineSink: batches taken apart, and what a function that takes lines may be."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.linewise import LineBatch, LinePart
from logbraid.core.types import SourceId
from logbraid.handles.lines import LineSink, LineSinkOnALoop


def batch(data: bytes, offset: int = 0, size: int | None = None) -> LineBatch:
    lines, size = data.count(b"\n"), len(data) if size is None else size
    return LineBatch((LinePart(SourceId(0), 0, offset, memoryview(data), size, lines),), [])


def write(sink: LineSink, *batches: LineBatch) -> None:
    """Write all of them on a loop, which is what both sinks can live with."""

    async def run() -> None:
        for each in batches:
            if (result := sink.write(each)) is not None:
                await result  # type: ignore[misc]
        if isinstance(sink, LineSinkOnALoop):
            await sink.end()

    asyncio.run(run())


@pytest.fixture(params=[LineSink, LineSinkOnALoop])
def make_sink(request: pytest.FixtureRequest) -> Callable[..., LineSink]:
    return request.param  # type: ignore[no-any-return]


class Taking:
    """A function that takes lines, in one of the colours that a function may have."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def plain(self, line: bytes) -> None:
        self.lines.append(line)

    async def awaited(self, line: bytes) -> None:
        await asyncio.sleep(0)
        self.lines.append(line)

    def hidden(self, line: bytes) -> Any:
        return self.awaited(line)

    def sometimes(self, line: bytes) -> Any:
        return self.awaited(line) if len(line) % 2 else self.plain(line)


@pytest.mark.parametrize("colour", ["plain", "awaited", "hidden", "sometimes"])
def test_a_function_of_any_colour_takes_every_line_in_order(make_sink: Callable[..., LineSink], colour: str) -> None:
    taking = Taking()
    sink = make_sink(getattr(taking, colour))
    write(sink, batch(b"one\nthree\n\r\n\n"), batch(b"four\n", 100))
    assert taking.lines == [b"one\n", b"three\n", b"\r\n", b"\n", b"four\n"]
    assert sink.taken == 105


def test_a_newline_that_was_added_is_not_in_the_file(make_sink: Callable[..., LineSink]) -> None:
    sink = make_sink(Taking().plain)
    write(sink, batch(b"one\npart\n", size=8))
    assert sink.taken == 8


def test_what_was_taken_before_an_error_is_known(make_sink: Callable[..., LineSink]) -> None:
    def refuse(line: bytes) -> None:
        if line == b"two\n":
            raise ZeroDivisionError

    sink = make_sink(refuse)
    with pytest.raises(ZeroDivisionError):
        write(sink, batch(b"one\ntwo\nthree\n"))
    assert sink.taken == 4


def test_a_run_that_is_cancelled_takes_no_line_more() -> None:
    begun, go_on, lines = threading.Event(), threading.Event(), list[bytes]()

    def block(line: bytes) -> None:
        begun.set()
        go_on.wait(30)
        lines.append(line)

    async def cancel() -> None:
        sink = LineSinkOnALoop(block)
        writing = asyncio.create_task(sink.write(batch(b"one\ntwo\n")))
        await asyncio.to_thread(begun.wait, 30)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        asyncio.get_running_loop().call_later(0.01, go_on.set)
        await sink.end()
        assert (lines, sink.taken) == ([b"one\n"], 4)

    asyncio.run(cancel())


@given(lines=st.lists(st.binary(max_size=5).map(lambda line: line.replace(b"\n", b"") + b"\n")))
def test_lines_are_what_stands_between_newlines(lines: list[bytes]) -> None:
    taking = Taking()
    sink = LineSink(taking.plain)
    assert sink.write(batch(b"".join(lines))) is None
    assert taking.lines == lines
