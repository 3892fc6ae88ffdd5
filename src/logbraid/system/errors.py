"""The one place where an error of the operating system becomes an error of logbraid.

Nothing here decides what to do about an error, and no other module of the package looks at ``OSError``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from logbraid.errors import SinkError, SourceError

__all__ = ["reading", "reason", "writing"]


def reason(error: Exception) -> str:
    """Say in a few words what went wrong, without numbers and paths."""
    number = getattr(error, "errno", None)
    if isinstance(number, int):
        text = os.strerror(number)
    else:
        text = next(iter(str(error).splitlines()), "") or type(error).__name__
    return text[:1].lower() + text[1:]


@contextmanager
def reading(path: str, *also: type[Exception]) -> Iterator[None]:
    """Turn an OSError met while reading ``path`` into SourceError; ``also`` names what else a library may raise."""
    caught: tuple[type[Exception], ...] = (OSError, *also)
    try:
        yield
    except SourceError:
        raise
    except caught as error:
        raise SourceError(path, reason(error), getattr(error, "errno", None)) from error


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Turn an OSError met while writing ``path`` into SinkError."""
    try:
        yield
    except OSError as error:
        raise SinkError(f"{path}: {reason(error)}", error.errno) from error
