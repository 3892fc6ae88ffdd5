"""Commits made beside the writing: one thread, which takes what is true by then and makes it last.

Whoever writes never waits for the disk until the end. While one commit is under way the next ones grow together into a
single one, so a slow disk makes commits rarer and not the run slower.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread

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
        self._changed = Condition()
        self._waiting: Commit | None = None
        self._saving = False
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
        with self._changed:
            self._waiting = commit if self._waiting is None else _both(self._waiting, commit)
            self._changed.notify_all()

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
        with self._changed:
            self._changed.wait_for(lambda: self._error or not (self._waiting or self._saving))
        self.check()

    def close(self) -> None:
        """End the thread, behind the commit that is under way; what waits is not saved. Never raises."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        while (commit := self._next()) is not None:
            try:
                self._save(commit)
            except BaseException as error:  # whatever it is, whoever writes has to learn of it
                self._error = error
            with self._changed:
                self._saving = False
                self._changed.notify_all()

    def _next(self) -> Commit | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._error or self._waiting)
            if self._closed or self._error:
                return None
            commit, self._waiting = self._waiting, None
            self._saving = True
            return commit


def _both(earlier: Commit, later: Commit) -> Commit:
    """Return what is true after both."""
    positions = {position.source: position for position in (*earlier.positions, *later.positions)}
    return Commit(later.output, tuple(positions.values()))
