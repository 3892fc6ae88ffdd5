"""The output of a run that does not end by itself: a file that grows as records come, and may be rotated itself.

Unlike a finite run's file it is never replaced unasked; what is in it was written, and nobody remembers from where:
that is what ``committed`` adds.
"""

from __future__ import annotations

from collections.abc import Sequence

from logbraid.errors import SinkError, UsageError
from logbraid.sinks.base import Batch, Renderer
from logbraid.sinks.growing import GrowingFile, GrowingSink

__all__ = ["AppendSink"]


class AppendSink(GrowingSink):
    """Appends to a file, or writes to whatever else is there under the name (a FIFO, ``/dev/null``).

    The file must be this run's alone: a line that another process appends meanwhile may be cut off with a half one.

    Args:
        path: the file.
        renderer: what the bytes are.
        append: write behind what is there.
        fresh: empty the file first.

    Raises:
        SinkError: the file cannot be opened, or is not empty and nothing was said about that, or another run has it.
        UsageError: it cannot be both emptied and added to.
    """

    def __init__(self, path: str, renderer: Renderer, *, append: bool = False, fresh: bool = False) -> None:
        if append and fresh:
            raise UsageError("append keeps what is there and fresh does not: choose one")
        super().__init__(GrowingFile(path), renderer)
        try:
            self._prepare(append=append, fresh=fresh)
        except BaseException:
            self.abort()
            raise

    @property
    def own_paths(self) -> Sequence[str]:
        """Paths that must not be followed, as they are this sink's own."""
        return [self.name]

    def write(self, batch: Batch) -> None:
        """Render and append a batch; what cannot be written to its end is cut back to the last whole line."""
        self._file.write(self.renderer(batch))

    def sync(self) -> None:
        """Wait until what was written is on the disk."""
        self._file.sync()

    def reopen(self) -> None:
        """Go on in a new file under the name, after somebody has renamed the old one.

        The rest of a line that is half written goes to the new file.

        Raises:
            SinkError: the new file cannot be opened; the old one is written on.
        """
        self._file.switch()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def abort(self) -> None:
        """Close the file; what was written was written. Never raises."""
        self._file.abandon()

    def _prepare(self, *, append: bool, fresh: bool) -> None:
        """Make room in a file that was there before, or for the first line behind what it holds."""
        if not self._file.length:
            return
        if fresh:
            self._file.cut(0)
        elif append:
            self._file.end_line()
        else:
            raise SinkError(f"{self.name} is not empty: --append adds to it, --fresh begins it anew")
