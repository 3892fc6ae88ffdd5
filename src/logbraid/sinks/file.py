"""Bytes into a descriptor, or into a file that appears under its name only when it is whole.

What the bytes are is the renderer's matter. A failed run leaves no half file, and what stood there before stays.
"""

from __future__ import annotations

import contextlib
import os
import select
import stat
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from logbraid.errors import SinkError
from logbraid.sinks.base import Batch, Renderer, RenderingSink

__all__ = [
    "BinaryWriter",
    "BorrowedFile",
    "DescriptorSink",
    "FileSink",
    "NewFile",
    "WriterSink",
    "write_all",
    "write_some",
    "writing",
]

_NEW: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_PIECE: Final = 64 << 10
"""Bytes a call: a pipe takes no more at once, and who looks on from another thread sees that it moves."""

_LOOK_UP: Final = 500
"""Milliseconds a wait for room: a signal that comes a moment before a wait is not heeded until its end."""


@contextlib.contextmanager
def writing(name: str) -> Iterator[None]:
    """Turn an OSError met while writing into SinkError."""
    try:
        yield
    except OSError as error:
        raise SinkError(f"{name}: {os.strerror(error.errno or 0)}", error.errno) from error


def write_all(descriptor: int, data: bytes | memoryview, name: str) -> None:
    """Write everything, however many calls it takes.

    Raises:
        SinkError: the output refused it; ``errno`` says why.
    """
    rest = memoryview(data)
    with writing(name):
        while rest:
            rest = rest[write_some(descriptor, rest) :]


def write_some(descriptor: int, data: memoryview) -> int:
    """Write as much as one call takes, and return how much that was. Raises OSError."""
    while True:
        try:
            return os.write(descriptor, data)
        except BlockingIOError:
            # Whoever shares the descriptor made it non-blocking; it stays so, and is waited for.
            _wait_for_room(descriptor)


def _wait_for_room(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    poll.poll(_LOOK_UP)


class BorrowedFile:
    """A descriptor that somebody else opened and will close."""

    def __init__(self, descriptor: int, name: str) -> None:
        self.descriptor = descriptor
        self.name = name
        self.own_paths: Sequence[str] = ()

    def finish(self) -> None:
        """Nothing to finish: the descriptor is somebody else's."""

    def discard(self) -> None:
        """Nothing to undo: what was written was written."""


class NewFile:
    """A temporary beside the file, which takes the file's place when it is whole.

    A path that is there and no regular file (a FIFO, ``/dev/null``) is written to directly.

    Attributes:
        descriptor: where to write.
        name: the path.

    Raises:
        SinkError: the file cannot be created.
    """

    def __init__(self, path: str) -> None:
        self.name = path
        self._temporary: str | None = None
        try:
            with writing(path):
                self.descriptor = self._open()
        except BaseException:  # an interrupt may come when it is there already
            self._remove()
            raise
        self._open_still = True

    @property
    def own_paths(self) -> Sequence[str]:
        """Paths that must not be merged, as they are this file's own."""
        return [self.name] if self._temporary is None else [self.name, self._temporary]

    def finish(self) -> None:
        """Close the file and give it its name."""
        with writing(self.name):
            self._close()
            if self._temporary is not None:
                os.replace(self._temporary, self.name)

    def discard(self) -> None:
        """Remove the temporary. Never raises."""
        with contextlib.suppress(OSError):
            self._close()
        self._remove()

    def _remove(self) -> None:
        if self._temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._temporary)

    def _close(self) -> None:
        # Once only, even where closing fails: the number may be another file's by then.
        if self._open_still:
            self._open_still = False
            os.close(self.descriptor)

    def _open(self) -> int:
        if os.path.exists(self.name) and not stat.S_ISREG(os.stat(self.name).st_mode):
            return os.open(self.name, os.O_WRONLY | os.O_CLOEXEC)
        # Behind a symbolic link the file itself is replaced, not the link.
        self.name = os.path.realpath(self.name)
        mode = _mode_of(self.name)
        descriptor = self._open_temporary(0o666 if mode is None else mode)
        if mode is not None:
            os.fchmod(descriptor, mode)
        return descriptor

    def _open_temporary(self, mode: int) -> int:
        """Make a file beside the path that nobody has known, with no wider a mode than this under the umask."""
        directory, name = os.path.split(self.name)
        while True:
            self._temporary = os.path.join(directory, f".{name}.{os.urandom(4).hex()}.partial")
            try:
                return os.open(self._temporary, _NEW, mode)
            except OSError as error:
                self._temporary = None  # it is somebody else's, or not there
                if not isinstance(error, FileExistsError):
                    raise


def _mode_of(path: str) -> int | None:
    """Return the mode of the file that will be replaced, which the new one takes over; None: there is none."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return None


class _OpenFileSink(RenderingSink):
    """Writes to a file that is open; closing or aborting the sink is the file's matter.

    Attributes:
        unwritten: bytes of the batch being written that have not been taken yet; any thread may look.
    """

    unwritten = 0

    def __init__(self, file: BorrowedFile | NewFile, renderer: Renderer) -> None:
        super().__init__(renderer)
        self._file = file

    @property
    def descriptor(self) -> int:
        """Where the bytes go."""
        return self._file.descriptor

    @property
    def name(self) -> str:
        """The output's name, for error messages."""
        return self._file.name

    def write(self, batch: Batch) -> None:
        """Render and write a batch."""
        rest = self.renderer(batch)
        with writing(self.name):
            while rest:
                self.unwritten = len(rest)
                rest = rest[write_some(self.descriptor, rest[:_PIECE]) :]
        self.unwritten = 0

    def close(self) -> None:
        """Give a file its name; a borrowed descriptor stays as it is."""
        self._file.finish()

    def abort(self) -> None:
        """Remove a file that is not whole; what was written to a borrowed descriptor was written."""
        self._file.discard()


class DescriptorSink(_OpenFileSink):
    """Writes to a descriptor that somebody else opened and will close.

    Args:
        descriptor: where the bytes go; never switched to non-blocking, as others may share it.
        renderer: what the bytes are.
        name: for error messages.
    """

    def __init__(self, descriptor: int, renderer: Renderer, name: str = "output") -> None:
        super().__init__(BorrowedFile(descriptor, name), renderer)


class FileSink(_OpenFileSink):
    """Writes to a temporary beside ``path`` and gives it that name when closed, see ``NewFile``.

    Raises:
        SinkError: the file cannot be created.
    """

    def __init__(self, path: str, renderer: Renderer) -> None:
        super().__init__(NewFile(path), renderer)

    @property
    def own_paths(self) -> Sequence[str]:
        """Paths that must not be merged, as they are this sink's own."""
        return self._file.own_paths


class BinaryWriter(Protocol):
    """What takes bytes: a file open in binary mode, in memory, compressing ..."""

    def write(self, data: memoryview, /) -> object:
        """Take all of the bytes."""

    def flush(self) -> object:
        """Pass on what is held back."""


class WriterSink:
    """Writes to a file object that is more than its descriptor (in memory, compressing); its owner closes it."""

    def __init__(self, file: BinaryWriter, renderer: Renderer) -> None:
        self._file = file
        self._name = str(getattr(file, "name", "output"))
        self._renderer = renderer

    @property
    def takes_lines(self) -> bool:
        """Whether bare lines will do."""
        return self._renderer.takes_lines

    def write(self, batch: Batch) -> None:
        """Render and write a batch."""
        with writing(self._name):
            self._file.write(self._renderer(batch))

    def flush(self) -> None:
        """Pass on what the file object holds back."""
        with writing(self._name):
            self._file.flush()

    def close(self) -> None:
        """Pass on what is held back; the file object stays open."""
        self.flush()

    def abort(self) -> None:
        """Nothing to undo: what was written was written."""
