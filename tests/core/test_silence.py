"""Who has been silent for how long: most records are whole soon, some are waited for longer."""

from __future__ import annotations

from logbraid.core.silence import Silence, Silences
from logbraid.core.types import SourceId

A, B = SourceId(0), SourceId(1)


def silences() -> Silences:
    return Silences(short=200, long=500)


def test_a_short_silence_is_told_once() -> None:
    silent = silences()
    silent.begin(A, 1000)
    assert silent.deadline() == 1200
    assert silent.due(1199) == []
    assert silent.due(1200) == [Silence(A, 1000, long=False)]
    assert silent.due(5000) == []
    assert silent.deadline() is None


def test_where_more_is_expected_the_long_silence_is_told() -> None:
    silent = silences()
    silent.begin(A, 1000)
    [silence] = silent.due(1300)
    silent.go_on(silence)
    assert silent.deadline() == 1500
    silent.begin(A, 1400)  # known already: the silence goes on
    assert silent.due(1500) == [Silence(A, 1000, long=True)]


def test_bytes_break_a_silence_off() -> None:
    silent = silences()
    silent.begin(A, 1000)
    silent.break_off(A)
    silent.begin(A, 1100)
    assert silent.due(1200) == []
    [silence] = silent.due(1300)
    silent.go_on(silence)
    silent.break_off(A)
    assert silent.due(9000) == []


def test_a_silence_that_is_noticed_late_is_a_long_one_at_once() -> None:
    silent = silences()
    silent.begin(A, 1000)
    silent.begin(B, 1400)
    assert silent.due(1600) == [Silence(A, 1000, long=True), Silence(B, 1400, long=False)]


def test_a_short_silence_is_never_longer_than_a_long_one() -> None:
    silent = Silences(short=1000, long=300)
    silent.begin(A, 0)
    assert silent.deadline() == 300
    assert silent.due(300) == [Silence(A, 0, long=True)]
