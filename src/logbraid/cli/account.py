"""The account of a run, as it leaves the command: a table for people, a file of JSON for programs.

What is counted, and by whom, is not decided here. Whoever prints the lines makes them safe for a terminal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import click

from logbraid.core.quantities import size_text
from logbraid.errors import UsageError
from logbraid.sinks.visible import visible_json

if TYPE_CHECKING:
    from logbraid.core.account import Account, SourceAccount

__all__ = ["STDERR", "account_paths", "loss_lines", "table_lines", "write_account"]

STDERR: Final = "-"
"""As the name of the file: standard error."""

_MOST_ROWS: Final = 20
_MOST_REASONS: Final = 2
_WIDEST_LABEL: Final = 40


def account_paths(path: str | None, outputs: Sequence[str]) -> list[str]:
    """Return the account's own file, which is no source, if there will be one.

    Args:
        path: as the flag has it.
        outputs: where records go.

    Raises:
        UsageError: records go to the same file.
    """
    if path in (None, STDERR):
        return []
    if any(_same_file(path, output) for output in outputs):
        raise UsageError(f"{path} cannot be the output and the account too")
    return [path]


def _same_file(one: str, other: str) -> bool:
    if os.path.exists(one) and os.path.exists(other):
        return os.path.isfile(one) and os.path.samefile(one, other)
    return os.path.realpath(one) == os.path.realpath(other)


def write_account(account: Account, path: str) -> None:
    """Write the account as JSON, to a file whole or not at all.

    Raises:
        SinkError: the file cannot be written.
    """
    if path == STDERR:
        click.echo(visible_json(account.to_json()), err=True, nl=False)
        return
    from logbraid.sinks.file import NewFile, write_all

    file = NewFile(path)
    try:
        write_all(file.descriptor, account.to_json().encode(errors="replace"), path)
        file.finish()
    except BaseException:
        file.discard()
        raise


def table_lines(account: Account) -> list[str]:
    """Return a table: a row a source, those that lost something first, then the busiest; the others in one; the sum."""
    ranked = sorted(account.sources, key=lambda source: (not _lost_something(source), -source.bytes_seen))
    shown, others = ranked[:_MOST_ROWS], ranked[_MOST_ROWS:]
    rows = [_row(source) for source in shown]
    if others:
        rows.append(_row(_sum(f"{len(others):,} others", others)))
    if len(shown) > 1:
        rows.append(_row(_sum("all", shown + others))[:-1])  # why is said above
    return _aligned([[heading for heading, _ in _COLUMNS], *rows]) + _failures(account)


def loss_lines(account: Account) -> list[str]:
    """Return a line for each source that lost something, and for each name that could not be read at all."""
    lost = [source for source in account.sources if _lost_something(source)]
    return [f"{source.path}: {source.bytes_lost:,} bytes were not read: {_why(source)}" for source in lost] + _failures(
        account
    )


def _failures(account: Account) -> list[str]:
    lines = [f"{path}: {reason}" for path, reason in account.failed.items()]
    more = len(lines) - _MOST_ROWS
    return lines if more <= 0 else [*lines[:_MOST_ROWS], f"{more:,} more names that could not be read"]


def _why(source: SourceAccount) -> str:
    more = len(source.reasons) - _MOST_REASONS
    return ", ".join(source.reasons[:_MOST_REASONS]) + (f" and {more} more" if more > 0 else "")


def _lost_something(source: SourceAccount) -> bool:
    return bool(source.bytes_lost or source.reasons)


def _short(label: str) -> str:
    """Return a label that leaves room for the figures; the end of a path tells more than its beginning."""
    return label if len(label) <= _WIDEST_LABEL else f"...{label[3 - _WIDEST_LABEL :]}"


def _sum(label: str, sources: Sequence[SourceAccount]) -> SourceAccount:
    from logbraid.core.account import SourceAccount

    whole = SourceAccount(label, label)
    for source in sources:
        whole.add(source)
    return whole


_COLUMNS: Final[Sequence[tuple[str, Callable[[SourceAccount], str]]]] = (
    ("source", lambda source: _short(source.label)),
    ("seen", lambda source: size_text(source.bytes_seen)),
    ("out", lambda source: size_text(source.bytes_emitted)),
    ("records", lambda source: f"{source.records:,}"),
    ("late", lambda source: f"{source.late:,}"),
    ("rotated", lambda source: f"{source.rotations:,}"),
    ("lost", lambda source: size_text(source.bytes_lost)),
)


def _row(source: SourceAccount) -> list[str]:
    """Return the figures of a source, and behind them why something was lost."""
    return [*(figure(source) for _, figure in _COLUMNS), _why(source)]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Put cells into columns: the first from the left, figures from the right, and what is behind them as it is."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]), *row[len(widths) :]]).rstrip()
        for row in rows
    ]
