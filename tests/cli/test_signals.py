from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any, NoReturn

import pytest
from click.testing import CliRunner

from logbraid.cli import main, signals
from logbraid.cli.signals import ends_raise, handled


def nothing(number: int, frame: FrameType | None) -> None:
    """Take a signal and let it be."""


def test_handlers_are_taken_back() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with handled({signal.SIGUSR1: nothing}):
        assert signal.getsignal(signal.SIGUSR1) is nothing
    assert signal.getsignal(signal.SIGUSR1) is before


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handled({signal.SIGHUP: nothing}), ends_raise():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_finite_run_ends_by_an_exception() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit, match="143"), ends_raise():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def asked_twice(second: signal.Signals, between: Callable[[], object] = int) -> None:
    with ends_raise():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            between()
            signal.raise_signal(second)


def test_a_signal_sent_twice_at_once_is_one() -> None:
    """timeout(1) sends it to the command and to its group: what is half written must be removed all the same."""
    with pytest.raises(SystemExit, match="143"):
        asked_twice(signal.SIGTERM)


def test_whoever_insists_has_it_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0, 101.0]
    left: list[int] = []
    monkeypatch.setattr(signals, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr("os._exit", left.append)
    with pytest.raises(SystemExit, match="143"):
        asked_twice(signal.SIGINT, between=lambda: now.pop(0))
    assert left == [130]


class Mark:
    """Something that a weak reference may lead to."""


def wait_in_vain() -> NoReturn:
    threading.Event().wait(20)
    pytest.fail("nothing has ended it")


class TestRaisedAgain:
    """A handler's exception that nobody has caught and nobody passed on is raised again."""

    def test_where_a_callback_of_python_has_swallowed_it(self, capfd: pytest.CaptureFixture[str]) -> None:
        def run() -> None:
            mark = Mark()
            reference = weakref.ref(mark, lambda _: signal.raise_signal(signal.SIGTERM))
            del mark
            assert reference() is None
            wait_in_vain()

        with pytest.raises(SystemExit, match="143"), ends_raise():
            run()
        assert capfd.readouterr().err == ""

    def test_where_somebody_took_it_for_an_answer(self) -> None:
        def run() -> None:
            with suppress(SystemExit):
                signal.raise_signal(signal.SIGINT)
            wait_in_vain()

        with pytest.raises(SystemExit, match="130"), ends_raise():
            run()

    def test_not_while_somebody_cleans_up(self) -> None:
        cleaned: list[str] = []

        def clean(what: str) -> None:
            threading.Event().wait(4 * signals._PAUSE)
            cleaned.append(what)

        def run() -> None:
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                with suppress(OSError):
                    clean("first")
                    raise OSError
                try:
                    raise ValueError
                except ValueError:
                    clean("second")

        with pytest.raises(SystemExit), ends_raise():
            run()
        assert cleaned == ["first", "second"]

    def test_what_others_swallow_is_reported_as_before(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reported: list[Any] = []
        monkeypatch.setattr(sys, "unraisablehook", lambda one: reported.append(one.exc_type))
        with ends_raise():
            mark = Mark()
            reference = weakref.ref(mark, lambda _: [][0])
            del mark
        assert (reference(), reported) == (None, [IndexError])

    def test_the_timer_is_given_back(self) -> None:
        before = signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[1]
        with pytest.raises(SystemExit), ends_raise():
            signal.raise_signal(signal.SIGTERM)
        assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)[1]) == before


INTERRUPTED = """
import os, signal, sys
import logbraid.__main__ as command

class Interrupts:
    def find_spec(self, name, *_):
        if name == MODULE:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
command.main()
"""


@pytest.mark.parametrize("module", ["logbraid.cli", "logbraid.cli.keeping", "logbraid.cli.lookout"])
def test_an_interrupt_before_there_is_anything_to_finish_is_silent(tmp_path: Path, module: str) -> None:
    program = INTERRUPTED.replace("MODULE", repr(module))
    words = [sys.executable, "-c", program, "follow", str(tmp_path)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_logs_that_grow_end_with_their_manifest_though_the_signal_is_sent_twice(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "logbraid", "simulate", str(tmp_path), "--files", "1", "--rate", "max"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        while not any(path.stat().st_size for path in tmp_path.iterdir()):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    (file,) = tmp_path.iterdir()
    assert json.loads(output)["bytes"] == file.stat().st_size


def test_while_it_follows_signals_end_any_wait(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With any driver: one on a loop of its own waits for the run's bell, too."""
    told: list[int] = []

    def follow_into(*_: Any, **__: Any) -> NoReturn:
        told.append(signal.set_wakeup_fd(-1))
        sys.exit(0)

    monkeypatch.setattr("logbraid.api.follow_into", follow_into)
    CliRunner().invoke(main, ["follow", str(tmp_path), "--driver", "aio"])
    assert told != [-1]
    assert signal.set_wakeup_fd(-1) == -1
