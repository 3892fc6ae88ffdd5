"""The ground of a scenario: a directory with logs that real writers write, an output, and whoever follows into it.

Here is what all scenarios share: the commands, how far they are seen to be, and the verdict. What happens to whom is
each scenario's own matter.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from .judge import Findings, generations, judge
from .processes import PROMPT, Process, until

__all__ = ["TAMPERED", "Ground"]

TAMPERED: Final = {
    "PYTHONPATH": os.pathsep.join([str(Path(__file__).with_name("tampered")), os.environ.get("PYTHONPATH", "")])
}
"""The environment of a process with which ``sitecustomize`` tampers."""

_SILENCE: Final = 10.0
"""An output that has not grown for so many seconds while nobody writes will not grow any more."""


class Ground:
    """One scenario's files and processes.

    Attributes:
        logs: the directory that is written to and followed.
        output: the file that is followed into; elsewhere, if a scenario says so.
        account: where the follower writes its account.
    """

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self.logs = root / "logs"
        self.logs.mkdir()
        self.output = root / "out" / "all.log"
        self.output.parent.mkdir()
        self.account = root / "account.json"
        self._manifest = root / "manifest.json"
        self._seed = seed
        self._processes: list[Process] = []

    def end(self) -> None:
        """Let no process outlive the scenario."""
        for process in self._processes:
            process.end()

    def write(self, *flags: str | Path, **options: Any) -> Process:
        """Let writers write until they are stopped; wait until something is there."""
        flags = (self.logs, "--seed", str(self._seed), *flags)
        with self._manifest.open("w") as manifest:
            process = self._start("writers", ["simulate", *flags], stdout=manifest.fileno(), **options)
        assert until(lambda: any(log.stat().st_size for log in self.sources())), process.said
        return process

    def follow(self, *flags: str, output: bool = True, **options: Any) -> Process:
        """Follow the logs into the output."""
        into = ("-o", self.output) if output else ()
        return self._start("follower", ["follow", self.logs, *into, "--account", self.account, *flags], **options)

    def _start(self, role: str, arguments: Sequence[str | Path], **options: Any) -> Process:
        process = Process(self.root / f"{role}.err", arguments, **options)
        self._processes.append(process)
        return process

    def sources(self) -> list[Path]:
        """The logs by their names, without what was rotated away."""
        return sorted(self.logs.glob("**/*.log"))

    def rotations(self) -> int:
        """How often every log was rotated, at least."""
        return min(len(generations(log)) - 1 for log in self.sources())

    def written(self, more: int) -> bool:
        """Wait until so many bytes more are written to the logs."""
        goal = size_of(self.logs.iterdir()) + more
        return until(lambda: size_of(self.logs.iterdir()) >= goal)

    def size(self) -> int:
        """Bytes of the output, with all that was rotated away from it."""
        return size_of(generations(self.output))

    def grown(self, process: Process, by: int = 1) -> bool:
        """Wait until the output is longer by some bytes; False: the process ended instead, or does not move."""
        goal = self.size() + by
        return until(lambda: self.size() >= goal or process.ended) and not process.ended

    def committed(self, process: Process) -> bool:
        """Wait until the checkpoint is written to; False: the process ended instead, or does not save."""
        before = self._saved()
        return until(lambda: self._saved() != before or process.ended) and not process.ended

    def _saved(self) -> list[tuple[str, int]]:
        """What can be seen of the checkpoint and its journal."""
        names = (f"{self.output}.checkpoint{ending}" for ending in ("", "-wal", "-journal"))
        return [(name, os.stat(name).st_mtime_ns) for name in names if os.path.exists(name)]

    def finish(self, writers: Process, follower: Process) -> None:
        """Let the writers end, and the follower when it has caught up."""
        manifest = self.finish_writing(writers)
        self.caught_up(manifest["bytes"])
        assert follower.stop() == 0, follower.said

    def finish_writing(self, writers: Process) -> Mapping[str, Any]:
        """Let the writers end: what they have written."""
        assert writers.stop() == 0, writers.said
        manifest: dict[str, Any] = json.loads(self._manifest.read_text())
        return manifest

    def caught_up(self, size: int) -> None:
        """Wait until the output holds so much, or as much as it ever will: the judge says what is missing."""
        last, since = -1, time.monotonic()
        limit = time.monotonic() + PROMPT * 4
        while (now := self.size()) < size and time.monotonic() < limit:
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > _SILENCE:
                return
            time.sleep(0.01)

    def verify(self) -> str:
        """Let ``logbraid verify`` hold the output against its own checkpoint; what it says if it is not content."""
        verdict = self._start("verify", ["verify", self.output])
        return "" if verdict.code() == 0 else verdict.said

    def findings(self) -> Findings:
        """What is wrong with the output, in all files that it was cut into."""
        return judge(generations(self.output), self.sources())

    def lost(self) -> dict[str, int]:
        """What the account says was lost, by source; it must say of every byte that was seen what became of it."""
        sources = json.loads(self.account.read_text())["sources"]
        for one in sources:
            out = one["bytes_emitted"] + one["bytes_filtered"] + one["bytes_held"] + one["bytes_lost"]
            assert one["bytes_seen"] == out, one
        return {one["path"]: one["bytes_lost"] for one in sources if one["bytes_lost"]}


def size_of(paths: Iterable[Path]) -> int:
    """Bytes of some files."""
    total = 0
    for path in paths:
        with suppress(FileNotFoundError):  # it is rotated just now
            total += path.stat().st_size
    return total
