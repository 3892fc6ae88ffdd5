"""The command ``logbraid``: one file a verb; flags become options, and how a run ended becomes an exit code.

Defining the commands imports nothing heavy; each imports what it needs when it runs.
"""

from __future__ import annotations

import signal
from typing import Final

import click

from logbraid import __version__
from logbraid.cli.checkpoint import checkpoint
from logbraid.cli.follow import follow
from logbraid.cli.merge import merge
from logbraid.cli.simulate import simulate
from logbraid.cli.verify import verify
from logbraid.cli.view import view

__all__ = ["main"]

_EXAMPLES: Final = """\b
Examples:
  logbraid merge *.log | less
  logbraid merge --since 10m --level warn -o all.log /var/log/app
  logbraid follow --label name /var/log/app
  logbraid view /var/log/app
  logbraid verify --order time all.log *.log
"""


@click.group(invoke_without_command=True, epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="logbraid")
@click.pass_context
def main(context: click.Context) -> None:
    """Braid many log files into one, in true time order."""
    if context.invoked_subcommand == view.name:
        _give_interrupts_to_loop()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _give_interrupts_to_loop() -> None:
    """The window has a loop of asyncio, which heeds interrupts where they are exceptions as they are by default."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


for _command in (merge, follow, view, verify, simulate, checkpoint):
    main.add_command(_command)
