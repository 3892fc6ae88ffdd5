"""Archive: any offset, in any order, of content that may still be growing or be damaged."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.errors import SourceError
from logbraid.system.archives import Archive, is_compressed

TEXT = b"".join(b"%06d a line\n" % number for number in range(3000))

ARCHIVES = {
    "gzip": gzip.compress(TEXT),
    "gzip of two members": gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "zstd": pa.compress(TEXT, "zstd", asbytes=True),
    "gzip of xz": gzip.compress(lzma.compress(TEXT)),
    "UTF-16": gzip.compress(TEXT.decode().encode("utf-16")),
}
"""The same text, compressed."""


class Bytes:
    """Stored bytes that may grow, and may fail to be read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.failure: int | None = None

    def __call__(self, room: memoryview, offset: int) -> int:
        if self.failure:
            raise OSError(self.failure, "failing")
        data = self.data[offset : offset + len(room)]
        room[: len(data)] = data
        return len(data)


def read(archive: Archive, stored: Bytes, offset: int, size: int = len(TEXT)) -> bytes:
    room = memoryview(bytearray(size))
    return room[: archive.read(room, offset, stored)].tobytes()


@pytest.mark.parametrize("data", ARCHIVES.values(), ids=ARCHIVES)
def test_reads_anywhere(data: bytes) -> None:
    archive, stored = Archive("a.gz"), Bytes(data)
    for offset, size in [(0, 10), (10, 10), (20_000, 500), (20_500, 1), (5, 5), (len(TEXT) - 3, 10), (99_999, 1)]:
        assert read(archive, stored, offset, size) == TEXT[offset : offset + size]


@settings(max_examples=50)
@given(st.sampled_from(list(ARCHIVES.values())[:2]), st.lists(st.integers(1, 20_000), max_size=5))
def test_what_was_read_while_it_grew_is_the_text(data: bytes, steps: Sequence[int]) -> None:
    archive, stored, found = Archive("a.gz"), Bytes(b""), b""
    for step in steps:
        stored.data = data[: len(stored.data) + step]
        found += read(archive, stored, len(found))
        assert TEXT.startswith(found)
    stored.data = data
    assert found + read(archive, stored, len(found)) == TEXT


@pytest.mark.parametrize("codec", ["zstd", "bzip2", "xz"])
def test_half_an_archive_has_no_failure(codec: str) -> None:
    archive, stored = Archive("a"), Bytes(ARCHIVES[codec][:-20])
    found = read(archive, stored, 0)
    assert TEXT.startswith(found)
    assert read(archive, stored, len(found)) == b""
    stored.data = ARCHIVES[codec]
    assert found + read(archive, stored, len(found)) == TEXT


def test_nothing_is_decoded_again_while_nothing_comes() -> None:
    archive, stored = Archive("a.gz"), Bytes(ARCHIVES["gzip"])
    assert read(archive, stored, 0) == TEXT
    assert read(archive, stored, len(TEXT)) == b""
    stored.data = b"?" * len(stored.data)
    assert read(archive, stored, len(TEXT)) == b""


def test_damage_is_told_once_and_is_the_end_from_then_on() -> None:
    data = ARCHIVES["gzip"]
    archive, stored = Archive("a.gz"), Bytes(data[:-8] + b"no check" + b"\xff" * 200_000)
    more_than_all = 2 * len(TEXT)
    with pytest.raises(SourceError, match="corrupt gzip data"):
        read(archive, stored, 0, more_than_all)
    assert read(archive, stored, 0, more_than_all) == TEXT
    assert read(archive, stored, len(TEXT)) == b""


def test_a_failing_read_is_no_end() -> None:
    archive, stored = Archive("a.gz"), Bytes(ARCHIVES["gzip"])
    stored.failure = errno.EIO
    for _ in range(2):
        with pytest.raises(OSError, match="failing"):
            read(archive, stored, 0)
    stored.failure = None
    assert read(archive, stored, 0) == TEXT


@pytest.mark.parametrize(
    ("data", "expected"), [(b"", False), (b"\x1f", True), (ARCHIVES["gzip"], True), (b"text", False)]
)
def test_content_tells_what_is_compressed(data: bytes, expected: bool) -> None:
    assert is_compressed(Bytes(data)) is expected
