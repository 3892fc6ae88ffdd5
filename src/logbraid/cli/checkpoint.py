"""``logbraid checkpoint``: what a checkpoint holds, and how to forget it.

Showing takes no lock and may be done while a run goes on; resetting is refused then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from logbraid.cli.errors import exit_codes
from logbraid.sinks.visible import visible_json, visible_name

if TYPE_CHECKING:
    from logbraid.core.checkpoint import Checkpoint, OutputState
    from logbraid.core.positions import Position

__all__ = ["checkpoint"]

_EXAMPLES = """\b
Examples:
  logbraid checkpoint show all.log.checkpoint
  logbraid checkpoint show --json all.log | jq '.sources[].offset'
  logbraid checkpoint reset all.log
"""


@click.group(epilog=_EXAMPLES)
def checkpoint() -> None:
    """Show what a checkpoint holds, or forget it.

    FILE is a checkpoint, or the output that it stands beside.
    """


@checkpoint.command()
@click.argument("path", metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(path: str, *, as_json: bool) -> None:
    """Show what was written and where each source goes on.

    FILE is a checkpoint, or the output that it stands beside; a run may be using it.
    """
    with exit_codes():
        from logbraid.system.store import read_checkpoint

        saved = read_checkpoint(_checkpoint_of(path))
        if as_json:
            click.echo(visible_json(json.dumps(_as_json(saved), indent=2, ensure_ascii=False)))
        else:
            for line in _lines(saved):
                click.echo(visible_name(line))


@checkpoint.command()
@click.argument("path", metavar="FILE")
def reset(path: str) -> None:
    """Forget where sources go on: the next run begins with their first bytes.

    FILE is a checkpoint, or the output that it stands beside. The output stays as it is, so the next run asks whether
    to append to it or to begin it anew.
    """
    with exit_codes():
        from logbraid.errors import CheckpointError
        from logbraid.system.store import Store

        name = _checkpoint_of(path)
        if not os.path.lexists(name):
            raise CheckpointError("there is no such checkpoint", name)
        store = Store(name)
        try:
            store.forget()
        finally:
            store.close()
        click.echo(visible_name(f"{name}: forgotten"))


def _checkpoint_of(path: str) -> str:
    """Return the name of the checkpoint that is meant."""
    from logbraid.system.store import beside

    return beside(path) if os.path.exists(beside(path)) else path


def _lines(saved: Checkpoint) -> Iterator[str]:
    if saved.output is not None:
        yield f"output: {_of_output(saved.output)}"
    for position in saved.positions.values():
        yield from _of_source(position)


def _of_output(output: OutputState) -> str:
    end = "the run has ended" if output.ended_well else "a run goes on, or was broken off"
    return f"{output.length:,} bytes of {output.form}; {end}"


def _of_source(position: Position) -> Iterator[str]:
    place, account = position.place, position.account
    file = "" if place.path == position.source else f" of {place.path}"
    lost = f", {account.bytes_lost:,} lost" if account.bytes_lost else ""
    yield f"{position.source}: byte {place.offset:,}{file}, {account.bytes_emitted:,} written{lost}"
    for straggler in position.stragglers:
        yield f"  and from byte {straggler.offset:,} of {straggler.path}"


def _as_json(saved: Checkpoint) -> dict[str, object]:
    output = saved.output
    return {
        "output": output and {"length": output.length, "form": output.form, "ended_well": output.ended_well},
        "sources": [_source_json(position) for position in saved.positions.values()],
    }


def _source_json(position: Position) -> dict[str, object]:
    from dataclasses import asdict

    place = position.place
    files = [
        {"path": each.path, "inode": each.identity.inode, "generation": each.generation, "offset": each.offset}
        for each in (place, *position.stragglers)
    ]
    return asdict(position.account) | {"path": position.source, "offset": place.offset, "files": files}
