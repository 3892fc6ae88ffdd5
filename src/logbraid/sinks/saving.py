"""Commits made beside the writing: one thread, which takes what is true by then and makes it last.

Whoever writes never waits for the disk until the end. While one commit is under way the next ones grow together into a
single one, so a slow disk makes commits rarer and not the run slower. Nothing here holds a lock: an interrupt may come
anywhere in whoever writes, and what it left locked would never let the thread end.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from logbraid.core.checkpoint import Commit

__all__ = ["Saving"]


class Saving:
    """Saves commits in the order in which they are asked for.

    Args:
        save: saves one; called by one thread at a time.
        beside: in a thread of its own; else by whoever asks.
    """

    def __init__(self, save: Callable[[Commit], None], *, beside: bool = True) -> None:
        self._save = save
        self._beside = beside
        # Commits, whoever waits for those before, and None for the end.
        self._asked: SimpleQueue[Commit | SimpleQueue[None] | None] = SimpleQueue()
        self._closed = False
        self._error: BaseException | None = None
        self._thread: Thread | None = None

    def ask(self, commit: Commit) -> None:
        """Have a commit saved soon. Raises what an earlier one raised."""
        self.check()
        if not self._beside:
            self._save(commit)
            return
        if self._thread is None:
            self._thread = Thread(target=self._serve, name="logbraid-save", daemon=True)
            self._thread.start()
        self._asked.put(commit)

    def save_now(self, commit: Callable[[], Commit]) -> None:
        """Save what is true once all that was asked for is saved, and wait for it. Raises what any commit raised."""
        self.wait()
        try:
            self._save(commit())
        except BaseException as error:  # nothing may be committed behind it: what it held would be left out
            self._error = error
            raise

    def check(self) -> None:
        """Raise what a commit raised, if one did: nothing is saved after that."""
        if self._error is not None:
            raise self._error

    def wait(self) -> None:
        """Wait until all that was asked for is saved. Raises what a commit raised."""
        if self._thread is not None and self._thread.is_alive() and not self._closed:
            saved: SimpleQueue[None] = SimpleQueue()
            self._asked.put(saved)
            saved.get()
        self.check()

    def close(self) -> None:
        """End the thread, behind the commit that is under way; what waits is not saved. Never raises."""
        self._closed = True
        self._asked.put(None)
        if self._thread is not None:
            with suppress(RuntimeError):  # an interrupt has kept it from starting
                self._thread.join()

    def _serve(self) -> None:
        waiting: Commit | None = None
        while (asked := self._asked.get()) is not None:
            if isinstance(asked, Commit):
                waiting = asked if waiting is None else _both(waiting, asked)
                if not self._asked.empty():
                    continue  # it grows, or is not wanted any more
            if waiting is not None:
                self._try_to_save(waiting)
                waiting = None
            if not isinstance(asked, Commit):
                asked.put(None)

    def _try_to_save(self, commit: Commit) -> None:
        if self._error is None:
            try:
                self._save(commit)
            except BaseException as error:  # whatever it is, whoever writes has to learn of it
                self._error = error


def _both(earlier: Commit, later: Commit) -> Commit:
    """Return what is true after both."""
    positions = {position.source: position for position in (*earlier.positions, *later.positions)}
    return Commit(later.output, tuple(positions.values()))
