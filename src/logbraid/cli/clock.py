"""The times by which a merge orders lines, for whoever verifies its order.

Only times come from here: the walk that verifies an output shares no code with the merge that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from logbraid.core.options import Options
from logbraid.core.pipeline import Pipeline
from logbraid.core.types import Nanos, Source, SourceId
from logbraid.drivers.once import Reads
from logbraid.system.files import OpenSource
from logbraid.verify import Clock

__all__ = ["clock_of"]

_ONLY: Final = SourceId(0)


def clock_of(sources: Sequence[OpenSource], options: Options) -> Clock:
    """Return a clock that reads the sources for itself, as far as it is asked.

    Asked for a source's lines in their order, it says what each is ordered by: the time of the line's record.
    """
    times = [_line_times(source, options) for source in sources]
    return lambda index, _: next(times[index], None)


def _line_times(opened: OpenSource, options: Options) -> Iterator[Nanos]:
    source = Source(_ONLY, opened.path, opened.path, opened.modified, opened.size)
    pipeline = Pipeline([source], options)
    reads = Reads(pipeline, [opened])
    while True:
        for batch in pipeline.batches():
            for part in batch.parts:
                _, _, lines = part.physical_lines()
                yield from np.repeat(part.key, lines).tolist()
        if pipeline.done:
            return
        for action in pipeline.actions():
            reads.do(action)
