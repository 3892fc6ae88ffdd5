"""Zones by every kind of name, and the machine's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from logbraid.errors import UsageError
from logbraid.system import zones
from logbraid.system.zones import local_zone, zone_named

SUMMER = datetime(2026, 7, 1)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("UTC", 0),
        ("utc", 0),
        ("Z", 0),
        ("Europe/Berlin", 2),
        ("America/New_York", -4),
        ("+02:00", 2),
        ("-0930", -9.5),
        ("+5", 5),
        ("-00:30", -0.5),
    ],
)
def test_names(name: str, hours: float) -> None:
    assert zone_named(name).utcoffset(SUMMER) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "+24", "+1:2", "/etc/passwd", "../zone", "Europe", "a\0b", "ü", "x" * 5000]
)
def test_what_is_no_zone(name: str) -> None:
    with pytest.raises(UsageError, match="no such time zone"):
        zone_named(name)


@pytest.mark.parametrize(("value", "hours"), [("Europe/Berlin", 2), (":Europe/Berlin", 2), ("UTC", 0), ("no such", 0)])
def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, value: str, hours: float) -> None:
    monkeypatch.setenv("TZ", value)
    assert local_zone().utcoffset(SUMMER) == timedelta(hours=hours)
    assert zone_named("local").utcoffset(SUMMER) == timedelta(hours=hours)


@pytest.mark.parametrize("content", [None, b"no zone file"])
def test_a_machine_without_a_zone_has_utc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    monkeypatch.delenv("TZ", raising=False)
    monkeypatch.setattr(zones, "_LOCALTIME", str(tmp_path / "localtime"))
    if content is not None:
        (tmp_path / "localtime").write_bytes(content)
    assert local_zone() is UTC
