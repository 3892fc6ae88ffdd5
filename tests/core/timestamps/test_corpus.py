"""The eight real logs of the shared corpus, against the fields that their truth files give."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logbraid.core.timestamps.calendar import Calendar
from logbraid.core.timestamps.detect import detect
from logbraid.core.types import SECOND

from .reference import read_lines

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
Row = dict[str, str]

# How each truth file writes its times; the years that the logs do not tell are given.
TRUTH: dict[str, tuple[str, Callable[[Row], str]]] = {
    "Android": ("%Y-%m-%d %H:%M:%S.%f", lambda row: f"2018-{row['Date']} {row['Time']}"),
    "Apache": ("%a %b %d %H:%M:%S %Y", lambda row: row["Time"]),
    "Hadoop": ("%Y-%m-%d %H:%M:%S,%f", lambda row: f"{row['Date']} {row['Time']}"),
    "Linux": ("%Y %b %d %H:%M:%S", lambda row: f"2005 {row['Month']} {row['Date']} {row['Time']}"),
    "OpenSSH": ("%Y %b %d %H:%M:%S", lambda row: f"2017 {row['Date']} {row['Day']} {row['Time']}"),
    "OpenStack": ("%Y-%m-%d %H:%M:%S.%f", lambda row: f"{row['Date']} {row['Time']}"),
    "Spark": ("%y/%m/%d %H:%M:%S", lambda row: f"{row['Date']} {row['Time']}"),
    "Zookeeper": ("%Y-%m-%d %H:%M:%S,%f", lambda row: f"{row['Date']} {row['Time']}"),
}


def true_times(system: str) -> list[int]:
    """Return the times of the truth file in ns UTC."""
    pattern, text = TRUTH[system]
    with (CORPUS / f"{system}.truth.csv").open(newline="") as file:
        times = [datetime.strptime(text(row), pattern).replace(tzinfo=UTC) for row in csv.DictReader(file)]
    return [int(time.timestamp()) * SECOND + time.microsecond * 1000 for time in times]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
@pytest.mark.parametrize("system", TRUTH)
def test_each_line_gets_the_time_that_its_truth_file_gives(system: str) -> None:
    lines = (CORPUS / f"{system}.log").read_bytes().splitlines()
    truth = true_times(system)
    lock = detect(lines[:64])
    assert lock is not None
    assert list(read_lines(lock, Calendar(UTC, truth[-1]), lines)) == truth
