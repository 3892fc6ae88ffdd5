"""What the core asks its driver to do next. Requests are values: the core never knows how, or in which thread."""

from __future__ import annotations

from dataclasses import dataclass

from logbraid.core.types import SourceId

__all__ = ["Action", "Close", "Read", "Sample"]


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
