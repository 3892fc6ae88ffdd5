"""``logbraid simulate``: writes logs like real ones, at once or while time passes."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import click

from logbraid.cli.errors import endings
from logbraid.cli.options import read_by
from logbraid.cli.signals import Request, handled
from logbraid.core.quantities import parse_duration, parse_size
from logbraid.errors import UsageError

__all__ = ["FORMATS", "simulate"]

FORMATS: Final = ("mixed", "iso", "json", "syslog", "python", "apache", "klog", "epoch", "logfmt")
_PROBABILITY: Final = click.FloatRange(0, 1)
_NANOS: Final = 1_000_000_000
_SIZE: Final = 1 << 20

_EXAMPLES: Final = """\b
Examples:
  logbraid simulate logs
  logbraid simulate logs --files 20 --size 1G --format mixed --traceback 0.01
  logbraid simulate logs --rate 5000 --duration 30s
  logbraid simulate logs --rate max --rotate rename --rotate-size 10M --compress
"""


def parse_rate(text: str) -> float:
    """Return lines a second; ``max`` is as many as can be written.

    Raises:
        UsageError: it is no number above 0.
    """
    try:
        rate = math.inf if text == "max" else float(text)
    except ValueError:
        rate = 0.0
    if not rate > 0:
        raise UsageError(f"not a rate: {text!r}: write how many lines a second, or max")
    return rate


def parse_seconds(text: str) -> float:
    """Return the seconds of a duration.

    Raises:
        UsageError: it is none.
    """
    return parse_duration(text) / _NANOS


def _optional(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    read = read_by(parse)
    return lambda context, parameter, text: None if text is None else read(context, parameter, text)


@click.command(no_args_is_help=True, epilog=_EXAMPLES)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--files", type=click.IntRange(min=1), default=4, show_default=True, help="How many.")
@click.option(
    "--size", callback=_optional(parse_size), metavar="SIZE", help="Of all files together, at once.  [default: 1MiB]"
)
@click.option(
    "--rate",
    callback=_optional(parse_rate),
    metavar="N|max",
    help="Write N lines a second, as time passes, with the time it is.  [default: 1000]",
)
@click.option(
    "--duration",
    callback=_optional(parse_seconds),
    metavar="DURATION",
    help="For so long: 30s, 10m.  [default: until SIGINT or SIGTERM]",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another seed, other logs.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="iso", show_default=True, help="Of the lines.")
@click.option(
    "--torn",
    type=_PROBABILITY,
    default=0.0,
    help="How likely a file ends without a newline, from 0 to 1; with --rate how likely a write ends amid a line.",
)
@click.option("--traceback", type=_PROBABILITY, default=0.0, help="How likely a record carries a traceback.")
@click.option(
    "--jitter",
    callback=read_by(parse_seconds),
    metavar="DURATION",
    default="0s",
    help="How far times within a file may go back: 500ms.",
)
@click.option(
    "--delay",
    callback=_optional(parse_seconds),
    metavar="DURATION",
    help="Write lines up to so much later than their times say, each file in order.",
)
@click.option(
    "--rotate",
    type=click.Choice(["none", "rename", "copytruncate"]),
    help="How files are rotated while they grow.  [default: none]",
)
@click.option(
    "--rotate-size",
    callback=_optional(parse_size),
    metavar="SIZE",
    help="Rotate a file before it would be longer.  [default: 1MiB]",
)
@click.option("--keep", type=click.IntRange(min=1), help="Rotated files of each to keep.  [default: all]")
@click.option("--compress", is_flag=True, help="Gzip a rotated file when the next one comes.")
def simulate(
    directory: Path,
    *,
    files: int,
    size: int | None,
    seed: int,
    format_: str,
    torn: float,
    traceback: float,
    jitter: float,
    **running: Any,
) -> None:
    """Write logs into DIRECTORY as real services would, and print what was written as JSON.

    Each line bears its writer and a sequence number, so that loss and doubling can be proven. Logs of a size are
    written at once; with --rate, --duration or --rotate they grow while time passes.
    """
    common: dict[str, Any] = {"files": files, "seed": seed, "format": format_}
    common |= {"torn": torn, "traceback": traceback, "jitter": jitter}
    given = {name: value for name, value in running.items() if value is not None and value is not False}
    with endings():
        from logbraid import simulate as simulation

        if not given:
            manifest = simulation.simulate(directory, size=_SIZE if size is None else size, **common)
        elif size is not None:
            raise UsageError("--size writes at once, so no flag of logs that grow goes with it")
        else:
            with _wait_for_signals() as wait:
                manifest = simulation.run(directory, wait=wait, **common, **given)
        click.echo(manifest.to_json())


@contextmanager
def _wait_for_signals() -> Iterator[Callable[[float], bool]]:
    """Return what waits for so many seconds, and says whether the run is to end; SIGINT and SIGTERM ask for that."""
    from logbraid.system.clock import Bell, Clock

    request, bell, clock = Request(), Bell(), Clock()

    def end(number: int, frame: object) -> None:
        if request.is_first(number):
            bell.ring()

    def wait(seconds: float) -> bool:
        with bell.rung_by_signals():
            clock.wait(clock.now().tick + round(seconds * _NANOS), [bell.descriptor])
        return request.made is not None

    with closing(bell), handled(dict.fromkeys((signal.SIGINT, signal.SIGTERM), end)):
        yield wait
