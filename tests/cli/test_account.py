from __future__ import annotations

from pathlib import Path

import pytest

from logbraid.cli.account import account_paths, loss_lines, table_lines
from logbraid.core.account import Account, SourceAccount
from logbraid.errors import UsageError


def test_a_row_a_source_and_their_sum() -> None:
    app = SourceAccount("app.log", "/app.log", bytes_seen=2048, bytes_emitted=2048, records=1234, late=5)
    db = SourceAccount(
        "db.log", "/db.log", bytes_seen=512, bytes_emitted=100, bytes_filtered=412, records=2, rotations=3
    )
    assert table_lines(Account([db, app])) == [
        "source      seen      out  records  late  rotated  lost",
        "app.log  2.0 KiB  2.0 KiB    1,234     5        0   0 B",
        "db.log     512 B    100 B        2     0        3   0 B",
        "all      2.5 KiB  2.1 KiB    1,236     5        3   0 B",
    ]


def test_what_was_lost_comes_first_and_says_why() -> None:
    busy = SourceAccount("busy", "busy", bytes_seen=10**6)
    lossy = SourceAccount("lossy", "lossy", bytes_seen=10, bytes_lost=3, reasons=["truncated", "gone", "a", "b"])
    first = " ".join(table_lines(Account([busy, lossy]))[1].split())
    assert first == "lossy 10 B 0 B 0 0 0 3 B truncated, gone and 2 more"


def test_the_quiet_ones_share_a_row() -> None:
    sources = [SourceAccount(f"{number}.log", "", bytes_seen=number, records=1) for number in range(1000)]
    lines = table_lines(Account(sources))
    assert len(lines) == 1 + 20 + 2
    assert lines[1].startswith("999.log ")
    assert lines[-2].split()[:2] == ["980", "others"]
    assert lines[-2].split()[-5:-2] == ["980", "0", "0"]
    assert lines[-1].split()[-5] == "1,000"


def test_a_table_is_no_wider_than_its_labels_may_be() -> None:
    lines = table_lines(Account([SourceAccount("a/very" * 20 + "/long.log", "")]))
    assert lines[1].startswith("...")
    assert lines[1][:40].endswith("/long.log")
    assert lines[1][40:42] == "  "


def test_names_that_could_not_be_read_are_named() -> None:
    account = Account([], {f"{number}.log": "gone" for number in range(25)})
    assert table_lines(account)[1] == "0.log: gone"
    assert table_lines(account)[-1] == "5 more names that could not be read"


def test_losses_alone() -> None:
    lossy = SourceAccount("l", "/l.log", bytes_lost=3000, reasons=["truncated"])
    account = Account([SourceAccount("a", "/a.log"), lossy], {"b.log": "gone"})
    assert loss_lines(account) == ["/l.log: 3,000 bytes were not read: truncated", "b.log: gone"]


def test_the_file_of_the_account_is_not_the_output(tmp_path: Path) -> None:
    one = tmp_path / "one"
    assert account_paths(None, [str(one)]) == account_paths("-", [str(one)]) == []
    assert account_paths("other", [str(one)]) == ["other"]
    with pytest.raises(UsageError, match="cannot be the output and the account too"):
        account_paths(f"{tmp_path}/./one", [str(one)])
