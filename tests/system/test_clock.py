"""Clock and Bell: whoever waits is woken in time, by whatever it waited for, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from logbraid.core.types import SECOND
from logbraid.system.clock import Bell, Clock

MILLISECOND = SECOND // 1000


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell()
    yield bell
    bell.close()


def is_ringing(bell: Bell) -> bool:
    return bool(select.select([bell.descriptor], [], [], 0)[0])


class SocketLoop(asyncio.SelectorEventLoop):
    """A loop that cannot wait for descriptors, as the one of Windows."""

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> None:  # type: ignore[override]  # it never adds one
        raise NotImplementedError


def run(coroutine: Any, loop: Any = None) -> Any:
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(coroutine)


LOOPS = pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, SocketLoop])


def test_now() -> None:
    before, now, after = time.monotonic_ns(), Clock().now(), time.monotonic_ns()
    assert before <= now.tick <= after
    assert abs(now.wall - time.time_ns()) < SECOND


def test_a_wait_ends_in_time(bell: Bell) -> None:
    until = time.monotonic_ns() + 5 * MILLISECOND
    Clock().wait(until, [bell.descriptor])
    assert 0 <= time.monotonic_ns() - until < SECOND


@pytest.mark.parametrize("until", [None, 2**63 - 1])
def test_a_wait_ends_when_a_bell_is_rung_in_another_thread(bell: Bell, until: int | None) -> None:
    threading.Timer(0.01, bell.ring).start()
    Clock().wait(until, [bell.descriptor])
    assert is_ringing(bell)


def test_a_wait_for_the_past_does_not_wait(bell: Bell) -> None:
    Clock().wait(0, [bell.descriptor])
    Clock().wait(0, [])
    assert not is_ringing(bell)


def test_a_signal_ends_a_wait_only_if_it_rings_the_bell(bell: Bell) -> None:
    heard: list[int] = []

    def handler(*_: object) -> None:
        heard.append(1)
        if len(heard) == 2:
            bell.ring()

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        Clock().wait(None, [bell.descriptor])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(heard) >= 2


def test_a_bell_that_an_interrupt_kept_from_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    swallowed: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", swallowed.append)
    monkeypatch.setattr("os.pipe", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Bell()
    gc.collect()
    assert swallowed == []


class TestRungBySignals:
    """A signal that comes between the last step of Python and the call that waits ends the wait all the same."""

    @pytest.fixture(autouse=True)
    def _alarm(self) -> Iterator[None]:
        before = signal.signal(signal.SIGALRM, lambda *_: None)
        yield
        signal.signal(signal.SIGALRM, before)

    def test_it_rings_though_no_handler_does(self, bell: Bell) -> None:
        with bell.rung_by_signals():
            signal.raise_signal(signal.SIGALRM)
            Clock().wait(None, [bell.descriptor])
        assert is_ringing(bell)

    def test_afterwards_it_does_not(self, bell: Bell) -> None:
        with bell.rung_by_signals():
            pass
        signal.raise_signal(signal.SIGALRM)
        assert not is_ringing(bell)

    def test_many_signals_are_no_more_than_one(self, bell: Bell, capfd: pytest.CaptureFixture[str]) -> None:
        with bell.rung_by_signals():
            for _ in range(70_000):  # more than a pipe takes
                signal.raise_signal(signal.SIGALRM)
        bell.silence()
        assert (is_ringing(bell), capfd.readouterr().err) == (False, "")

    def test_an_exception_of_the_handler_passes(self, bell: Bell) -> None:
        signal.signal(signal.SIGALRM, lambda *_: sys.exit(3))
        with pytest.raises(SystemExit), bell.rung_by_signals():
            signal.raise_signal(signal.SIGALRM)
        assert signal.set_wakeup_fd(-1) == -1

    def test_in_another_thread_it_does_nothing(self, bell: Bell) -> None:
        with ThreadPoolExecutor() as pool:
            pool.submit(self.entered, bell).result()

    @staticmethod
    def entered(bell: Bell) -> None:
        with bell.rung_by_signals():
            pass

    def test_whoever_is_told_already_stays_told(self, bell: Bell) -> None:
        async def main() -> None:
            heard = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGALRM, heard.set)
            with bell.rung_by_signals():
                signal.raise_signal(signal.SIGALRM)
            assert not is_ringing(bell)
            await asyncio.wait_for(heard.wait(), 10)

        run(main())


@LOOPS
def test_in_a_loop_a_wait_ends_in_time(bell: Bell, loop: Any) -> None:
    until = time.monotonic_ns() + 5 * MILLISECOND
    run(Clock().wait_async(until, [bell.descriptor]), loop)
    assert -MILLISECOND <= time.monotonic_ns() - until < SECOND


@LOOPS
def test_in_a_loop_a_wait_ends_when_a_bell_is_rung(bell: Bell, loop: Any) -> None:
    threading.Timer(0.01, bell.ring).start()
    run(Clock().wait_async(None, [bell.descriptor]), loop)
    assert is_ringing(bell)


@LOOPS
def test_in_a_loop_waits_for_different_bells_do_not_disturb_each_other(bell: Bell, loop: Any) -> None:
    other = Bell()

    async def main() -> None:
        clock = Clock()
        first = asyncio.create_task(clock.wait_async(None, [bell.descriptor]))
        second = asyncio.create_task(clock.wait_async(None, [other.descriptor]))
        bell.ring()
        await first
        assert not second.done()
        other.ring()
        await second

    run(main(), loop)
    other.close()


@LOOPS
def test_in_a_loop_the_others_go_on_and_a_cancelled_wait_leaves_nothing(bell: Bell, loop: Any) -> None:
    async def main() -> bool:
        waiting = asyncio.create_task(Clock().wait_async(None, [bell.descriptor]))
        await asyncio.sleep(0.005)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return bool(asyncio.get_running_loop().remove_reader(bell.descriptor))

    assert run(main(), loop) is False


def test_a_descriptor_that_cannot_be_waited_for_leaves_the_others_alone(bell: Bell) -> None:
    async def main() -> bool:
        closed = os.dup(bell.descriptor)
        os.close(closed)
        with pytest.raises(OSError, match="Bad file descriptor"):
            await Clock().wait_async(None, [bell.descriptor, closed])
        return bool(asyncio.get_running_loop().remove_reader(bell.descriptor))

    assert run(main()) is False


def test_a_bell_is_heard_once_however_often_it_is_rung(bell: Bell) -> None:
    for _ in range(20_000):
        bell.ring()
    assert is_ringing(bell)
    bell.silence()
    assert not is_ringing(bell)
    bell.silence()
    bell.ring()
    assert is_ringing(bell)


def test_a_closed_bell_rings_in_nobody_elses_file(bell: Bell) -> None:
    bell.close()
    reader, writer = os.pipe()
    bell.ring()
    bell.silence()
    bell.close()
    assert select.select([reader], [], [], 0)[0] == []
    os.close(reader)
    os.close(writer)


def test_importing_it_does_not_import_asyncio() -> None:
    program = "import sys, logbraid.system.clock; print({'asyncio', 'pyarrow'} & {*sys.modules})"
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "set()"
