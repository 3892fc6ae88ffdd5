"""Everything a run may be told, as one frozen value: checked once, units in the field names or their comments.

Flags, keyword arguments and tests all end here; the core sees no flag and asks nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Final, Literal

from logbraid.core.types import SECOND, Nanos
from logbraid.errors import UsageError

__all__ = ["MEBIBYTE", "Options", "Order"]

MEBIBYTE: Final = 1 << 20
LEAST_RECORD: Final = 64
MOST_RECORD: Final = 1 << 30

Order = Literal["time", "arrival"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to merge and how; what it is written to is the sink's matter.

    Attributes:
        order: ``time`` or ``arrival``.
        since: leave out records before this time, ns UTC.
        until: leave out records at or after this time, ns UTC.
        level: leave out records below this level code; those without a level stay. None: no limit.
        include: keep only records that match every one of these patterns (RE2, on bytes).
        exclude: leave out records that match any of these.
        zone: of timestamps that name none.
        skews: by label, what to add to a source's times, ns.
        time_format: a strptime-like pattern that every source's timestamps have, instead of looking for one.
        max_record: longest record in bytes; a longer one is cut into several.
        buffer: bytes held in memory for all sources together, as a guide.
        lateness: while following, how long after its time a record may still come and find its place, ns.
        silence: while following, every record is whole when its source has been silent for so long, ns; where nothing
            speaks for more lines, the lateness is silence enough.
    """

    order: Order = "time"
    since: Nanos | None = None
    until: Nanos | None = None
    level: int | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    zone: tzinfo = UTC
    skews: Mapping[str, Nanos] = field(default_factory=dict)
    time_format: str | None = None
    max_record: int = MEBIBYTE
    buffer: int = 64 * MEBIBYTE
    lateness: Nanos = SECOND // 5
    silence: Nanos = SECOND // 2

    def __post_init__(self) -> None:
        if self.order not in ("time", "arrival"):
            raise UsageError(f"order is 'time' or 'arrival', not {self.order!r}")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise UsageError("since must be before until")
        if self.max_record < LEAST_RECORD:
            raise UsageError(f"the longest record cannot be under {LEAST_RECORD} bytes")
        if self.max_record > MOST_RECORD:
            raise UsageError(f"the longest record cannot be over {MOST_RECORD >> 20} MiB")
        if self.buffer < MEBIBYTE:
            raise UsageError("the buffer cannot be under 1 MiB")
        if self.lateness < 0 or self.silence < 0:
            raise UsageError("lateness and silence cannot be negative")

    @property
    def filters(self) -> bool:
        """Whether any record may be left out."""
        return any(value is not None for value in (self.since, self.until, self.level)) or bool(
            self.include + self.exclude
        )
