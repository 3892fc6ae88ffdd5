"""Writes records as a Parquet file that appears under its name only when it is whole.

The columns are those of ``core.records.SCHEMA``; only this module knows how they are packed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from logbraid.core.records import SCHEMA
from logbraid.errors import SinkError, UsageError
from logbraid.sinks.arrow import columns
from logbraid.sinks.base import Batch
from logbraid.sinks.file import BorrowedFile, NewFile

__all__ = ["ParquetSink"]

ROW_GROUP_BYTES: Final = 64 << 20
"""Records are held until there are so many bytes of them: readers skip, and packing pays, by the row group."""

COMPRESSION: Final = "zstd"


class ParquetSink:
    """Writes a Parquet file.

    Args:
        target: the file's path, or a descriptor that somebody else opened and will close.
        name: for error messages, where the target is a descriptor.

    Raises:
        SinkError: the file cannot be created.
        UsageError: it is a terminal.
    """

    def __init__(self, target: str | int, name: str = "output") -> None:
        self._file = NewFile(target) if isinstance(target, str) else BorrowedFile(target, name)
        if os.isatty(self._file.descriptor):
            self._file.discard()
            raise UsageError(f"{self._file.name}: parquet is not for a terminal")
        self._held: list[pa.Table] = []
        self._held_bytes = 0
        self._stream = pa.PythonFile(os.fdopen(self._file.descriptor, "wb", closefd=False), mode="w")
        self._writer = pq.ParquetWriter(self._stream, SCHEMA, compression=COMPRESSION)

    @property
    def own_paths(self) -> Sequence[str]:
        """Paths that must not be merged, as they are this sink's own."""
        return self._file.own_paths

    def write(self, batch: Batch) -> None:
        """Take a batch; a row group is written whenever there is enough for one."""
        table = columns(batch).table
        self._held.append(table)
        self._held_bytes += table.nbytes
        if self._held_bytes >= ROW_GROUP_BYTES:
            self._write_row_group()

    def flush(self) -> None:
        """Nothing that could be read yet would reach the file: a Parquet file is written to its end or not at all."""

    def close(self) -> None:
        """Write the rest and give the file its name."""
        self._write_row_group()
        with self._writing():
            self._writer.close()
            self._stream.close()
        self._file.finish()

    def abort(self) -> None:
        """Remove what was written."""
        with suppress(OSError, pa.ArrowException):
            self._writer.close()
            self._stream.close()
        self._file.discard()

    def _write_row_group(self) -> None:
        if not self._held:
            return
        table = pa.concat_tables(self._held)
        self._held, self._held_bytes = [], 0
        with self._writing():
            self._writer.write_table(table, row_group_size=len(table))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            number = getattr(error, "errno", None)
            raise SinkError(f"{self._file.name}: {os.strerror(number) if number else error}", number) from error
