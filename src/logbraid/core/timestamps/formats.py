"""The one table of timestamp formats: the most specific first, so that the first match is the best.

A new format is a row in its family's file, with samples; a new family is a name here.
"""

from __future__ import annotations

from typing import Final

from logbraid.core.timestamps.epoch import EPOCH
from logbraid.core.timestamps.format import Format
from logbraid.core.timestamps.iso import ISO
from logbraid.core.timestamps.named import NAMED
from logbraid.core.timestamps.short import SHORT

__all__ = ["FORMATS"]

FORMATS: Final[tuple[Format, ...]] = (*ISO, *NAMED, *EPOCH, *SHORT)
