"""``logbraid verify``: is an output a true merge of its sources, or what its checkpoint says?"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal

import click

from logbraid.cli.errors import INCOMPLETE, UNDECIDED, endings
from logbraid.errors import UsageError
from logbraid.sinks.visible import visible_name

if TYPE_CHECKING:
    from logbraid.system.files import OpenSource
    from logbraid.verify import Clock, Readable, Verdict

__all__ = ["verify"]

_NEVER_CUT: Final = 1 << 30
"""Longest record for the clock: in one that is cut inside a line, lines could not be counted."""

_EXAMPLES: Final = """\b
Examples:
  logbraid merge -o all.log *.log && logbraid verify --order time all.log *.log
  logbraid merge --label name shop | logbraid verify --label name - shop
  logbraid follow -o all.log shop; logbraid verify all.log
"""


@click.command(no_args_is_help=True, epilog=_EXAMPLES)
@click.argument("output")
@click.argument("sources", metavar="[SOURCE]...", nargs=-1)
@click.option(
    "--checkpoint",
    metavar="FILE",
    help="What follow has kept.  [default, without SOURCE: OUTPUT.checkpoint]",
)
@click.option(
    "--label",
    type=click.Choice(["name", "path", "none"]),
    help="How OUTPUT was labelled.  [default: as the checkpoint says, or none]",
)
@click.option(
    "--order",
    type=click.Choice(["time", "arrival"]),
    default="arrival",
    show_default=True,
    help="time: ask for time order, too; needs the SOURCEs.",
)
@click.option("--tz", metavar="ZONE", help="Zone of times that name none, as it was for the merge.  [default: local]")
def verify(
    output: str,
    sources: tuple[str, ...],
    checkpoint: str | None,
    label: Literal["name", "path", "none"] | None,
    order: Literal["time", "arrival"],
    tz: str | None,
) -> None:
    """Say whether OUTPUT is a true merge: every SOURCE whole, in its own order, once, and nothing else.

    Without a SOURCE: whether OUTPUT holds what its checkpoint says has left the files that were followed, and their
    rotated siblings. What was deleted since, or lost, is named, and then the answer is no more than undecided.

    Exit codes: 0 it is, 1 it is not (the first difference is named), 2 wrong usage, 3 undecided: equal lines leave
    several ways open, or not everything can be seen any more.
    """
    with endings():
        from logbraid.verify import Truth

        if sources and checkpoint is None:
            verdict = _held_against_sources(output, sources, label or "none", order, tz)
        else:
            if sources or order == "time" or tz is not None:
                raise UsageError("a checkpoint names the sources, and says nothing of their times")
            verdict = _held_against_checkpoint(output, checkpoint, label)
        click.echo(visible_name(str(verdict)))
        sys.exit({Truth.TRUE: 0, Truth.FALSE: INCOMPLETE, Truth.UNDECIDED: UNDECIDED}[verdict.truth])


def _held_against_sources(
    output: str,
    sources: Sequence[str],
    label: Literal["name", "path", "none"],
    order: Literal["time", "arrival"],
    tz: str | None,
) -> Verdict:
    from logbraid import verify as verification

    return verification.verify(
        _readable(_found([output])[0]),
        [_readable(source) for source in _found(sources, output)],
        labels=None if label == "none" else label,
        order=order,
        clock=_clock(sources, output, tz) if order == "time" else None,
    )


def _held_against_checkpoint(output: str, checkpoint: str | None, label: str | None) -> Verdict:
    from logbraid.system.store import beside
    from logbraid.verify import verify_checkpoint

    if checkpoint is None and not os.path.exists(beside(output)):
        raise UsageError(f"there is no {beside(output)}: name the sources, or the checkpoint with --checkpoint")
    return verify_checkpoint(
        output,
        beside(output) if checkpoint is None else checkpoint,
        labelled=None if label is None else label != "none",
    )


def _found(specs: Sequence[str], output: str | None = None) -> list[OpenSource]:
    """Find what is named, as a merge would; here a source that cannot be read is an error."""
    from logbraid.core.events import SourceFailed
    from logbraid.errors import SourceError
    from logbraid.system.discover import discover

    found = discover(specs, exclude=[] if output in (None, "-") else [output])
    for event in found.events:
        if isinstance(event, SourceFailed):
            raise SourceError(event.path, event.reason)
    if not found.sources:
        raise UsageError(f"nothing to read in {', '.join(specs)}")
    return found.sources


def _readable(source: OpenSource) -> str | Readable:
    """A plain file by its name, so that it can be read again; anything else as it is."""
    from logbraid.system.files import LocalFile

    return source.path if isinstance(source, LocalFile) else source


def _clock(sources: Sequence[str], output: str, tz: str | None) -> Clock:
    """Return a clock that reads the sources a second time."""
    from logbraid.cli.clock import clock_of
    from logbraid.core.options import Options
    from logbraid.system.zones import local_zone, zone_named

    found = _found(sources, output)
    for source in found:
        if source.blocking:
            raise UsageError(f"time order cannot be verified for {source.path}: it can be read only once")
    zone = local_zone() if tz is None else zone_named(tz)
    return clock_of(found, Options(zone=zone, max_record=_NEVER_CUT))
