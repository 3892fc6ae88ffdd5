from __future__ import annotations

import pytest

from logbraid.core.quantities import duration_text, parse_duration, parse_size, parse_skew, size_text
from logbraid.errors import UsageError

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("10m", 600 * SECOND),
        ("2h", 7200 * SECOND),
        ("3d", 3 * 86_400 * SECOND),
        ("1h30m", 5400 * SECOND),
        ("1h 30min", 5400 * SECOND),
        ("2 weeks", 14 * 86_400 * SECOND),
        ("+2.5s", 2_500_000_000),
        ("-250ms", -250_000_000),
        ("1.000000001s", 1_000_000_001),
        ("7ns", 7),
    ],
)
def test_durations(text: str, nanos: int) -> None:
    assert parse_duration(text) == nanos


@pytest.mark.parametrize("text", ["", "10", "m", "10x", "1h30", "h1", "--1s", "1 parsec", "10m!"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4096", 4096),
        ("64k", 65536),
        ("1MiB", 1 << 20),
        ("2G", 2 << 30),
        ("1.5M", 3 << 19),
        ("10 MB", 10**7),
        ("7B", 7),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "k", "-1", "1X", "1kk", "1e3"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="not a size"):
        parse_size(text)


def test_a_skew_is_a_label_and_a_duration() -> None:
    assert parse_skew("db.log=+2.5s") == ("db.log", 2_500_000_000)
    assert parse_skew("a=b.log=-1m") == ("a=b.log", -60 * SECOND)


@pytest.mark.parametrize("text", ["db.log", "=1s", "db.log=", "db.log=fast"])
def test_what_is_no_skew(text: str) -> None:
    with pytest.raises(UsageError, match="not a"):
        parse_skew(text)


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB")])
def test_sizes_as_text(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (61, "1:01"), (3725, "1:02:05")])
def test_durations_as_text(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text
