"""``logbraid follow``: into one, live, until it is stopped."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Final, Unpack

import click

from logbraid.cli.account import STDERR, account_paths, write_account
from logbraid.cli.errors import INCOMPLETE, exit_codes
from logbraid.cli.keeping import KEEP, Keeping
from logbraid.cli.options import (
    Flags,
    WaitingFlags,
    live_options_of,
    reading_flags,
    showing_flags,
    waiting_flags,
    writing_flags,
)
from logbraid.cli.output import Output
from logbraid.cli.report import Reporter
from logbraid.cli.signals import handled
from logbraid.cli.steering import Steering
from logbraid.errors import CheckpointError, SinkError, UsageError

if TYPE_CHECKING:
    from logbraid.core.account import Account
    from logbraid.sinks.base import Sink

__all__ = ["follow"]

_LAST: Final = 10
"""How many records that are there already come first, where nothing else is said."""

_DIGITS: Final = 18
"""A longer number is none that anybody means, and one of thousands is not even read."""

_EXAMPLES: Final = """\b
Examples:
  logbraid follow /var/log/app/*.log
  logbraid follow -n 0 --level warn --order arrival /var/log
  logbraid follow -o all.log --label name 'logs/**/*.log'
  logbraid follow --since 10m -e timeout app.log --exec 'journalctl -f -o short-iso'
"""


class FollowFlags(Flags, WaitingFlags):
    """The flags of a run that follows, as click hands them over."""

    fresh: bool
    append: bool
    checkpoint: str | None
    no_checkpoint: bool
    rotate_output: str | None
    keep: int | None
    last: str | None
    driver: str | None


@click.command(no_args_is_help=True, epilog=_EXAMPLES)
@click.argument("sources", metavar="SOURCE...", nargs=-1)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write to FILE instead of standard output, and go on there where an earlier run has left off: each record "
    "exactly once.  SIGHUP reopens it.",
)
@click.option("--fresh", is_flag=True, help="Forget what earlier runs have done, and empty FILE first.")
@click.option("--append", is_flag=True, help="Write behind what FILE holds, whoever has written it.")
@click.option("--checkpoint", metavar="PATH", help="Keep there how far FILE has come.  [default: FILE.checkpoint]")
@click.option("--no-checkpoint", is_flag=True, help="Do not keep it: the next run knows nothing of this one.")
@click.option(
    "--rotate-output", metavar="SIZE|TIME", help="Begin a new FILE when it is so large or old, and call the old FILE.1."
)
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"How many rotated files to leave.  [default: {KEEP}]",
)
@click.option(
    "-n",
    "last",
    metavar="N",
    help="Begin with the last N records of each source; +1: with its first.  "
    f"[default: {_LAST}; with -o or --since: +1]",
)
@writing_flags
@reading_flags
@waiting_flags
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

    With -o, each record comes into FILE exactly once, over any number of runs, however they end: how far it has come
    stands in FILE.checkpoint, and what was not noted there yet is cut off and written again.

    Exit codes: 0 all well, 1 a source could not be read and the rest was, 2 wrong usage, 3 the output or its checkpoint
    failed.
    """
    with exit_codes():
        account = _follow(sources, flags)
        if not account.whole:
            sys.exit(INCOMPLETE)


def _follow(sources: Sequence[str], flags: FollowFlags) -> Account:
    output = _output(sources, flags)
    keeping = Keeping.of(output.path, flags)
    own = [*output.own_paths, *keeping.own_paths(output.path)]
    own += account_paths(flags["account"], own)
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
        control.bell.rung_by_signals(),  # whichever driver waits
    ):
        from logbraid.api import follow_into

        options = live_options_of(flags)
        opened = partial(
            output.live_sink,
            keeping=keeping,
            alone=_alone(sources, flags["commands"]),
            levels=options.order == "time" or options.filters,
        )
        try:
            account = follow_into(
                sources,
                lambda found: lookout.watch_over(_told(opened(found), reporter)),
                options,
                commands=flags["commands"],
                own=own,
                path_labels=flags["label"] == "path",
                beginning=_beginning(flags),
                driver=flags["driver"],
                notice=reporter.notice,
                control=control,
            )
        except (SinkError, CheckpointError):
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
    return output


def _told(sink: Sink, reporter: Reporter) -> Sink:
    """Say what became of the output before this run."""
    for event in getattr(sink, "notices", ()):
        reporter.notice(event)
    return sink


def _beginning(flags: FollowFlags) -> int | None:
    """Return how many of the records that are there already come first; None: all of them."""
    last = flags["last"]
    if last is None:
        # Who keeps records, or names the time to begin with, asks for more than the sight of a few.
        return None if flags["output"] not in (None, "-") or flags["since"] else _LAST
    if last == "+1":
        return None
    if not (last.isascii() and last.isdigit() and len(last) <= _DIGITS):
        raise UsageError(f"not a number of records: {last!r:.40}: write 100, 0, or +1 for all")
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
