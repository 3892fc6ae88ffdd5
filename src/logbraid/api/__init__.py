"""The Python face: one function a verb, with the same arguments as the command, each in two colours.

Arguments become options, sources and a sink, and the driver is picked; nothing here reads, orders or waits. A program
of threads calls ``merge`` and ``follow``, one of coroutines ``amerge`` and ``afollow``: neither looks for a loop. The
names are served lazily, as following bare lines must not wait for what merging needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logbraid.api.following import AsyncFollowing, Following, afollow, follow
    from logbraid.api.merging import MakeSink, amerge, merge, merge_into
    from logbraid.api.plan import World
    from logbraid.api.running import follow_into

__all__ = [
    "AsyncFollowing",
    "Following",
    "MakeSink",
    "World",
    "afollow",
    "amerge",
    "follow",
    "follow_into",
    "merge",
    "merge_into",
]

_HOMES = {
    "logbraid.api.following": ("AsyncFollowing", "Following", "afollow", "follow"),
    "logbraid.api.merging": ("MakeSink", "amerge", "merge", "merge_into"),
    "logbraid.api.plan": ("World",),
    "logbraid.api.running": ("follow_into",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
