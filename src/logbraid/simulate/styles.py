"""How a record is laid out in each log format, with blanks for what changes from one printing to the next.

A blank is a run of one control byte, as wide as what will be printed there: pages.py finds it by that byte. Layouts
only: no random choice is made here and no file is written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from logbraid.errors import UsageError

__all__ = ["FRACTION", "REQUEST", "SECOND", "SEQUENCE", "SEQUENCE_WIDTH", "STYLES", "Style", "style_of"]

SECOND: Final = "\x01"
FRACTION: Final = "\x02"
REQUEST: Final = "\x03"
SEQUENCE: Final = "\x04"
REQUEST_WIDTH: Final = 8
SEQUENCE_WIDTH: Final = 8

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Style:
    """One log format.

    Attributes:
        name: as given to ``--format`` and shown in the manifest.
        layout: a record's line; ``{second}``, ``{fraction}`` and ``{request}`` become blanks, ``{mark}`` is the writer
            and the sequence number, and ``{level}`` may also be ``{LEVEL}`` or its first letter, ``{L}``.
        second: a time, in whole seconds, as printed; always of the same width.
        digits: the width of the fraction, 0 where the format has none.
        inline: whether a traceback stands inside the line, escaped, instead of below it.
    """

    name: str
    layout: str
    second: Callable[[datetime], str]
    digits: int
    inline: bool = False

    def line(self, *, level: str, service: str, text: str, mark: str) -> str:
        """A record's line with blanks for time and request."""
        blanks = {
            "second": SECOND * len(self.second(datetime(2026, 1, 1, tzinfo=UTC))),
            "fraction": FRACTION * self.digits,
            "request": REQUEST * REQUEST_WIDTH,
        }
        levels = {"level": level, "LEVEL": level.upper(), "L": level[0].upper()}
        return self.layout.format(**blanks, **levels, service=service, text=text, mark=mark)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _syslog(moment: datetime) -> str:
    return f"{MONTHS[moment.month - 1]} {moment.day:2d} {moment:%H:%M:%S}"


def _python(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _apache(moment: datetime) -> str:
    return f"{moment.day:02d}/{MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S}"


def _klog(moment: datetime) -> str:
    return f"{moment:%m%d %H:%M:%S}"


def _epoch(moment: datetime) -> str:
    return f"{int(moment.timestamp()):010d}"


STYLES: Final = (
    Style("iso", "{second}.{fraction}Z {LEVEL:<5} [{service}] req={request} {text} {mark}", _iso, 3),
    Style(
        "json",
        '{{"ts":"{second}.{fraction}Z","level":"{level}","service":"{service}",'
        '"req":"{request}","msg":"{text} {mark}"}}',
        _iso,
        6,
        inline=True,
    ),
    Style("syslog", "{second} host-3 {service}[4711]: {level}: req={request} {text} {mark}", _syslog, 0),
    Style("python", "{second},{fraction} {LEVEL} {service}.app: {text} [req {request}] {mark}", _python, 3),
    Style(
        "apache",
        '10.0.3.7 - - [{second} +0000] "GET /{service}?req={request} HTTP/1.1" 200 5321 "{text}" "{mark}"',
        _apache,
        0,
    ),
    Style("klog", "{L}{second}.{fraction}       7 {service}.go:118] {text} req={request} {mark}", _klog, 6),
    Style("epoch", "{second}{fraction} {LEVEL} {service} {request} {text} {mark}", _epoch, 3),
    Style("logfmt", 'ts={second}.{fraction}Z level={level} app={service} req={request} msg="{text}" {mark}', _iso, 9),
)


def style_of(name: str, index: int) -> Style:
    """The style of file number ``index``; "mixed" gives each file the next one of all.

    Raises:
        UsageError: no style has that name.
    """
    if name == "mixed":
        return STYLES[index % len(STYLES)]
    for style in STYLES:
        if style.name == name:
            return style
    raise UsageError(f"unknown format {name!r}: choose mixed or one of {', '.join(style.name for style in STYLES)}")
