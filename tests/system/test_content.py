"""PlainSource: looks at the first bytes, loses none of them, waits for no more than it must."""

from __future__ import annotations

import bz2
import gzip
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.errors import SourceError
from logbraid.system.content import PlainSource, is_binary

from .sources import BytesSource, FailingSource, read_all, read_till_failure

UTF16 = "\ufeffwide\n".encode("utf-16-le")


@pytest.mark.parametrize("piece", [1, 3, 1000])
@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (b"", b""),
        (b"B", b"B"),
        (b"BZh9 is text\n", b"BZh9 is text\n"),
        (b"Power on\n", b"Power on\n"),
        (gzip.compress(b"packed\n"), b"packed\n"),
        (gzip.compress(lzma.compress(b"twice\n")), b"twice\n"),
        (UTF16, b"wide\n"),
        (bz2.compress(UTF16), b"wide\n"),
    ],
)
def test_layers_are_taken_off(stored: bytes, expected: bytes, piece: int) -> None:
    assert read_all(PlainSource(BytesSource(stored, piece, blocking=True)), 2) == expected


@given(data=st.binary(max_size=50), piece=st.integers(1, 20), room=st.integers(1, 20))
def test_no_byte_is_lost_by_looking(data: bytes, piece: int, room: int) -> None:
    text = b"t" + data
    assert read_all(PlainSource(BytesSource(text, piece)), room) == text


def test_a_slow_pipe_is_waited_for_only_while_its_start_may_be_magic() -> None:
    room = memoryview(bytearray(100))
    assert PlainSource(BytesSource(b"Bye\nfor now\n", piece=4)).read_into(room) == 4
    assert PlainSource(BytesSource(b"BZh9 is text", piece=4)).read_into(room) == 8


def test_a_failure_while_looking_comes_after_the_bytes() -> None:
    assert read_till_failure(PlainSource(FailingSource(b"BZ"))) == (b"BZ", "input/output error")
    assert read_till_failure(PlainSource(FailingSource(b""))) == (b"", "input/output error")


def test_compressed_junk_in_layers_ends() -> None:
    packed = b"text"
    for _ in range(5):
        packed = gzip.compress(packed)
    assert read_all(PlainSource(BytesSource(packed)))[:2] == b"\x1f\x8b"


@pytest.mark.parametrize(
    ("head", "expected"),
    [(b"", False), (b"text\n", False), (b"a\0b", True), (UTF16, False), (gzip.compress(bytes(9)), False)],
)
def test_binary_is_what_holds_nul_for_no_good_reason(head: bytes, expected: bool) -> None:
    assert is_binary(head) is expected


def test_it_is_read_front_to_back_only() -> None:
    raw = BytesSource(b"")
    source = PlainSource(raw)
    with pytest.raises(SourceError, match="beginning"):
        source.read_at(memoryview(bytearray(1)), 0)
    source.close()
    assert raw.closed
