"""Parts of time: where neighbours fit together, they are the whole merge, cut in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from logbraid.core.lines import frame
from logbraid.core.options import Options
from logbraid.core.parse import Start
from logbraid.core.recognise import Recognisers
from logbraid.core.timestamps.pieces import at
from logbraid.core.types import FOREVER, NO_TIME, SECOND
from logbraid.core.window import Window

from .build import SEEDS, Author, Merged, merge, padded, parse, source

BEGIN = at("2026-03-01T23:45:00")
CUTS = st.lists(st.integers(0, 90 * 60), max_size=5)


def parts(logs: Sequence[bytes], edges: Sequence[int]) -> list[tuple[Window, Merged]]:
    """Merge each part of time for itself."""
    windows = [Window(low, high, len(logs)) for low, high in pairwise(edges)]
    return [(window, merge(logs, [[997]], window=window)) for window in windows]


def fit(windows: Sequence[Window]) -> bool:
    """Whether each begins, in every source, where the one before it ends."""
    return all(first.ends == second.begins for first, second in pairwise(windows))


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.lists(st.integers(1, 90), min_size=1, max_size=3), CUTS)
def test_from_the_first_byte_on_neighbours_always_fit(seed: int, counts: list[int], cuts: list[int]) -> None:
    logs = [Author(seed + number).log("ISO with micros", count) for number, count in enumerate(counts)]
    edges = [NO_TIME, *sorted({BEGIN + cut * SECOND for cut in cuts}), FOREVER]
    merged = parts(logs, edges)
    windows = [window for window, _ in merged]
    assert windows[0].begins == [0] * len(logs)
    assert windows[-1].ends == [len(log) for log in logs]
    assert fit(windows)
    assert b"".join(part.text for _, part in merged) == merge(logs).text


@settings(max_examples=120, deadline=None)
@given(SEEDS, st.integers(1, 3), st.integers(0, 20 * 60), st.lists(st.integers(0, 90), min_size=3, max_size=3))
def test_where_neighbours_fit_they_are_the_whole(seed: int, count: int, cut: int, skipped: list[int]) -> None:
    """The second part begins somewhere in each source, as a probe might suggest; sources may be disordered."""
    logs = [Author(seed + number).log("ISO with micros", 80, leaps=seed % 4 == 0) for number in range(count)]
    edge = BEGIN + cut * SECOND
    first, second = Window(NO_TIME, edge, count), Window(edge, FOREVER, count)
    starts = [start_behind(log, skip, edge) for log, skip in zip(logs, skipped, strict=False)]
    head, tail = merge(logs, window=first), merge(logs, starts=starts, window=second)
    leaps = [sum(one.leaps for one in part.pipeline.account().sources) for part in (head, tail)]
    if first.ends == second.begins and leaps == [0, 0]:
        assert head.text + tail.text == merge(logs).text


def start_behind(log: bytes, skip: int, edge: int) -> Start:
    """Return a start at one of the first records that is not behind the edge."""
    rows = parse(log).rows
    row = rows[min(skip, len(rows) - 1)]
    recogniser = Recognisers(Options()).of(source())
    starts, ends = frame(padded(log), 0, len(log))
    assert recogniser.look(padded(log), starts, ends, at_start=True, whole=True)
    assert recogniser.reader is not None
    known = row if row.time <= edge and row.start > 0 else rows[0]
    return Start(offset=known.start, lock=recogniser.reader.lock, previous=known.time)


def test_a_disordered_source_does_not_fit_from_the_middle() -> None:
    log = b"".join(b"2026-01-01T00:00:%02dZ a\n" % second for second in (1, 30, 2, 3, 40))
    recogniser = Recognisers(Options()).of(source())
    starts, ends = frame(padded(log), 0, len(log))
    assert recogniser.look(padded(log), starts, ends, at_start=True, whole=True)
    assert recogniser.reader is not None
    edge = at("2026-01-01T00:00:20")
    first, second = Window(NO_TIME, edge, 1), Window(edge, FOREVER, 1)
    merge([log], window=first)
    merge([log], starts=[Start(offset=46, lock=recogniser.reader.lock)], window=second)
    assert first.ends == [23]
    assert second.begins == [92], "the records between are in neither: the caller sees that and starts again"


def test_a_part_without_records_begins_and_ends_at_one_place() -> None:
    window = Window(at("2026-01-02"), at("2026-01-03"), 1)
    merged = merge([b"2026-01-01T00:00:01Z a\n2026-01-04T00:00:01Z b\n"], window=window)
    assert merged.text == b""
    assert window.begins == window.ends == [23]
    assert window.highest == [window.low]
