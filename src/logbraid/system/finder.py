"""From what the user names to the files that are followed, again and again: what is new since the last search.

No more than the first bytes of a new file are read here, and no descriptor stays open. A rotated file is left to the
tail of the name that it was rotated away from; commands, and objects in remote stores, are not found here.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from logbraid.core.events import BinaryKept, BinarySkipped, SourceFailed, SourceSkipped
from logbraid.core.siblings import bases, is_compressed_name
from logbraid.core.types import SECOND, Identity
from logbraid.errors import SourceError, UsageError
from logbraid.system import remote
from logbraid.system.content import is_binary, is_plain
from logbraid.system.discover import head_of
from logbraid.system.errors import reading
from logbraid.system.known import Known, Owned
from logbraid.system.pipes import STDIN
from logbraid.system.ports import Findings, Found
from logbraid.system.territory import Place, Territory
from logbraid.system.walk import Pattern, is_pattern

__all__ = ["Finder"]

UNFINISHED: Final = 2 * SECOND
"""So long after it was last written, a compressed file counts as whole."""

Changed = frozenset[str] | None
"""The directories to look into; None: all."""


def nobody(identity: Identity) -> bool:
    """No file has a tail."""
    return False


class Finder:
    """Finds what ``specs`` name: files, directories, patterns, FIFOs, ``-``, ``file://`` URIs.

    Args:
        specs: in their order.
        exclude: paths that are never sources (the output, its temporary, its checkpoint), whatever their names.
        owned: whether some tail has a file: reads it, has read it, or knows it as the past of its source.

    Raises:
        UsageError: a URI names a store whose objects cannot be followed.
    """

    def __init__(self, specs: Sequence[str], exclude: Sequence[str] = (), owned: Owned = nobody) -> None:
        self._known = Known(exclude, owned)
        self._wanted: list[Named | Area] = [self._of(spec) for spec in specs]
        self._known.expect(each.path for each in self._wanted if isinstance(each, Named))
        self._expected: list[str] = []

    def exclude(self, paths: Collection[str]) -> None:
        """Take these paths for no sources, nor what is rotated away from them."""
        self._known.exclude(paths)

    def expect(self, keys: Collection[str]) -> None:
        """Take note of what earlier runs have followed, as far as the user's names cover it."""
        spelled = (path for key in keys for each in self._wanted if (path := each.spell(key)))
        self._expected = list(dict.fromkeys(spelled))
        self._known.expect(self._expected)

    def search(self, changed: Collection[str] | None = None) -> Findings:
        """Look again; return what is new. The first call returns everything.

        Args:
            changed: look only into these of ``Findings.directories``; None: into all of them.
        """
        found = Findings()
        self._known.begin(found.events)
        changed = changed if changed is None else frozenset(changed)
        self._wanted = [each.search(found, changed) for each in self._wanted]
        found.files += self._missed()
        found.directories = tuple(dict.fromkeys(each for wanted in self._wanted for each in wanted.directories()))
        return found

    def _missed(self) -> Iterator[Found]:
        """Return what was expected and has not been found."""
        for path in self._expected:
            key = self._known.key(path)
            if self._known.admits_name(path, key):
                self._known.follow(path, key, None)
                yield Found(path, False, names_of(path, key))
        self._expected = []

    def _of(self, spec: str) -> Named | Area:
        path = remote.local_path(spec) or spec
        if remote.is_uri(path) and not os.path.lexists(path):
            raise UsageError(f"{remote.without_credentials(path)}: objects in a remote store cannot be followed")
        if path != STDIN and not os.path.isdir(path) and is_pattern(path):
            return Area(path, Pattern.of(path), self._known, "nothing matches this pattern yet")
        return Area.below(path, self._known) if os.path.isdir(path) else Named(path, self._known)


class Named:
    """One path that the user named: it is followed whatever it leads to, and waited for where it leads to nothing."""

    def __init__(self, path: str, known: Known) -> None:
        self.path = path
        self._known = known
        self._directories: tuple[str, ...] = ()
        self._returned = False
        self._settled = False

    def search(self, found: Findings, changed: Changed) -> Named | Area:
        """Look what is there, until that is clear; a directory goes on as an area."""
        if changed is not None and self._directories and changed.isdisjoint(self._directories):
            return self
        if not self._settled:
            try:
                with reading(self.path):
                    status = os.fstat(0) if self.path == STDIN else os.stat(self.path)
            except SourceError:
                self._return(found, None)
            else:
                if stat.S_ISDIR(status.st_mode):
                    return Area.below(self.path, self._known).search(found, changed)
                self._take(found, status)
        self._directories = tuple(self._to_be_watched())
        return self

    def spell(self, key: str) -> str | None:
        """Return how the user's name spells a path without links; None: it means another one."""
        return self.path if key == self._known.key(self.path) else None

    def directories(self) -> Sequence[str]:
        """Where the name is, and where what it leads to is; or where the first missing directory would be."""
        return self._directories

    def _take(self, found: Findings, status: os.stat_result) -> None:
        """Return the path for what it is; the kernel's files, which tell no size, are read like pipes."""
        if self.path == STDIN or stat.S_ISFIFO(status.st_mode) or stat.S_ISCHR(status.st_mode):
            self._return_pipe(found, status)
        elif not stat.S_ISREG(status.st_mode):
            self._known.say(SourceFailed(self.path, "neither a file, a directory, a pipe nor a character device"))
        elif (head := self._head()) and not (status.st_size or self._size()):
            self._return_pipe(found, status)
        else:
            if is_binary(head):
                self._known.say(BinaryKept(self.path))
            self._return(found, Identity.of(status), is_plain(head))
            self._settled = True

    def _head(self) -> bytes:
        try:
            with reading(self.path):
                return head_of(self.path)
        except SourceError:
            return b""  # its tail will meet the same

    def _size(self) -> int:
        """The length once something was read: what was empty before may have been written to meanwhile."""
        try:
            return os.stat(self.path).st_size
        except OSError:
            return 1  # gone: a file, then

    def _return(self, found: Findings, identity: Identity | None, plain: bool = True) -> None:
        """Return the path once: with what it leads to, or before it leads to anything."""
        key = self._known.key(self.path)
        if self._returned:
            if identity is not None:
                self._known.follow(self.path, key, identity)
            return
        self._returned = True
        admitted = self._known.admits(self.path, key, identity) if identity else self._known.admits_name(self.path, key)
        if admitted:
            self._known.follow(self.path, key, identity)
            found.files.append(Found(self.path, True, names_of(self.path, key), plain))

    def _return_pipe(self, found: Findings, status: os.stat_result) -> None:
        """Return the path as a pipe, even where it was waited for as a file."""
        self._settled = True
        if self._returned or self._known.admits(self.path, self._known.key(self.path), Identity.of(status)):
            self._known.follow(self.path, self._known.key(self.path), Identity.of(status))
            found.pipes.append(Found(self.path, True, ()))

    def _to_be_watched(self) -> Iterator[str]:
        if self.path == STDIN:
            return
        yield self._known.watchable(self.path)
        if os.path.islink(self.path):
            yield self._known.watchable(os.path.realpath(self.path))


class Look(NamedTuple):
    """A rotated file as it was seen when it was met or had grown.

    Attributes:
        size: its length.
        owned: a tail had it; always so when it was met, since the tail of its base may not have asked for it yet.
    """

    size: int
    owned: bool


class Rotated:
    """Files of one place with rotated names, which may turn out to be written to.

    It takes two growths, and no tail may have had the file either time: the first may have come before the tail of its
    base could ask for its past.
    """

    def __init__(self, owned: Owned) -> None:
        self._owned = owned
        self._names: set[str] = set()
        self._looks: dict[Identity, Look] = {}

    def add(self, name: str) -> None:
        """Look at this name too from now on."""
        self._names.add(name)

    def live(self, place: Place) -> list[str]:
        """Look at each file; return, and forget, the names of those that somebody writes to and no tail has."""
        self._names &= place.names
        before, self._looks = self._looks, {}
        live = [name for name in sorted(self._names) if self._look(place.prefix + name, before)]
        self._names.difference_update(live)
        return live

    def _look(self, path: str, before: Mapping[Identity, Look]) -> bool:
        try:
            status = os.stat(path)
        except OSError:
            return False  # gone, or soon to be missing from the listing
        identity = Identity.of(status)
        last = before.get(identity)
        if last is None:
            look = last = Look(status.st_size, owned=True)
        else:
            look = last if status.st_size == last.size else Look(status.st_size, self._owned(identity))
        self._looks[identity] = look
        return look.size > last.size and not (look.owned or last.owned)


class Area:
    """A directory or a pattern that the user named: what appears in it is followed, unless a tail reads it anyway."""

    def __init__(self, path: str, pattern: Pattern, known: Known, nothing: str) -> None:
        self.path = path
        self._pattern = pattern
        self._known = known
        self._nothing = nothing
        self._territory = Territory(pattern, lambda error: known.say(SourceFailed(error.path, error.reason)))
        self._links: dict[str, dict[str, str]] = {}
        self._rotated: dict[str, Rotated] = {}
        self._is_empty = True
        self._is_first = True

    @classmethod
    def below(cls, directory: str, known: Known) -> Area:
        """Everything in a directory that is not hidden."""
        return cls(directory, Pattern.below(directory), known, "no files in this directory yet")

    def search(self, found: Findings, changed: Changed) -> Area:
        """Look into the directories that changed, and return what is new there."""
        for place, names in self._territory.look(changed):
            self._is_empty &= not names
            for name in names:
                self._meet(found, place, name)
            for name in self._rotated[place.prefix].live(place) if place.prefix in self._rotated else ():
                self._attempt(found, place, name)
            self._look_at_links(place)
        if self._is_empty:
            self._known.say(SourceSkipped(self.path, self._nothing))
        self._is_first = False
        return self

    def spell(self, key: str) -> str | None:
        """Return how a file of this path would be found here, be there one or not; None: it does not match."""
        root = os.path.join(os.path.realpath(self._pattern.root or "."), "")
        below = key.removeprefix(root)
        matches = key.startswith(root) and self._pattern.matches(below.split("/"))
        return self._pattern.root + below if matches else None

    def directories(self) -> Iterator[str]:
        """All places in which matches may appear, and the directories that links there lead to."""
        if not self._territory.places:
            yield self._known.watchable(self._pattern.root)
        for place in self._territory.places:
            yield place.real
            yield from self._links.get(place.prefix, {}).values()

    def _meet(self, found: Findings, place: Place, name: str) -> None:
        """Judge a name that was not there before."""
        path = place.prefix + name
        past_of = [base for base in bases(name) if self._has_base(place, base)]
        if not past_of:
            self._attempt(found, place, name)
        elif is_compressed_name(name) or any(self._known.is_excluded(place.real + "/" + base) for base in past_of):
            pass  # it does not grow, or it is our own output's past
        else:
            self._rotated.setdefault(place.prefix, Rotated(self._known.owned)).add(name)
        if os.path.islink(path):
            self._links.setdefault(place.prefix, {})[name] = ""

    def _has_base(self, place: Place, base: str) -> bool:
        """Whether ``base`` is followed or going to be, here or in the directory above (logrotate's olddir)."""
        if base in place.names and self._territory.takes(place, base):
            return True
        return any(self._known.is_base(os.path.join(each, base)) for each in (place.real, os.path.dirname(place.real)))

    def _attempt(self, found: Findings, place: Place, name: str) -> None:
        """Take a file; one that is there and cannot be read is tried again at each search."""
        path = place.prefix + name
        try:
            with reading(path):
                self._take(found, place, name, os.stat(path))
        except SourceError as error:
            place.names.discard(name)
            if os.path.exists(path):
                self._known.say(SourceFailed(path, error.reason))
            elif os.path.islink(path):
                self._known.say(SourceSkipped(path, "dangling link"))

    def _take(self, found: Findings, place: Place, name: str, status: os.stat_result) -> None:
        """Return a file that nobody named: only a regular one will do, since opening others may have effects."""
        path, key = place.prefix + name, os.path.join(place.real, name)
        if not stat.S_ISREG(status.st_mode):
            self._known.say(SourceSkipped(path, "not a regular file"))
        elif self._known.admits(path, key, Identity.of(status)):
            head = head_of(path) if status.st_size else b""
            if (not is_plain(head) or is_compressed_name(name)) and _is_unfinished(status) and not self._is_first:
                place.names.discard(name)  # it is read once only, so it should be whole
                return
            if is_binary(head):
                self._known.say(BinarySkipped(path))
                return
            self._known.follow(path, key, Identity.of(status))
            found.files.append(Found(path, False, names_of(path, key), is_plain(head)))

    def _look_at_links(self, place: Place) -> None:
        """Find out where links lead now: what they lead to is written elsewhere."""
        links = self._links.get(place.prefix, {})
        for name in list(links):
            if os.path.islink(place.prefix + name):
                links[name] = self._known.watchable(os.path.realpath(place.prefix + name))
            else:
                del links[name]


def _is_unfinished(status: os.stat_result) -> bool:
    """Whether a compressed file may still be being written."""
    return not status.st_size or time.time_ns() - status.st_mtime_ns < UNFINISHED


def names_of(path: str, key: str) -> tuple[str, ...]:
    """How hints may spell a path: without links in its directories, and if it is a link, as what it leads to."""
    return (key, os.path.realpath(path)) if os.path.islink(path) else (key,)
