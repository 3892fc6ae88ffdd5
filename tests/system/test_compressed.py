"""Compressed sources: every codec, whole and damaged, through rooms and reads of every size."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Literal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.errors import SourceError
from logbraid.system.compressed import CompressedSource, codec_of

from .sources import BytesSource, FailingSource, read_all, read_till_failure


def arrow(codec: Literal["zstd", "lz4"]) -> Callable[[bytes], bytes]:
    def compress(data: bytes) -> bytes:
        packed = pa.BufferOutputStream()
        with pa.CompressedOutputStream(packed, codec) as plain:
            plain.write(data)
        return packed.getvalue().to_pybytes()

    return compress


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": arrow("zstd"),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lz4": arrow("lz4"),
}
TEXT = b"".join(b"2026-01-01T00:00:00Z line %d of some %d\n" % (n, n * n % 7919) for n in range(20_000))


@cache
def packed_text(codec: str) -> bytes:
    return PACK[codec](TEXT)


SMALL = st.integers(1, 400)

every_codec = pytest.mark.parametrize("codec", PACK)
stdlib_codec = pytest.mark.parametrize("codec", ["gzip", "bzip2", "xz"])


def unpacked(data: bytes, codec: str, piece: int = 1 << 20) -> CompressedSource:
    return CompressedSource(BytesSource(data, piece), codec)


@every_codec
def test_codecs_are_known_by_their_first_bytes(codec: str) -> None:
    assert codec_of(PACK[codec](b"")) == codec
    assert codec_of(packed_text(codec)) == codec


@pytest.mark.parametrize("head", [b"", b"BZh9 is the name of a file", b"P", b"\x1f\x8b", b"2026-01-01"])
def test_text_is_not_compressed(head: bytes) -> None:
    assert codec_of(head) is None


@every_codec
@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4), room=SMALL, piece=SMALL)
@settings(max_examples=40, deadline=None)
def test_any_members_any_room_any_piece(codec: str, parts: list[bytes], room: int, piece: int) -> None:
    packed = b"".join(map(PACK[codec], parts))
    assert read_all(unpacked(packed, codec, piece), room) == b"".join(parts)


@every_codec
def test_large_members_follow_each_other(codec: str) -> None:
    assert read_all(unpacked(packed_text(codec) * 2, codec), 100_000) == TEXT * 2


@stdlib_codec
def test_zeros_after_and_between_members_are_padding(codec: str) -> None:
    packed = PACK[codec](b"one\n") + bytes(512) + PACK[codec](b"two\n") + bytes(70_000)
    assert read_all(unpacked(packed, codec, piece=100)) == b"one\ntwo\n"


def test_frames_to_be_skipped_are_skipped() -> None:
    packed = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd" + PACK["zstd"](b"text")
    assert codec_of(packed) == "zstd"
    assert read_all(unpacked(packed, "zstd")) == b"text"


@every_codec
@pytest.mark.parametrize("missing", [1, 3, 1000])
def test_truncated_data_is_delivered_and_then_reported(codec: str, missing: int) -> None:
    found, reason = read_till_failure(unpacked(packed_text(codec)[:-missing], codec), 4096)
    assert reason == f"truncated {codec} data"
    assert TEXT.startswith(found)
    if codec in ("gzip", "xz"):
        assert len(found) > len(TEXT) - 20 * missing - 1000


@every_codec
def test_a_damaged_second_member_does_not_harm_the_first(codec: str) -> None:
    second = bytearray(packed_text(codec))
    second[:4] = second[:2] + b"\xee\xee"
    found, reason = read_till_failure(unpacked(packed_text(codec) + second, codec), 4096)
    assert reason.startswith(f"corrupt {codec} data (")
    assert TEXT.startswith(found)
    assert len(found) > len(TEXT) - (65_536 if codec in ("bzip2", "xz") else 1)


@every_codec
@given(at=st.integers(20, 5_000), room=st.integers(1_000, 100_000))
@settings(max_examples=20, deadline=None)
def test_damage_anywhere_is_an_error_or_a_difference_never_a_crash(codec: str, at: int, room: int) -> None:
    packed = bytearray(packed_text(codec))
    packed[at] ^= 0xFF
    source = unpacked(bytes(packed), codec)
    if codec in ("zstd", "lz4"):  # written without a checksum here, so damage may pass unseen
        with suppress(SourceError):
            read_all(source, room)
    else:
        with pytest.raises(SourceError, match=codec):
            read_all(source, room)


@given(text=st.binary(max_size=2_000), room=SMALL)
@settings(deadline=None)
def test_gzip_loses_nothing_before_the_damage(text: bytes, room: int) -> None:
    packed = gzip.compress(text)
    wrong_checksum = packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    found, reason = read_till_failure(unpacked(wrong_checksum, "gzip"), room)
    assert found == text
    assert reason.startswith("corrupt gzip data (")


@every_codec
def test_the_sources_own_failure_comes_through(codec: str) -> None:
    source = CompressedSource(FailingSource(packed_text(codec)[:-100]), codec)
    found, reason = read_till_failure(source, 4096)
    assert reason == "input/output error"
    assert TEXT.startswith(found)


@stdlib_codec
def test_a_bomb_goes_off_room_by_room(codec: str) -> None:
    source = unpacked(PACK[codec](bytes(50_000_000)), codec)
    room = memoryview(bytearray(1000))
    assert [source.read_into(room) for _ in range(3)] == [1000] * 3


def test_a_live_pipe_is_not_held_up() -> None:
    packed = gzip.compress(b"first\n") + gzip.compress(b"second\n")
    first = len(gzip.compress(b"first\n"))
    room = memoryview(bytearray(1000))
    assert unpacked(packed, "gzip", piece=first).read_into(room) == len(b"first\n")


def test_it_is_read_front_to_back_only() -> None:
    raw = BytesSource(b"")
    source = CompressedSource(raw, "gzip")
    with pytest.raises(SourceError, match="beginning"):
        source.read_at(memoryview(bytearray(1)), 0)
    source.close()
    assert raw.closed
