"""The file that a checkpoint is kept in: SQLite, one row a source, held by one run at a time.

A rollback journal and not a write-ahead log: the checkpoint stays one file that may be copied and read on a network
file system, and what a killed run left is rolled back by whoever opens it next. Every commit is on the disk when it
returns, so a rotation of the output that was committed stays true whatever fails. Nothing is imported from here but
where a checkpoint is used.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Final
from urllib.parse import quote

from logbraid.core.checkpoint import (
    VERSION,
    Checkpoint,
    Commit,
    OutputState,
    decode_output,
    decode_position,
    encode_output,
    encode_position,
)
from logbraid.core.positions import Position
from logbraid.errors import CheckpointError

__all__ = ["Store", "beside", "paths", "read_checkpoint"]

APPLICATION: Final = 0x6C6F6762
"""``logb``: by this a checkpoint is told from any other database."""

LAYOUT: Final = 1
"""Of the tables."""

TABLES: Final = (
    "CREATE TABLE output (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, state TEXT NOT NULL)",
    "CREATE TABLE positions (source BLOB PRIMARY KEY, version INTEGER NOT NULL, position TEXT NOT NULL)",
)
"""All that is there, word for word: a view or a trigger that somebody has put in would be run."""

SCHEMA: Final = f"""
    BEGIN IMMEDIATE;
    PRAGMA application_id = {APPLICATION};
    PRAGMA user_version = {LAYOUT};
    {"; ".join(TABLES)};
    COMMIT;
"""

LONGEST: Final = 4 << 20
"""Bytes of one row: what says where a source is has some thousands."""

STEPS: Final = 1 << 20
"""Of SQLite, to read a checkpoint, besides some for each of its bytes: a file that leads in circles needs more."""

PATIENCE: Final = 60.0
"""Seconds that a commit waits for somebody who reads."""

READER_PATIENCE: Final = 10.0

LOCKED_BYTE: Final = 1 << 62
"""Far behind the bytes that SQLite locks: where a lock of the whole file is made of such, the two must not meet."""

OPENING: Final = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
ELSEWHERE: Final = "--checkpoint puts it elsewhere"
FRESH: Final = "--fresh begins anew, `logbraid checkpoint reset {path}` forgets it"
CORRUPT: Final = f"corrupt: {FRESH}"
FOREIGN: Final = "is not a checkpoint of logbraid: move it away, or name another file with --checkpoint"
IN_USE: Final = "in use by another run"

REASONS: Final = {
    sqlite3.SQLITE_NOTADB: FOREIGN,
    sqlite3.SQLITE_CORRUPT: CORRUPT,
    sqlite3.SQLITE_ERROR: CORRUPT,
    sqlite3.SQLITE_TOOBIG: CORRUPT,
    sqlite3.SQLITE_INTERRUPT: CORRUPT,  # it had no end
    sqlite3.SQLITE_FULL: "no space left on device: make room and start again, nothing that was committed is lost",
    sqlite3.SQLITE_BUSY: "another program holds it: close that and start again",
    sqlite3.SQLITE_READONLY: f"may only be read: {ELSEWHERE}",
    sqlite3.SQLITE_CANTOPEN: f"cannot be opened, or no journal can be made beside it: {ELSEWHERE}",
}


def beside(output: str) -> str:
    """Return where the checkpoint of an output is, unless somebody says otherwise."""
    return f"{output}.checkpoint"


def paths(path: str) -> list[str]:
    """Return every name that belongs to the checkpoint; none of them is ever a source."""
    return [path, f"{path}-journal"]


def read_checkpoint(path: str) -> Checkpoint:
    """Return what was committed last, while a run may go on committing.

    Raises:
        CheckpointError: there is none, or it cannot be read.
    """
    if not os.path.isfile(path):
        raise CheckpointError("there is no such checkpoint", path)
    with _telling(path), closing(_connect(path, READER_PATIENCE)) as connection:
        connection.execute("PRAGMA query_only = on")
        return _checkpoint_in(connection, path) or Checkpoint()


class Store:
    """A checkpoint, held by this run until it is closed or killed.

    Another descriptor of this file that this process closes would take SQLite's locks away: whoever looks into files
    must leave ``paths`` alone. The one that is held here is closed last.

    Args:
        path: of the file; it is made where it is missing, and removed again if nothing is ever saved.

    Raises:
        CheckpointError: it cannot be opened, or another run holds it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        for name in paths(path):  # the system refuses it, too, and with less clear words
            if os.path.islink(name):
                raise CheckpointError("is a link, which a checkpoint must not be: remove it", name)
        with _telling(path):
            self._descriptor = _locked(path)

    @property
    def paths(self) -> list[str]:
        """Every name that belongs to it."""
        return paths(self.path)

    def load(self) -> Checkpoint | None:
        """Return what was committed last; None: nothing ever was.

        Raises:
            CheckpointError: it is foreign, newer or corrupt.
        """
        with _telling(self.path):
            return _checkpoint_in(self._connected(), self.path)

    def save(self, commit: Commit) -> None:
        """Make a commit true, all of it or nothing; it is on the disk then.

        Raises:
            CheckpointError: it cannot be written; what was committed before stays.
        """
        with _telling(self.path):
            connection = self._connected()
            if not _is_ours(connection, self.path):
                connection.executescript(SCHEMA)
            connection.execute("BEGIN IMMEDIATE")
            try:
                _put(connection, commit)
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has rolled it back already
                    connection.execute("ROLLBACK")
                raise

    def forget(self) -> None:
        """Begin anew, also where it is corrupt or newer; a file that is no checkpoint stays as it is.

        Raises:
            CheckpointError: it is foreign, or cannot be written.
        """
        with _telling(self.path):
            if not self._is_foreign():
                self._disconnect()
                os.ftruncate(self._descriptor, 0)
                for path in self.paths[1:]:  # it is of no use without the bytes that it would bring back
                    with suppress(FileNotFoundError):
                        os.unlink(path)
                return
        raise CheckpointError(FOREIGN, self.path)

    def close(self) -> None:
        """Let it go; may be called again. Never raises."""
        if self._descriptor < 0:
            return
        with suppress(sqlite3.Error):
            self._disconnect()
        with suppress(OSError):  # gone already, or not ours to remove
            if not os.fstat(self._descriptor).st_size:
                os.unlink(self.path)
        descriptor, self._descriptor = self._descriptor, -1
        os.close(descriptor)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _connect(self.path, PATIENCE)
            if not _leads_to(self.path, self._descriptor):
                raise CheckpointError("was replaced just now: start again", self.path)
            self._connection.execute("PRAGMA journal_mode = TRUNCATE")
            self._connection.execute("PRAGMA synchronous = FULL")
        return self._connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
            with suppress(OSError):
                if not os.lstat(self.paths[1]).st_size:  # nothing would be rolled back by it
                    os.unlink(self.paths[1])

    def _is_foreign(self) -> bool:
        """Whether it is certain that it is somebody else's: an own one that is torn still bears the mark."""
        head = os.pread(self._descriptor, 72, 0)
        return len(head) > 0 and head[68:] != struct.pack(">I", APPLICATION)


def _locked(path: str) -> int:
    """Open and lock the file that has this name; not one that another run removes at this moment."""
    while True:
        descriptor = os.open(path, OPENING, 0o640)
        try:
            _lock(descriptor)
            if _leads_to(path, descriptor):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise CheckpointError(IN_USE, path) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Take the lock that lives as long as the descriptor, whichever other descriptors of the file are closed."""
    if hasattr(fcntl, "F_OFD_SETLK"):
        asked = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, LOCKED_BYTE, 1, 0)
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, asked)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _leads_to(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _connect(path: str, patience: float) -> sqlite3.Connection:
    """Open a file that is there; for reading only where more is not allowed. Raises sqlite3.Error."""
    uri = f"file:{quote(os.fsencode(os.path.abspath(path)))}?mode=rw"
    # One thread at a time uses it, but not always the same one.
    connection = sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _is_ours(connection: sqlite3.Connection, path: str) -> bool:
    """Whether it is a checkpoint; False: it is an empty file, which may become one.

    Raises:
        CheckpointError: it is something else, or was written by a later version.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        if os.stat(path).st_size:
            raise CheckpointError(FOREIGN, path)
        return False
    if layout > LAYOUT:
        raise CheckpointError(_newer(layout, path), path)
    made = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchmany(len(TABLES) + 1)
    if set(made) != {(table,) for table in TABLES}:
        raise CheckpointError("corrupt: it holds other tables than it should")
    return True


def _newer(version: int, path: str) -> str:
    return f"was written by a newer logbraid (version {version}): use that one, or {FRESH.format(path=path)}"


def _checkpoint_in(connection: sqlite3.Connection, path: str) -> Checkpoint | None:
    _bound(connection, STEPS)
    connection.execute("BEGIN")  # so that both tables are of one moment
    try:
        if not _is_ours(connection, path):
            return None
        _bound(connection, STEPS + os.stat(path).st_size)  # nobody changes it as long as this is read
        _check_pages(connection)
        outputs = connection.execute("SELECT version, state FROM output").fetchall()
        rows = connection.execute("SELECT version, position FROM positions").fetchall()
    finally:
        _bound(connection, None)
        connection.execute("ROLLBACK")
    states = [decode_output(text, version) for version, text in _texts(outputs, path)]
    positions = [decode_position(text, version) for version, text in _texts(rows, path)]
    if not states and not positions:
        return None
    return Checkpoint(_only(states), {position.source: position for position in positions})


def _bound(connection: sqlite3.Connection, steps: int | None) -> None:
    """End each query after so many steps of SQLite."""
    connection.set_progress_handler((lambda: 1) if steps else None, steps or 0)


def _check_pages(connection: sqlite3.Connection) -> None:
    """See that each page is led to once: one that stands for others would hide rows, or have no end of them."""
    found = connection.execute("PRAGMA quick_check(1)").fetchall()
    if found != [("ok",)]:
        raise CheckpointError("corrupt: its pages contradict each other")


def _only(states: list[OutputState]) -> OutputState | None:
    return states[0] if states else None


def _texts(rows: Iterable[tuple[object, object]], path: str) -> Iterator[tuple[int, str]]:
    for version, text in rows:
        if not isinstance(version, int) or not isinstance(text, str):
            raise CheckpointError("corrupt: it holds other values than it should")
        if version > VERSION:
            raise CheckpointError(_newer(version, path), path)
        yield version, text


def _put(connection: sqlite3.Connection, commit: Commit) -> None:
    if commit.output is not None:
        row = (VERSION, encode_output(commit.output))
        connection.execute("INSERT OR REPLACE INTO output VALUES (1, ?, ?)", row)
    rows = (_row(position) for position in commit.positions)
    connection.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", rows)


def _row(position: Position) -> tuple[bytes, int, str]:
    return os.fsencode(position.source), VERSION, encode_position(position)


@contextmanager
def _telling(path: str) -> Iterator[None]:
    """Turn whatever goes wrong into CheckpointError, which names the file and a way out."""
    try:
        yield
    except CheckpointError as error:
        if error.path:
            raise
        raise CheckpointError(f"{error.reason}: {FRESH.format(path=path)}", path) from error
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite quotes from what is damaged
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        raise CheckpointError(REASONS.get(code, f"{error}: {ELSEWHERE}").format(path=path), path) from error
    except OSError as error:
        raise CheckpointError(f"{os.strerror(error.errno or 0)}: {ELSEWHERE}", path) from error
