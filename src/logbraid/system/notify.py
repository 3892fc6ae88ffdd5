"""Notifications: which directories had something written, created, moved or deleted, as inotify tells it.

What is told here is a hint and no more: nobody looks at a file, and nothing waits. inotify_simple is loaded with the
first notifier, since it looks for the C library (some 20 ms).
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

from logbraid.system import mounts, ports
from logbraid.system.errors import reason
from logbraid.system.ports import Hints

__all__ = ["NoNotifier", "Notifier", "notifier"]

MODIFY: Final = 0x0000_0002
ATTRIB: Final = 0x0000_0004
MOVED_FROM: Final = 0x0000_0040
MOVED_TO: Final = 0x0000_0080
CREATE: Final = 0x0000_0100
DELETE: Final = 0x0000_0200
DELETE_SELF: Final = 0x0000_0400
MOVE_SELF: Final = 0x0000_0800
UNMOUNT: Final = 0x0000_2000
Q_OVERFLOW: Final = 0x0000_4000
IGNORED: Final = 0x0000_8000
ONLYDIR: Final = 0x0100_0000

# ATTRIB: permissions may have been given, or a link count has gone down, the only sign of a name deleted elsewhere.
ASKED: Final = MODIFY | ATTRIB | MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF | MOVE_SELF | ONLYDIR
GONE: Final = DELETE_SELF | MOVE_SELF | UNMOUNT | IGNORED

REASONS: Final = {
    errno.ENOSPC: "more directories than fs.inotify.max_user_watches allows",
    errno.EMFILE: "more programs use notifications than fs.inotify.max_user_instances allows",
    errno.ENOENT: "no such directory",
}

HEADER: Final = 16
LARGEST: Final = HEADER + 256
"""Bytes of the longest event; one is four numbers, the last of them the length of the name that follows."""

PIECE: Final = 256 * 1024
PIECES: Final = 4
"""Reads in one call: twice what the kernel's queue (16,384 events) holds where names are short."""


def notifier() -> ports.Notifier:
    """The best notifier that this machine has to offer."""
    if not sys.platform.startswith("linux"):
        return NoNotifier("no notifications on this platform")
    try:
        return Notifier()
    except OSError as error:
        return NoNotifier(why(error))
    except ImportError:
        return NoNotifier("inotify_simple is not installed")


class NoNotifier:
    """For where there are no notifications: everything has to be polled."""

    descriptor = None

    def __init__(self, why_not: str) -> None:
        self._why_not = why_not

    def watch(self, directory: str) -> str | None:
        """Say why not."""
        return self._why_not

    def hints(self) -> Hints:
        """None, ever."""
        return Hints()

    def close(self) -> None:
        """There is nothing to stop."""


class Notifier:
    """One inotify descriptor for all directories.

    A directory that is watched under several spellings has one watch in the kernel; hints come in every spelling.

    Raises:
        OSError: the kernel has no inotify, or none to spare.
    """

    def __init__(self) -> None:
        from inotify_simple import INotify, parse_events  # type: ignore[import-untyped]  # it has no annotations

        self._inotify: Any = INotify(nonblocking=True)
        self._parse_events: Callable[[bytes], Iterable[tuple[int, int, int, str]]] = parse_events
        self._watches: dict[str, int] = {}
        self._spellings: dict[int, list[str]] = {}

    @property
    def descriptor(self) -> int | None:
        """Readable when there are hints."""
        return None if self._inotify.closed else int(self._inotify.fileno())

    def watch(self, directory: str) -> str | None:
        """Begin to watch a directory, if it is not watched yet; None, or why it has to be polled instead."""
        if directory in self._watches:
            return None
        if why_polled := mounts.why_polled(directory):
            return why_polled
        try:
            watch = self._inotify.add_watch(directory, ASKED)
        except OSError as error:
            return why(error)
        self._watches[directory] = watch
        self._spellings.setdefault(watch, []).append(directory)
        return None

    def hints(self) -> Hints:
        """What came since the last call, at most ``PIECES`` reads of it; never waits."""
        hints = Hints()
        for watch, mask, _, name in self._parse_events(b"".join(self._distinct())):
            self._take(watch, mask, name, hints)
        return hints

    def close(self) -> None:
        """Stop, and forget every watch."""
        self._inotify.close()
        self._watches.clear()
        self._spellings.clear()

    def _distinct(self) -> Iterable[bytes]:
        """The raw events, each one once: a busy file's are all the same, and parsing costs ten times the comparison."""
        events: dict[bytes, None] = {}
        for _ in range(PIECES):
            data = self._read()
            events.update(dict.fromkeys(pieces(data)))
            if len(data) < PIECE - LARGEST:
                break
        return events

    def _read(self) -> bytes:
        if self._inotify.closed:
            return b""
        try:
            return os.read(self._inotify.fileno(), PIECE)
        except BlockingIOError:
            return b""

    def _take(self, watch: int, mask: int, name: str, hints: Hints) -> None:
        """Put one event among the hints; those of a watch that was forgotten meanwhile say nothing any more."""
        spellings = self._spellings.get(watch, ())
        if mask & Q_OVERFLOW:
            hints.lost = True
        elif mask & GONE:
            hints.renamed.update(spellings)
            self._forget(watch, moved=bool(mask & MOVE_SELF))
        else:
            kind = hints.written if mask & MODIFY else hints.renamed
            kind.update(os.path.join(each, name) if name else each for each in spellings)

    def _forget(self, watch: int, *, moved: bool) -> None:
        """Watch a directory no longer that is not at its name any more."""
        for directory in self._spellings.pop(watch, ()):
            del self._watches[directory]
        if moved:  # in all other cases the kernel has let go of it already
            with suppress(OSError):  # deleted since
                self._inotify.rm_watch(watch)


def pieces(data: bytes) -> Iterable[bytes]:
    """Cut what was read into events, without looking at more of each than its length."""
    numbers = memoryview(data).cast("I")
    start = 0
    while start < len(data):
        stop = start + HEADER + numbers[(start >> 2) + 3]
        yield data[start:stop]
        start = stop


def why(error: OSError) -> str:
    """What went wrong, and what could be done about it."""
    return REASONS.get(error.errno or 0) or reason(error)
