"""Options are checked once, when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from logbraid.core.options import LEAST_RECORD, MEBIBYTE, Options
from logbraid.errors import UsageError


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"order": "size"}, "order"),
        ({"since": 2, "until": 2}, "since"),
        ({"since": 3, "until": 2}, "since"),
        ({"max_record": LEAST_RECORD - 1}, "64"),
        ({"buffer": MEBIBYTE - 1}, "buffer"),
    ],
)
def test_what_means_nothing_is_refused(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        Options(**wrong)


def test_without_arguments_nothing_is_left_out() -> None:
    assert not Options().filters
    assert Options(max_record=LEAST_RECORD, buffer=MEBIBYTE) != Options()


@pytest.mark.parametrize("some", [{"since": 0}, {"until": 0}, {"level": 0}, {"include": ("a",)}, {"exclude": ("a",)}])
def test_each_filter_counts(some: dict[str, Any]) -> None:
    assert Options(**some).filters
