"""The programs that keep positions with their data, killed again and again: each record once, whatever happens."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.once

PROGRAMS: Final = Path(__file__).parent.parent / "examples" / "exactly_once"
POSTGRES: Final = os.environ.get("LOGBRAID_TEST_POSTGRES", "")
"""A connection to a database of PostgreSQL that may be written to: ``host=... dbname=...``."""

PROMPT: Final = 30.0
KILLS: Final = 4


def run(program: str, database: str, logs: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", str(PROGRAMS / program), database, str(logs)]
    return subprocess.Popen(command, text=True, stderr=subprocess.PIPE)


def written(logs: Path) -> list[bytes]:
    return sorted(line for path in logs.iterdir() for line in path.read_bytes().splitlines(keepends=True))


def write(logs: Path, rate: int) -> subprocess.Popen[bytes]:
    """Writers that rotate their files, until they are stopped."""
    flags = ["--rate", str(rate), "--rotate", "rename", "--rotate-size", "16KiB"]
    return subprocess.Popen(
        [sys.executable, "-m", "logbraid", "simulate", str(logs), *flags], stdout=subprocess.DEVNULL
    )


def until(seen: Callable[[], bool]) -> bool:
    limit = time.monotonic() + PROMPT
    while not (found := seen()) and time.monotonic() < limit:
        time.sleep(0.02)
    return found


def kill_while_it_stores(program: str, database: str, logs: Path, count: Callable[[], int]) -> None:
    """Let it store some more, and kill it at an odd moment."""
    before = count()
    with run(program, database, logs) as running:
        try:
            assert until(lambda: count() > before)
            time.sleep(random.Random(before).uniform(0, 0.2))
            assert running.poll() is None
        finally:
            running.kill()


def store_the_rest(program: str, database: str, logs: Path, count: Callable[[], int]) -> None:
    with run(program, database, logs) as running:
        try:
            assert until(lambda: count() >= len(written(logs)))
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=PROMPT)
        finally:
            running.kill()
    assert (running.returncode, said) == (0, "")


def held_against_kills(program: str, database: str, logs: Path, stored: Callable[[], Sequence[bytes]]) -> None:
    def count() -> int:
        return len(stored())

    with write(logs, rate=500) as writers:
        try:
            for _ in range(KILLS):
                kill_while_it_stores(program, database, logs, count)
            writers.terminate()
            assert writers.wait(PROMPT) == 0
        finally:
            writers.kill()
    store_the_rest(program, database, logs, count)
    assert sorted(stored()) == written(logs)


def in_sqlite(path: Path) -> list[bytes]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(path, timeout=PROMPT)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'records'").fetchall():
            return []
        return [data for (data,) in database.execute("SELECT data FROM records")]


def test_sqlite_has_each_record_once_however_often_its_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    held_against_kills("sqlite_sink.py", str(path), tmp_path / "logs", lambda: in_sqlite(path))


def test_a_second_run_on_the_same_database_is_refused(tmp_path: Path) -> None:
    path, logs = tmp_path / "logs.db", tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").write_bytes(b"one\n")
    with run("sqlite_sink.py", str(path), logs) as first:
        try:
            assert until(lambda: in_sqlite(path) == [b"one\n"])
            with run("sqlite_sink.py", str(path), logs) as second:
                assert second.wait(PROMPT) != 0
        finally:
            first.kill()
    assert in_sqlite(path) == [b"one\n"]


@pytest.mark.skipif(not (POSTGRES and find_spec("psycopg")), reason="needs psycopg and LOGBRAID_TEST_POSTGRES")
def test_postgresql_has_each_record_once_however_often_its_writer_is_killed(tmp_path: Path) -> None:
    import psycopg

    with psycopg.connect(POSTGRES, autocommit=True) as database:
        database.execute("DROP TABLE IF EXISTS records, positions")

        def stored() -> list[bytes]:
            if database.execute("SELECT to_regclass('records')").fetchone() == (None,):
                return []
            return [data for (data,) in database.execute("SELECT data FROM records")]

        held_against_kills("postgres_sink.py", POSTGRES, tmp_path / "logs", stored)
