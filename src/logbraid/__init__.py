"""Follow many log files and braid them into one stream, in true time order.

The public names are served lazily, so that importing the package costs nothing until one of them is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logbraid.api import afollow, amerge, follow, merge
    from logbraid.core.account import Account, SourceAccount
    from logbraid.core.checkpoint import decode_position, encode_position
    from logbraid.core.positions import Position
    from logbraid.core.records import Record, RecordBatch
    from logbraid.errors import CheckpointError, LogbraidError, SinkError, SourceError, UsageError

__version__ = "0.1.0"

__all__ = [
    "Account",
    "CheckpointError",
    "LogbraidError",
    "Position",
    "Record",
    "RecordBatch",
    "SinkError",
    "SourceAccount",
    "SourceError",
    "UsageError",
    "afollow",
    "amerge",
    "decode_position",
    "encode_position",
    "follow",
    "merge",
]

_HOMES = {
    "logbraid.api": ("afollow", "amerge", "follow", "merge"),
    "logbraid.core.account": ("Account", "SourceAccount"),
    "logbraid.core.checkpoint": ("decode_position", "encode_position"),
    "logbraid.core.positions": ("Position",),
    "logbraid.core.records": ("Record", "RecordBatch"),
    "logbraid.errors": ("CheckpointError", "LogbraidError", "SinkError", "SourceError", "UsageError"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
