"""Real logs of real systems, merged: against a sort in plain Python, and against the judge that knows no timestamps.

The corpus is not part of the project; without it these tests are skipped.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import logbraid
from logbraid.core.options import Order
from logbraid.verify import Truth, verify

pytestmark = pytest.mark.once

TIME = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.,]\d{3}")
HOUR = timedelta(hours=1)


def times(lines: Sequence[bytes]) -> Iterator[datetime]:
    """The time of each line; a line without one has that of the line above."""
    latest = datetime.min
    for line in lines:
        if found := TIME.search(line, 0, 80):
            latest = datetime.fromisoformat(found[0].decode().replace(",", "."))
        yield latest


def without_leaps(found: Sequence[datetime]) -> Iterator[datetime]:
    """A time that is ahead of both its neighbours by more than an hour becomes that of the one above."""
    for above, time, below in zip([datetime.max, *found], found, [*found[1:], datetime.max], strict=False):
        leaps = all(one < datetime.max and one + HOUR < time for one in (above, below))
        yield above if leaps else time


def sorted_in_plain_python(sources: Sequence[Path]) -> bytes:
    """A stable sort by the running maximum of each source's times."""
    rows: list[tuple[datetime, bytes]] = []
    for source in sources:
        lines = source.read_bytes().splitlines(keepends=True)
        rows += zip(itertools.accumulate(without_leaps(list(times(lines))), max), lines, strict=True)
    return b"".join(line.removesuffix(b"\n") + b"\n" for _, line in sorted(rows, key=lambda row: row[0]))


@pytest.mark.parametrize("folder", ["openstack-split", "zookeeper-split"])
def test_a_split_log_is_braided_as_a_sort_would(corpus: Path, tmp_path: Path, folder: str) -> None:
    sources = sorted((corpus / folder).glob("*.log"))
    account = logbraid.merge(sources, tmp_path / "out.log", tz="UTC")
    assert account.whole
    assert (tmp_path / "out.log").read_bytes() == sorted_in_plain_python(sources)


@pytest.mark.parametrize("order", ["time", "arrival"])
def test_all_logs_at_once_come_out_whole(corpus: Path, tmp_path: Path, order: Order) -> None:
    sources = sorted(corpus.glob("*.log"))
    account = logbraid.merge(sources, tmp_path / "out.log", order=order, tz="UTC")
    assert account.whole
    assert account.bytes_seen == sum(source.stat().st_size for source in sources)
    verdict = verify(tmp_path / "out.log", sources)
    assert verdict.truth is Truth.TRUE, str(verdict)


def test_labels_tell_where_each_line_came_from(corpus: Path, tmp_path: Path) -> None:
    sources = sorted(corpus.glob("*.log"))
    logbraid.merge(sources, tmp_path / "out.log", labels="name", tz="UTC")
    verdict = verify(tmp_path / "out.log", sources, labels="name")
    assert verdict.truth is Truth.TRUE, str(verdict)


def test_a_level_leaves_only_what_is_as_grave(corpus: Path, tmp_path: Path) -> None:
    logbraid.merge([corpus / "zookeeper-split"], tmp_path / "out.log", level="warn", tz="UTC")
    heads = [line for line in (tmp_path / "out.log").read_bytes().splitlines() if TIME.match(line)]
    expected = [line for line in (corpus / "Zookeeper.log").read_bytes().splitlines() if b" - INFO " not in line]
    assert len(heads) == len([line for line in expected if TIME.match(line)])
