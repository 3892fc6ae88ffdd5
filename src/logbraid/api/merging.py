"""``merge`` and ``amerge``: once through, into one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Unpack

from logbraid.api.arguments import Notice, Path, Reading, ignore, options_from, paths_of, refuse_own, refuse_text
from logbraid.core.account import Account
from logbraid.core.events import Event, SourceFailed
from logbraid.core.labels import labels as shortest_labels
from logbraid.core.labels import printable
from logbraid.core.options import Options, Order
from logbraid.core.parse import Start
from logbraid.core.recognise import Recognisers
from logbraid.core.types import Nanos, Source, SourceId
from logbraid.drivers import bottom_up, slices, threads
from logbraid.drivers.once import Run, merge_once
from logbraid.drivers.seek import seek
from logbraid.errors import UsageError
from logbraid.sinks.base import Sink
from logbraid.sinks.destinations import Destination, OutputFormat, own_paths, sink_for
from logbraid.system.discover import Discovery, discover

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

__all__ = ["MakeSink", "amerge", "merge", "merge_into"]

MakeSink = Callable[[Sequence[Source]], Sink]
"""Makes the sink of a run, once its sources and their labels are known."""

Progress = Callable[[int, int | None], None]
"""Told how many bytes are done, and of how many (None: unknown)."""

_BLOCKING: Final = {"threads": threads.drive, "bottom_up": bottom_up.drive}
_ON_A_LOOP: Final = ("mixed", "aio")


def merge(
    sources: Path | Iterable[Path],
    sink: Destination,
    *,
    order: Order = "time",
    driver: str | None = None,
    commands: Sequence[str] = (),
    labels: str | None = None,
    output_format: OutputFormat = "text",
    processes: int | None = None,
    notice: Notice = ignore,
    filesystem: FileSystem | None = None,
    **reading: Unpack[Reading],
) -> Account:
    """Merge sources, once through, into one stream.

    Args:
        sources: files, directories, globs, FIFOs, ``-`` for stdin, URIs; one or many.
        sink: a path (written whole or not at all), a binary file, a function of a ``RecordBatch``, which may be a
            coroutine function, or a ``Sink``.
        order: ``time``: exact time order; ``arrival``: as read.
        driver: ``threads`` or ``bottom_up``; None picks it.
        commands: their standard output is a source; split as a shell would, run without one.
        labels: ``name`` or ``path``: put the source's label before each physical line. None: bare records.
        output_format: ``text``, ``jsonl`` or ``parquet``; of no meaning where the sink is a function.
        processes: how many to use at the most; default: as many as pay.
        notice: told what was noticed on the way: a source that failed, one without timestamps.
        filesystem: a ``pyarrow.fs`` file system that serves all URIs.
        reading: since, until, level, include, exclude, tz, skews, time_format, max_record, buffer: see ``Reading``.

    Returns:
        The account: what was seen, left and lost, source by source.

    Raises:
        UsageError: the arguments contradict each other or mean nothing.
        SinkError: the sink refused a batch; a file is not there then.
    """
    _check(driver, tuple(_BLOCKING), labels, commands)
    return merge_into(
        paths_of(sources),
        lambda found: sink_for(sink, found, output_format, labelled=labels is not None),
        options_from(order, reading),
        driver=driver,
        commands=commands,
        own=own_paths(sink),
        path_labels=labels == "path",
        notice=notice,
        processes=processes,
        filesystem=filesystem,
    )


async def amerge(
    sources: Path | Iterable[Path],
    sink: Destination,
    *,
    order: Order = "time",
    driver: str | None = None,
    commands: Sequence[str] = (),
    labels: str | None = None,
    output_format: OutputFormat = "text",
    notice: Notice = ignore,
    filesystem: FileSystem | None = None,
    **reading: Unpack[Reading],
) -> Account:
    """Merge sources, once through, into one stream, while the loop goes on: the twin of ``merge``.

    A path, a file or a plain function is written to by a thread of its own; what a function returns is awaited.

    Args:
        sources: as in ``merge``.
        sink: as in ``merge``.
        order: as in ``merge``.
        driver: ``mixed`` or ``aio``, which calls the sink in the loop; None picks it.
        commands: as in ``merge``.
        labels: as in ``merge``.
        output_format: as in ``merge``.
        notice: as in ``merge``; called in the loop.
        filesystem: as in ``merge``.
        reading: as in ``merge``.

    Returns:
        The account.

    Raises:
        UsageError: the arguments contradict each other or mean nothing.
        SinkError: the sink refused a batch; a file is not there then.
    """
    from logbraid.api.loops import merge_on_a_loop, suited

    _check(driver, _ON_A_LOOP, labels, commands)
    prepare = _Preparation(
        paths_of(sources),
        lambda found: sink_for(sink, found, output_format, labelled=labels is not None),
        options_from(order, reading),
        commands=commands,
        own=own_paths(sink),
        path_labels=labels == "path",
        filesystem=filesystem,
    )
    return await merge_on_a_loop(prepare.run, driver or suited(sink), notice)


def merge_into(
    specs: Sequence[str],
    make_sink: MakeSink,
    options: Options,
    *,
    driver: str | None = None,
    commands: Sequence[str] = (),
    own: Sequence[str] = (),
    path_labels: bool = False,
    notice: Notice = ignore,
    progress: Progress = ignore,
    processes: int | None = None,
    filesystem: FileSystem | None = None,
) -> Account:
    """Merge sources into a sink that is made when they are known: what ``merge`` and the command stand on.

    Args:
        specs: what names the sources.
        make_sink: called once; the sink is closed when all went well and aborted otherwise.
        options: what to merge and how.
        driver: any of the four; None picks it.
        commands: their standard output is a source.
        own: the output's own paths, never merged.
        path_labels: label the sources with their whole paths.
        notice: told what was noticed.
        progress: told how far it is.
        processes: how many to use at the most; default: as many as pay.
        filesystem: serves all URIs.
    """
    preparation = _Preparation(
        specs,
        make_sink,
        options,
        commands=commands,
        own=own,
        path_labels=path_labels,
        filesystem=filesystem,
        progress=progress,
    )
    if driver in _ON_A_LOOP:
        import asyncio

        from logbraid.api.loops import merge_on_a_loop

        return asyncio.run(merge_on_a_loop(preparation.run, driver, notice))
    run, failed = preparation.run(notice)
    if run is None:
        return Account(failed=failed)  # nothing could be read: what stands at the output stays
    try:
        account = (slices.run(run, processes) if driver is None else None) or merge_once(
            run, _BLOCKING[driver or "bottom_up"]
        )
        run.sink.close()
    except BaseException:
        run.sink.abort()
        raise
    finally:
        for opened in run.opened:
            opened.close()
    account.failed = failed
    return account


@dataclass(frozen=True, slots=True)
class _Preparation:
    """What has to be done before a merge can begin; looks at the sources, and blocks."""

    specs: Sequence[str]
    make_sink: MakeSink
    options: Options
    commands: Sequence[str]
    own: Sequence[str]
    path_labels: bool
    filesystem: FileSystem | None
    progress: Progress = ignore

    def run(self, notice: Notice) -> tuple[Run | None, dict[str, str]]:
        """Find the sources, make the sink; return the run, if there is anything to read, and what failed."""
        refuse_own(self.specs, self.own)
        found = discover(self.specs, commands=self.commands, exclude=self.own, filesystem=self.filesystem)
        failed = _tell(found.events, notice)
        if failed and not found.sources:
            return None, failed
        sources = _sources(found, path_labels=self.path_labels)
        _check_labels(self.options.skews, sources)
        sizes = [source.size for source in sources]
        total = None if None in sizes else sum(size or 0 for size in sizes)
        sink = self.make_sink(sources)
        try:
            starts = _starts(sources, found, self.options)
        except BaseException:
            sink.abort()
            raise
        report = self.progress
        run = Run(sources, found.sources, starts, self.options, sink, notice, lambda done: report(done, total))
        return run, failed


def _check(driver: str | None, drivers: Sequence[str], labels: str | None, commands: Sequence[str]) -> None:
    if driver is not None and driver not in drivers:
        known = driver in (*_BLOCKING, *_ON_A_LOOP)
        hint = f"here it is {' or '.join(drivers)}" if known else f"there are {', '.join((*_BLOCKING, *_ON_A_LOOP))}"
        raise UsageError(f"no such driver: {driver}: {hint}")
    if labels not in (None, "name", "path"):
        raise UsageError(f"labels are 'name', 'path' or None, not {labels!r}")
    refuse_text(commands=commands)


def _tell(events: Sequence[Event], notice: Notice) -> dict[str, str]:
    """Pass events on; return which sources failed, and why."""
    for event in events:
        notice(event)
    return {event.path: event.reason for event in events if isinstance(event, SourceFailed)}


def _sources(found: Discovery, *, path_labels: bool) -> list[Source]:
    paths = [opened.path for opened in found.sources]
    names = [printable(path) for path in paths] if path_labels else shortest_labels(paths)
    rows = enumerate(zip(found.sources, names, strict=True))
    return [Source(SourceId(i), opened.path, name, opened.modified, opened.size) for i, (opened, name) in rows]


def _check_labels(skews: Mapping[str, Nanos], sources: Sequence[Source]) -> None:
    labels = [source.label for source in sources]
    for label in skews:
        if label not in labels:
            raise UsageError(f"no source has the label {label!r}: there are {', '.join(labels)}")


def _starts(sources: Sequence[Source], found: Discovery, options: Options) -> list[Start]:
    recognisers = Recognisers(options)
    pairs = zip(sources, found.sources, strict=True)
    return [seek(opened, recognisers.of(source), options.since, options.until) for source, opened in pairs]
