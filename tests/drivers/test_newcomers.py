"""Searching for sources while following: what is watched, where to begin with each, and what is said about it."""

from __future__ import annotations

import gzip

import pytest

from logbraid.core.events import PollingInstead
from logbraid.core.options import Options
from logbraid.core.progress import Wanted
from logbraid.core.recognise import Recognisers
from logbraid.drivers.newcomers import Begin, Newcomers
from logbraid.testing import FakeFiles

from .live_run import START, lines

A, B, ALL = "/logs/a.log", "/logs/b.log", "/logs/*.log"


def searching(files: FakeFiles, begin: Begin | None = None) -> Newcomers:
    return Newcomers(files, files, files, begin or Begin(2), Recognisers(Options()), Wanted())


def test_files_that_were_there_begin_near_their_end_and_later_ones_at_their_first_byte() -> None:
    files = FakeFiles([ALL])
    files.append(A, lines("a", 10))
    newcomers = searching(files)
    (first,), _ = newcomers.search(None)
    assert first.beginning is not None
    assert first.beginning.offset == len(lines("a", 8))
    assert first.start is not None
    files.append(B, lines("b", 10))
    (second,), _ = newcomers.search(None)
    assert (second.path, second.beginning) == (B, None)


@pytest.mark.parametrize(("begin", "whole"), [(Begin(None), True), (Begin(2), False), (Begin(None, since=0), False)])
def test_only_who_begins_with_the_first_record_wants_the_past(begin: Begin, whole: bool) -> None:
    files = FakeFiles([A])
    files.append(A, lines("a", 10))
    ((newcomer,), _) = searching(files, begin).search(None)
    assert newcomer.with_past == whole
    assert (newcomer.beginning is None) == whole


def test_since_a_moment_begins_not_far_before_it() -> None:
    files = FakeFiles([A])
    files.append(A, lines("a", 200_000, step=1))
    ((newcomer,), _) = searching(files, Begin(None, since=(START + 150_000) * 1_000_000_000)).search(None)
    assert newcomer.beginning is not None
    assert len(lines("a", 100_000, step=1)) < newcomer.beginning.offset <= len(lines("a", 150_000, step=1))


def test_a_name_that_leads_nowhere_is_a_source_already() -> None:
    ((newcomer,), _) = searching(FakeFiles([A])).search(None)
    assert (newcomer.path, newcomer.beginning, newcomer.opened) == (A, None, None)


def test_a_compressed_file_is_read_front_to_back() -> None:
    files = FakeFiles([ALL])
    files.append(A, gzip.compress(lines("a", 10)))
    ((newcomer,), _) = searching(files).search(None)
    assert newcomer.opened is not None


def test_each_directory_is_watched_once_and_again_when_it_was_lost() -> None:
    files = FakeFiles([A, B])
    newcomers = searching(files)
    newcomers.search(None)
    newcomers.search(None)
    assert files.calls["watch"] == 1
    newcomers.forget("/logs")
    newcomers.search(None)
    assert files.calls["watch"] == 2


def test_why_a_directory_is_polled_is_said_once() -> None:
    files = FakeFiles([ALL], polled=True)
    files.append(A, lines("a", 1))
    newcomers = searching(files)
    (first,), said = newcomers.search(None)
    files.append(B, lines("b", 1))
    (second,), said_again = newcomers.search(None)
    assert (first.polled, second.polled, newcomers.polls) == (True, True, True)
    assert [type(event) for event in said] == [PollingInstead]
    assert said_again == []
