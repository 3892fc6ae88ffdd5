"""The flags that every command which reads logs has, and what they mean as ``core.options.Options``.

Heavy modules are imported when a command runs, never when it is defined: ``--help`` must be quick.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypedDict, TypeVar

import click

from logbraid.cli.quantities import parse_size, parse_skew
from logbraid.errors import UsageError

if TYPE_CHECKING:
    from logbraid.core.options import Options, Order

__all__ = ["Flags", "options_of", "read_by", "reading_flags"]

Command = TypeVar("Command", bound=Callable[..., Any])
Parser = Callable[[str], Any]


class Flags(TypedDict):
    """The flags as click hands them over."""

    output: str | None
    order: Order
    label: str | None
    color: str
    output_format: str | None
    since: str | None
    until: str | None
    level: str | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    tz: str | None
    skews: tuple[tuple[str, int], ...]
    time_format: str | None
    max_record: int
    buffer: int
    driver: str | None
    processes: int | None
    quiet: bool
    raw: bool
    commands: tuple[str, ...]
    account: str | None


def read_by(parse: Parser) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Return a callback that reads a flag's value, or each of them, with ``parse``."""

    def read(context: click.Context, parameter: click.Parameter, value: str | tuple[str, ...]) -> Any:
        try:
            return tuple(map(parse, value)) if isinstance(value, tuple) else parse(value)
        except UsageError as error:
            raise click.BadParameter(str(error), context, parameter) from None

    return read


_LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal")

_READING_FLAGS: Final = (
    click.option(
        "-o", "--output", metavar="FILE", help="Write to FILE, whole or not at all, instead of standard output."
    ),
    click.option(
        "--output-format",
        type=click.Choice(["text", "jsonl", "parquet"]),
        help="Default: what FILE's ending says (.jsonl, .parquet), or else text.",
    ),
    click.option(
        "--label",
        type=click.Choice(["name", "path", "none"]),
        help="Put before each line which source it is from: its short name or its path.  "
        "[default: name on a terminal, with several sources; else none]",
    ),
    click.option(
        "--order",
        type=click.Choice(["time", "arrival"]),
        default="time",
        show_default=True,
        help="By time, or as lines are read.",
    ),
    click.option(
        "--since", metavar="TIME", help="Leave out what is before: 10m, 1h30m, yesterday, 14:30, 2026-03-01T08:00Z."
    ),
    click.option("--until", metavar="TIME", help="Leave out what is at or after TIME."),
    click.option("--level", metavar="LEVEL", help=f"Leave out what is below: {', '.join(_LEVELS)}."),
    click.option(
        "-e", "include", metavar="REGEX", multiple=True, help="Keep only records that match. Given again: match all."
    ),
    click.option("-v", "exclude", metavar="REGEX", multiple=True, help="Leave out records that match any of these."),
    click.option(
        "--tz", metavar="ZONE", help="Zone of times that name none: UTC, Europe/Paris, +02:00.  [default: local]"
    ),
    click.option(
        "--skew",
        "skews",
        callback=read_by(parse_skew),
        metavar="LABEL=D",
        multiple=True,
        help="Repair a source's clock: add D (+2.5s, -1h) to its times.",
    ),
    click.option(
        "--time-format", metavar="FORMAT", help="What all timestamps look like, as for strptime: '%d.%m.%Y %H:%M:%S'."
    ),
    click.option(
        "--exec", "commands", metavar="COMMAND", multiple=True, help="Merge what a command prints; run without a shell."
    ),
    click.option(
        "--max-record",
        callback=read_by(parse_size),
        metavar="SIZE",
        default="1MiB",
        show_default=True,
        help="Cut longer records.",
    ),
    click.option(
        "--buffer",
        callback=read_by(parse_size),
        metavar="SIZE",
        default="64MiB",
        show_default=True,
        help="Memory for all sources.",
    ),
    click.option("--processes", type=click.IntRange(min=1), metavar="N", help="At most.  [default: as many as pay]"),
    click.option("--driver", type=click.Choice(["threads"]), help="What reads and writes.  [default: the best one]"),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colours; auto: on a terminal, unless NO_COLOR is set.",
    ),
    click.option("--raw", is_flag=True, help="On a terminal, pass control sequences on instead of showing them."),
    click.option(
        "--account", metavar="FILE", help="Write what was seen, left and lost as JSON; '-': to standard error."
    ),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but what failed."),
)


def reading_flags(command: Command) -> Command:
    """Give a command these flags."""
    for flag in reversed(_READING_FLAGS):
        command = flag(command)
    return command


def options_of(flags: Flags) -> Options:
    """Return what the flags mean.

    Raises:
        UsageError: they mean nothing, or contradict each other.
    """
    from logbraid.cli.moments import parse_moment
    from logbraid.core.levels import parse_level
    from logbraid.core.options import Options
    from logbraid.system.zones import local_zone, zone_named

    zone = local_zone() if flags["tz"] is None else zone_named(flags["tz"])
    now = time.time_ns()
    since, until = (
        None if text is None else parse_moment(text, now, zone) for text in (flags["since"], flags["until"])
    )
    return Options(
        order=flags["order"],
        since=since,
        until=until,
        level=None if flags["level"] is None else parse_level(flags["level"]),
        include=flags["include"],
        exclude=flags["exclude"],
        zone=zone,
        skews=dict(flags["skews"]),
        time_format=flags["time_format"],
        max_record=flags["max_record"],
        buffer=flags["buffer"],
    )
