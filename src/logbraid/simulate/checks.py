"""What both ways to simulate check of their arguments, and how they say what the system refused.

What belongs to one of them alone is checked where it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from logbraid.errors import SinkError, UsageError

__all__ = ["check_not_negative", "check_probabilities", "said_as_sink_error"]


def check_not_negative(**values: float) -> None:
    """Raise UsageError if a value is below zero."""
    for name, value in values.items():
        if value < 0:
            raise UsageError(f"{name} cannot be negative")


def check_probabilities(**values: float) -> None:
    """Raise UsageError if a value is no probability."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise UsageError(f"{name} is a probability, from 0 to 1, not {value}")


@contextmanager
def said_as_sink_error(directory: Path) -> Iterator[None]:
    """Turn an OSError met in ``directory`` into SinkError."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SinkError(f"{error.filename or directory}: {reason}", error.errno) from error
