"""When sources are looked at that nobody hints at: each in its turn, and never so many that it costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbraid.core.reconcile import MOST_LOOKS, PERIOD, POLL, POLL_COST, Deadlines, Reconciler
from logbraid.core.types import SECOND, SourceId


def reconciler(notified: int = 0, polled: int = 0) -> Reconciler:
    made = Reconciler()
    for number in range(notified + polled):
        made.add(SourceId(number), polled=number >= notified)
    return made


def looks(made: Reconciler, until: int) -> list[list[SourceId]]:
    """Whom it wants looked at, each time something is due."""
    found, tick = [made.due(0)], 0
    while (deadline := made.deadline()) is not None and deadline <= until:
        tick = max(tick, deadline)
        found.append(made.due(tick))
    return found


@pytest.mark.parametrize("count", [1, 7, 100, 1000])
def test_every_notified_source_has_its_turn_within_a_period(count: int) -> None:
    seen = [source for each in looks(reconciler(count), PERIOD) for source in each]
    assert set(seen) == set(range(count))


def test_ever_so_many_sources_cost_no_more() -> None:
    made = reconciler(50_000)
    rounds = looks(made, 400 * SECOND)
    assert max(map(len, rounds)) == MOST_LOOKS
    assert len({source for each in rounds for source in each}) == 50_000


def test_polled_sources_are_looked_at_all_together() -> None:
    rounds = looks(reconciler(polled=5), SECOND)
    assert [each for each in rounds if each] == [[*range(5)]] * 4
    assert reconciler(polled=5).deadline() == POLL


def test_many_of_them_less_often() -> None:
    made = reconciler(polled=20_000)
    assert made.deadline() == 20_000 * POLL_COST


def test_nothing_is_due_where_there_is_nobody() -> None:
    made = reconciler()
    assert made.due(0) == []
    assert made.deadline() is None


moves = st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 20)), max_size=40)


@given(moves, st.integers(0, 20))
def test_only_the_last_moment_that_a_source_has_set_counts(moves: list[tuple[int, int | None]], tick: int) -> None:
    deadlines, model = Deadlines(), dict[int, int | None]()
    for source, moment in moves:
        deadlines.put(SourceId(source), moment)
        model[source] = moment
    set_ = {source: moment for source, moment in model.items() if moment is not None}
    assert deadlines.first == min(set_.values(), default=None)
    assert sorted(deadlines.due(tick)) == sorted(source for source, moment in set_.items() if moment <= tick)
    assert deadlines.first == min((moment for moment in set_.values() if moment > tick), default=None)
    assert deadlines.due(tick) == []
