"""What the core asks its driver to do next. Requests are values: the core never knows how, or in which thread."""

from __future__ import annotations

from dataclasses import dataclass

from logbraid.core.types import Identity, SourceId

__all__ = ["Action", "Close", "FindSiblings", "LetGo", "LiveAction", "Look", "Read", "ReadAt", "Sample"]


@dataclass(frozen=True, slots=True)
class Read:
    """Read up to ``size`` bytes of the source; answer with ``receive_data``, ``receive_eof`` or ``receive_failure``."""

    source: SourceId
    size: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Read whole lines from all over the source, in its order; answer with ``receive_sample`` (none: not seekable)."""

    source: SourceId


@dataclass(frozen=True, slots=True)
class Close:
    """The source will not be read again."""

    source: SourceId


Action = Read | Sample | Close


@dataclass(frozen=True, slots=True)
class Look:
    """See which file the source's name leads to now; answer with ``receive_stat``."""

    source: SourceId
    path: str


@dataclass(frozen=True, slots=True)
class FindSiblings:
    """Find the rotated files beside the source's name, that name included; answer with ``receive_siblings``."""

    source: SourceId
    path: str


@dataclass(frozen=True, slots=True)
class ReadAt:
    """Read up to ``size`` bytes of one file at ``offset``.

    Answer with ``receive_data``, fewer bytes than ``size`` only at the end of the file; or, where no file of this
    identity can be reached under ``path`` nor is open any more, with ``receive_gone``; or with ``receive_failure``.

    Attributes:
        source: whose file it is.
        path: a name it had when it was last seen; needed only where it is not open.
        identity: of the file; a file of another identity must not be read.
        offset: of the first byte; in a compressed file counted in plain bytes.
        size: bytes wanted at most.
        compressed: the plain content is wanted.
    """

    source: SourceId
    path: str
    identity: Identity
    offset: int
    size: int
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class LetGo:
    """The file will not be read again for this source: its descriptor may be closed."""

    source: SourceId
    identity: Identity


LiveAction = Look | FindSiblings | ReadAt | LetGo
