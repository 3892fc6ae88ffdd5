"""The way of one generation through a lane: what stands before the place where it is, and when it can be forgotten.

What passes, and why it waits, is each lane's own matter. Nothing here looks inside bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeVar

from logbraid.core.positions import GUARD, Passed
from logbraid.core.types import Bytes8

__all__ = ["Passage", "forget_done", "guard_behind"]

P = TypeVar("P", bound="Passage")


class Passage(ABC):
    """One generation of a source in a lane.

    Attributes:
        generation: its number.
        begin: offset of the first byte that was received.
        ended: nothing more will come.
    """

    __slots__ = ("begin", "ended", "generation")

    def __init__(self, generation: int, begin: int) -> None:
        self.generation = generation
        self.begin = begin
        self.ended = False

    @property
    @abstractmethod
    def waits(self) -> bool:
        """Whether something is here that has not left."""

    @property
    @abstractmethod
    def passed(self) -> Passed:
        """How far it has left."""


def forget_done(passages: dict[int, P]) -> None:
    """Forget the generations that have ended and left wholly.

    The last one of which something has left stays: it tells where the source goes on.
    """
    over = [passage for passage in passages.values() if passage.ended and not passage.waits]
    if not over:
        return
    last = max((each.generation for each in passages.values() if each.passed.offset > each.begin), default=0)
    for passage in over:
        if passage.generation < last:
            del passages[passage.generation]


def guard_behind(guard: bytes, data: Bytes8 | memoryview, start: int, stop: int) -> bytes:
    """Return the guard of the place ``data[stop]``, where that of ``data[start]`` is known."""
    return (guard + data[max(start, stop - GUARD) : stop].tobytes())[-GUARD:]
