"""What a command says on standard error: notices, how far it is, and at the end what was lost.

Names and reasons are made safe for a terminal first. Records never come here.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click

from logbraid.cli.account import loss_lines, table_lines
from logbraid.core.quantities import duration_text, size_text
from logbraid.sinks.visible import visible_name

if TYPE_CHECKING:
    from logbraid.core.account import Account
    from logbraid.core.events import Event

__all__ = ["Reporter"]

_QUIET_TIME: Final = 0.5
"""Seconds before a run counts as long."""

_REDRAW: Final = 0.1
_MOST_ALIKE: Final = 3
_BAR: Final = 24
_CLEAR: Final = "\r\x1b[K"


class Reporter:
    """Says what there is to say.

    Args:
        quiet: say nothing but what failed.
        beside: standard output is a terminal, whose records this would disturb.
    """

    def __init__(self, *, quiet: bool, beside: bool) -> None:
        terminal = sys.stderr is not None and sys.stderr.isatty()
        self._quiet = quiet
        self._terminal = terminal
        self._summary = terminal and not quiet
        self._progress = self._summary and not beside
        self._begin = self._drawn = time.monotonic()
        self._bar = False
        self._said: Counter[tuple[type[Event], str]] = Counter()

    def notice(self, event: Event) -> None:
        """Say what was noticed, in one line; the same kind of thing about the same source only a few times."""
        from logbraid.core.events import BytesLost, SourceFailed

        if self._quiet and not isinstance(event, SourceFailed | BytesLost):
            return
        kind = (type(event), event.path)
        self._said[kind] += 1
        if self._said[kind] <= _MOST_ALIKE:
            self._say(str(event))

    def progress(self, done: int, total: int | None) -> None:
        """Draw how far a long run is, a few times a second."""
        now = time.monotonic()
        if not self._progress or now - self._begin < _QUIET_TIME or now - self._drawn < _REDRAW:
            return
        self._drawn = now
        self._bar = True
        _print(_CLEAR + progress_line(done, total, now - self._begin), end="")

    def clear(self) -> None:
        """Remove the progress bar."""
        if self._bar:
            self._bar = False
            _print(_CLEAR, end="")

    def finish(self, account: Account) -> None:
        """Say what came of it: on a terminal in a line, and anywhere what was lost."""
        self.rest()
        for source in account.sources:
            if source.bytes_lost:
                self._say(f"{source.path}: {source.bytes_lost} bytes were not read")
        if self._progress:
            self._say(self._summary_of(account))
        elif self._summary and not account.whole:
            self._say(f"{failures(account)} not read to the end")

    def rest(self) -> None:
        """Say how many notices were not said, as they were like others."""
        self.clear()
        for (_, path), count in self._said.items():
            if count > _MOST_ALIKE:
                self._say(f"{path}: {count - _MOST_ALIKE:,} more notices like these")
        self._said.clear()

    def tell(self, account: Account) -> None:
        """Say the account of a run that was stopped, or goes on: a table, or where quiet only what was lost."""
        if self._quiet:
            for line in loss_lines(account):
                self._say(line)
            return
        if self._terminal:
            _print(_CLEAR, end="")  # of the ^C that it shows
        self._say(self._summary_of(account))
        for line in table_lines(account):
            _print(visible_name(line))

    def _summary_of(self, account: Account) -> str:
        return summary(account, time.monotonic() - self._begin)

    def _say(self, text: str) -> None:
        self.clear()
        _print(f"logbraid: {visible_name(text)}")


def _print(text: str, end: str = "\n") -> None:
    with suppress(OSError):  # records go on, also where nobody hears of them: a terminal that was closed, a full disk
        click.echo(text + end, err=True, nl=False)


def progress_line(done: int, total: int | None, seconds: float) -> str:
    """Return a bar, or where the total is unknown a count."""
    speed = done / seconds if seconds else 0.0
    if not total:
        return f"{size_text(done)}, {size_text(speed)}/s"
    share = min(done / total, 1.0)
    bar = ("#" * int(share * _BAR)).ljust(_BAR, ".")
    left = f", {duration_text((total - done) / speed)} left" if speed else ""
    return f"{share:4.0%} {bar} {size_text(done)} of {size_text(total)}, {size_text(speed)}/s{left}"


def summary(account: Account, seconds: float) -> str:
    """Return a run in one line."""
    text = f"{account.records:,} records ({size_text(account.bytes_emitted)}) of {len(account.sources)} sources"
    late = f", {account.late:,} late" if account.late else ""
    failed = "" if account.whole else f", {failures(account)} not read to the end"
    return f"{text} in {duration_text(seconds)}{late}{failed}"


def failures(account: Account) -> str:
    """Return how many sources failed."""
    count = len(account.failed) + sum(bool(source.reasons) for source in account.sources)
    return f"{count} source{'s' if count > 1 else ''}"
