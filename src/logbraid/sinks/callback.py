"""Hands each batch to a function, which may be plain or a coroutine function.

The function's colour is judged by what it returns, and whatever can be awaited is left to the driver: which loop runs
it, and who waits for it meanwhile, is different in each of the four.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from logbraid.sinks.base import Batch

__all__ = ["CallbackSink"]


class CallbackSink:
    """Calls ``function`` with each batch; what it raises is passed on.

    It never says that it takes bare lines, so that the function gets a ``RecordBatch`` always.
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def write(self, batch: Batch) -> object:
        """Call the function; return what it returns."""
        return self._function(batch)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to close."""

    def abort(self) -> None:
        """Nothing to undo: what was taken was taken."""
