"""``logbraid simulate``: writes logs like real ones."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from logbraid.cli.errors import endings
from logbraid.cli.options import read_by
from logbraid.cli.quantities import parse_duration, parse_size

__all__ = ["FORMATS", "simulate"]

FORMATS: Final = ("mixed", "iso", "json", "syslog", "python", "apache", "klog", "epoch", "logfmt")
_PROBABILITY: Final = click.FloatRange(0, 1)
_NANOS: Final = 1_000_000_000

_EXAMPLES: Final = """\b
Examples:
  logbraid simulate logs
  logbraid simulate logs --files 20 --size 1G --format mixed --traceback 0.01
"""


@click.command(no_args_is_help=True, epilog=_EXAMPLES)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--files", type=click.IntRange(min=1), default=4, show_default=True, help="How many.")
@click.option(
    "--size",
    callback=read_by(parse_size),
    metavar="SIZE",
    default="1MiB",
    show_default=True,
    help="Of all files together.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, other logs.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="iso", show_default=True, help="Of the lines.")
@click.option("--torn", type=_PROBABILITY, default=0.0, help="How likely a file ends without a newline, from 0 to 1.")
@click.option("--traceback", type=_PROBABILITY, default=0.0, help="How likely a record carries a traceback.")
@click.option(
    "--jitter",
    callback=read_by(parse_duration),
    metavar="DURATION",
    default="0s",
    help="How far times within a file may go back: 500ms.",
)
def simulate(
    directory: Path, *, files: int, size: int, seed: int, format_: str, torn: float, traceback: float, jitter: int
) -> None:
    """Write logs into DIRECTORY as real services would, and print what was written as JSON.

    Each line bears its writer and a sequence number, so that loss and doubling can be proven.
    """
    with endings():
        from logbraid import simulate as simulation

        manifest = simulation.simulate(
            directory,
            files=files,
            size=size,
            seed=seed,
            format=format_,
            torn=torn,
            traceback=traceback,
            jitter=jitter / _NANOS,
        )
        click.echo(manifest.to_json())
