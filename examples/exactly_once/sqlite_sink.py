"""Every record of growing logs in an SQLite database, exactly once, however often this program is killed.

    python sqlite_sink.py DATABASE SOURCE...

A batch's records and the positions of its sources are stored in one transaction, so the database always says itself
where to go on. See docs/howto.md.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import sys
from contextlib import closing

import logbraid

SCHEMA = """
    CREATE TABLE IF NOT EXISTS records (time INTEGER, source BLOB, data BLOB);
    CREATE TABLE IF NOT EXISTS positions (source BLOB PRIMARY KEY, position TEXT NOT NULL);
"""


def main(path: str, sources: list[str]) -> None:
    """Store what the sources bring until SIGINT or SIGTERM comes."""
    with open(f"{path}.lock", "w") as lock, closing(sqlite3.connect(path)) as database:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # two runs at a time would store everything twice
        database.executescript(SCHEMA)
        saved = [logbraid.decode_position(text) for (text,) in database.execute("SELECT position FROM positions")]
        with logbraid.follow(*sources, last=None, checkpoint=saved) as batches:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: batches.stop())
            for batch in batches:
                with database:  # all of it or nothing
                    store(database, batch)


def store(database: sqlite3.Connection, batch: logbraid.RecordBatch) -> None:
    """Add a batch to the transaction: its records, and where its sources go on behind them."""
    records = ((record.time, os.fsencode(record.source), record.data) for record in batch.records())
    database.executemany("INSERT INTO records VALUES (?, ?, ?)", records)
    # A name may hold bytes that are no text. The position is plain ASCII.
    positions = ((os.fsencode(one.source), logbraid.encode_position(one)) for one in batch.positions)
    database.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?)", positions)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
