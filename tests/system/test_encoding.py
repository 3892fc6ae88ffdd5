"""UTF-16 and UTF-32 become UTF-8, however they are cut."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.errors import SourceError
from logbraid.system.encoding import TranscodedSource, encoding_of

from .sources import BytesSource, read_all

MARKED = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def transcoded(data: bytes, piece: int = 1000) -> TranscodedSource:
    encoding = encoding_of(data)
    assert encoding
    return TranscodedSource(BytesSource(data, piece), encoding)


@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    encoding=st.sampled_from(sorted(MARKED)),
    piece=st.integers(1, 50),
    room=st.integers(1, 50),
)
def test_any_text_any_cut(text: str, encoding: str, piece: int, room: int) -> None:
    data = MARKED[encoding] + text.encode(encoding)
    assert read_all(transcoded(data, piece), room) == text.encode()


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (b"a\0\x00\xd8b\0", "a\N{REPLACEMENT CHARACTER}b"),  # half a surrogate pair
        (b"a\0b", "a\N{REPLACEMENT CHARACTER}"),  # half a unit at the end
    ],
)
def test_units_that_mean_nothing_are_replaced(units: bytes, expected: str) -> None:
    assert read_all(transcoded(codecs.BOM_UTF16_LE + units)).decode() == expected


@pytest.mark.parametrize("head", [b"", b"plain", codecs.BOM_UTF8 + b"text", b"\xff", b"a\0b\0"])
def test_nothing_else_is_transcoded(head: bytes) -> None:
    assert encoding_of(head) is None


def test_it_is_read_front_to_back_only() -> None:
    raw = BytesSource(b"")
    source = TranscodedSource(raw, "utf-16")
    with pytest.raises(SourceError, match="beginning"):
        source.read_at(memoryview(bytearray(1)), 0)
    source.close()
    assert raw.closed
