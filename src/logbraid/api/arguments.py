"""The arguments that every verb has, and what they mean as ``core.options.Options``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from logbraid.core.events import Event
from logbraid.core.options import Options, Order
from logbraid.core.types import Nanos
from logbraid.errors import UsageError

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = ["Notice", "Path", "Reading", "ignore", "options_from", "paths_of", "refuse_own", "refuse_text"]

Path: TypeAlias = "str | os.PathLike[str]"

Notice = Callable[[Event], None]
"""Told what was noticed: a source that failed, one without timestamps."""


class Reading(TypedDict, total=False):
    """How sources are read, in every verb alike; all of it may be left out.

    Attributes:
        since: leave out records before this time (ns UTC, or a datetime).
        until: leave out records at or after this time.
        level: leave out records below this level; those without a level stay.
        include: keep only records that match each of these patterns (RE2).
        exclude: leave out records that match any of these.
        tz: zone of timestamps that name none: a name, an offset, a tzinfo; default: this machine's.
        skews: by label, ns to add to a source's times.
        time_format: a strptime-like pattern of all timestamps, instead of looking for one.
        max_record: longest record in bytes; a longer one is cut into several, and no byte is lost.
        buffer: bytes held in memory for all sources together, as a guide.
    """

    since: Nanos | datetime | None
    until: Nanos | datetime | None
    level: str | None
    include: Sequence[str]
    exclude: Sequence[str]
    tz: str | tzinfo | None
    skews: Mapping[str, Nanos] | None
    time_format: str | None
    max_record: int
    buffer: int


def options_from(
    order: Order, reading: Reading, *, lateness: Nanos | None = None, silence: Nanos | None = None
) -> Options:
    """Return what the arguments mean.

    Raises:
        UsageError: they mean nothing, or contradict each other.
        TypeError: there is no such argument.
    """
    for name in reading:
        if name not in Reading.__annotations__:
            raise TypeError(f"unexpected argument: {name}")
    numbers = {name: reading.get(name) for name in ("since", "until", "max_record", "buffer")}
    for name, value in (numbers | {"lateness": lateness, "silence": silence}).items():
        if not isinstance(value, int | datetime | None):
            raise UsageError(f"{name} is a number, of nanoseconds where it is a time, and not {value!r}")
    refuse_text(include=reading.get("include", ()), exclude=reading.get("exclude", ()))
    default = Options()
    level = reading.get("level")
    return Options(
        order=order,
        since=_nanos(reading.get("since")),
        until=_nanos(reading.get("until")),
        level=None if level is None else _level(level),
        include=tuple(reading.get("include", ())),
        exclude=tuple(reading.get("exclude", ())),
        zone=_zone(reading.get("tz")),
        skews=dict(reading.get("skews") or {}),
        time_format=reading.get("time_format"),
        max_record=reading.get("max_record", default.max_record),
        buffer=reading.get("buffer", default.buffer),
        lateness=default.lateness if lateness is None else lateness,
        silence=default.silence if silence is None else silence,
    )


def paths_of(sources: Path | Iterable[Path]) -> list[str]:
    """Return the names of sources, of which one alone needs no list."""
    return [os.fspath(one) for one in ([sources] if isinstance(sources, str | os.PathLike) else sources)]


def refuse_text(**lists: object) -> None:
    """Refuse a text where a list of texts is wanted: it would be taken for a list of letters."""
    for name, value in lists.items():
        if isinstance(value, str):
            raise UsageError(f"{name} is a list of texts, not one text")


def refuse_own(specs: Sequence[str], own: Sequence[str]) -> None:
    """Refuse to write over a file that was named as a source; one that a pattern or a directory holds is left out."""
    for spec in specs:
        named = "/dev/stdin" if spec == "-" else spec
        if any(os.path.isfile(path) and os.path.isfile(named) and os.path.samefile(path, named) for path in own):
            raise UsageError(f"{spec} is a source and cannot be the output too")


def ignore(*_: object) -> None:
    """Do nothing with what one is told."""


def _level(name: str) -> int:
    from logbraid.core.levels import parse_level  # needs Arrow, which a run of bare lines does not

    return parse_level(name)


def _zone(tz: str | tzinfo | None) -> tzinfo:
    from logbraid.system.zones import local_zone, zone_named

    return local_zone() if tz is None else zone_named(tz) if isinstance(tz, str) else tz


def _nanos(time: Nanos | datetime | None) -> Nanos | None:
    """Return a point in time in ns UTC; a datetime without a zone is local."""
    if not isinstance(time, datetime):
        return time
    since_epoch = time.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since_epoch // timedelta(microseconds=1) * 1000
