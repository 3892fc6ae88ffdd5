"""Who shows logs in a terminal: logbraid and its peers, and what their screens give away.

Tables only; what is done with a viewer stands in ``view_start.py`` and ``view_keys.py``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from benchmarks.follow_peers import LOGBRAID, Peer

__all__ = ["LINE", "LNAV", "PLACE", "TOOLONG", "VIEW"]

LINE: Final = re.compile(rb"seq=\d\d")
"""A line of a simulated log, or of it what nobody else draws."""

PLACE: Final = re.compile(rb"(?P<record>[\d,]+) of (?P<count>[\d,]+) \(")
"""Where logbraid's status line says that it is."""


@cache
def _no_view() -> str:
    asked = subprocess.run([*LOGBRAID, "view", "--help"], capture_output=True, check=False)
    return "it cannot view" if asked.returncode else ""


def _view(sources: Sequence[str], _: Path | None) -> list[str]:
    return [*LOGBRAID, "view", "--tz", "UTC", *sources]


def _named(*words: str) -> Peer:
    missing = "" if shutil.which(words[0]) else "not installed"
    return Peer(f"`{' '.join(words)}`", lambda sources, _: [*words, *sources], missing)


VIEW: Final = Peer("logbraid view", _view, _no_view())
LNAV: Final = _named("lnav")
TOOLONG: Final = _named("tl", "--merge")
