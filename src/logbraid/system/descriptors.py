"""File descriptors: one that is closed only when nobody reads it, and a budget for many of them.

This is the only module that closes a descriptor. What is read through it, and whether the file is still the right
one, is not known here.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from itertools import islice
from typing import Final

__all__ = ["Descriptor", "Descriptors"]

MOST: Final = 16_384
"""Descriptors kept at most, whatever the limit: more would only hold memory in the kernel."""

TOO_MANY: Final = (errno.EMFILE, errno.ENFILE)


class Descriptor:
    """An open file descriptor that may be closed at any time, from any thread.

    The number is given back to the system when the last reader has left: closed mid-read, it could name another
    file before the read begins.
    """

    def __init__(self, number: int, *, owned: bool = True) -> None:
        self._number = number
        self._owned = owned
        self._lock = threading.Lock()
        self._readers = 0
        self._closing = False

    @property
    def idle(self) -> bool:
        """Whether nobody reads it just now."""
        return self._readers == 0

    def enter(self) -> bool:
        """Count one reader more, unless the descriptor is closed."""
        with self._lock:
            self._readers += not self._closing
            return not self._closing

    def leave(self) -> None:
        """Count one reader less; the last one closes what was to be closed."""
        with self._lock:
            self._readers -= 1
            self._close_if_free()

    def use(self) -> Descriptor:
        """Hold the number for one call, with ``with``; OSError(EBADF) once closed."""
        if not self.enter():
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self

    def __enter__(self) -> int:
        """The number, for a reader who has been counted already."""
        return self._number

    def __exit__(self, *_: object) -> None:
        """The reader leaves."""
        self.leave()

    def close(self) -> None:
        """Close now or when the last reader leaves; may be called again."""
        with self._lock:
            if not self._closing:
                self._closing = True
                self._close_if_free()

    def _close_if_free(self) -> None:
        if self._closing and self._readers == 0 and self._owned:
            self._owned = False
            os.close(self._number)


class Descriptors:
    """Keeps the most recently used descriptors open, within a budget, for any number of files and threads.

    Args:
        limit: how many to keep; default: derived from the process's limit, which is raised as far as allowed.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit = budget(raise_limit()) if limit is None else limit
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Descriptor] = OrderedDict()

    @property
    def kept(self) -> int:
        """How many are open now."""
        return len(self._kept)

    def use(self, key: Hashable, opener: Callable[[], int]) -> Descriptor:
        """Hold the descriptor known as ``key`` for one call; ``opener`` is asked for it where it is not open."""
        return self._known(key) or self._opened(key, opener)

    def close(self, key: Hashable) -> None:
        """Close the descriptor known as ``key``, if it is open."""
        with self._lock:
            descriptor = self._kept.pop(key, None)
        if descriptor:
            descriptor.close()

    def _known(self, key: Hashable) -> Descriptor | None:
        with self._lock:
            descriptor = self._kept.get(key)
            if descriptor is None or not descriptor.enter():
                return None
            self._kept.move_to_end(key)
            return descriptor

    def _opened(self, key: Hashable, opener: Callable[[], int]) -> Descriptor:
        """Open outside the lock, for opening may take long; the loser of a race closes what it opened."""
        self._shed(down_to=self.limit - 1)
        try:
            number = opener()
        except OSError as error:
            if error.errno not in TOO_MANY:
                raise
            # Somebody else in the process holds more than the headroom: give back what is idle and try once more.
            self._shed(down_to=0)
            number = opener()
        return self._keep(key, Descriptor(number))

    def _keep(self, key: Hashable, opened: Descriptor) -> Descriptor:
        with self._lock:
            kept = self._kept.setdefault(key, opened)
            kept.enter()
        if kept is not opened:
            opened.close()
        return kept

    def _shed(self, down_to: int) -> None:
        with self._lock:
            excess = max(0, len(self._kept) - down_to)
            idle = (key for key, descriptor in self._kept.items() if descriptor.idle)
            for key in list(islice(idle, excess)):
                self._kept.pop(key).close()


def raise_limit() -> int:
    """Raise the soft limit of open files to the hard one where the system allows it; return what holds now."""
    try:
        import resource  # not on every platform
    except ImportError:
        return 512
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):  # macOS reports a hard limit that it does not grant
        hard = soft
    return MOST * 2 if hard == resource.RLIM_INFINITY else hard


def budget(limit: int) -> int:
    """How many descriptors may be kept under a limit, leaving headroom for sinks, pipes and the program around us."""
    return max(8, min(MOST, limit - max(64, limit // 4)))
