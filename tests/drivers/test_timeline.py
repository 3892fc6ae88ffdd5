"""Where which time stands: probes that are hints, and cuts that deal out the bytes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.options import Options
from logbraid.core.parse import Start
from logbraid.core.recognise import Recogniser, Recognisers
from logbraid.core.types import FOREVER, NO_TIME, Source, SourceId
from logbraid.drivers.timeline import Timeline, boundaries, survey
from logbraid.system.descriptors import Descriptors
from logbraid.system.files import LocalFile

from .logs import START, disordered, steady, write

SECOND = 1_000_000_000
ZERO = int(START.timestamp()) * SECOND


def opened(path: Path) -> LocalFile:
    return LocalFile(str(path), os.stat(path), Descriptors(8))


def recogniser(file: LocalFile) -> Recogniser:
    return Recognisers(Options()).of(Source(SourceId(0), file.path, "x", file.modified, file.size))


def surveyed(path: Path, start: Start | None = None) -> Timeline | None:
    file = opened(path)
    try:
        return survey(file, recogniser(file), start or Start(), 4 << 10)
    finally:
        file.close()


def made_of(offsets: Sequence[int], times: Sequence[int], size: int) -> Timeline:
    return Timeline(size, Start(), np.array(offsets), np.array(times), np.array(times))


def test_what_is_found_is_where_it_says(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", steady("x", 3000))
    found = surveyed(path)
    assert found is not None
    text = path.read_text()
    lines = [text[offset:].partition("\n")[0] for offset in found.offsets.tolist()]
    assert len(lines) == (len(text) - 1) // 4096
    assert [int(line.split()[2]) * SECOND + ZERO for line in lines] == found.raw.tolist() == found.times.tolist()


def test_times_never_go_down(tmp_path: Path) -> None:
    found = surveyed(write(tmp_path / "a.log", disordered("x", 3000, 1, wobble=500)))
    assert found is not None
    assert (np.diff(found.raw) < 0).any()
    assert (np.diff(found.times) >= 0).all()


@pytest.mark.parametrize("lines", [["no time\n"] * 9000, ["{\n", '"time": "2026-03-01T00:00:00Z"\n', "}\n"] * 3000])
def test_what_cannot_be_surveyed(tmp_path: Path, lines: list[str]) -> None:
    assert surveyed(write(tmp_path / "a.log", lines)) is None


def test_an_empty_file_has_a_timeline_without_a_record(tmp_path: Path) -> None:
    found = surveyed(write(tmp_path / "a.log", []))
    assert found is not None
    assert (found.size, len(found.offsets), found.stop(NO_TIME)) == (0, 0, 0)
    assert found.start(FOREVER) == Start()


def test_a_small_file_begins_at_its_beginning(tmp_path: Path) -> None:
    found = surveyed(write(tmp_path / "a.log", steady("x", 3)))
    assert found is not None
    assert found.start(FOREVER).offset == 0
    assert found.stop(NO_TIME) == found.size


@given(low=st.integers(-5, 3100))
def test_a_start_misses_nothing(tmp_path_factory: pytest.TempPathFactory, low: int) -> None:
    path = tmp_path_factory.getbasetemp() / "steady.log"
    found = surveyed(path if path.exists() else write(path, steady("x", 3000)))
    assert found is not None
    start = found.start(ZERO + low * SECOND)
    first = path.read_text()[start.offset :].split()[2]
    assert start.offset == 0 or int(first) <= low
    assert max(low, 0) - int(first) < 200
    assert found.stop(ZERO + low * SECOND) > start.offset


def test_boundaries_deal_out_the_bytes() -> None:
    even = made_of(range(0, 1000, 100), range(10), 1000)
    late = made_of(range(0, 1000, 100), range(10, 20), 1000)
    assert boundaries([even, late], 500) == [4, 9, 14, 19]
    assert boundaries([even, late], 10_000) == []


def test_one_time_is_one_boundary() -> None:
    same = made_of(range(0, 1000, 100), [7] * 10, 1000)
    assert boundaries([same, same], 100) == [7]


def test_nothing_found_is_no_boundary() -> None:
    assert boundaries([made_of([], [], 0)], 100) == []
