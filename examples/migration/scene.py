"""The scene that every program here plays on: services that write logs, and a thread that closes them all at the end.

Nothing here merges. What is merged is confirmed, in the simple way: each file's lines are in the output, in order.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import BinaryIO

FILES = 4


@contextmanager
def scene(files: int = FILES) -> Iterator[tuple[list[BinaryIO], Path]]:
    """Let services write; give a handle of each log and the path of the output, and confirm it in the end."""
    with stage() as directory:
        paths = [directory / f"{number}.log" for number in range(files)]
        output_path = directory / "merged.log"
        for path in paths:
            path.touch()
        handles: list[BinaryIO] = [path.open("rb") for path in paths]
        services = Thread(target=play, args=(paths, handles, output_path), daemon=True)
        services.start()
        yield handles, output_path
        services.join()
        confirm_merge(paths, output_path)
        print(f"{len(output_path.read_bytes().splitlines())} lines of {files} files, merged")


@contextmanager
def stage() -> Iterator[Path]:
    """Give the new directory that the command line asks for, which is kept, or one that is not."""
    if len(sys.argv) > 1:
        directory = Path(sys.argv[1])
        directory.mkdir()
        yield directory
    else:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)


def write_random_data(path: Path, write_count: int, interval: float) -> None:
    """Write lines at random moments, as a service would."""
    with path.open("wb") as log:
        for number in range(write_count):
            time.sleep(random.random() * interval)
            log.write(f"{path}-{number:02}-{random.randbytes(5).hex()}\n".encode())
            log.flush()


def play(paths: Sequence[Path], handles: Sequence[BinaryIO], output_path: Path) -> None:
    """Write when the merge has begun, and end it some time after the last line: closed handles are the sign to stop."""
    while not output_path.exists():
        time.sleep(0.01)
    writers = [Thread(target=write_random_data, args=(path, 10, 0.1)) for path in paths]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    time.sleep(0.3)
    for handle in handles:
        handle.close()


def confirm_merge(input_paths: Sequence[Path], output_path: Path) -> None:
    """Check that each file's lines are in the output, in their order."""
    merged = output_path.read_bytes().splitlines()
    for path in input_paths:
        found = [line for line in merged if line.startswith(bytes(path) + b"-")]
        assert found == path.read_bytes().splitlines(), f"{path} was not merged"
