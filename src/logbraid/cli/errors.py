"""How a command ends: which exit code each kind of ending has, and what is said of it.

Nothing else in the package exits, and no error that is expected shows a traceback.
"""

from __future__ import annotations

import errno
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import click

from logbraid.errors import LogbraidError, SinkError, SourceError, UsageError
from logbraid.sinks.visible import visible_name

__all__ = ["INCOMPLETE", "UNDECIDED", "endings"]

INCOMPLETE: Final = 1
"""A source could not be read, or the output is not what it should be."""

UNDECIDED: Final = 3
FAILED: Final = 3
"""The output could not be written."""

_SIGNALLED: Final = 128
_ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def endings() -> Iterator[None]:
    """Turn whatever ends a command into its exit code.

    A signal that asks the command to end is an exception while this lasts, so that half-written files are removed. A
    second one ends it at once.
    """
    with _signals_raise():
        try:
            yield
        except UsageError as error:
            raise click.UsageError(visible_name(str(error)), click.get_current_context(silent=True)) from None
        except SinkError as error:
            if error.errno != errno.EPIPE:  # whoever read the output has seen enough
                _fail(error, FAILED)
        except SourceError as error:
            _fail(error, INCOMPLETE)
        except LogbraidError as error:
            _fail(error, FAILED)
        except OSError as error:
            if error.errno != errno.EPIPE:  # from a command that only prints: what sinks meet comes translated
                _fail(SinkError(f"standard output: {error.strerror}", error.errno), FAILED)


def _fail(error: LogbraidError, code: int) -> None:
    click.echo(f"logbraid: {visible_name(str(error))}", err=True)
    sys.exit(code)


@contextmanager
def _signals_raise() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _ENDING_SIGNALS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as nohup wants it
            signal.signal(number, _leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, frame: FrameType | None) -> None:
    for ending in _ENDING_SIGNALS:
        signal.signal(ending, signal.SIG_DFL)
    sys.exit(_SIGNALLED + number)
