"""The fixture ``braid``: what it sees, what a failed test shows, and that it leaves nothing behind.

The tests in the strings are run by a pytest of their own; ``-p no:logbraid`` keeps an installed plugin out of its way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from left_behind import descriptors
from logbraid.errors import UsageError
from logbraid.testing.plugin import Braid

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run a test file in a pytest of its own."""

    def run_file(text: str, *flags: str) -> pytest.RunResult:
        pytester.makepyfile(f"from pathlib import Path\nimport pytest\n{text}")
        return pytester.runpytest_inprocess("-p", "no:logbraid", "-p", "logbraid.testing.plugin", *flags)

    return run_file


def append(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.writelines(line + "\n" for line in lines)


WAITING = """
def test_it(braid, tmp_path):
    braid(tmp_path / "*.log")
    (tmp_path / "app.log").write_text("2026-03-01T08:00:00Z ERROR no\\nTraceback\\n2026-03-01T08:00:01Z INFO ready\\n")
    record = braid.wait_for("ERROR|ready")
    assert (record.source, record.level) == ("app.log", "error")
    assert record.text.splitlines() == ["2026-03-01T08:00:00Z ERROR no", "Traceback"]
    braid.wait_for("ready")
    assert braid.lines()[1:] == ["app.log | Traceback", "app.log | 2026-03-01T08:00:01Z INFO ready"]
    assert len(braid.records()) == 2
"""


def test_a_record_is_waited_for_and_returned(run: Run) -> None:
    run(WAITING).assert_outcomes(passed=1)


FAILING = """
def test_it(braid, tmp_path):
    (tmp_path / "app.log").write_text("2026-03-01T07:59:59Z old\\n")
    braid(tmp_path)
    with (tmp_path / "app.log").open("a") as app, (tmp_path / "db.log").open("w") as db:
        app.write("2026-03-01T08:00:02Z second\\n")
        db.write("2026-03-01T08:00:01Z first\\nTraceback (most recent call last):\\n")
    assert False
"""


def test_a_failed_test_shows_its_logs_in_time_order(run: Run) -> None:
    result = run(FAILING)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- braided logs -*",
            "db.log | 2026-03-01T08:00:01Z first",
            "db.log | Traceback (most recent call last):",
            "app.log | 2026-03-01T08:00:02Z second",
        ],
        consecutive=True,
    )
    result.stdout.no_fnmatch_line("*old")


def test_a_passed_test_shows_nothing(run: Run) -> None:
    result = run(FAILING.replace("assert False", "braid.wait_for('second')"), "-rA")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*braided logs*")


def test_nothing_of_a_rotated_file_is_missed(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    append(log, "2026-03-01T07:59:59Z old")
    braid = Braid()
    braid(log)
    append(log, "2026-03-01T08:00:00Z one")
    log.rename(tmp_path / "app.log.1")
    append(log, "2026-03-01T08:00:01Z two")
    braid.close()
    assert braid.lines() == ["app.log | 2026-03-01T08:00:00Z one", "app.log | 2026-03-01T08:00:01Z two"]
    assert braid.shown(9).endswith("app.log: rotated)")


def test_the_report_is_bounded(run: Run) -> None:
    result = run(FAILING, "--braid-lines", "1")
    result.stdout.fnmatch_lines(["(2 lines before)", "app.log | 2026-03-01T08:00:02Z second"], consecutive=True)
    result.stdout.no_fnmatch_line("*first")


def test_a_wait_in_vain_fails_the_test_and_says_what_was_seen(run: Run) -> None:
    waits = "braid.wait_for('first')\n    braid.wait_for('third', timeout=0.4)"
    result = run(FAILING.replace("assert False", waits))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no record with 'third' within 0.4 s; the last lines are:", "*db.log | *first"])


def test_logs_are_shown_once_where_the_teardown_fails_too(run: Run) -> None:
    result = run(
        "@pytest.fixture\ndef broken():\n    yield\n    assert False\n" + FAILING.replace("it(", "it(broken, ")
    )
    result.assert_outcomes(failed=1, errors=1)
    assert str(result.stdout).count("- braided logs -") == 1


def test_logs_are_shown_where_a_fixture_fails(run: Run) -> None:
    failing = FAILING.replace("def test_it", "@pytest.fixture\ndef service")
    result = run(failing + "\ndef test_it(service):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- braided logs -*", "db.log | *first"])


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    threads, before = threading.active_count(), descriptors()
    braid = Braid()
    braid(tmp_path)
    append(tmp_path / "app.log", "2026-03-01T08:00:00Z one")
    assert braid.wait_for("one").source == "app.log"
    braid.close()
    braid.close()
    assert (threading.active_count(), descriptors()) == (threads, before)


def test_what_was_written_before_the_end_is_there_after_it(tmp_path: Path) -> None:
    braid = Braid()
    braid(tmp_path)
    append(tmp_path / "app.log", "2026-03-01T08:00:00Z one")
    braid.close()
    assert braid.lines() == ["app.log | 2026-03-01T08:00:00Z one"]


def test_only_what_is_asked_for_is_seen(tmp_path: Path) -> None:
    braid = Braid()
    braid(tmp_path, level="error")
    append(tmp_path / "app.log", "2026-03-01T08:00:00Z INFO fine", "2026-03-01T08:00:00Z ERROR no")
    braid.close()
    assert braid.lines() == ["app.log | 2026-03-01T08:00:00Z ERROR no"]


def test_what_ended_it_too_early_reaches_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    braid = Braid()
    braid(tmp_path)
    monkeypatch.setattr("logbraid.drivers.pump.turn", fail)
    append(tmp_path / "app.log", "2026-03-01T08:00:00Z one")
    with pytest.raises(RuntimeError, match="a bug"):
        braid.close()


def test_a_test_is_followed_once(tmp_path: Path) -> None:
    braid = Braid()
    with pytest.raises(UsageError, match="at least one"):
        braid()
    braid(tmp_path)
    with pytest.raises(UsageError, match="already"):
        braid(tmp_path)
    braid.close()
