"""For your own tests of following: files in memory, a clock that you turn, and a sink that remembers.

    clock = ManualClock()
    files = FakeFiles(["/logs/*.log"], clock=clock)
    clock.at(0.0, lambda: files.append("/logs/a.log", b"one, two"))
    clock.at(1.0, lambda: files.rename("/logs/a.log", "/logs/a.log.1"))

``FakeFiles`` takes the place of the file system, of notifications and of the search for sources; nothing here sleeps,
starts a thread or touches a disk, so every run is the same. Nothing of the package outside its tests imports this.
The names are served lazily, as the pytest plugin beside them is loaded by every run of pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from logbraid.testing.clock import ManualClock
    from logbraid.testing.files import FakeFiles
    from logbraid.testing.sinks import AsyncCollectSink, CollectSink

__all__ = ["AsyncCollectSink", "CollectSink", "FakeFiles", "ManualClock"]

_HOME = {
    "AsyncCollectSink": "logbraid.testing.sinks",
    "CollectSink": "logbraid.testing.sinks",
    "FakeFiles": "logbraid.testing.files",
    "ManualClock": "logbraid.testing.clock",
}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
