from __future__ import annotations

import pytest

from logbraid.cli.report import Reporter, duration_text, progress_line, size_text, summary
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


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB")])
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (61, "1:01"), (3725, "1:02:05")])
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
