"""Files in memory of which a few reads fail, and which outlive the process that follows them.

Numbers of files may be used again, but only for files of the same source.
"""

from __future__ import annotations

import errno
import os
from typing import Any

from logbraid.core.types import Identity
from logbraid.errors import SourceError
from logbraid.testing import FakeFiles

__all__ = ["FrailFiles"]


class FrailFiles(FakeFiles):
    """See ``FakeFiles`` for its arguments.

    Attributes:
        failing: how often reading each file will fail yet.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.failing: dict[Identity, int] = {}
        self._families: dict[int, str] = {}
        self._family = ""

    def take_over(self, before: FrailFiles) -> None:
        """Have the files that were there for an earlier process."""
        self._tree, self._newest, self.failing = before._tree, before._newest, before.failing
        self._families = before._families

    def read(
        self, path: str, identity: Identity, room: memoryview, offset: int, *, compressed: bool = False
    ) -> int | None:
        """Read, or fail."""
        if left := self.failing.pop(identity, 0):
            if left > 1:
                self.failing[identity] = left - 1
            raise SourceError(path, os.strerror(errno.EIO).lower(), errno.EIO)
        return super().read(path, identity, room, offset, compressed=compressed)

    def create(self, path: str, data: bytes = b"") -> None:
        """Make a new file."""
        self._family = path[:7]  # ``/logs/a``
        super().create(path, data)

    def _number(self) -> int:
        borne = {node.number for node in self._tree.files.values()} | {node.number for node, _ in self._open.values()}
        free = [each for each, family in self._families.items() if family == self._family and each not in borne]
        number = min(free) if self.reuse and free else len(self._families) + 1
        self._families[number] = self._family
        return number
