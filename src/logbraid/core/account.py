"""The account of a run: per source, what was seen, what left, what was left out, and what is lost and why.

Plain counters and how they read as JSON; who counts is the pipeline.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Final

__all__ = ["Account", "SourceAccount"]


@dataclass(slots=True)
class SourceAccount:
    """One source's part of the account.

    Attributes:
        label: the source's label.
        path: its name as given or found.
        bytes_seen: read from it, or known to have been there and lost.
        bytes_emitted: that left in records.
        bytes_filtered: in records that a filter took out.
        bytes_held: read, and still to leave; seen is emitted, filtered, held and lost together.
        records: that left.
        late: records that came too late for their place.
        leaps: records whose time was an isolated leap, ordered with the record above them.
        ahead: records whose time was ahead of the clock, ordered by when they were seen.
        cut: records that were longer than the limit and were cut into several.
        rotations: how often its name led to another file, or its file was truncated.
        bytes_lost: known to be there and never read.
        reasons: why bytes were lost or the source failed, in words.
        earlier_reasons: the same of the runs that this one goes on from, whose counts are in here too.
    """

    label: str
    path: str
    bytes_seen: int = 0
    bytes_emitted: int = 0
    bytes_filtered: int = 0
    bytes_held: int = 0
    records: int = 0
    late: int = 0
    leaps: int = 0
    ahead: int = 0
    cut: int = 0
    rotations: int = 0
    bytes_lost: int = 0
    reasons: list[str] = field(default_factory=list)
    earlier_reasons: list[str] = field(default_factory=list)

    def carry_on(self, before: SourceAccount) -> None:
        """Add what earlier runs have counted for the same source."""
        for name in _COUNTERS:
            setattr(self, name, getattr(self, name) + getattr(before, name))
        self.earlier_reasons = list(dict.fromkeys([*before.earlier_reasons, *before.reasons]))

    def add(self, other: SourceAccount) -> None:
        """Add what somebody else counted for the same source."""
        for name in _COUNTERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.reasons += [reason for reason in other.reasons if reason not in self.reasons]


_COUNTERS: Final = tuple(one.name for one in fields(SourceAccount) if one.default == 0)


@dataclass(slots=True)
class Account:
    """What a run did.

    Attributes:
        sources: one account a source, in the order of sources.
        failed: names that could not be read at all, and why.
    """

    sources: list[SourceAccount] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """Records that left, of all sources."""
        return sum(source.records for source in self.sources)

    @property
    def late(self) -> int:
        """Records that came too late, of all sources."""
        return sum(source.late for source in self.sources)

    @property
    def bytes_seen(self) -> int:
        """Bytes read, of all sources."""
        return sum(source.bytes_seen for source in self.sources)

    @property
    def bytes_emitted(self) -> int:
        """Bytes that left, of all sources."""
        return sum(source.bytes_emitted for source in self.sources)

    @property
    def bytes_lost(self) -> int:
        """Bytes known to be there and never read, of all sources."""
        return sum(source.bytes_lost for source in self.sources)

    @property
    def whole(self) -> bool:
        """Whether every source was read to its end, as far as this run is concerned."""
        return not self.failed and not any(source.reasons for source in self.sources)

    def to_json(self) -> str:
        """Return the account as JSON, sums first in meaning and last in the text."""
        sums = ("records", "late", "bytes_seen", "bytes_emitted", "bytes_lost")
        whole = {"sources": [asdict(source) for source in self.sources], "failed": self.failed}
        return json.dumps(whole | {name: getattr(self, name) for name in sums}, indent=2, ensure_ascii=False) + "\n"
