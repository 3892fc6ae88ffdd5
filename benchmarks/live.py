"""Live load: a hundred files grow at a fixed rate; does the follower keep up?

The backlog is what has been written less what is out, told by the sizes of the files: nobody has to be asked.
"""

from __future__ import annotations

import random
import shutil
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.follow_peers import Peer, logbraid, rsyslog, tail
from benchmarks.follow_report import Report, Scale, milliseconds, percentile
from benchmarks.follow_running import cpu_seconds, fresh, memory_peak, running, size_of, take_turns, wait_until
from benchmarks.follow_writers import WIDTH, clock_text, started, write_load
from benchmarks.measure import CommandFailed

__all__ = ["live_bytes", "live_records", "loaded"]

FILES: Final = 100
SAMPLE_EACH: Final = 0.1
WARM_UP: Final = 1.0
DRAIN: Final = 30.0
STEADY: Final = 0.02
"""A backlog grows if it does by more than this share of what is written."""

HEADS: Final = (
    "command",
    "written",
    "backlog grows",
    "p50",
    "p99",
    "rest out after",
    "CPU",
    "writer's CPU",
    "memory",
    "keeps up",
)
TAIL: Final = tail("-q", "-n", "+1")
ARRIVAL: Final = logbraid("--order", "arrival", "-n", "+1", "--label", "none", name="logbraid, arrival order")
TIMED: Final = logbraid("--order", "time", "-n", "+1", "--label", "none", "--tz", "UTC", name="logbraid, time order")


@dataclass(frozen=True)
class Load:
    """What one run found.

    Attributes:
        rate: bytes a second that were written.
        grows: bytes a second by which the backlog grew.
        backlogs: of each sample, in seconds of writing.
        drained: seconds after the writer's end until all was out.
        cpu: share of a core that the follower took.
        writer_cpu: the same of the writer.
        memory: the most bytes that the follower held.
    """

    rate: float
    grows: float
    backlogs: list[float]
    drained: float
    cpu: float
    writer_cpu: float
    memory: int

    def cells(self) -> tuple[str, ...]:
        """The numbers as text."""
        return (
            f"{self.rate / 1e6:.0f} MB/s, {self.rate / WIDTH / 1e3:.0f}k lines/s",
            f"{self.grows / 1e6:+.2f} MB/s",
            milliseconds(percentile(self.backlogs, 0.5)),
            milliseconds(percentile(self.backlogs, 0.99)),
            milliseconds(self.drained),
            f"{self.cpu:.0%}",
            f"{self.writer_cpu:.0%}",
            f"{self.memory / (1 << 20):,.0f} MiB",
            "no" if self.grows > STEADY * self.rate else "yes",
        )


def live_bytes(scale: Scale) -> Report:
    """In arrival order, 100 MB/s."""
    return loaded("Live load: 100 writers, 100 MB/s, arrival order", scale, 100_000_000, (TAIL, rsyslog(), ARRIVAL))


def live_records(scale: Scale) -> Report:
    """In time order, half a million records a second."""
    return loaded(
        "Live load: 100 writers, 500,000 records/s, time order", scale, 500_000 * WIDTH, (TAIL, rsyslog(), TIMED)
    )


def loaded(title: str, scale: Scale, rate: int, peers: tuple[Peer, ...]) -> Report:
    """Let each peer follow a hundred writers, which together write ``rate`` bytes a second."""
    report = Report(
        title,
        f"Lines of {WIDTH} bytes, to a file, sampled ten times a second for 10 s. Backlog in milliseconds of writing; "
        "the aim is that it does not grow. Of the rounds, the middle one by growth is shown.",
        HEADS,
    )
    duration = float(scale.choose(10, 3))
    directory = scale.directory / "live"

    def measure(peer: Peer, _: int) -> Load:
        return _load(peer, fresh(directory), rate, duration)

    for peer, loads in take_turns(peers, min(3, scale.rounds), measure).items():
        if isinstance(loads, CommandFailed):
            report.skip(peer.name, why=str(loads))
        else:
            report.add(peer.name, *sorted(loads, key=lambda load: load.grows)[len(loads) // 2].cells())
    shutil.rmtree(directory)
    return report


def _load(peer: Peer, out: Path, rate: int, duration: float) -> Load:
    """One run: caught up first, then loaded, then drained."""
    sources = [out.with_name(f"{number:03d}.log") for number in range(FILES)]
    for source in sources:
        source.write_text(f"{clock_text(time.time())} INFO ready\n")
    output = out.with_name("out") / out.name
    output.parent.mkdir()
    with running(peer, sources, output) as process:
        wait_until(process, lambda: size_of(output) == _total(sources))
        with started(write_load, sources, rate, WARM_UP + duration + SAMPLE_EACH) as writer:
            ready = _total(sources)
            wait_until(process, lambda: _total(sources) > ready)
            time.sleep(WARM_UP)
            samples = _samples(process.pid, writer, sources, output, duration)
            writer.join()
        written = time.perf_counter()
        drained = wait_until(process, lambda: size_of(output) >= _total(sources), patience=DRAIN) - written
        return _judged(samples, drained, memory_peak(process.pid))


def _samples(pid: int, writer: BaseProcess, sources: list[Path], output: Path, duration: float) -> list[list[float]]:
    """Time, bytes out, bytes written, CPU of the follower and of the writer, again and again."""
    samples: list[list[float]] = []
    chance = random.Random(0)
    begin = time.perf_counter()
    while (now := time.perf_counter() - begin) < duration:
        out = size_of(output)
        writer_cpu = cpu_seconds(writer.pid) if writer.pid else 0.0
        samples.append([now, out, _total(sources), cpu_seconds(pid), writer_cpu])
        time.sleep(SAMPLE_EACH * chance.uniform(0.8, 1.2))  # in step with the writer, it would see one moment only
    return samples


def _judged(samples: list[list[float]], drained: float, memory: int) -> Load:
    moments, out, written, cpu, writer_cpu = np.array(samples).T
    lasted = moments[-1] - moments[0]
    rate = (written[-1] - written[0]) / lasted
    grows = float(np.polyfit(moments, written - out, 1)[0])
    return Load(
        rate=float(rate),
        grows=grows,
        backlogs=((written - out) / rate).tolist(),
        drained=drained,
        cpu=float((cpu[-1] - cpu[0]) / lasted),
        writer_cpu=float((writer_cpu[-1] - writer_cpu[0]) / lasted),
        memory=memory,
    )


def _total(paths: list[Path]) -> int:
    return sum(size_of(path) for path in paths)
