"""Sources named by a URI: objects and files on S3, GCS, HDFS and whatever else Arrow's file systems reach.

Arrow is loaded when the first URI is met. Globs are not expanded, directories are; credentials come from where Arrow
looks for them and are never part of a shown path.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from logbraid.core.types import Nanos
from logbraid.errors import SourceError
from logbraid.system.errors import reading

if TYPE_CHECKING:
    from pyarrow import NativeFile
    from pyarrow.fs import FileInfo, FileSystem

__all__ = ["RemoteSource", "expand", "is_uri", "local_path", "without_credentials"]

FOREIGN: Final = (ValueError, NotImplementedError, KeyError, ImportError)
"""What Arrow and the file systems under it raise beside OSError."""


def is_uri(spec: str) -> bool:
    """Whether ``spec`` names something by URI."""
    return "://" in spec


def local_path(uri: str) -> str | None:
    """The path that a ``file://`` URI stands for, which then counts as a local file like any other."""
    return unquote(uri.removeprefix("file://")) if uri.startswith("file:///") else None


def expand(uri: str, filesystem: FileSystem | None = None) -> list[RemoteSource]:
    """The file that ``uri`` names, or every file below the directory that it names, sorted by path.

    Args:
        uri: what was given.
        filesystem: used instead of the one that the URI names; the part after ``://`` is then the path on it.

    Raises:
        SourceError: there is nothing of that name, or it cannot be reached.
    """
    shown = without_credentials(uri)
    with reaching(uri):
        from pyarrow import fs  # heavy, and needed for URIs only

        found, root = (filesystem, uri.partition("://")[2]) if filesystem else fs.FileSystem.from_uri(uri)
        info = found.get_file_info(root)
        if info.type == fs.FileType.NotFound:
            raise SourceError(shown, "no such file or directory")
        if info.type == fs.FileType.Directory:
            below = found.get_file_info(fs.FileSelector(root, recursive=True))
        else:
            below = [info]
    stem = root.rstrip("/")
    return [
        RemoteSource(shown + each.path.removeprefix(stem), each, found)
        for each in sorted(below, key=lambda each: each.path)
        if each.type == fs.FileType.File and "/." not in each.path.removeprefix(stem)
    ]


@contextmanager
def reaching(uri: str) -> Iterator[None]:
    """Translate what goes wrong, without repeating the secrets that ``uri`` may hold."""
    shown = without_credentials(uri)
    try:
        with reading(shown, *FOREIGN):
            yield
    except SourceError as error:
        raise SourceError(shown, error.reason.replace(uri, shown), error.errno) from None


def without_credentials(uri: str) -> str:
    """The URI as it may be shown: without user, password and query."""
    return re.sub(r"://[^/@]*@", "://", uri.partition("?")[0]).rstrip("/")


class RemoteSource:
    """One remote file, as long as it was when it was found; opened when first read."""

    seekable = True
    blocking = False

    def __init__(self, path: str, info: FileInfo, filesystem: FileSystem) -> None:
        self.path = path
        self.size: int = info.size
        self.modified: Nanos = time.time_ns() if info.mtime_ns is None else info.mtime_ns
        self._name = info.path
        self._filesystem = filesystem
        self._file: NativeFile | None = None
        self._offset = 0

    def read_into(self, room: memoryview) -> int:
        """Read the next bytes; 0 at the end."""
        count = self.read_at(room, self._offset)
        self._offset += count
        return count

    def read_at(self, room: memoryview, offset: int) -> int:
        """Read at ``offset``, not past the size the file was found with."""
        wanted = min(len(room), self.size - offset)
        if wanted <= 0:
            return 0
        with reading(self.path, *FOREIGN):
            if self._file is None:
                self._file = self._filesystem.open_input_file(self._name)
            data = self._file.read_at(wanted, offset)  # type: ignore[call-arg]  # the stubs lag
        room[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Let go of the connection; a later read asks for a new one."""
        file, self._file = self._file, None
        if file:
            with reading(self.path, *FOREIGN):
                file.close()
