"""The lesson's program unchanged, with any number of files, and everything that its own functions did not survive."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import io
import os
import random
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO

import pytest
from blockbuster import blockbuster_ctx

from left_behind import descriptors
from logbraid.errors import SinkError, UsageError
from logbraid.handles import (
    confirm_merge,
    readline,
    run_bottom_up,
    run_tasks,
    run_tasks_mixed,
    run_threads,
    tail_async,
    tail_file,
)
from logbraid.system.descriptors import raise_limit

Run = Callable[[Sequence[BinaryIO], float, Path], None]
Tail = Callable[[BinaryIO, float, Callable[[bytes], object]], None]

pytestmark = pytest.mark.timeout(60)

INTERVAL = 0.1
PROMPT = 30.0
"""Seconds that are enough for anything here, also where many others use the machine."""

DEFAULT_THREADS = min(32, (os.cpu_count() or 1) + 4)


def blocking(function: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run the coroutine function on a loop, and see that it leaves no task behind."""

    async def run(*args: Any) -> None:
        await function(*args)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    @functools.wraps(function)
    def run_on_loop(*args: Any) -> None:
        asyncio.run(run(*args))

    return run_on_loop


@pytest.fixture(params=[run_threads, blocking(run_tasks_mixed), blocking(run_tasks), run_bottom_up])
def run(request: pytest.FixtureRequest) -> Run:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=[tail_file, blocking(tail_async)])
def tail(request: pytest.FixtureRequest) -> Tail:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(autouse=True)
def nothing_stays_behind() -> Iterator[None]:
    threads, before = set(threading.enumerate()), descriptors()
    yield
    assert set(threading.enumerate()) <= threads
    assert descriptors() == before


class Scene:
    """Files that grow, the handles of a reader who came first, and threads that are joined at the end."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.output_path = directory / "merged"
        self.paths: list[Path] = []
        self.handles: list[BinaryIO] = []
        self.threads: list[Thread] = []

    def file(self, data: bytes = b"") -> Path:
        path = self.directory / f"{len(self.paths)}.log"
        path.write_bytes(data)
        self.paths.append(path)
        self.handles.append(path.open("rb"))
        return path

    def start(self, function: Callable[..., object], *args: Any) -> Thread:
        thread = Thread(target=function, args=args)
        self.threads.append(thread)
        thread.start()
        return thread

    def close(self) -> None:
        for handle in self.handles:
            handle.close()

    def close_after(self, *writers: Thread) -> None:
        """Close all handles as soon as the writers have ended: nothing that they wrote may be lost."""

        def wait_and_close() -> None:
            for writer in writers:
                writer.join()
            self.close()

        self.start(wait_and_close)

    def merged(self) -> list[bytes]:
        return self.output_path.read_bytes().splitlines(keepends=True)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    yield scene
    scene.close()
    for thread in scene.threads:
        thread.join()


def write_random_data(path: Path, write_count: int, interval: float) -> None:
    with path.open("wb") as log:
        for number in range(write_count):
            time.sleep(random.random() * interval)
            letters = "".join(random.choices("abcdefghij", k=10))
            log.write(f"{path}-{number:02}-{letters}\n".encode())
            log.flush()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as log:
        log.write(data)


def until(condition: Callable[[], object]) -> None:
    """Wait for what another thread does."""
    deadline = time.monotonic() + PROMPT
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


def never(line: bytes) -> None:
    raise AssertionError(line)


# The lesson


def test_the_lessons_program(scene: Scene, run: Run) -> None:
    for _ in range(5):
        scene.file()
    writers = [scene.start(write_random_data, path, 10, 0.1) for path in scene.paths]
    scene.close_after(*writers)
    run(scene.handles, INTERVAL, scene.output_path)
    confirm_merge(scene.paths, scene.output_path)
    assert len(scene.merged()) == 50


@pytest.mark.parametrize("files", [0, 1, DEFAULT_THREADS - 1, DEFAULT_THREADS, DEFAULT_THREADS + 1, 200])
def test_any_number_of_files(scene: Scene, run: Run, files: int) -> None:
    for _ in range(files):
        scene.file()
    writers = [scene.start(write_random_data, path, 10, 0.02) for path in scene.paths]
    scene.close_after(*writers)
    run(scene.handles, INTERVAL, scene.output_path)
    confirm_merge(scene.paths, scene.output_path)
    assert len(scene.merged()) == 10 * files


def test_a_thousand_files(scene: Scene, run: Run) -> None:
    raise_limit()  # for the handles; the run sees to the descriptors that it takes itself
    for number in range(1000):
        scene.file(b"first of %d\n" % number)
    for path in scene.paths[::100]:
        append(path, b"a last one, which has not ended")
    scene.close_after(scene.start(until, lambda: scene.output_path.exists() and len(scene.merged()) == 1000))
    run(scene.handles, INTERVAL, scene.output_path)
    confirm_merge(scene.paths, scene.output_path)


def test_lines_are_in_the_output_while_the_merge_goes_on(scene: Scene, run: Run) -> None:
    path = scene.file(b"one\n")
    merge = scene.start(run, scene.handles, INTERVAL, scene.output_path)
    until(lambda: scene.output_path.exists() and scene.merged() == [b"one\n"])
    append(path, b"two\n")
    until(lambda: scene.merged() == [b"one\n", b"two\n"])
    assert merge.is_alive()


def test_an_output_of_before_is_replaced(scene: Scene, run: Run) -> None:
    scene.file(b"one\n")
    scene.output_path.write_bytes(b"of before\n")
    scene.close_after()
    run(scene.handles, INTERVAL, scene.output_path)
    assert b"of before\n" not in scene.merged()


@pytest.mark.parametrize("spelt", [os.fspath, os.fsencode, Path], ids=["str", "bytes", "PathLike"])
def test_paths_are_spelt_in_any_way(scene: Scene, run: Callable[..., None], spelt: Callable[[Path], Any]) -> None:
    scene.file(b"one\n")
    scene.start(run, scene.handles, INTERVAL, spelt(scene.output_path))
    until(scene.output_path.exists)
    until(scene.merged)
    confirm_merge([spelt(path) for path in scene.paths], spelt(scene.output_path))


# Lines


def test_a_line_written_in_pieces_stays_whole(scene: Scene, run: Run) -> None:
    for _ in range(3):
        scene.file()

    def write_pieces(path: Path) -> None:
        for number in range(20):
            append(path, f"{path.name}-{number}-first half,".encode())
            time.sleep(random.random() * 0.01)
            append(path, b" second half\n")

    scene.close_after(*[scene.start(write_pieces, path) for path in scene.paths])
    run(scene.handles, 0.001, scene.output_path)
    confirm_merge(scene.paths, scene.output_path)


def test_a_last_line_without_a_newline_gets_one_at_the_close(scene: Scene, run: Run) -> None:
    for path in (scene.file(b"a: part"), scene.file(b"b: part")):
        assert path.read_bytes()
    merge = scene.start(run, scene.handles, INTERVAL, scene.output_path)
    until(scene.output_path.exists)
    scene.close()
    merge.join()
    assert sorted(scene.merged()) == [b"a: part\n", b"b: part\n"]


def test_bytes_pass_unchanged(scene: Scene, tail: Tail) -> None:
    lines = [b"\n", b"\r\n", b"\xff\x00\n", b"x" * 300_000 + b"\n"]
    scene.file(b"".join(lines))
    assert passed_on(scene, tail, len(lines)) == lines


def test_what_stands_before_the_handles_position_is_left_out(scene: Scene, run: Run) -> None:
    scene.file(b"one\ntwo\nthree\n")
    readline(scene.handles[0])
    merge = scene.start(run, scene.handles, INTERVAL, scene.output_path)
    until(lambda: scene.output_path.exists() and len(scene.merged()) == 2)
    scene.close()
    merge.join()
    assert scene.merged() == [b"two\n", b"three\n"]


def passed_on(scene: Scene, tail: Tail, count: int) -> list[bytes]:
    """Tail the first handle until so many lines were passed on; return all that were."""
    lines: list[bytes] = []

    def take(line: bytes) -> None:
        lines.append(line)
        if len(lines) == count:
            scene.close()

    tail(scene.handles[0], INTERVAL, take)
    return lines


# Truncation


@pytest.mark.parametrize("after", [b"new\n", b"new, and much longer than what was there before\n" * 3])
def test_a_truncated_file_is_read_from_its_beginning(scene: Scene, tail: Tail, after: bytes) -> None:
    path, lines = scene.file(b"old one\nold two\n"), list[bytes]()
    merge = scene.start(tail, scene.handles[0], 0.01, lines.append)
    until(lambda: len(lines) == 2)
    path.write_bytes(after)
    until(lambda: len(lines) == 2 + after.count(b"\n"))
    time.sleep(0.1)  # long enough for a hundred thousand empty lines
    scene.close()
    merge.join()
    assert b"".join(lines) == b"old one\nold two\n" + after


# The close


def test_a_handle_that_is_closed_already_is_the_end(scene: Scene, run: Run, tail: Tail) -> None:
    scene.file(b"one\n")
    scene.close()
    run(scene.handles, INTERVAL, scene.output_path)
    assert scene.merged() == []
    tail(scene.handles[0], INTERVAL, never)


def test_the_others_go_on_when_one_handle_is_closed(scene: Scene, run: Run) -> None:
    scene.file(b"first\n")
    other = scene.file()
    scene.handles[0].close()
    merge = scene.start(run, scene.handles, INTERVAL, scene.output_path)
    until(scene.output_path.exists)
    append(other, b"second\n")
    until(lambda: scene.merged() == [b"second\n"])
    assert merge.is_alive()


@pytest.mark.parametrize("seed", range(3))
def test_a_close_in_the_middle_of_a_burst_loses_nothing_written_before(scene: Scene, run: Run, seed: int) -> None:
    chance = random.Random(seed)
    paths = [scene.file() for _ in range(3)]
    at_close: list[int] = []

    def write_burst(path: Path) -> None:
        with path.open("ab", buffering=0) as log:
            for number in range(20_000):
                log.write(f"{path.name} {number}\n".encode())

    def close_midway() -> None:
        until(scene.output_path.exists)  # before that, a closed handle is the end of nothing
        for path, handle in zip(paths, scene.handles, strict=True):
            time.sleep(chance.random() * 0.02)
            at_close.append(path.stat().st_size)
            handle.close()

    writers = [scene.start(write_burst, path) for path in paths]
    scene.start(close_midway)
    run(scene.handles, INTERVAL, scene.output_path)
    for writer in writers:
        writer.join()
    merged = scene.merged()
    for path, size in zip(paths, at_close, strict=True):
        mine = b"".join(line for line in merged if line.startswith(path.name.encode()))
        assert len(mine) >= size
        assert path.read_bytes().startswith(mine.removesuffix(b"\n"))


def test_a_close_ends_the_merge_at_once_even_if_the_interval_is_long(scene: Scene, run: Run) -> None:
    scene.file(b"one\n")
    merge = scene.start(run, scene.handles, 60.0, scene.output_path)
    until(lambda: scene.output_path.exists() and scene.merged())
    scene.close()
    merge.join(PROMPT)
    assert not merge.is_alive()


# Errors


def test_an_error_of_write_func_reaches_the_caller(scene: Scene, tail: Tail) -> None:
    scene.file(b"one\ntwo\nthree\n")
    taken: list[bytes] = []

    def refuse_the_second(line: bytes) -> None:
        if line == b"two\n":
            raise ZeroDivisionError
        taken.append(line)

    with pytest.raises(ZeroDivisionError):
        tail(scene.handles[0], INTERVAL, refuse_the_second)
    assert taken == [b"one\n"]
    assert readline(scene.handles[0]) == b"two\n"


@pytest.mark.parametrize("output", ["missing/merged", "/dev/full"])
def test_an_output_that_cannot_be_written_is_the_callers_error(scene: Scene, run: Run, output: str) -> None:
    scene.file(b"one\n")
    scene.file(b"two\n")
    with pytest.raises(SinkError):
        run(scene.handles, INTERVAL, scene.directory / output)


def test_a_handle_in_text_mode_is_refused(scene: Scene, run: Callable[..., None], tail: Callable[..., None]) -> None:
    path = scene.file(b"one\n")
    with path.open() as text:
        for refused in (
            lambda: readline(text),  # type: ignore[arg-type]
            lambda: run([text], INTERVAL, scene.output_path),
            lambda: tail(text, INTERVAL, never),
        ):
            with pytest.raises(UsageError, match=r"0\.log is open in text mode.*'rb'"):
                refused()
    assert not scene.output_path.exists()


def test_only_regular_files_can_be_followed(scene: Scene, run: Run, tail: Tail) -> None:
    reading, writing = os.pipe()
    with open(reading, "rb") as pipe, open(writing, "wb"):
        for handle in (pipe, io.BytesIO(b"one\n")):
            with pytest.raises(UsageError, match="regular file"):
                run([handle], INTERVAL, scene.output_path)
            with pytest.raises(UsageError, match="regular file"):
                tail(handle, INTERVAL, never)


def test_an_interval_is_not_negative(scene: Scene, run: Run, tail: Tail) -> None:
    scene.file(b"one\n")
    with pytest.raises(UsageError, match="interval"):
        run(scene.handles, -1.0, scene.output_path)
    with pytest.raises(UsageError, match="interval"):
        tail(scene.handles[0], -1.0, never)


# Threads and loops


def test_write_func_may_be_a_coroutine_function(scene: Scene, tail: Tail) -> None:
    scene.file(b"one\ntwo\n")
    lines: list[bytes] = []

    async def take(line: bytes) -> None:
        await asyncio.sleep(0)
        lines.append(line)
        if line == b"two\n":
            scene.close()

    tail(scene.handles[0], INTERVAL, take)
    assert lines == [b"one\n", b"two\n"]


def test_write_func_sees_the_context_of_its_caller(scene: Scene, tail: Tail) -> None:
    scene.file(b"one\n")
    request, seen = contextvars.ContextVar[str]("request"), list[str]()
    request.set("the caller's")

    def take(_: bytes) -> None:
        seen.append(request.get("lost"))
        scene.close()

    tail(scene.handles[0], INTERVAL, take)
    assert seen == ["the caller's"]


def test_a_write_func_that_blocks_does_not_hold_up_the_loop(scene: Scene) -> None:
    scene.file(b"one\n")
    begun, beaten = threading.Event(), threading.Event()
    seen: list[bool] = []

    def take(_: bytes) -> None:
        begun.set()
        seen.append(beaten.wait(PROMPT))
        scene.close()

    async def beat() -> None:
        merge = asyncio.create_task(tail_async(scene.handles[0], INTERVAL, take))
        while not merge.done():
            await asyncio.sleep(0.001)
            if begun.is_set():
                beaten.set()
        await merge

    asyncio.run(beat())
    assert seen == [True]


@pytest.mark.parametrize("function", [run_tasks, run_tasks_mixed])
def test_no_call_blocks_the_loop(scene: Scene, function: Callable[..., Coroutine[Any, Any, None]]) -> None:
    path = scene.file(b"one\ntwo\n")
    readline(scene.handles[0])

    async def truncate_and_close() -> None:
        with blockbuster_ctx("logbraid") as guard:
            for call in guard.functions.values():
                call.can_block_in("logbraid/drivers/errands.py", {"close"})  # joins a thread that has ended
            merge = asyncio.create_task(function(scene.handles, 0.01, scene.output_path))
            await asyncio.to_thread(until, lambda: scene.output_path.exists() and scene.merged())
            await asyncio.to_thread(path.write_bytes, b"three\n")
            await asyncio.to_thread(until, lambda: len(scene.merged()) == 2)
            scene.close()
            await merge

    blocking(truncate_and_close)()
    assert scene.merged() == [b"two\n", b"three\n"]


@pytest.mark.parametrize("function", [run_tasks, run_tasks_mixed])
def test_no_thread_outlives_a_merge_on_a_loop(scene: Scene, function: Callable[..., Coroutine[Any, Any, None]]) -> None:
    """The loop's own pool would: its threads end with the loop."""
    scene.file(b"one\n")

    async def threads_left() -> set[Thread]:
        before = set(threading.enumerate())
        await function(scene.handles, INTERVAL, scene.output_path)
        return set(threading.enumerate()) - before

    scene.close_after(scene.start(until, lambda: scene.output_path.exists() and scene.merged()))
    assert asyncio.run(threads_left()) == set()


@pytest.mark.parametrize("function", [run_tasks, run_tasks_mixed])
def test_a_cancelled_merge_ends_at_once(scene: Scene, function: Callable[..., Coroutine[Any, Any, None]]) -> None:
    scene.file(b"one\n")

    async def cancel_midway() -> None:
        merge = asyncio.create_task(function(scene.handles, INTERVAL, scene.output_path))
        await asyncio.to_thread(until, lambda: scene.output_path.exists() and scene.merged())
        merge.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(PROMPT):
                await merge

    blocking(cancel_midway)()
    assert scene.merged() == [b"one\n"]


def test_a_cancelled_tail_goes_on_where_it_was(scene: Scene) -> None:
    scene.file(b"one\ntwo\nthree\n")
    lines: list[bytes] = []

    async def stop_at_the_second() -> None:
        reached = asyncio.Event()

        async def take(line: bytes) -> None:
            if line == b"two\n":
                reached.set()
                await asyncio.Event().wait()
            lines.append(line)

        merge = asyncio.create_task(tail_async(scene.handles[0], INTERVAL, take))
        await reached.wait()
        merge.cancel()
        with pytest.raises(asyncio.CancelledError):
            await merge

    blocking(stop_at_the_second)()
    assert lines == [b"one\n"]
    assert passed_on(scene, tail_file, 2) == [b"two\n", b"three\n"]


def test_two_merges_of_the_same_files_at_once(scene: Scene, run: Run) -> None:
    paths = [scene.file() for _ in range(5)]
    scene.handles += [path.open("rb") for path in paths]
    scene.close_after(*[scene.start(write_random_data, path, 10, 0.02) for path in paths])
    merges = [
        (scene.start(run, handles, INTERVAL, output), output)
        for handles, output in (
            (scene.handles[:5], scene.directory / "merged"),
            (scene.handles[5:], scene.directory / "merged again"),
        )
    ]
    for merge, output in merges:
        merge.join()
        confirm_merge(paths, output)


@pytest.mark.parametrize("function", [run_tasks, run_tasks_mixed])
def test_two_merges_on_one_loop(scene: Scene, function: Callable[..., Coroutine[Any, Any, None]]) -> None:
    for _ in range(4):
        scene.file()
    scene.close_after(*[scene.start(write_random_data, path, 10, 0.02) for path in scene.paths])
    outputs = [scene.directory / "merged", scene.directory / "merged again"]

    async def both() -> None:
        first = function(scene.handles[:2], INTERVAL, outputs[0])
        await asyncio.gather(first, function(scene.handles[2:], INTERVAL, outputs[1]))

    blocking(both)()
    confirm_merge(scene.paths[:2], outputs[0])
    confirm_merge(scene.paths[2:], outputs[1])
