"""Makes the pictures of the view: simulated services have a bad minute, and somebody looks into it.

Run it with `make pictures`. The same version of logbraid and of textual draws the same pictures: records, times and
sizes are fixed, and no picture is taken before all that is drawn has come to rest.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from functools import partial
from math import exp
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.pilot import Pilot

from logbraid.api import follow_into, merge
from logbraid.core.options import Options
from logbraid.simulate import simulate
from logbraid.view.app import ViewApp
from logbraid.view.index import Index
from logbraid.view.intake import Intake
from logbraid.view.model import Model
from logbraid.view.shelf import Shelf

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"

SECOND = 1_000_000_000
START = 1_772_352_000 * SECOND  # 2026-03-01T08:00:00Z
SECONDS = 100
WORST = 62

SESSIONS: dict[str, Sequence[str]] = {
    "view": ("S", "escape", "g", *"2026-03-01 08:01:02.05", "enter"),
    "search": ("<", "&", *"timeout|could not charge", "enter", "/", *"charge card", "enter", "n", "n"),
    "traceback": ("<", "/", *"HikariPool", "enter"),
    "json": ("<", "/", *'"level":"error"', "enter", "p"),
}
"""What is typed before each picture is taken."""

FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def main(directory: Path = PICTURES) -> None:
    """Take all pictures."""
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        services = bad_minute(Path(scratch))
        for name, keys in SESSIONS.items():
            svg = asyncio.run(picture(services, keys))
            (directory / f"{name}.svg").write_text(svg)


def bad_minute(directory: Path) -> Path:
    """Write the logs of six services: second by second, with more to say and more to regret when it gets worse."""
    services = directory / "services"
    for second in range(SECONDS):
        badness = exp(-(((second - WORST) / 7) ** 2))
        shutil.rmtree(directory / "second", ignore_errors=True)
        simulate(
            directory / "second",
            files=6,
            size=round(9_000 + 3_000 * ((second * 7) % 5) / 4 + 40_000 * badness),
            seed=second,
            format="mixed",
            traceback=0.004 + 0.12 * badness,
            start=START + second * SECOND,
        )
        for part in (directory / "second").glob("*.log"):
            append(part, services / part.name)
    return services


def append(part: Path, whole: Path) -> None:
    """Put a log's next lines behind those that are there; it was written last when they were."""
    whole.parent.mkdir(exist_ok=True)
    with whole.open("ab") as file:
        file.write(part.read_bytes())
    written = part.stat().st_mtime_ns
    os.utime(whole, ns=(written, written))


async def picture(services: Path, keys: Sequence[str]) -> str:
    """Open the view, type, and return what stands in the window as SVG."""
    with followed(services) as (model, intake):
        app = ViewApp(model, intake, clock=lambda: START + SECONDS * SECOND)
        async with app.run_test(size=(132, 34)) as pilot:
            await at_rest(app, pilot)
            for key in keys:
                await pilot.press(key)
                await at_rest(app, pilot)
            return FONTS.sub("", app.export_screenshot(title="logbraid view services"))


@contextmanager
def followed(services: Path) -> Iterator[tuple[Model, Intake]]:
    """Follow the logs; go on when all of their records are in."""
    index, shelf = Index(), Shelf()
    count = sum(source.records for source in merge([str(services)], len).sources)
    run = partial(follow_into, [str(services)], options=Options(zone=UTC), beginning=None)
    intake = Intake(run, index, shelf)
    intake.rates.look(START)
    intake.start()
    try:
        while len(index) < count:
            time.sleep(0.1)
        intake.notices.clear()
        yield Model(index, shelf, UTC), intake
    finally:
        intake.stop()
        shelf.close()


async def at_rest(app: ViewApp, pilot: Pilot[None]) -> None:
    """Wait until nothing is left to look for, and it is drawn."""
    while app.model.work():
        pass
    app.look()
    app.count()
    await pilot.pause()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
