"""Lines from all over a file: whole ones, in order, few of many."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from logbraid.system.descriptors import Descriptors
from logbraid.system.files import LocalFile
from logbraid.system.probes import sample_lines

from .sources import BytesSource


def opened(path: Path, data: bytes) -> LocalFile:
    path.write_bytes(data)
    return LocalFile(str(path), os.stat(path), Descriptors(8))


@pytest.mark.parametrize("data", [b"", b"one\n", b"one\r\ntwo\n", b"\n\n", b"a\x0bb\x0cc\x1cd\n", b"a\rb\n"])
def test_a_small_file_is_sampled_whole(tmp_path: Path, data: bytes) -> None:
    source = opened(tmp_path / "file", data)
    assert b"".join(sample_lines(source)) == data
    source.close()


def test_a_large_file_is_sampled_in_order(tmp_path: Path) -> None:
    lines = [b"%07d of very many lines\n" % number for number in range(100_000)]
    source = opened(tmp_path / "file", b"".join(lines))
    sample = sample_lines(source)
    source.close()
    numbers = [int(line.split()[0]) for line in sample]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 0
    assert numbers[-1] == 99_999
    assert 100 < len(numbers) < len(lines) / 3
    assert {line.rstrip(b"\n") + b"\n" for line in sample} <= set(lines)


def test_a_large_file_of_one_line_has_no_sample(tmp_path: Path) -> None:
    source = opened(tmp_path / "file", b"x" * 3_000_000)
    assert sample_lines(source) == []
    source.close()


def test_what_cannot_be_sought_in_has_no_sample() -> None:
    assert sample_lines(BytesSource(b"one\ntwo\n")) == []


def test_a_last_line_without_a_newline_is_whole(tmp_path: Path) -> None:
    source = opened(tmp_path / "file", b"one\ntwo")
    assert sample_lines(source) == [b"one\n", b"two\n"]
    source.close()


def test_a_file_that_has_gone_has_no_sample(tmp_path: Path) -> None:
    source = opened(tmp_path / "file", b"one\n")
    os.unlink(tmp_path / "file")
    assert sample_lines(source) == []
