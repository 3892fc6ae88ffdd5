"""Every record of growing logs in a PostgreSQL database, exactly once, whoever is killed: this program or the server.

    python postgres_sink.py CONNECTION SOURCE...

The same as sqlite_sink.py; what is different with a server between is explained in docs/howto.md. Needs psycopg 3.
"""

from __future__ import annotations

import os
import signal
import sys

import psycopg

import logbraid

SCHEMA = """
    CREATE TABLE IF NOT EXISTS records (time BIGINT, source BYTEA, data BYTEA);
    CREATE TABLE IF NOT EXISTS positions (source BYTEA PRIMARY KEY, position TEXT NOT NULL);
"""
ALONE = "SELECT pg_advisory_lock(hashtext('logbraid'))"
"""Waits until no other session has it: neither a second run, nor an earlier one whose COMMIT is still under way."""

SAVE = "INSERT INTO positions VALUES (%s, %s) ON CONFLICT (source) DO UPDATE SET position = EXCLUDED.position"


def main(connection: str, sources: list[str]) -> None:
    """Store what the sources bring until SIGINT or SIGTERM comes, or the connection is lost."""
    with psycopg.connect(connection, autocommit=True) as database:  # transactions are those below and no others
        database.execute(ALONE)
        database.execute(SCHEMA)
        saved = [logbraid.decode_position(text) for (text,) in database.execute("SELECT position FROM positions")]
        with logbraid.follow(*sources, last=None, checkpoint=saved) as batches:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: batches.stop())
            for batch in batches:
                with database.transaction():  # all of it or nothing
                    store(database, batch)


def store(database: psycopg.Connection, batch: logbraid.RecordBatch) -> None:
    """Add a batch to the transaction: its records, and where its sources go on behind them."""
    with database.cursor() as into:
        with into.copy("COPY records (time, source, data) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(("int8", "bytea", "bytea"))
            for record in batch.records():
                copy.write_row((record.time, os.fsencode(record.source), record.data))
        into.executemany(SAVE, [(os.fsencode(one.source), logbraid.encode_position(one)) for one in batch.positions])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
