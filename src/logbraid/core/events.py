"""What happened and may matter: notices from the core and the system to whoever runs them.

An event is a value that can say itself in one line (``str``). Nothing noteworthy is a bare log line, and bad data is
always an event and a counter, never an exception.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BinaryKept",
    "BinarySkipped",
    "BytesLost",
    "Event",
    "FormatChanged",
    "NoTimestamps",
    "OutputCut",
    "OutputKept",
    "OutputRotated",
    "PollingInstead",
    "RecordCut",
    "Resumed",
    "Rotated",
    "SourceFailed",
    "SourceSkipped",
]


@dataclass(frozen=True, slots=True)
class Event:
    """Something about one source.

    Attributes:
        path: the source's name as it was given or found.
    """

    path: str


@dataclass(frozen=True, slots=True)
class SourceFailed(Event):
    """The source could not be opened, or not read to its end; what was read before stands."""

    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class SourceSkipped(Event):
    """A path was found but is not merged: the same file again, the output itself, a dangling link."""

    reason: str

    def __str__(self) -> str:
        return f"{self.path}: skipped: {self.reason}"


@dataclass(frozen=True, slots=True)
class BinaryKept(Event):
    """A file named by the user holds binary data; it is merged, because it was named."""

    def __str__(self) -> str:
        return f"{self.path}: binary file, merged because it was named"


@dataclass(frozen=True, slots=True)
class BinarySkipped(Event):
    """A file met in a directory or by a glob holds binary data."""

    def __str__(self) -> str:
        return f"{self.path}: skipped: binary file"


@dataclass(frozen=True, slots=True)
class NoTimestamps(Event):
    """No timestamp was recognised; records are stamped with the time the source was observed or last modified."""

    observed: bool = False

    def __str__(self) -> str:
        return f"{self.path}: no timestamps recognised, using the time it was {self._used}"

    @property
    def _used(self) -> str:
        return "observed" if self.observed else "last modified"


@dataclass(frozen=True, slots=True)
class FormatChanged(Event):
    """The locked timestamp format stopped matching; another one was found, or the same at another place."""

    before: str
    after: str
    offset: int

    def __str__(self) -> str:
        if self.before == self.after:
            return f"{self.path}: timestamps stand at another place in the line from byte {self.offset} on"
        return f"{self.path}: timestamps change from {self.before} to {self.after} at byte {self.offset}"


@dataclass(frozen=True, slots=True)
class RecordCut(Event):
    """A record was longer than the limit and was cut into several; no byte of it is lost."""

    offset: int
    limit: int

    def __str__(self) -> str:
        return f"{self.path}: record at byte {self.offset} is longer than {self.limit} bytes and was cut"


@dataclass(frozen=True, slots=True)
class BytesLost(Event):
    """Bytes were written and could not be read before they were gone; ``count`` is 0 where nobody knows how many."""

    count: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.count or 'perhaps some'} bytes lost: {self.reason}"


@dataclass(frozen=True, slots=True)
class Rotated(Event):
    """The name leads to new bytes: its file was renamed, replaced, truncated or deleted; the old one was read first."""

    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Resumed(Event):
    """The source goes on where an earlier run has left off, in the file that now bears the name ``file``."""

    file: str
    offset: int

    def __str__(self) -> str:
        place = "" if self.file == self.path else f" of {self.file}"
        return f"{self.path}: goes on at byte {self.offset}{place}"


@dataclass(frozen=True, slots=True)
class PollingInstead(Event):
    """There are no notifications for this source: it is looked at now and then."""

    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}: looking now and then instead"


@dataclass(frozen=True, slots=True)
class OutputKept(Event):
    """The output could not be opened anew; the old file is written on. ``path`` says which and why."""

    def __str__(self) -> str:
        return f"{self.path}: the old file is written on"


@dataclass(frozen=True, slots=True)
class OutputCut(Event):
    """The output held bytes that the checkpoint knows nothing of; they were cut off, and are written again."""

    count: int

    def __str__(self) -> str:
        return f"{self.path}: {self.count} bytes that were not committed were cut"


@dataclass(frozen=True, slots=True)
class OutputRotated(Event):
    """The output was found under another name, as if it had been rotated; a new file was begun under its own."""

    rotated: str

    def __str__(self) -> str:
        return f"{self.path}: it was rotated to {self.rotated}: a new file is begun"
