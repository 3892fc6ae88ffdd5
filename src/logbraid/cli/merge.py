"""``logbraid merge``: once through, into one stream."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Unpack

import click

from logbraid.cli.account import account_paths, write_account
from logbraid.cli.errors import INCOMPLETE, endings
from logbraid.cli.options import Flags, options_of, reading_flags, showing_flags, writing_flags
from logbraid.cli.output import Output
from logbraid.cli.report import Reporter
from logbraid.errors import UsageError

if TYPE_CHECKING:
    from logbraid.core.account import Account

__all__ = ["merge"]

_EXAMPLES: Final = """\b
Examples:
  logbraid merge *.log | less
  logbraid merge -o all.log /var/log/app/
  logbraid merge --since 10m --level warn app.log db.log.gz
  logbraid merge -e timeout -v healthcheck --label name 'logs/**/*.log'
  logbraid merge --output-format jsonl --exec 'ssh web1 cat app.log' app.log
  logbraid merge --skew db.log=+2.5s --tz Europe/Paris web.log db.log
"""


class MergeFlags(Flags):
    """The flags of a merge, as click hands them over."""

    processes: int | None
    driver: str | None


@click.command(no_args_is_help=True, epilog=_EXAMPLES)
@click.argument("sources", metavar="SOURCE...", nargs=-1)
@click.option("-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all, instead of standard output.")
@writing_flags
@reading_flags
@click.option("--processes", type=click.IntRange(min=1), metavar="N", help="At most.  [default: as many as pay]")
@click.option("--driver", type=click.Choice(["threads"]), help="What reads and writes.  [default: the best one]")
@showing_flags
def merge(sources: tuple[str, ...], **flags: Unpack[MergeFlags]) -> None:
    """Merge logs into one, in time order, once through.

    A SOURCE is a file (compressed or not), a directory, a quoted pattern ('logs/**/*.log'), - for standard input, or a
    URI (s3://bucket/logs/). Times are recognised in each source by themselves, and records of several lines stay whole.

    Exit codes: 0 all well, 1 a source could not be read and the rest was, 2 wrong usage, 3 the output failed.
    """
    with endings():
        account = _merge(sources, flags)
        if flags["account"] is not None:
            write_account(account, flags["account"])
        if not account.whole:
            sys.exit(INCOMPLETE)


def _merge(sources: Sequence[str], flags: MergeFlags) -> Account:
    if not sources and not flags["commands"]:
        raise UsageError("name at least one source")
    output = Output.of(flags)
    own = [*output.own_paths, *account_paths(flags["account"], output.own_paths)]
    from logbraid.api import merge_into
    from logbraid.system.memory import keep_freed_memory

    keep_freed_memory()
    reporter = Reporter(quiet=flags["quiet"], beside=output.terminal)
    try:
        account = merge_into(
            sources,
            output.sink,
            options_of(flags),
            commands=flags["commands"],
            own=own,
            path_labels=flags["label"] == "path",
            notice=reporter.notice,
            progress=reporter.progress,
            processes=flags["processes"],
        )
    finally:
        reporter.clear()
    reporter.finish(account)
    return account
