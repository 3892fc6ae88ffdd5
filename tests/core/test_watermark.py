"""How far all sources have come: never further than the slowest may still go below, and not a step less."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from logbraid.core.types import FOREVER, NO_TIME, Nanos, SourceId
from logbraid.core.watermark import EVERY_SOURCE, Watermark

A, B, C = SourceId(0), SourceId(1), SourceId(2)


def watermark(*sources: SourceId, now: Nanos = 100) -> Watermark:
    """Return a watermark with a lateness of 10 whose sources are caught up."""
    mark = Watermark(10)
    for source in sources:
        mark.add(source)
        mark.caught_up(source)
    mark.advance(now, now)
    mark.advance(now, now)
    return mark


def test_without_sources_nothing_holds() -> None:
    assert Watermark(10).bound() == (FOREVER, EVERY_SOURCE)


def test_sources_that_are_caught_up_have_passed_what_is_older_than_the_lateness() -> None:
    mark = watermark(A, B)
    assert mark.bound() == (90, EVERY_SOURCE)
    mark.reach(A, 95)
    assert mark.bound() == (90, EVERY_SOURCE), "B may still bring something newer than that"
    mark.reach(B, 93)
    assert mark.bound() == (93, B), "both are further: A's records at 93 would come before B's"
    mark.advance(120, 120)
    assert mark.bound() == (110, EVERY_SOURCE)


def test_a_source_never_read_holds_all_back() -> None:
    mark = watermark(A)
    mark.add(B)
    assert mark.is_new(B)
    assert mark.bound() == (NO_TIME, EVERY_SOURCE)
    mark.reach(B, 40)
    assert mark.bound() == (40, B)
    assert mark.holds_back(B)
    assert not mark.holds_back(A)
    mark.caught_up(B)
    assert not mark.is_new(B)
    assert mark.bound() == (90, EVERY_SOURCE)


def test_a_backlog_ahead_of_the_clock_is_read_where_it_is_least_far() -> None:
    mark = watermark(A)
    assert mark.backlog() == (FOREVER, EVERY_SOURCE)
    for source, upto in ((B, 500), (C, 400)):
        mark.add(source)
        mark.reach(source, upto)
    assert (mark.bound(), mark.backlog()) == ((90, EVERY_SOURCE), (400, C))
    assert not mark.holds_back(C), "only the clock is waited for"
    assert mark.holds_back(C, 110)
    assert not mark.holds_back(B, 110)
    assert not mark.holds_back(C, 400)
    mark.caught_up(C)
    assert mark.backlog() == (500, B)


def test_a_source_that_is_behind_has_passed_what_it_had_when_it_was_caught_up() -> None:
    mark = watermark(A, B)
    mark.behind(A, 100)
    mark.advance(150, 150)
    assert mark.bound() == (90, EVERY_SOURCE)
    mark.reach(A, 120)
    assert mark.bound() == (120, A)
    mark.caught_up(A)
    assert mark.bound() == (140, EVERY_SOURCE)


def test_what_shows_itself_in_this_turn_was_written_since_the_last() -> None:
    mark = watermark(A)
    mark.advance(150, 150)
    assert mark.known(A) == 100
    mark.behind(A, 150)
    assert mark.bound() == (90, EVERY_SOURCE)


def test_polled_sources_are_caught_up_to_their_last_poll() -> None:
    mark = watermark(A)
    mark.add(B, polled=True)
    mark.caught_up(B)
    mark.advance(500, 300)
    assert mark.bound() == (290, EVERY_SOURCE)
    assert mark.next_release(300, A) is None, "the next poll is what it waits for"
    mark.advance(501, 501)
    assert mark.next_release(490, A) == 500


def test_a_source_that_is_finished_holds_nothing() -> None:
    mark = watermark(A, B)
    mark.add(C)
    mark.finish(C)
    mark.finish(C)
    mark.behind(C, 0)
    assert mark.bound() == (90, EVERY_SOURCE)
    mark.finish(A)
    mark.finish(B)
    assert mark.bound() == (FOREVER, EVERY_SOURCE)


def test_time_alone_lets_nothing_pass_a_source_that_is_behind() -> None:
    mark = watermark(A, B)
    assert mark.next_release(95, B) == 105
    mark.behind(A, 100)
    mark.reach(A, 95)
    assert mark.next_release(95, A) == 105
    assert mark.next_release(95, B) is None, "at a tie the first source may still send"
    assert mark.next_release(94, B) == 104


FACTS = st.lists(
    st.tuples(st.sampled_from(["add", "finish", "advance", "behind", "caught_up", "reach"]), st.integers(0, 4)),
    max_size=40,
)


class Slow:
    """The same, told plainly: every source is looked at, each time."""

    def __init__(self) -> None:
        self.times = [NO_TIME, NO_TIME]  # of this turn, and of the one before
        self.since: dict[int, Nanos | None] = {}  # None: caught up
        self.upto: dict[int, Nanos] = {}

    def bound(self) -> tuple[Nanos, int]:
        bounds = [(FOREVER, int(EVERY_SOURCE))]
        for source, since in self.since.items():
            caught_up = self.times[0] if since is None else since
            passed = NO_TIME if caught_up == NO_TIME else caught_up - 10
            upto = self.upto.get(source, NO_TIME)
            bounds.append((upto, source) if upto > passed else (passed, EVERY_SOURCE))
        return min(bounds)


@given(FACTS)
@example([("add", 0), ("advance", 2), ("caught_up", 0), ("reach", 0), ("reach", 0), ("advance", 1), ("behind", 0)])
def test_the_quick_way_is_the_plain_way(facts: list[tuple[str, int]]) -> None:
    quick, slow, now, upto = Watermark(10), Slow(), 0, 0
    for fact, number in facts:
        source = SourceId(number)
        if fact == "add" and number not in slow.since:
            quick.add(source)
            slow.since[number] = NO_TIME
        elif fact == "advance":
            now += 7 * number
            quick.advance(now, now)
            slow.times = [now, slow.times[0]]
        elif number in slow.since:
            upto += 3
            if fact == "finish":
                quick.finish(source)
                del slow.since[number]
                slow.upto.pop(number, None)
            elif fact == "behind":
                quick.behind(source, now)
                slow.since[number] = min(now, slow.times[1])
            elif fact == "caught_up":
                quick.caught_up(source)
                slow.since[number] = None
            else:
                quick.reach(source, upto)
                slow.upto[number] = upto
        assert quick.bound() == slow.bound()
