"""``logbraid follow``: into one, live, until it is stopped."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, Unpack

import click

from logbraid.cli.account import STDERR, account_paths, write_account
from logbraid.cli.errors import INCOMPLETE, exit_codes
from logbraid.cli.options import Flags, options_of, read_by, reading_flags, showing_flags
from logbraid.cli.output import Output
from logbraid.cli.quantities import parse_duration
from logbraid.cli.report import Reporter
from logbraid.cli.signals import handled
from logbraid.cli.steering import Steering
from logbraid.errors import SinkError, UsageError

if TYPE_CHECKING:
    from logbraid.core.account import Account

__all__ = ["follow"]

_LAST: Final = 10
"""How many records that are there already come first, where nothing else is said."""

_EXAMPLES: Final = """\b
Examples:
  logbraid follow /var/log/app/*.log
  logbraid follow -n 0 --level warn --order arrival /var/log
  logbraid follow -o all.log --label name 'logs/**/*.log'
  logbraid follow --since 10m -e timeout app.log --exec 'journalctl -f -o short-iso'
"""


class FollowFlags(Flags):
    """The flags of a run that follows, as click hands them over."""

    fresh: bool
    append: bool
    last: str | None
    lateness: int
    silence: int
    driver: str | None


@click.command(no_args_is_help=True, epilog=_EXAMPLES)
@click.argument("sources", metavar="SOURCE...", nargs=-1)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE instead of standard output; SIGHUP reopens it.")
@click.option("--fresh", is_flag=True, help="Empty FILE first, if it is there.")
@click.option("--append", is_flag=True, help="Write behind what FILE holds, if it is there.")
@click.option(
    "-n",
    "last",
    metavar="N",
    help="Begin with the last N records of each source; +1: with its first.  "
    f"[default: {_LAST}; with -o or --since: +1]",
)
@reading_flags
@click.option(
    "--lateness",
    callback=read_by(parse_duration),
    metavar="D",
    default="200ms",
    show_default=True,
    help="How late a record may come and still find its place; so long others wait for it.",
)
@click.option(
    "--silence",
    callback=read_by(parse_duration),
    metavar="D",
    default="500ms",
    show_default=True,
    help="A record of several lines is whole when its source has been silent for so long.",
)
@click.option(
    "--driver",
    type=click.Choice(["threads", "mixed", "aio", "bottom_up"]),
    help="What reads and writes.  [default: the best one]",
)
@showing_flags
def follow(sources: tuple[str, ...], **flags: Unpack[FollowFlags]) -> None:
    """Follow growing logs and merge them live, in time order, until stopped.

    A SOURCE is a file, a directory, a quoted pattern ('logs/**/*.log'), a FIFO, or - for standard input. Files may be
    rotated, truncated and replaced; new ones are found, and one that is not there yet is waited for.

    SIGINT and SIGTERM stop it: what it holds is written, and what became of each source is said. A second one ends it
    at once. SIGUSR1 says it without stopping; SIGHUP opens FILE anew after it was rotated.

    Exit codes: 0 all well, 1 a source could not be read and the rest was, 2 wrong usage, 3 the output failed.
    """
    with exit_codes():
        account = _follow(sources, flags)
        if not account.whole:
            sys.exit(INCOMPLETE)


def _follow(sources: Sequence[str], flags: FollowFlags) -> Account:
    output = _output(sources, flags)
    own = [*output.own_paths, *account_paths(flags["account"], output.own_paths)]
    from logbraid.cli.lookout import Lookout
    from logbraid.drivers.control import Control
    from logbraid.system.memory import keep_freed_memory

    keep_freed_memory()
    reporter = Reporter(quiet=flags["quiet"], beside=True)
    control = Control(reporter.tell)
    reopens = output.path is not None
    with (
        closing(control),
        Lookout(control) as lookout,
        handled(Steering(control, lookout, reopens=reopens).handlers),
    ):
        from logbraid.api import follow_into

        options = replace(options_of(flags), lateness=flags["lateness"], silence=flags["silence"])
        opened = partial(
            output.live_sink,
            alone=_alone(sources, flags["commands"]),
            levels=options.order == "time" or options.filters,
            append=flags["append"],
            fresh=flags["fresh"],
        )
        try:
            account = follow_into(
                sources,
                lambda found: lookout.watch_over(opened(found)),
                options,
                commands=flags["commands"],
                own=own,
                path_labels=flags["label"] == "path",
                beginning=_beginning(flags),
                driver=flags["driver"],
                notice=reporter.notice,
                control=control,
            )
        except SinkError:
            if control.account is not None:  # just now one wants to know what was written
                _say(control.account, reporter, flags["account"], aloud=not lookout.reader_gone)
            raise
        _say(account, reporter, flags["account"], aloud=not lookout.reader_gone)
    return account


def _output(sources: Sequence[str], flags: FollowFlags) -> Output:
    """Return where records go, once it is sure that the flags can mean something."""
    if not sources and not flags["commands"]:
        raise UsageError("name at least one source")
    output = Output.of(flags)
    if output.format == "parquet":
        raise UsageError("parquet is whole only when it is closed, and a run that follows goes on: choose jsonl")
    if output.path is None and (flags["fresh"] or flags["append"]):
        raise UsageError("--fresh and --append say what to do with the FILE of -o")
    if flags["fresh"] and flags["append"]:
        raise UsageError("--append keeps what FILE holds and --fresh does not: choose one")
    return output


def _beginning(flags: FollowFlags) -> int | None:
    """Return how many of the records that are there already come first; None: all of them."""
    last = flags["last"]
    if last is None:
        # Who keeps records, or names the time to begin with, asks for more than the sight of a few.
        return None if flags["output"] not in (None, "-") or flags["since"] else _LAST
    if last == "+1":
        return None
    if not (last.isascii() and last.isdigit()):
        raise UsageError(f"not a number of records: {last!r}: write 100, 0, or +1 for all")
    return int(last)


def _alone(sources: Sequence[str], commands: Sequence[str]) -> bool:
    """Whether there can never be a second source, from which a label would tell the first."""
    if len(sources) + len(commands) > 1:
        return False
    from logbraid.system.walk import is_pattern

    return not any(os.path.isdir(source) or is_pattern(source) for source in sources)


def _say(account: Account, reporter: Reporter, path: str | None, *, aloud: bool) -> None:
    """Say the account, unless whoever read the output has seen enough, and write it where it is wanted."""
    if aloud:
        reporter.rest()
    if aloud and path != STDERR:  # where JSON is asked for, a table before it would spoil it
        reporter.tell(account)
    if path is not None:
        write_account(account, path)
