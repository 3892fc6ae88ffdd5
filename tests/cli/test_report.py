from __future__ import annotations

import os

import pytest

from logbraid.cli.report import Reporter, progress_line, summary
from logbraid.core.account import Account, SourceAccount
from logbraid.core.events import FormatChanged, SourceFailed


def test_a_storm_of_notices_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(quiet=False, beside=False)
    for offset in range(10):
        reporter.notice(FormatChanged("a.log", "x", "y", offset))
    reporter.notice(SourceFailed("b.log", "gone"))
    reporter.finish(Account())
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert lines[-1] == "logbraid: a.log: 7 more notices like these"


def test_what_was_lost_is_always_said(capsys: pytest.CaptureFixture[str]) -> None:
    source = SourceAccount("a", "/a.log", bytes_lost=7, reasons=["gone"])
    Reporter(quiet=True, beside=False).finish(Account([source]))
    assert capsys.readouterr().err == "logbraid: /a.log: 7 bytes were not read\n"


def test_progress() -> None:
    assert progress_line(512, 1024, 1.0) == " 50% ############............ 512 B of 1.0 KiB, 512 B/s, 1.0 s left"
    assert progress_line(2048, None, 2.0) == "2.0 KiB, 1.0 KiB/s"
    assert progress_line(9, 8, 1.0).startswith("100% ")


def test_the_summary_says_what_failed() -> None:
    account = Account([SourceAccount("a", "a", records=1234, bytes_emitted=4096)], {"b": "gone"})
    assert summary(account, 2.0) == "1,234 records (4.0 KiB) of 1 sources in 2.0 s, 1 source not read to the end"


def test_the_account_of_a_run_that_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    account = Account([SourceAccount("a\x1b", "/a", bytes_seen=3, records=1)])
    Reporter(quiet=False, beside=True).tell(account)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("logbraid: 1 records")
    assert lines[1].startswith("source ")
    assert lines[2].startswith("a\\x1b ")


def test_quiet_is_told_of_losses_only(capsys: pytest.CaptureFixture[str]) -> None:
    lossy = SourceAccount("l", "/l", bytes_lost=3, reasons=["truncated"])
    Reporter(quiet=True, beside=True).tell(Account([SourceAccount("a", "/a"), lossy]))
    assert capsys.readouterr().err == "logbraid: /l: 3 bytes were not read: truncated\n"


def test_a_run_goes_on_where_nobody_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w") as full:
        monkeypatch.setattr("sys.stderr", full)
        reporter = Reporter(quiet=False, beside=True)
        reporter.notice(SourceFailed("a.log", "gone"))
        reporter.tell(Account())
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())
    assert full.closed
