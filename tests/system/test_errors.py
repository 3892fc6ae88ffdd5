"""Errors of the system become errors of logbraid."""

from __future__ import annotations

import pytest

from logbraid.errors import SinkError, SourceError
from logbraid.system.errors import reading, writing


def test_reading_names_the_path_and_the_reason() -> None:
    with pytest.raises(SourceError, match=r"^app\.log: permission denied$") as caught, reading("app.log"):
        raise PermissionError(13, "whatever the locale says", "elsewhere")
    assert caught.value.errno == 13


def test_what_was_translated_is_left_alone() -> None:
    with pytest.raises(SourceError, match=r"^inner: broken$"), reading("outer"):
        raise SourceError("inner", "broken")


def test_a_library_may_raise_something_else() -> None:
    with pytest.raises(SourceError, match=r"^s3://a: no such scheme$"), reading("s3://a", ValueError):
        raise ValueError("No such scheme\nand much more")


def test_writing_becomes_a_sink_error() -> None:
    with pytest.raises(SinkError, match=r"^out: no space left on device$") as caught, writing("out"):
        raise OSError(28, "full")
    assert caught.value.errno == 28
