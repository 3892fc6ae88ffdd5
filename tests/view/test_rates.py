"""What each source has brought, and how fast."""

from __future__ import annotations

from hypothesis import given

from logbraid.core.types import SECOND, SourceId
from logbraid.view.rates import Rates

from .build import RECORDS, Written, batch_of

FIRST, SECOND_ONE, UNKNOWN = SourceId(0), SourceId(1), SourceId(7)


def rates_of(*records: Written) -> Rates:
    rates = Rates()
    rates.add(batch_of(records, range(len(records))))
    return rates


@given(RECORDS)
def test_counts_and_last_times_are_those_of_the_records(records: list[Written]) -> None:
    rates = rates_of(*records)
    for number in range(3):
        own = [record.time for record in records if record.source == number]
        assert rates.count(SourceId(number)) == len(own)
        assert rates.last(SourceId(number)) == (max(own) if own else None)


def test_a_source_that_has_brought_nothing_has_no_last_time_and_no_rate() -> None:
    rates = rates_of(Written(5))
    assert (rates.count(UNKNOWN), rates.last(UNKNOWN), rates.per_second(UNKNOWN)) == (0, None, 0.0)


def test_a_rate_is_that_of_the_last_five_seconds() -> None:
    records = [Written(number) for number in range(130)]
    rates = rates_of(*records[:100])
    rates.look(0)
    assert rates.per_second(FIRST) == 0.0
    rates.add(batch_of(records, range(100, 130)))
    rates.look(2 * SECOND)
    assert rates.per_second(FIRST) == 15.0
    for tick in range(3, 9):
        rates.look(tick * SECOND)
    assert rates.per_second(FIRST) == 0.0


def test_a_source_that_came_since_the_first_look_has_a_rate() -> None:
    rates = rates_of(Written(1))
    rates.look(0)
    rates.add(batch_of([Written(1), Written(2, source=1), Written(3, source=1)], [1, 2]))
    rates.look(SECOND)
    assert rates.per_second(SECOND_ONE) == 2.0


def test_a_clock_that_is_set_back_begins_anew() -> None:
    records = [Written(number) for number in range(20)]
    rates = rates_of(*records[:10])
    rates.look(100 * SECOND)
    rates.look(0)
    assert rates.per_second(FIRST) == 0.0
    rates.add(batch_of(records, range(10, 20)))
    rates.look(SECOND)
    assert rates.per_second(FIRST) == 10.0
