"""How a command ends: which exit code each kind of ending has, and what is said of it.

Besides signals (``steering.py``) and an output that is stuck (``lookout.py``) nothing else in the package exits, and no
error that is expected shows a traceback.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import click

from logbraid.cli.signals import ends_raise
from logbraid.errors import LogbraidError, SinkError, SourceError, UsageError
from logbraid.sinks.visible import visible_name

__all__ = ["FAILED", "INCOMPLETE", "UNDECIDED", "endings", "exit_codes"]

INCOMPLETE: Final = 1
"""A source could not be read, or the output is not what it should be."""

UNDECIDED: Final = 3
FAILED: Final = 3
"""The output could not be written."""


@contextmanager
def endings() -> Iterator[None]:
    """Turn whatever ends a finite command into its exit code, signals that ask it to end included."""
    with ends_raise(), exit_codes():
        yield


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn errors into exit codes; signals are somebody else's matter."""
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
        _give_up_output()
        if error.errno != errno.EPIPE:  # from a command that only prints: what sinks meet comes translated
            _fail(SinkError(f"standard output: {error.strerror}", error.errno), FAILED)


def _give_up_output() -> None:
    """Let what was printed and not written go nowhere: at its end, Python would try again, and end otherwise."""
    with suppress(OSError, ValueError):  # standard output is no file, or closed
        output = sys.stdout.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, output)
        os.close(nowhere)


def _fail(error: LogbraidError, code: int) -> None:
    click.echo(f"logbraid: {visible_name(str(error))}", err=True)
    sys.exit(code)
