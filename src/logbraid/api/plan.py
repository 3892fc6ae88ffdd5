"""What to follow and how, as one value; the pump is made from it when the first batch is asked for.

Nothing here runs: who turns the pump is the drivers' matter, and what is done with the batches the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logbraid.api.arguments import Path, Reading, options_from, paths_of, refuse_text
from logbraid.core.lane import Lane
from logbraid.core.linelane import LineLane
from logbraid.core.live import LivePipeline
from logbraid.core.options import Options, Order
from logbraid.core.progress import Wanted
from logbraid.core.types import Nanos, Source
from logbraid.drivers.live import FollowPump
from logbraid.drivers.newcomers import Begin, Newcomers
from logbraid.errors import UsageError
from logbraid.system.clock import Clock as RealClock
from logbraid.system.descriptors import Descriptors
from logbraid.system.finder import Finder as RealFinder
from logbraid.system.followed import Disk
from logbraid.system.notify import notifier
from logbraid.system.pipes import CommandSource
from logbraid.system.ports import Clock, Files, Finder, Notifier

if TYPE_CHECKING:
    from logbraid.core.recognise import Recognisers

__all__ = ["Plan", "World", "plan_from"]


@dataclass(frozen=True, slots=True)
class World:
    """The machine that is looked at: the real one, unless a test says otherwise.

    Attributes:
        files: where bytes are.
        notifier: what gives hints.
        finder: what finds sources.
        clock: what time it is.
    """

    files: Files
    notifier: Notifier
    finder: Finder
    clock: Clock


@dataclass(frozen=True, slots=True)
class Plan:
    """What to follow and how.

    Attributes:
        specs: what names the sources.
        options: how they are read and ordered.
        begin: where to begin with files that are there.
        commands: their standard output is a source.
        own: the output's own paths, never followed.
        path_labels: label the sources with their whole paths.
        world: a machine of the caller's.
        sources: those found so far.
    """

    specs: Sequence[str]
    options: Options
    begin: Begin
    commands: Sequence[str] = ()
    own: Sequence[str] = ()
    path_labels: bool = False
    world: World | None = None
    sources: list[Source] = field(default_factory=list)

    def pump(self, *, lines: bool = False, wanted: Wanted | None = None) -> FollowPump:
        """Return the pump.

        Args:
            lines: whole lines will do, where records are not needed to order or to filter.
            wanted: what batches say of where sources go on, and where earlier runs have left off; None: nothing.
        """
        wanted = wanted or Wanted()
        lines = lines and self.options.order == "arrival" and not self.options.filters
        lane, recognisers = (LineLane(self.sources, self.options), None) if lines else self._records()
        pipeline = LivePipeline(self.options, lane, self.sources, wanted)
        world, owned = self.world, pipeline.owned
        if world is None:
            world = World(
                Disk(Descriptors()), notifier(), RealFinder(self.specs, exclude=self.own, owned=owned), RealClock()
            )
        newcomers = Newcomers(world.finder, world.files, world.notifier, self.begin, recognisers, wanted)
        return FollowPump(
            pipeline,
            newcomers,
            world.files,
            world.notifier,
            world.clock,
            self.sources,
            commands=[CommandSource(command) for command in self.commands],
            path_labels=self.path_labels,
        )

    def _records(self) -> tuple[Lane, Recognisers]:
        from logbraid.core.recognise import Recognisers
        from logbraid.core.recordlane import RecordLane

        return RecordLane(self.sources, self.options), Recognisers(self.options)

    @property
    def clock(self) -> Clock:
        """What waits."""
        return RealClock() if self.world is None else self.world.clock


def plan_from(
    sources: Sequence[Path],
    order: Order,
    last: int | None,
    lateness: Nanos | None,
    silence: Nanos | None,
    commands: Sequence[str],
    world: World | None,
    reading: Reading,
) -> Plan:
    """Return what the arguments of ``follow`` mean.

    Raises:
        UsageError: they mean nothing, or contradict each other.
    """
    refuse_text(commands=commands)
    if not sources and not commands:
        raise UsageError("name at least one source")
    if not isinstance(last, int | None):
        raise UsageError(f"last is a number of records or None, not {last!r}")
    if last is not None and last < 0:
        raise UsageError("the last records to begin with cannot be fewer than none")
    options = options_from(order, reading, lateness=lateness, silence=silence)
    begin = Begin(None if options.since is not None else last, options.since)
    return Plan(paths_of(sources), options, begin, commands, world=world)
