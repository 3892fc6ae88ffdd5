"""What a tail asks besides reads: where its name leads, what stands beside it, and which file may be closed.

Each question is asked once until it is answered, and one at a time; why it is asked is the tail's matter.
"""

from __future__ import annotations

from logbraid.core.actions import FindSiblings, LetGo, Look
from logbraid.core.types import Identity, SourceId

__all__ = ["Lookups"]


class Lookups:
    """The questions of one source about one path; a look is wanted from the start."""

    __slots__ = ("_let_go", "_out", "_path", "_source", "_wanted")

    def __init__(self, source: SourceId, path: str) -> None:
        self._source = source
        self._path = path
        self._wanted = True
        self._out = False
        self._let_go: tuple[Identity, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether a question is open."""
        return self._wanted or self._out

    def look(self) -> None:
        """See where the name leads, soon."""
        self._wanted = True

    def answered(self) -> None:
        """The question that was out is answered, or has failed."""
        self._out = False

    def let_go(self, identity: Identity) -> None:
        """The file will not be read again."""
        self._let_go = (*self._let_go, identity)

    def keep(self, identity: Identity) -> None:
        """It will be read after all."""
        self._let_go = tuple(known for known in self._let_go if known != identity)

    def drain(self, *, search: bool, blocked: bool) -> list[Look | FindSiblings | LetGo]:
        """Ask.

        Args:
            search: the siblings are wanted; nothing else can be decided before.
            blocked: nothing is to be asked now.
        """
        asked: list[Look | FindSiblings | LetGo] = [LetGo(self._source, identity) for identity in self._let_go]
        self._let_go = ()
        if self._out or blocked:
            return asked
        if search:
            self._out = True
            asked.append(FindSiblings(self._source, self._path))
        elif self._wanted:
            self._out, self._wanted = True, False
            asked.append(Look(self._source, self._path))
        return asked
