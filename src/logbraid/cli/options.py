"""The flags that every command which reads logs has, and what they mean as ``core.options.Options``.

What only one command has is defined there. Heavy modules are imported when a command runs, never when it is defined:
``--help`` must be quick, and a run that asks for no times or levels loads nothing that reads them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypedDict, TypeVar

import click

from logbraid.core.quantities import parse_duration, parse_size, parse_skew
from logbraid.errors import UsageError

if TYPE_CHECKING:
    from datetime import tzinfo

    from logbraid.core.options import Options, Order
    from logbraid.core.types import Nanos

__all__ = [
    "Flags",
    "ReadingFlags",
    "WaitingFlags",
    "live_options_of",
    "options_of",
    "read_by",
    "reading_flags",
    "showing_flags",
    "waiting_flags",
    "writing_flags",
]

Command = TypeVar("Command", bound=Callable[..., Any])
Parser = Callable[[str], Any]


class ReadingFlags(TypedDict):
    """The flags that say what to read, as click hands them over."""

    order: Order
    label: str | None
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
    commands: tuple[str, ...]


class WaitingFlags(TypedDict):
    """The flags of a run that goes on, which say how long something is waited for."""

    lateness: int
    silence: int


class LiveFlags(ReadingFlags, WaitingFlags):
    """The flags that say what a run that goes on reads."""


class Flags(ReadingFlags):
    """The flags of every command that writes what it has read."""

    output: str | None
    output_format: str | None
    color: str
    quiet: bool
    raw: bool
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

_WRITING_FLAGS: Final = (
    click.option(
        "--output-format",
        type=click.Choice(["text", "jsonl", "parquet"]),
        help="Default: what FILE's ending says (.jsonl, .parquet), or else text.",
    ),
)

_READING_FLAGS: Final = (
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
)

_WAITING_FLAGS: Final = (
    click.option(
        "--lateness",
        callback=read_by(parse_duration),
        metavar="D",
        default="200ms",
        show_default=True,
        help="How late a record may come and still find its place; so long others wait for it.",
    ),
    click.option(
        "--silence",
        callback=read_by(parse_duration),
        metavar="D",
        default="500ms",
        show_default=True,
        help="A record of several lines is whole when its source has been silent for so long.",
    ),
)

_SHOWING_FLAGS: Final = (
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


def writing_flags(command: Command) -> Command:
    """Give a command the flags that say how its output is written."""
    return _given(command, _WRITING_FLAGS)


def reading_flags(command: Command) -> Command:
    """Give a command the flags that say what to read, and what of it to keep."""
    return _given(command, _READING_FLAGS)


def waiting_flags(command: Command) -> Command:
    """Give a command the flags that say how long something is waited for."""
    return _given(command, _WAITING_FLAGS)


def showing_flags(command: Command) -> Command:
    """Give a command the flags that say how it looks, and what is said beside it."""
    return _given(command, _SHOWING_FLAGS)


def _given(command: Command, flags: Sequence[Callable[[Command], Command]]) -> Command:
    for flag in reversed(flags):  # the last one given is shown first
        command = flag(command)
    return command


def options_of(flags: ReadingFlags) -> Options:
    """Return what the flags mean.

    Raises:
        UsageError: they mean nothing, or contradict each other.
    """
    from logbraid.core.options import Options
    from logbraid.system.zones import local_zone, zone_named

    zone = local_zone() if flags["tz"] is None else zone_named(flags["tz"])
    now = time.time_ns()
    return Options(
        order=flags["order"],
        since=_moment(flags["since"], now, zone),
        until=_moment(flags["until"], now, zone),
        level=_level(flags["level"]),
        include=flags["include"],
        exclude=flags["exclude"],
        zone=zone,
        skews=dict(flags["skews"]),
        time_format=flags["time_format"],
        max_record=flags["max_record"],
        buffer=flags["buffer"],
    )


def live_options_of(flags: LiveFlags) -> Options:
    """Return what the flags of a run that goes on mean.

    Raises:
        UsageError: they mean nothing, or contradict each other.
    """
    return replace(options_of(flags), lateness=flags["lateness"], silence=flags["silence"])


def _moment(text: str | None, now: Nanos, zone: tzinfo) -> Nanos | None:
    if text is None:
        return None
    from logbraid.core.moments import parse_moment

    return parse_moment(text, now, zone)


def _level(text: str | None) -> int | None:
    if text is None:
        return None
    from logbraid.core.levels import parse_level

    return parse_level(text)
