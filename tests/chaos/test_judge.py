"""The judge finds what is planted, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from .judge import Findings, generations, judge

pytestmark = pytest.mark.once


def line(number: int, writer: str = "00") -> bytes:
    return b"something writer=%s seq=%08d\n" % (writer.encode(), number)


@pytest.fixture
def logs(tmp_path: Path) -> list[Path]:
    (tmp_path / "a.log.2").write_bytes(line(0))
    (tmp_path / "a.log.1").write_bytes(line(1) + line(2))
    (tmp_path / "a.log").write_bytes(line(3))
    (tmp_path / "b.log").write_bytes(line(0, "01"))
    return [tmp_path / "a.log", tmp_path / "b.log"]


def findings(logs: list[Path], *lines: bytes) -> Findings:
    output = logs[0].with_name("out")
    output.write_bytes(b"".join(lines))
    return judge([output], logs)


def test_what_is_whole_is_passed_in_any_order_of_sources(logs: list[Path]) -> None:
    a, b = [line(number) for number in range(4)], line(0, "01")
    assert findings(logs, b, *a) == findings(logs, *a, b) == findings(logs, *a[:2], b, *a[2:]) == Findings()


def test_what_is_missing_is_lost(logs: list[Path]) -> None:
    assert findings(logs, line(0), line(2), line(3)) == Findings(
        lost={str(logs[0]): len(line(1)), str(logs[1]): len(line(0))}
    )


def test_what_comes_again_is_doubled_and_misplaced(logs: list[Path]) -> None:
    lines = [line(0, "01"), line(0), line(1), line(2), line(1), line(3)]
    assert findings(logs, *lines) == Findings(doubled=[line(1)], misplaced=[line(1)])


def test_half_a_line_is_torn(logs: list[Path]) -> None:
    found = findings(logs, line(0, "01"), line(0), line(1), line(2), line(3)[:9])
    assert found == Findings(lost={str(logs[0]): len(line(3))}, torn=[line(3)[:9]])


def test_files_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("a.log", "a.log.1", "a.log.10", "a.log.2.gz", "a.log.checkpoint", "a.logs.1", "b.log.1"):
        (tmp_path / name).touch()
    assert [one.name for one in generations(tmp_path / "a.log")] == ["a.log.10", "a.log.2.gz", "a.log.1", "a.log"]


def test_a_source_with_a_gap_is_no_measure(logs: list[Path]) -> None:
    logs[1].write_bytes(line(1, "01"))
    with pytest.raises(AssertionError, match="not what its writer has written"):
        findings(logs)
