"""What the tests of this floor share: a source made of bytes, and reading a source to its end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from logbraid.errors import SourceError
from logbraid.system.files import OpenSource


class BytesSource:
    """A source in memory that hands out at most ``piece`` bytes a time."""

    seekable = False
    size = None
    modified = 0

    def __init__(self, data: bytes, piece: int = 1 << 20, *, blocking: bool = False) -> None:
        self.path = "bytes"
        self.blocking = blocking
        self.closed = False
        self._data = memoryview(data)
        self._piece = piece

    def read_into(self, room: memoryview) -> int:
        count = min(len(room), len(self._data), self._piece)
        room[:count] = self._data[:count]
        self._data = self._data[count:]
        return count

    def read_at(self, room: memoryview, offset: int) -> int:
        raise NotImplementedError

    def close(self) -> None:
        self.closed = True


class FailingSource(BytesSource):
    """A source that breaks after its bytes."""

    def read_into(self, room: memoryview) -> int:
        count = super().read_into(room)
        if not count:
            raise SourceError(self.path, "input/output error", 5)
        return count


def chunks(source: OpenSource, room_size: int) -> Iterator[bytes]:
    """What each read gives."""
    room = memoryview(bytearray(room_size))
    while count := source.read_into(room):
        yield room[:count].tobytes()


def read_all(source: OpenSource, room_size: int = 1000) -> bytes:
    """Everything, where nothing goes wrong."""
    return b"".join(chunks(source, room_size))


def read_till_failure(source: OpenSource, room_size: int = 1000) -> tuple[bytes, str]:
    """Everything before the failure, and its reason; the failure must be lasting."""
    found = bytearray()

    def read() -> None:
        for chunk in chunks(source, room_size):
            found.extend(chunk)

    with pytest.raises(SourceError) as first:
        read()
    with pytest.raises(SourceError) as second:
        source.read_into(memoryview(bytearray(10)))
    assert second.value.reason == first.value.reason
    return bytes(found), first.value.reason
