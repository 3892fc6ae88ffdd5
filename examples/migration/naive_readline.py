"""How every naive program looks for a line: at the handle's own position, and with eyes for growth only."""

from __future__ import annotations

import os
from typing import BinaryIO


class NoNewData(Exception):
    """The file has not grown since the last look."""


def readline(handle: BinaryIO) -> bytes:
    """Return what follows the handle's position."""
    position = handle.tell()
    if handle.seek(0, os.SEEK_END) == position:
        raise NoNewData
    handle.seek(position)
    return handle.readline()
