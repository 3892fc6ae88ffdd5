"""The Python face: one function a verb, the same arguments as the command.

Arguments become options, sources and a sink; which driver pumps them is decided here and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from logbraid.core.account import Account
from logbraid.core.events import Event, SourceFailed
from logbraid.core.labels import labels as shortest_labels
from logbraid.core.labels import printable
from logbraid.core.levels import parse_level
from logbraid.core.options import MEBIBYTE, Options, Order
from logbraid.core.parse import Start
from logbraid.core.recognise import Recognisers
from logbraid.core.types import Nanos, Source, SourceId
from logbraid.drivers import slices, threads
from logbraid.drivers.pump import Run
from logbraid.drivers.seek import seek
from logbraid.errors import UsageError
from logbraid.sinks.base import Sink
from logbraid.sinks.destinations import Destination, OutputFormat, own_paths, sink_for
from logbraid.system.discover import Discovery, discover
from logbraid.system.zones import local_zone, zone_named

if TYPE_CHECKING:
    from datetime import tzinfo

    from pyarrow.fs import FileSystem

__all__ = ["MakeSink", "merge", "merge_into"]

MakeSink = Callable[[Sequence[Source]], Sink]
"""Makes the sink of a run, once its sources and their labels are known."""

Progress = Callable[[int, int | None], None]
"""Told how many bytes are done, and of how many (None: unknown)."""


def _ignore(*_: object) -> None:
    """Do nothing with what one is told."""


def merge(
    sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    sink: Destination,
    *,
    order: Order = "time",
    driver: str | None = None,
    commands: Sequence[str] = (),
    labels: str | None = None,
    output_format: OutputFormat = "text",
    since: Nanos | datetime | None = None,
    until: Nanos | datetime | None = None,
    level: str | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    tz: str | tzinfo | None = None,
    skews: Mapping[str, Nanos] | None = None,
    time_format: str | None = None,
    max_record: int = MEBIBYTE,
    buffer: int = 64 * MEBIBYTE,
    processes: int | None = None,
    notice: Callable[[Event], None] = _ignore,
    filesystem: FileSystem | None = None,
) -> Account:
    """Merge sources, once through, into one stream.

    Args:
        sources: files, directories, globs, FIFOs, ``-`` for stdin, URIs; one or many.
        sink: a path (written whole or not at all), a binary file, a function of a ``RecordBatch``, or a ``Sink``.
        order: ``time``: exact time order; ``arrival``: as read.
        driver: only ``threads`` so far; None picks it.
        commands: their standard output is a source; split as a shell would, run without one.
        labels: ``name`` or ``path``: put the source's label before each physical line. None: bare records.
        output_format: ``text``, ``jsonl`` or ``parquet``; of no meaning where the sink is a function.
        since: leave out records before this time (ns UTC, or a datetime).
        until: leave out records at or after this time.
        level: leave out records below this level; those without a level stay.
        include: keep only records that match each of these patterns (RE2).
        exclude: leave out records that match any of these.
        tz: zone of timestamps that name none: a name, an offset, a tzinfo; default: this machine's.
        skews: by label, ns to add to a source's times.
        time_format: a strptime-like pattern of all timestamps, instead of looking for one.
        max_record: longest record in bytes; a longer one is cut into several, and no byte is lost.
        buffer: bytes held in memory for all sources together, as a guide.
        processes: how many to use at the most; default: as many as pay.
        notice: told what was noticed on the way: a source that failed, one without timestamps.
        filesystem: a ``pyarrow.fs`` file system that serves all URIs.

    Returns:
        The account: what was seen, left and lost, source by source.

    Raises:
        UsageError: the arguments contradict each other or mean nothing.
        SinkError: the sink refused a batch; a file is not there then.
    """
    if driver not in (None, "threads"):
        raise UsageError(f"no such driver: {driver}")
    if labels not in (None, "name", "path"):
        raise UsageError(f"labels are 'name', 'path' or None, not {labels!r}")
    for name, value in (("commands", commands), ("include", include), ("exclude", exclude)):
        if isinstance(value, str):
            raise UsageError(f"{name} is a list of texts, not one text")
    options = Options(
        order=order,
        since=_nanos(since),
        until=_nanos(until),
        level=None if level is None else parse_level(level),
        include=tuple(include),
        exclude=tuple(exclude),
        zone=local_zone() if tz is None else zone_named(tz) if isinstance(tz, str) else tz,
        skews=dict(skews or {}),
        time_format=time_format,
        max_record=max_record,
        buffer=buffer,
    )
    return merge_into(
        [os.fspath(one) for one in ([sources] if isinstance(sources, str | os.PathLike) else sources)],
        lambda found: sink_for(sink, found, output_format, labelled=labels is not None),
        options,
        commands=commands,
        own=own_paths(sink),
        path_labels=labels == "path",
        notice=notice,
        processes=processes,
        filesystem=filesystem,
    )


def merge_into(
    specs: Sequence[str],
    make_sink: MakeSink,
    options: Options,
    *,
    commands: Sequence[str] = (),
    own: Sequence[str] = (),
    path_labels: bool = False,
    notice: Callable[[Event], None] = _ignore,
    progress: Progress = _ignore,
    processes: int | None = None,
    filesystem: FileSystem | None = None,
) -> Account:
    """Merge sources into a sink that is made when they are known: what ``merge`` and the command stand on.

    Args:
        specs: what names the sources.
        make_sink: called once; the sink is closed when all went well and aborted otherwise.
        options: what to merge and how.
        commands: their standard output is a source.
        own: the output's own paths, never merged.
        path_labels: label the sources with their whole paths.
        notice: told what was noticed.
        progress: told how far it is.
        processes: how many to use at the most; default: as many as pay.
        filesystem: serves all URIs.
    """
    _refuse_own(specs, own)
    found = discover(specs, commands=commands, exclude=own, filesystem=filesystem)
    failed = _tell(found.events, notice)
    if failed and not found.sources:
        return Account(failed=failed)  # nothing could be read: what stands at the output stays
    sources = _sources(found, path_labels=path_labels)
    _check_labels(options.skews, sources)
    sizes = [source.size for source in sources]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    sink = make_sink(sources)
    try:
        starts = _starts(sources, found, options)
        run = Run(sources, found.sources, starts, options, sink, notice, lambda done: progress(done, total))
        account = slices.run(run, processes) or threads.run(run)
        sink.close()
    except BaseException:
        sink.abort()
        raise
    finally:
        for opened in found.sources:
            opened.close()
    account.failed = failed
    return account


def _refuse_own(specs: Sequence[str], own: Sequence[str]) -> None:
    """Refuse to write over a file that was named as a source; one that a pattern or a directory holds is left out."""
    for spec in specs:
        named = "/dev/stdin" if spec == "-" else spec
        if any(os.path.isfile(path) and os.path.isfile(named) and os.path.samefile(path, named) for path in own):
            raise UsageError(f"{spec} is a source and cannot be the output too")


def _tell(events: Sequence[Event], notice: Callable[[Event], None]) -> dict[str, str]:
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


def _nanos(time: Nanos | datetime | None) -> Nanos | None:
    """Return a point in time in ns UTC; a datetime without a zone is local."""
    if not isinstance(time, datetime):
        return time
    since_epoch = time.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return since_epoch // timedelta(microseconds=1) * 1000
