"""What following asks of the machine, as protocols: files, notifications and time.

The real ones are ``followed.Disk``, ``notify.Notifier`` and ``clock.Clock``; the simulated ones are in
``logbraid.testing``. Whatever follows files sees nothing of the machine but these.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from logbraid.core.events import Event
from logbraid.core.types import FileStat, Identity, Now, Sibling

__all__ = ["Clock", "Files", "Finder", "Findings", "Found", "Hints", "Notifier"]


class Files(Protocol):
    """Regular files by name and identity; one call at a time, from any thread."""

    def stat(self, path: str) -> FileStat | None:
        """What the name leads to; None: to nothing, or to no regular file. Raises SourceError."""

    def read(
        self, path: str, identity: Identity, room: memoryview, offset: int, *, compressed: bool = False
    ) -> int | None:
        """Read bytes of one file at ``offset``; fewer than ``room`` holds only at its end.

        A file that was opened can be read on when it has been renamed or deleted, as long as it has not been let go
        and its descriptor was not needed elsewhere.

        Args:
            path: a name it had; where it is not open, it is opened by it and must still be the same file.
            identity: of the file.
            room: filled from its start.
            offset: of the first byte; plain bytes where ``compressed``.
            compressed: decompress the content, found out from its first bytes.

        Returns:
            How many bytes; None: no file of this identity can be reached.

        Raises:
            SourceError: it is there and cannot be read.
        """

    def siblings(self, path: str) -> list[Sibling]:
        """The rotated files beside ``path``, and what stands at ``path`` itself, oldest first (see core.siblings)."""

    def names(self, path: str) -> tuple[str, ...]:
        """How hints may spell this name: itself, and where it leads if it is a link. A notifier spells real names."""

    def let_go(self, identity: Identity) -> None:
        """The file will not be read again."""

    def close(self) -> None:
        """Give everything back."""


@dataclass(slots=True)
class Hints:
    """What may have changed since the last call. A hint may be missing, wrong or double: only a look is the truth.

    Attributes:
        written: paths of files that may have grown or shrunk.
        renamed: paths that may lead elsewhere now: created, moved, deleted.
        lost: hints were lost: everything may have changed.
    """

    written: set[str] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)
    lost: bool = False


class Notifier(Protocol):
    """Tells what happens in directories."""

    @property
    def descriptor(self) -> int | None:
        """Readable when there are hints; None: it has to be asked."""

    def watch(self, directory: str) -> str | None:
        """Begin to watch a directory, if it is not watched yet; None, or why it has to be polled instead.

        Hints spell a path as ``os.path.join(directory, name)``. A directory that was deleted or moved away is watched
        no longer: hints name it among the renamed, and it has to be watched again when it is back.
        """

    def hints(self) -> Hints:
        """What came since the last call; never waits. A part of it where there is much: then ask again."""

    def close(self) -> None:
        """Stop."""


@dataclass(frozen=True, slots=True)
class Found:
    """A path that is to be followed.

    Attributes:
        path: as it was named or found.
        named: the user named it: it is waited for where it is not there, and followed even if it is binary.
        names: how hints may spell it.
        plain: it is neither compressed nor in UTF-16, as far as its first bytes tell.
    """

    path: str
    named: bool
    names: tuple[str, ...]
    plain: bool = True


@dataclass(slots=True)
class Findings:
    """What one search for sources brought.

    Attributes:
        files: new since the last search, in order; regular files, and named ones that are not there yet.
        pipes: new since the last search: FIFOs, ``-``, character devices.
        directories: all that have to be watched for ``files`` and for new ones, real names.
        events: what was left out, and why; each said once.
    """

    files: list[Found] = field(default_factory=list)
    pipes: list[Found] = field(default_factory=list)
    directories: Sequence[str] = ()
    events: list[Event] = field(default_factory=list)


class Finder(Protocol):
    """Finds the sources that the user named, again and again."""

    def exclude(self, paths: Collection[str]) -> None:
        """Take these paths, and the files behind them, for no sources: they are the run's own."""

    def expect(self, keys: Collection[str]) -> None:
        """Take note of what earlier runs have followed, by paths without links in their directories.

        What the user's names cover of it is returned by the first search even where nothing is there: its files may
        have been rotated away.
        """

    def search(self, changed: Collection[str] | None = None) -> Findings:
        """Look again; return what is new. The first call returns everything.

        Args:
            changed: look only into these of ``Findings.directories``; None: into all of them, which also finds what no
                hint told, such as a link that leads elsewhere now.
        """


class Clock(Protocol):
    """Time, and waiting for it."""

    def now(self) -> Now:
        """The time."""

    def wait(self, until: int | None, descriptors: Sequence[int]) -> None:
        """Wait until a descriptor is readable or the tick ``until`` has come (None: for a descriptor only)."""

    async def wait_async(self, until: int | None, descriptors: Sequence[int]) -> None:
        """The same in a loop, which goes on meanwhile."""
