"""What is counted of each source while it is followed, so that at any moment every byte seen is accounted for.

Seen is what was read, and what is known to have been there and was lost; it has been emitted, filtered, is held or was
lost. Counts of earlier runs are carried on. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from logbraid.core.account import Account, SourceAccount
from logbraid.core.events import BytesLost, Event, SourceFailed
from logbraid.core.lane import Lane
from logbraid.core.states import Loss
from logbraid.core.types import Source, SourceId

__all__ = ["Tally"]


class Tally:
    """The accounts of a run.

    Args:
        sources: every source so far; grows.
        lane: counts what leaves.
    """

    def __init__(self, sources: Sequence[Source], lane: Lane) -> None:
        self._sources = sources
        self._lane = lane
        self._accounts: list[SourceAccount] = []
        self._before: dict[SourceId, SourceAccount] = {}
        self._events: list[Event] = []

    def add(self, source: Source, before: SourceAccount | None = None) -> None:
        """Count one more source; ``before``: what earlier runs have counted of it."""
        self._accounts.append(SourceAccount(source.label, source.path))
        if before is not None:
            self._before[source.id] = before

    def read(self, source: SourceId, count: int) -> int:
        """Count bytes that were read; return how many there were before them."""
        account = self._accounts[source]
        account.bytes_seen += count
        return account.bytes_seen - count

    def rotate(self, source: SourceId) -> None:
        """Count that the name leads to new bytes."""
        self._accounts[source].rotations += 1

    def lose(self, source: SourceId, loss: Loss) -> None:
        """Count bytes that were there, and will never be read."""
        account = self._accounts[source]
        account.bytes_seen += loss.count
        account.bytes_lost += loss.count
        if loss.grave:
            self._give_reason(account, loss.reason)
        self._events.append(BytesLost(account.path, loss.count, loss.reason))

    def fail(self, source: SourceId, reason: str) -> None:
        """Note that a source cannot be read now; the same reason counts once."""
        account = self._accounts[source]
        if self._give_reason(account, reason):
            self._events.append(SourceFailed(account.path, reason))

    def _give_reason(self, account: SourceAccount, reason: str) -> bool:
        if reason in account.reasons:
            return False
        account.reasons.append(reason)
        return True

    def events(self) -> list[Event]:
        """Return what was noticed since the last call."""
        events, self._events = self._events, []
        return events

    def account(self) -> Account:
        """Return the account as it stands."""
        return Account([self._of(SourceId(number)) for number in range(len(self._accounts))])

    def passed(self, source: SourceId) -> SourceAccount:
        """Return the account of a source as of what has left: as if nothing had been read behind that."""
        account = self._of(source)
        account.bytes_held = 0
        account.bytes_filtered -= self._lane.filtered_ahead(source)
        account.bytes_seen = account.bytes_emitted + account.bytes_filtered + account.bytes_lost
        return account

    def _of(self, source: SourceId) -> SourceAccount:
        account = self._accounts[source]
        self._lane.count(source, account)
        account.bytes_held = self._lane.held(source)
        whole = replace(account, reasons=[*account.reasons])
        if (before := self._before.get(source)) is not None:
            whole.carry_on(before)
        return whole
