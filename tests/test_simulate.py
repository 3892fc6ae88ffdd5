"""Held against each other: the files that were written and the manifest that says what was."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from logbraid.errors import SinkError, UsageError
from logbraid.simulate import STYLES, Manifest, simulate

MARK = re.compile(rb"writer=(\d+) seq=(\d{8})")
ISO = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
NAMES = [style.name for style in STYLES]


def lines_of(directory: Path, name: str) -> list[bytes]:
    return (directory / name).read_bytes().splitlines()


def contents(directory: Path, manifest: Manifest) -> list[bytes]:
    return [(directory / file.name).read_bytes() for file in manifest.files]


@pytest.mark.parametrize("format", [*NAMES, "mixed"])
def test_every_line_bears_its_writer_and_number(tmp_path: Path, format: str) -> None:
    manifest = simulate(tmp_path, files=3, size=60_000, format=format, traceback=0.1)
    for index, file in enumerate(manifest.files):
        marks = [MARK.findall(line) for line in lines_of(tmp_path, file.name)]
        assert marks == [[(b"%02d" % index, b"%08d" % number)] for number in range(file.lines)]
        assert (file.first, file.last) == (0, file.lines - 1)


@pytest.mark.parametrize("format", [*NAMES, "mixed"])
def test_no_blank_is_left_unprinted(tmp_path: Path, format: str) -> None:
    manifest = simulate(tmp_path, size=30_000, format=format, traceback=0.2)
    assert not re.search(rb"[\x00-\x08]", b"".join(contents(tmp_path, manifest)))


def test_manifest_says_what_is_there(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, files=3, size=50_000, traceback=0.1, torn=0.5, seed=3)
    for file, data in zip(manifest.files, contents(tmp_path, manifest), strict=True):
        assert file.bytes == len(data)
        assert file.lines == len(data.splitlines())
        assert file.records == sum(bool(ISO.match(line)) for line in data.splitlines())
        assert file.torn == (not data.endswith(b"\n"))
    told = json.loads(manifest.to_json())
    assert told["bytes"] == manifest.bytes == sum(file["bytes"] for file in told["files"])
    assert told["lines"] == manifest.lines
    assert told["records"] == manifest.records


def test_size_is_reached_but_for_less_than_a_record_each(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, files=4, size=400_000)
    assert all(100_000 - 500 < file.bytes <= 100_000 for file in manifest.files)


def test_pages_are_printed_again_with_new_numbers(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, files=1, size=2_000_000)
    numbers = [int(found[1]) for found in MARK.findall(contents(tmp_path, manifest)[0])]
    assert numbers == list(range(manifest.lines))
    assert manifest.lines > 3 * 4096


def test_the_seed_repeats_it(tmp_path: Path) -> None:
    first, again, other = (
        contents(tmp_path / name, simulate(tmp_path / name, size=20_000, seed=seed, format="mixed", traceback=0.1))
        for name, seed in (("first", 7), ("again", 7), ("other", 8))
    )
    assert first == again
    assert first != other


def test_times_never_go_back(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, files=2, size=1_500_000)
    for data in contents(tmp_path, manifest):
        times = ISO.findall(data)
        assert times == sorted(times)


def test_jitter_makes_times_go_back(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, files=1, size=50_000, jitter=0.5)
    times = ISO.findall(contents(tmp_path, manifest)[0])
    assert times != sorted(times)


def test_files_interleave_in_short_runs_and_share_requests(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, files=2, size=200_000, format="logfmt")
    first, second = contents(tmp_path, manifest)
    times = [(time, 0) for time in re.findall(rb"ts=(\S+)", first)] + [(t, 1) for t in re.findall(rb"ts=(\S+)", second)]
    owners = [owner for _, owner in sorted(times)]
    changes = sum(a != b for a, b in pairwise(owners))
    assert changes > len(owners) / 8
    shared = set(re.findall(rb"req=(\S+)", first)) & set(re.findall(rb"req=(\S+)", second))
    assert shared


def test_start_is_the_first_time(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, files=1, size=1_000, start=1_000_000_000_000_000_000)
    assert contents(tmp_path, manifest)[0].startswith(b"2001-09-09T01:46:40.")


def test_json_lines_are_json(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, files=1, size=20_000, format="json", traceback=0.3)
    records = [json.loads(line) for line in lines_of(tmp_path, manifest.files[0].name)]
    assert any("\n" in record["msg"] for record in records)
    assert manifest.lines == manifest.records


def test_torn_files_end_without_a_newline(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, size=10_000, torn=1.0)
    assert all(file.torn for file in manifest.files)
    assert not any(data.endswith(b"\n") for data in contents(tmp_path, manifest))


def test_nothing_may_be_written(tmp_path: Path) -> None:
    manifest = simulate(tmp_path, files=2, size=0, torn=1.0)
    assert contents(tmp_path, manifest) == [b"", b""]
    assert [(file.first, file.last, file.torn) for file in manifest.files] == [(None, None, False)] * 2


def test_nonsense_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown format 'xml'"):
        simulate(tmp_path, size=10, format="xml")
    with pytest.raises(UsageError, match="at least one"):
        simulate(tmp_path, size=10, files=0)
    with pytest.raises(UsageError, match="negative"):
        simulate(tmp_path, size=-1)
    with pytest.raises(UsageError, match="torn is a probability"):
        simulate(tmp_path, size=10, torn=2)


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SinkError, match="not a directory"):
        simulate(tmp_path / "file" / "below", size=10)
