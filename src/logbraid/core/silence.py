"""Which sources have been silent for how long, of those whose last record may still go on.

Most records are one line, and are whole after a short silence; where more is expected, a long one is waited for. Ticks
go in, sources come out; who is silent only because nobody reads it, the pipeline knows.
"""

from __future__ import annotations

from typing import NamedTuple

from logbraid.core.types import Nanos, SourceId

__all__ = ["Silence", "Silences"]


class Silence(NamedTuple):
    """A source that has been silent.

    Attributes:
        source: which.
        since: tick of its last bytes.
        long: for so long that nothing more is to be expected.
    """

    source: SourceId
    since: Nanos
    long: bool


class Silences:
    """Sources in the order in which they fell silent.

    Args:
        short: after which most records are whole.
        long: after which every record is.
    """

    def __init__(self, short: Nanos, long: Nanos) -> None:
        self._short = min(short, long)
        self._long = long
        self._fresh: dict[SourceId, Nanos] = {}  # tick of the last bytes, ascending
        self._awaited: dict[SourceId, Nanos] = {}

    def break_off(self, source: SourceId) -> None:
        """Say that bytes came."""
        self._fresh.pop(source, None)
        self._awaited.pop(source, None)

    def begin(self, source: SourceId, tick: Nanos) -> None:
        """Say that a record of this source may go on from now, unless that is known already."""
        if source not in self._awaited:
            self._fresh.setdefault(source, tick)

    def go_on(self, silence: Silence) -> None:
        """Wait for the long silence of a source of which more is expected."""
        self._awaited[silence.source] = silence.since

    def due(self, tick: Nanos) -> list[Silence]:
        """Remove and return those that have been silent for long enough, for the one or the other."""
        found = [Silence(source, since, True) for source, since in _until(self._awaited, tick - self._long)]
        found += [
            Silence(source, since, tick - since >= self._long)
            for source, since in _until(self._fresh, tick - self._short)
        ]
        for silence in found:
            self.break_off(silence.source)
        return found

    def deadline(self) -> Nanos | None:
        """Return the tick at which the next will be due."""
        ticks = [since + self._short for since in _first(self._fresh)]
        ticks += [since + self._long for since in _first(self._awaited)]
        return min(ticks, default=None)


def _until(silent: dict[SourceId, Nanos], tick: Nanos) -> list[tuple[SourceId, Nanos]]:
    found = []
    for source, since in silent.items():
        if since > tick:
            break
        found.append((source, since))
    return found


def _first(silent: dict[SourceId, Nanos]) -> list[Nanos]:
    return [next(iter(silent.values()))] if silent else []
