"""Positions made of a name and a number, for tests of what keeps them."""

from __future__ import annotations

from logbraid.core.account import SourceAccount
from logbraid.core.positions import Place, Position
from logbraid.core.types import Identity

__all__ = ["position"]


def position(source: str, offset: int) -> Position:
    """Return where a source goes on that has come so far in its only file."""
    place = Place(0, source, Identity(1, 2), offset, b"\n" * min(offset, 64), offset)
    return Position(source, place, SourceAccount(source, source, bytes_seen=offset, bytes_emitted=offset))
