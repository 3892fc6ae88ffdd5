"""From what the user names to the sources that are merged, and the events that say what was left out and why.

Nothing is read here beyond the first bytes of each file, and no descriptor stays open. The order of the sources
depends on the names alone: as they were given, and sorted by path inside a directory or a pattern.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from logbraid.core.events import BinaryKept, BinarySkipped, Event, SourceFailed, SourceSkipped
from logbraid.core.types import Identity
from logbraid.errors import SourceError
from logbraid.system import remote
from logbraid.system.content import HEAD, PlainSource, is_binary, is_plain
from logbraid.system.descriptors import Descriptors
from logbraid.system.errors import reading
from logbraid.system.files import LocalFile, OpenSource
from logbraid.system.pipes import STDIN, CommandSource, PipeSource
from logbraid.system.walk import files_below, files_matching, is_pattern

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

__all__ = ["Discovery", "discover"]


@dataclass(slots=True)
class Discovery:
    """What was found.

    Attributes:
        sources: in their order; ready to be read, none of them opened.
        events: what was skipped, what failed, what is odd.
    """

    sources: list[OpenSource] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def discover(
    specs: Sequence[str],
    *,
    commands: Sequence[str] = (),
    exclude: Sequence[str] = (),
    descriptors: Descriptors | None = None,
    filesystem: FileSystem | None = None,
) -> Discovery:
    """Find the sources that ``specs`` name, then those of ``commands``.

    Args:
        specs: files, directories, patterns, FIFOs, ``-``, URIs.
        commands: their standard output is a source.
        exclude: paths that are never a source (the output, its temporary, its checkpoint), whatever their names.
        descriptors: the budget that local files share; default: a new one.
        filesystem: serves the URIs instead of the ones that they name.

    Raises:
        UsageError: a command cannot be split into words. All else that goes wrong is an event.
    """
    search = Search(exclude, descriptors or Descriptors(), filesystem)
    for spec in specs:
        search.add(spec)
    for command in commands:
        search.found.sources.append(CommandSource(command))
    return search.found


class Search:
    """One run of ``discover``: what has been found so far, and by which identity it is known."""

    def __init__(self, exclude: Sequence[str], descriptors: Descriptors, filesystem: FileSystem | None) -> None:
        self.found = Discovery()
        self._descriptors = descriptors
        self._filesystem = filesystem
        self._excluded_paths = {spelt(path) for path in exclude for spelt in (os.path.abspath, os.path.realpath)}
        self._excluded = identities(exclude)
        self._known: dict[Identity | str, str] = {}

    def add(self, spec: str) -> None:
        """Add what ``spec`` names: itself, what is in it, or what it matches."""
        spec = remote.local_path(spec) or spec
        if spec == STDIN:
            self._attempt(spec, self._add_stdin)
        elif os.path.isdir(spec):
            self._add_all(files_below(spec, self._failed), SourceSkipped(spec, "no files in this directory"))
        elif remote.is_uri(spec) and not os.path.lexists(spec):
            self._attempt(spec, self._add_remote)
        elif is_pattern(spec):
            self._add_all(files_matching(spec, self._failed), SourceFailed(spec, "nothing matches this pattern"))
        else:
            self._attempt(spec, self._add_named)

    def _attempt(self, path: str, add: Callable[[str], None]) -> None:
        """Add one path; what goes wrong with it concerns no other."""
        try:
            with reading(path):
                add(path)
        except SourceError as error:
            self._failed(error)

    def _failed(self, error: SourceError) -> None:
        self.found.events.append(SourceFailed(error.path, error.reason))

    def _add_all(self, paths: Sequence[str], none: Event) -> None:
        for path in paths:
            self._attempt(path, self._add_met)
        if not paths:
            self.found.events.append(none)

    def _add_stdin(self, path: str) -> None:
        self._add_pipe(path, os.fstat(0))

    def _add_named(self, path: str) -> None:
        status = os.stat(path)
        if stat.S_ISREG(status.st_mode):
            self._add_file(path, status, named=True)
        elif stat.S_ISFIFO(status.st_mode) or stat.S_ISCHR(status.st_mode):
            self._add_pipe(path, status)
        else:
            raise SourceError(path, "neither a file, a directory, a pipe nor a character device")

    def _add_met(self, path: str) -> None:
        """Add a path that nobody named: only a regular file will do, since opening others may wait or have effects."""
        if os.path.islink(path) and not os.path.exists(path):
            self.found.events.append(SourceSkipped(path, "dangling link"))
            return
        status = os.stat(path)
        if stat.S_ISREG(status.st_mode):
            self._add_file(path, status, named=False)
        else:
            self.found.events.append(SourceSkipped(path, "not a regular file"))

    def _add_file(self, path: str, status: os.stat_result, *, named: bool) -> None:
        if self._is_new(path, Identity.of(status)):
            head = head_of(path)
            if named and head and not status.st_size:
                self._add_pipe(path, status)  # a file of the kernel's, which tells no size and is read like a pipe
                return
            file = LocalFile(path, status, self._descriptors)
            self._add_looked_at(file, head, Identity.of(status), named=named)

    def _add_pipe(self, path: str, status: os.stat_result) -> None:
        if self._is_new(path, Identity.of(status)):
            self._known[Identity.of(status)] = path
            self.found.sources.append(PlainSource(PipeSource(path, status)))

    def _add_remote(self, uri: str) -> None:
        files = remote.expand(uri, self._filesystem)
        for file in files:
            self._attempt(file.path, partial(self._add_remote_file, file, uri))
        if not files:
            self.found.events.append(SourceSkipped(remote.without_credentials(uri), "no files in this directory"))

    def _add_remote_file(self, file: remote.RemoteSource, uri: str, path: str) -> None:
        if not self._is_new(path, path):
            return
        scratch = memoryview(bytearray(HEAD))
        head = scratch[: file.read_at(scratch, 0)].tobytes()
        file.close()
        self._add_looked_at(file, head, path, named=path == remote.without_credentials(uri))

    def _add_looked_at(self, file: OpenSource, head: bytes, identity: Identity | str, *, named: bool) -> None:
        if is_binary(head):
            self.found.events.append(BinaryKept(file.path) if named else BinarySkipped(file.path))
            if not named:
                return
        self._known[identity] = file.path
        self.found.sources.append(file if is_plain(head) else PlainSource(file))

    def _is_new(self, path: str, identity: Identity | str) -> bool:
        """Whether this is neither the run's own output nor a source already; says so if it is."""
        if identity in self._excluded or os.path.abspath(path) in self._excluded_paths:
            self.found.events.append(SourceSkipped(path, "belongs to the output"))
        elif identity in self._known:
            self.found.events.append(SourceSkipped(path, f"the same file as {self._known[identity]}"))
        else:
            return True
        return False


def identities(paths: Iterable[str]) -> set[Identity]:
    """The identities of those paths that exist."""
    return {Identity.of(os.stat(path)) for path in paths if os.path.exists(path)}


def head_of(path: str) -> bytes:
    """The first bytes of a regular file."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, HEAD)
    finally:
        os.close(descriptor)
