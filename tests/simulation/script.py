"""What happens in one simulated run, as values: a setup and a list of operations, drawn from one number.

Everything is decided before anything happens, so that a script can be told, played again and made shorter: an operation
that cannot be done where it stands is left out without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal, NamedTuple

from logbraid.core.options import Order

__all__ = ["SOURCES", "Operation", "Script", "Setup", "script_of"]

SOURCES: Final = ("a", "b", "c")

Weather = Literal["calm", "mild", "stormy"]
"""calm: only what must never make a record late. mild: what must never lose one. stormy: anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How a run is made.

    Attributes:
        weather: which operations there are.
        order: of the output.
        whole_lines: nothing looks into the lines, where that is possible.
        labelled: each line of the output bears its label.
        filtered: a part of the records is left out.
        max_record: longest record in bytes.
        buffer: bytes that are held at most, as a guide.
        read: bytes that are read at least.
        hints: what notifications are like.
        reuse: numbers of files are used again.
        rotated_at: bytes after which the output is rotated; None: never.
        beside: commits are made later than they are asked for.
        database: the checkpoint is a real one.
        dated: rotated files are named by their date.
    """

    weather: Weather = "calm"
    order: Order = "time"
    whole_lines: bool = False
    labelled: bool = False
    filtered: bool = False
    max_record: int = 1 << 20
    buffer: int = 1 << 20
    read: int = 16 << 10
    hints: Literal["all", "dropped", "lost"] = "all"
    reuse: bool = False
    rotated_at: int | None = None
    beside: bool = False
    database: bool = False
    dated: bool = False


class Operation(NamedTuple):
    """Something that happens.

    Attributes:
        what: the name of a method of ``World``.
        source: to whom.
        number: how often, how many, or how long in milliseconds.
        also: a variety.
    """

    what: str
    source: str = ""
    number: int = 0
    also: bool = False

    def __str__(self) -> str:
        parts = [self.source, str(self.number) if self.number else "", "also" if self.also else ""]
        return " ".join([self.what.replace("_", " "), *filter(None, parts)])


@dataclass(frozen=True, slots=True)
class Script:
    """One simulated run.

    Attributes:
        seed: it was drawn from; what is left to chance while it is played is drawn from this, too.
        setup: how the run is made.
        operations: what happens, one after the other.
    """

    seed: int
    setup: Setup
    operations: tuple[Operation, ...]

    def only(self, operations: Sequence[Operation]) -> Script:
        """Return it with some of its operations only."""
        return replace(self, operations=tuple(operations))


def script_of(seed: int) -> Script:
    """Draw a script."""
    random = Random(seed)
    setup = _setup(random)
    length = random.choice([10, 20, 40, 80])
    return Script(seed, setup, tuple(_operation(random, setup) for _ in range(length)))


def _setup(random: Random) -> Setup:
    order: Order = random.choice(["time", "time", "arrival"])
    weather: Weather = random.choice(["calm", "mild", "mild", "stormy", "stormy"])
    filtered = random.random() < 0.2
    return Setup(
        weather=weather,
        order=order,
        whole_lines=order == "arrival" and not filtered and random.random() < 0.8,
        labelled=random.random() < 0.3,
        filtered=filtered,
        max_record=random.choice([1 << 20, 1 << 20, 256]),
        buffer=random.choice([1 << 20, 1 << 20, 4096, 512]),
        read=random.choice([16 << 10, 16 << 10, 512, 100]),
        hints="all" if weather == "calm" else random.choice(["all", "all", "dropped", "lost"]),
        reuse=random.random() < 0.3,
        rotated_at=random.choice([None, None, None, 1000, 4000]),
        beside=random.random() < 0.3,
        database=random.random() < 0.1,
        dated=random.random() < 0.2,
    )


WEIGHTS: Final[dict[Weather, dict[str, int]]] = {}
"""How often which operation happens."""

WEIGHTS["calm"] = {
    "append": 20,
    "append_traceback": 4,
    "burst": 3,
    "rotate": 4,
    "turn": 25,
    "go_on": 20,
    "stall": 4,
    "evict": 1,
    "kill": 3,
    "kill_writing": 2,
    "lose_power": 1,
    "lose_power_writing": 1,
}
WEIGHTS["mild"] = WEIGHTS["calm"] | {
    "append_torn": 4,
    "straggle": 2,
    "abandon": 1,
    "compress": 3,
    "stop": 2,
    "fail_reads": 1,
    "fill_disk": 1,
    "fail_sync": 1,
}
WEIGHTS["stormy"] = WEIGHTS["mild"] | {
    "truncate": 2,
    "copy": 2,
    "copy_truncate": 3,
    "delete": 2,
    "delete_rotated": 2,
    "swap": 2,
    "step_clock": 1,
}

NUMBERS: Final[dict[str, Sequence[int]]] = {
    "append": (1, 1, 2, 5, 20),
    "append_traceback": (1, 2),
    "burst": (40, 100),
    "turn": (1, 1, 2, 3, 5, 8, 13),
    "go_on": (1, 20, 300, 1000, 1500, 5000, 15_000),
    "stall": (10, 1000, 20_000),
    "kill_writing": tuple(range(1, 12)),
    "lose_power_writing": tuple(range(1, 12)),
    "copy_truncate": (0, 1, 3, 40),
    "truncate": (0, 1, 3, 40),
    "delete": (0, 1, 3),
    "rotate": (0, 1, 3, 3),
    "fail_reads": (1, 2),
    "fill_disk": (0, 50, 500),
    "step_clock": (500, 60_000, 3_600_000),
    "append_torn": (1, 2),
    "straggle": (1, 2),
}


def _operation(random: Random, setup: Setup) -> Operation:
    weights = WEIGHTS[setup.weather]
    (what,) = random.choices([*weights], [*weights.values()])
    number = random.choice(NUMBERS.get(what, (0,)))
    return Operation(what, random.choice(SOURCES), number, random.random() < 0.4)
