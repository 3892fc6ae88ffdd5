"""Every exception that logbraid raises, in one tree.

    LogbraidError
    ├── UsageError       (ValueError)  the caller asked for something that cannot be done
    ├── SourceError      (OSError)     one source could not be read; the run goes on without it
    ├── CheckpointError                saved offsets cannot be used as they are
    ├── SinkError                      the output cannot take more; what was written before stays true
    └── NoNewData                      there is no whole line to read yet (``handles.readline`` only)

OS errors are translated into these once, in ``logbraid.system``. Bad data (late, too long, undecodable, without a
timestamp) is never an exception: it is an event and a counter.
"""

from __future__ import annotations

__all__ = ["CheckpointError", "LogbraidError", "NoNewData", "SinkError", "SourceError", "UsageError"]


class LogbraidError(Exception):
    """Base of everything that logbraid raises on purpose."""


class UsageError(LogbraidError, ValueError):
    """The caller's arguments contradict each other or mean nothing."""


class SourceError(LogbraidError, OSError):
    """A source could not be opened or read to its end.

    Attributes:
        path: the source's name as it was given.
        reason: what went wrong, in a few words, lower case.
        errno: the system's error number, or None where the data itself was at fault.
    """

    def __init__(self, path: str, reason: str, errno: int | None = None) -> None:
        super().__init__(errno, reason)
        self.path = path
        self.reason = reason
        self.errno = errno

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class NoNewData(LogbraidError):
    """There is no whole line to read yet."""


class CheckpointError(LogbraidError):
    """A checkpoint is missing, foreign, newer, corrupt or in use, or does not fit the output it stands beside.

    Attributes:
        reason: what is wrong, and what can be done about it.
        path: of the checkpoint or the output; empty where nobody knows it yet.
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class SinkError(LogbraidError):
    """The output refused to take more.

    Attributes:
        errno: the system's error number, or None.
    """

    def __init__(self, reason: str, errno: int | None = None) -> None:
        super().__init__(reason)
        self.errno = errno
