"""``logbraid view``: the braid in a terminal window, or served to a browser."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Unpack

import click

from logbraid.cli.errors import exit_codes
from logbraid.cli.options import ReadingFlags, WaitingFlags, live_options_of, reading_flags, waiting_flags
from logbraid.cli.signals import handled
from logbraid.errors import UsageError

if TYPE_CHECKING:
    from logbraid.core.options import Options
    from logbraid.view.intake import Run

__all__ = ["view"]

_ADDRESS: Final = "127.0.0.1:8000"
_TERMINAL: Final = "/dev/tty"
_DRAWN_ON: Final = 2

_IS_VISITED: Final = "TEXTUAL_DRIVER" in os.environ
"""Whether this process draws for a visitor of another one, which serves: it was given the same command line."""

_EXAMPLES: Final = """\b
Examples:
  logbraid view /var/log/app/*.log
  logbraid view --since 1h --level warn /var/log
  logbraid view -n 1000 'logs/**/*.log'
  kubectl logs -f pod | logbraid view - app.log
"""


class ViewFlags(ReadingFlags, WaitingFlags):
    """The flags of a view, as click hands them over."""

    last: int | None
    web: bool
    listen: str


@click.command(no_args_is_help=True, epilog=_EXAMPLES)
@click.argument("sources", metavar="SOURCE...", nargs=-1)
@click.option(
    "-n",
    "last",
    type=click.IntRange(min=0),
    metavar="N",
    help="Begin with the last N records of each source.  [default: with the first]",
)
@reading_flags
@waiting_flags
@click.option("--web", is_flag=True, help="Serve it to a browser instead, at an address that holds a secret.")
@click.option(
    "--listen", metavar="HOST:PORT", default=_ADDRESS, show_default=True, help="Where --web is to be reached."
)
def view(sources: tuple[str, ...], **flags: Unpack[ViewFlags]) -> None:
    """Watch and search logs in the terminal, merged in time order.

    A SOURCE is what it is to follow: a file (rotated ones included), a directory, a quoted pattern, a FIFO, or - for
    standard input. What is there already comes first, then what is written, for as long as the window is open; press ?
    in it for the keys.

    It needs more than the other commands: pip install 'logbraid[view]'.

    Exit codes: 0 all well, 1 the sources could not be followed, 2 wrong usage.
    """
    with exit_codes():
        _check(sources, flags)
        if flags["web"] and not _IS_VISITED:
            _serve(flags["listen"])
        else:
            options = live_options_of(flags)
            _show(_run(sources, options, flags), sources, options, flags)


def _check(sources: Sequence[str], flags: ViewFlags) -> None:
    if not sources and not flags["commands"]:
        raise UsageError("name at least one source")
    if find_spec("textual") is None or (flags["web"] and find_spec("textual_serve") is None):
        raise UsageError("the view is not installed: pip install 'logbraid[view]'")
    if flags["web"] and "-" in sources:
        raise UsageError("standard input cannot be served: each visitor reads the sources anew")
    if "-" in sources and os.isatty(0):
        raise UsageError("standard input is the terminal itself, which the keys come from")
    if not flags["web"] and not os.isatty(_DRAWN_ON):
        raise UsageError("the view needs a terminal to draw on: use follow or merge to write elsewhere")


def _run(sources: Sequence[str], options: Options, flags: ViewFlags) -> Run:
    """Return what follows the sources."""
    from functools import partial

    from logbraid.api import follow_into

    return partial(
        follow_into,
        sources,
        options=options,
        commands=flags["commands"],
        path_labels=flags["label"] == "path",
        beginning=flags["last"],
    )


def _show(run: Run, sources: Sequence[str], options: Options, flags: ViewFlags) -> None:
    from logbraid.view.app import ViewApp
    from logbraid.view.endings import Endings
    from logbraid.view.index import Index
    from logbraid.view.intake import Intake
    from logbraid.view.model import Model
    from logbraid.view.shelf import Shelf

    whole = flags["last"] is None and flags["since"] is None
    _take_keys_from_terminal()
    index, shelf = Index(), Shelf()
    endings = None if replace(options, since=None).filters else Endings(options, shelf)
    intake = Intake(run, index, shelf, endings, whole=whole, named=[name for name in sources if name != "-"])
    app = ViewApp(Model(index, shelf, options.zone), intake)
    if _IS_VISITED:
        threading.Thread(target=_leave_with_server, args=[app.stop], daemon=True).start()
    intake.start()
    try:
        with handled(dict.fromkeys((signal.SIGTERM, signal.SIGHUP), lambda number, frame: app.stop())):
            app.run()
    finally:
        intake.stop()
        shelf.close()
    if intake.failure is not None:
        raise intake.failure
    if app.return_code:  # what went wrong stands on the terminal
        sys.exit(app.return_code)


def _leave_with_server(stop: Callable[[], None]) -> None:
    """End when the server that has started this process is gone, however it ended."""
    gone = select.poll()
    gone.register(0, 0)
    gone.poll()
    stop()


def _take_keys_from_terminal() -> None:
    """Where standard input is a source, keys come from the terminal itself."""
    if os.isatty(0) or _IS_VISITED:
        return
    try:
        vars(sys)["__stdin__"] = open(_TERMINAL)  # noqa: SIM115 - for as long as the process lives
    except OSError as error:
        raise UsageError(f"the view needs a terminal to take keys from: {error.strerror}") from None


def _serve(address: str) -> None:
    from logbraid.view.web import MOST_PORTS, serve

    host, colon, port = address.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > MOST_PORTS:
        raise UsageError(f"not an address: {address!r}: write {_ADDRESS}")
    # -P: a module that lies in the working directory, among the logs perhaps, is none of ours.
    serve([sys.executable, "-P", "-m", "logbraid", *sys.argv[1:]], host.strip("[]") or "127.0.0.1", int(port))
