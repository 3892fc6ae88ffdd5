"""Which records stay: by time, level and patterns, a whole batch at a time.

A filter takes records out of a batch and never changes one; what it took out is counted by the caller, and still moves
the source's watermark.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from logbraid.core.kernels import matches
from logbraid.core.options import Options
from logbraid.core.records import SourceBatch
from logbraid.core.types import Bool
from logbraid.errors import UsageError

__all__ = ["Filter"]

Test = Callable[[SourceBatch], Bool]


class Filter:
    """The filters of a run.

    Raises:
        UsageError: a pattern is not a regular expression of RE2.
    """

    def __init__(self, options: Options) -> None:
        self._tests = _time_tests(options) + _level_tests(options)
        # Patterns read the text, so they come last and see only what the cheap tests left.
        self._tests += [_pattern_test(pattern, wanted=True) for pattern in options.include]
        self._tests += [_pattern_test(pattern, wanted=False) for pattern in options.exclude]

    def keep(self, batch: SourceBatch) -> SourceBatch:
        """Return the records of the batch that pass every test."""
        for test in self._tests:
            if not len(batch):
                break
            kept = test(batch)
            if not kept.all():
                batch = batch.take(kept)
        return batch


def _time_tests(options: Options) -> list[Test]:
    tests: list[Test] = []
    if options.since is not None:
        since = options.since
        tests.append(lambda batch: batch.time >= since)
    if options.until is not None:
        until = options.until
        tests.append(lambda batch: batch.time < until)
    return tests


def _level_tests(options: Options) -> list[Test]:
    if options.level is None:
        return []
    least = options.level

    def test(batch: SourceBatch) -> Bool:
        level = batch.level
        return (level >= least) | (level < 0)

    return [test]


def _pattern_test(pattern: str, *, wanted: bool) -> Test:
    try:
        matches(pa.array([b""]), f"(?m){pattern}")
    except (pa.ArrowInvalid, UnicodeEncodeError) as error:
        raise UsageError(f"not a regular expression: {pattern}: {error}") from None

    def test(batch: SourceBatch) -> Bool:
        # A record ends with a newline, and may have several: ^ and $ are those of each line.
        return np.asarray(matches(batch.data(), f"(?m){pattern}") == wanted)

    return test
