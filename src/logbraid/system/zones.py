"""Time zones by name, and the machine's own.

Nothing here knows a timestamp: what a zone is used for is decided by whoever asks.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from logbraid.errors import UsageError

__all__ = ["local_zone", "zone_named"]

_LOCALTIME: Final = "/etc/localtime"
_OFFSET: Final = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")


def zone_named(name: str) -> tzinfo:
    """Return the zone: ``UTC``, an IANA name, ``local``, or an offset like ``+02:00``.

    Raises:
        UsageError: there is no such zone.
    """
    if name == "local":
        return local_zone()
    if name.upper() in ("UTC", "Z"):
        return UTC
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if ahead >= timedelta(hours=24):
            raise UsageError(f"no such time zone: {name}")
        return timezone(-ahead if sign == "-" else ahead)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"no such time zone: {name}") from None


def local_zone() -> tzinfo:
    """Return the zone of this machine: ``TZ``, else ``/etc/localtime``, else UTC."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if name:
        try:
            return zone_named(name)
        except UsageError:
            return UTC  # what the C library does with a name that it does not know
    try:
        with open(_LOCALTIME, "rb") as file:
            return ZoneInfo.from_file(file, key="local")
    except (OSError, ValueError):
        return UTC
