"""The checkpoint's file: all of a commit or nothing, one run at a time, and never somebody else's file."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import stat
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from logbraid.core.checkpoint import Checkpoint, Commit, OutputState
from logbraid.core.types import Identity
from logbraid.errors import CheckpointError
from logbraid.system import store as module
from logbraid.system.store import LAYOUT, Store, beside, paths, read_checkpoint
from positions import position

STATE = OutputState(Identity(1, 2), 100, b"end\n", 7, False, "text")
ONE = Commit(STATE, (position("a.log", 1), position("b\udcff.log", 2)))


@pytest.fixture
def path(tmp_path: Path) -> str:
    return beside(str(tmp_path / "out %?#.log"))


@pytest.fixture
def store(path: str) -> Iterator[Store]:
    store = Store(path)
    yield store
    store.close()


def reopened(store: Store) -> Store:
    store.close()
    return Store(store.path)


def test_what_was_saved_is_loaded(store: Store) -> None:
    assert store.load() is None
    store.save(ONE)
    store.save(Commit(replace(STATE, length=200), (position("a.log", 9),)))
    expected = Checkpoint(
        replace(STATE, length=200), {"a.log": position("a.log", 9), "b\udcff.log": position("b\udcff.log", 2)}
    )
    assert store.load() == expected
    assert read_checkpoint(store.path) == expected
    again = reopened(store)
    assert again.load() == expected
    again.close()


def test_positions_may_be_saved_alone(store: Store) -> None:
    store.save(Commit(None, ONE.positions))
    assert store.load() == Checkpoint(None, {one.source: one for one in ONE.positions})


def test_a_run_that_saves_nothing_leaves_nothing(store: Store, tmp_path: Path) -> None:
    assert os.listdir(tmp_path) == [os.path.basename(store.path)]
    assert store.load() is None
    store.close()
    store.close()
    assert os.listdir(tmp_path) == []


def test_one_file_is_left(store: Store, tmp_path: Path) -> None:
    store.save(ONE)
    assert set(os.listdir(tmp_path)) <= {os.path.basename(name) for name in paths(store.path)}
    store.close()
    assert os.listdir(tmp_path) == [os.path.basename(store.path)]


def test_only_what_has_moved_is_written(path: str) -> None:
    store = Store(path)
    store.save(Commit(STATE, [position(f"{number:05}.log", 1) for number in range(5_000)]))
    assert store._connection is not None
    so_far = store._connection.total_changes
    store.save(Commit(STATE, [position("00042.log", 2)]))
    assert store._connection.total_changes - so_far == 2
    store.close()


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o640), (0o000, 0o640), (0o077, 0o600)])
def test_a_new_checkpoint_is_for_few_eyes(path: str, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        store = Store(path)
        store.save(ONE)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(os.stat(name).st_mode) for name in paths(path) if os.path.exists(name)} == {mode}
    store.close()


def test_forgotten_is_as_if_there_never_was_one(store: Store) -> None:
    store.save(ONE)
    store.forget()
    assert store.load() is None
    store.save(Commit(STATE))
    assert store.load() == Checkpoint(STATE)


# Whose file it is


def test_a_second_run_is_told_at_once(store: Store) -> None:
    with pytest.raises(CheckpointError, match="in use by another run"):
        Store(store.path)
    again = reopened(store)
    again.close()


HOLD = """
import sys
from logbraid.core.checkpoint import Commit
from logbraid.system.store import Store
store = Store(sys.argv[1])
store.save(Commit(None))
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lock_of_a_killed_run_is_free(path: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(CheckpointError, match="in use"):
            Store(path)
        read_checkpoint(path)
        child.send_signal(signal.SIGKILL)
        child.wait()
    Store(path).close()


TEAR = """
import os, sys
from logbraid.core.checkpoint import Commit
from logbraid.system import store as module
from positions import position
store = module.Store(sys.argv[1])
put = module._put
def half(connection, commit):
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("PRAGMA cache_spill = 1")
    put(connection, commit)
    os.kill(os.getpid(), 9)
store.save(Commit(None, [position(f"{n}.log", 1) for n in range(400)]))
module._put = half
store.save(Commit(None, [position(f"{n}.log", 2) for n in range(400)]))
"""


def test_a_commit_that_was_killed_halfway_is_rolled_back(path: str, root: Path) -> None:
    child = subprocess.run([sys.executable, "-c", TEAR, path], cwd=root / "tests", check=False)
    assert child.returncode == -signal.SIGKILL
    assert os.path.getsize(f"{path}-journal") > 0
    assert {one.place.offset for one in read_checkpoint(path).positions.values()} == {1}
    store = Store(path)
    loaded = store.load()
    assert loaded is not None
    assert len(loaded.positions) == 400
    store.close()


def test_somebody_reads_while_a_run_commits(store: Store) -> None:
    store.save(Commit(STATE, [position(f"{number}.log", 0) for number in range(50)]))
    done = threading.Event()
    seen: list[set[int]] = []

    def read() -> None:
        while not done.is_set():
            seen.append({one.place.offset for one in read_checkpoint(store.path).positions.values()})

    reader = threading.Thread(target=read)
    reader.start()
    for offset in range(1, 20):
        store.save(Commit(STATE, [position(f"{number}.log", offset) for number in range(50)]))
    done.set()
    reader.join()
    assert all(len(offsets) == 1 for offsets in seen)


def test_a_reader_needs_a_checkpoint(path: str) -> None:
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        read_checkpoint(path)
    Path(path).touch()
    assert read_checkpoint(path) == Checkpoint()


@pytest.mark.parametrize("name", [0, 1])
def test_a_planted_link_is_not_followed(path: str, tmp_path: Path, name: int) -> None:
    victim = tmp_path / "victim"
    os.symlink(victim, paths(path)[name])
    with pytest.raises(CheckpointError, match="is a link"):
        Store(path)
    assert not victim.exists()


def test_a_link_planted_later_is_not_followed_either(store: Store, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    for _ in range(2):
        store.load()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(paths(store.path)[1])
        os.symlink(victim, paths(store.path)[1])
        with contextlib.suppress(CheckpointError):
            store.save(ONE)
        assert victim.read_text() == "precious"


def test_a_file_that_is_replaced_is_not_written_to(store: Store) -> None:
    os.unlink(store.path)
    Path(store.path).touch()
    with pytest.raises(CheckpointError, match="was replaced"):
        store.load()


# What cannot be used


def foreign_database(path: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()


@pytest.mark.parametrize("make", [lambda path: Path(path).write_text("a diary" * 99), foreign_database])
def test_somebody_elses_file_stays_as_it_is(path: str, make: object) -> None:
    assert callable(make)
    make(path)
    content = Path(path).read_bytes()
    store = Store(path)
    for use in (store.load, store.forget, lambda: store.save(ONE), lambda: read_checkpoint(path)):
        with pytest.raises(CheckpointError, match=r"is not a checkpoint of logbraid: .*--checkpoint"):
            use()
    store.close()
    assert Path(path).read_bytes() == content


def change(path: str, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "version"),
    [
        (f"PRAGMA user_version = {LAYOUT + 1}", LAYOUT + 1),
        ("UPDATE positions SET version = 7", 7),
        ("UPDATE output SET version = 8", 8),
    ],
)
def test_a_newer_one_is_told(store: Store, statement: str, version: int) -> None:
    store.save(ONE)
    store.close()
    change(store.path, statement)
    again = Store(store.path)
    with pytest.raises(CheckpointError, match=rf"a newer logbraid \(version {version}\).*--fresh"):
        again.load()
    again.forget()
    assert again.load() is None
    again.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE positions SET position = '{}'",
        "UPDATE positions SET position = x'00ff'",
        "UPDATE output SET state = '[' ",
        "UPDATE output SET version = 'one'",
        "DROP TABLE positions",
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = CAST(x'4352ff' AS TEXT) WHERE name = 'output'",
    ],
)
def test_a_corrupt_one_is_told(store: Store, statement: str) -> None:
    store.save(ONE)
    store.close()
    change(store.path, statement)
    again = Store(store.path)
    with pytest.raises(CheckpointError, match=r"corrupt.*--fresh begins anew, `logbraid checkpoint reset .*` forgets"):
        again.load()
    again.forget()
    again.save(ONE)
    again.close()


@pytest.mark.parametrize("size", [1, 99, 100, 5000])
def test_a_torn_one_is_told_and_can_be_forgotten(store: Store, size: int) -> None:
    store.save(Commit(STATE, [position(f"{number}.log", 0) for number in range(99)]))
    store.close()
    os.truncate(store.path, size)
    again = Store(store.path)
    with pytest.raises(CheckpointError, match=r"corrupt|not a checkpoint"):
        again.load()
    if size >= 72:
        again.forget()
        assert again.load() is None
    again.close()


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT {} FROM n"
PLANTED = {
    "a view without an end": ["DROP TABLE positions", f"CREATE VIEW positions AS {ENDLESS.format('1, 1, i')}"],
    "a view of an endless text": [
        "DROP TABLE output",
        f"CREATE VIEW output AS {ENDLESS.format('1 AS one, 1 AS version, zeroblob(1000000000) AS state')}",
    ],
    "a trigger": [
        "CREATE TRIGGER more AFTER INSERT ON positions BEGIN DELETE FROM output; END",
    ],
    "a table that computes": [
        "DROP TABLE output",
        "CREATE TABLE output (one INTEGER PRIMARY KEY, version INTEGER, state TEXT AS (zeroblob(1000000000)))",
    ],
    "one more table": ["CREATE TABLE more (x)"],
    "a text that is too long": ["UPDATE positions SET position = printf('%.*c', 5000000, 'x')"],
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_somebody_has_planted_is_neither_run_nor_read_without_an_end(store: Store, what: str) -> None:
    store.save(ONE)
    store.close()
    for statement in PLANTED[what]:
        change(store.path, statement)
    with pytest.raises(CheckpointError, match=r"corrupt: .*--fresh"):
        read_checkpoint(store.path)
    again = Store(store.path)
    for use in (again.load, lambda: again.save(ONE)):
        with contextlib.suppress(CheckpointError):  # what is planted among the values is only seen by who reads them
            use()
            assert what == "a text that is too long"
    again.forget()
    again.save(ONE)
    assert again.load() == Checkpoint(STATE, {one.source: one for one in ONE.positions})
    again.close()


PAGE = 4096


def pages_in_circles(data: bytearray) -> None:
    """Make the rows of a table that has many pages the first of them, again and again."""
    tops = [at for at in range(PAGE, len(data), PAGE) if data[at] == 5]  # inner pages of tables
    for top in tops:
        (count,) = struct.unpack_from(">H", data, top + 3)
        cells = struct.unpack_from(f">{count}H", data, top + 12)
        for cell in cells:
            data[top + cell : top + cell + 4] = data[top + cells[0] : top + cells[0] + 4]
    assert tops


def a_page_of_noise(data: bytearray) -> None:
    middle = len(data) // PAGE // 2 * PAGE
    data[middle : middle + PAGE] = bytes(range(256)) * (PAGE // 256)


@pytest.mark.parametrize("damage", [pages_in_circles, a_page_of_noise])
def test_a_damaged_page_is_told(store: Store, damage: Callable[[bytearray], None]) -> None:
    store.save(Commit(STATE, [position(f"{number}.log", number) for number in range(400)]))
    store.close()
    data = bytearray(Path(store.path).read_bytes())
    damage(data)
    Path(store.path).write_bytes(data)
    with pytest.raises(CheckpointError, match=r"corrupt: .*--fresh begins anew"):
        read_checkpoint(store.path)


def test_reading_takes_no_more_steps_than_there_are_bytes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(ONE)
    monkeypatch.setattr(module, "STEPS", 1)
    with pytest.raises(CheckpointError, match=r"corrupt: --fresh"):
        store.load()


def test_an_empty_file_becomes_a_checkpoint(path: str) -> None:
    Path(path).touch()
    store = Store(path)
    assert store.load() is None
    store.save(ONE)
    assert store.load() is not None
    store.close()


def test_a_full_disk_leaves_the_last_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(ONE)
    assert store._connection is not None
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CheckpointError, match="no space left"):
        store.save(Commit(STATE, [position(f"{number}.log", 0) for number in range(999)]))
    assert store.load() == Checkpoint(STATE, {one.source: one for one in ONE.positions})
    store.save(Commit(replace(STATE, length=101)))


def test_a_place_where_no_file_can_be(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"No such file.*--checkpoint"):
        Store(str(tmp_path / "nowhere" / "out.checkpoint"))
    with pytest.raises(CheckpointError, match="directory"):
        Store(str(tmp_path))
    (tmp_path / "directory").mkdir()
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        read_checkpoint(str(tmp_path / "directory"))


def test_an_older_text_is_told(store: Store) -> None:
    store.save(ONE)
    store.close()
    change(store.path, "UPDATE positions SET version = 0")
    with pytest.raises(CheckpointError, match=r"version 0 of its text is not known: --fresh"):
        read_checkpoint(store.path)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (sqlite3.SQLITE_READONLY, r"may only be read: --checkpoint puts it elsewhere"),
        (sqlite3.SQLITE_CANTOPEN, r"cannot be opened, or no journal can be made beside it: --checkpoint"),
        (sqlite3.SQLITE_IOERR, r"disk I/O error: --checkpoint puts it elsewhere"),
    ],
)
def test_whatever_sqlite_says_there_is_a_way_out(store: Store, code: int, reason: str) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    with pytest.raises(CheckpointError, match=reason), module._telling(store.path):
        raise error


AS_NOBODY = """
import os, sys
from logbraid.core.checkpoint import Commit
from logbraid.errors import CheckpointError
from logbraid.system.store import Store
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
try:
    store = Store(sys.argv[1])
    loaded = store.load()
    store.save(Commit(loaded.output))
except CheckpointError as error:
    print(error.reason)
"""


@pytest.mark.parametrize("there", [False, True])
def test_a_directory_that_may_only_be_read(there: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:  # which anybody may pass through, unlike those of pytest
        path = f"{directory}/checkpoint"
        if there:
            store = Store(path)
            store.save(ONE)
            store.close()
            os.chmod(path, 0o666)
        os.chmod(directory, 0o555)
        said = subprocess.run([sys.executable, "-c", AS_NOBODY, path], capture_output=True, text=True, check=False)
        os.chmod(directory, 0o755)
    assert (said.stderr, said.returncode) == ("", 0)
    assert said.stdout.endswith("--checkpoint puts it elsewhere\n")
