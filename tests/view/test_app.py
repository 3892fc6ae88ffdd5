"""The application: lines that are typed, the mouse, what is said, what comes in, and windows of any size."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from logbraid.core.events import BytesLost, Rotated
from logbraid.core.types import SECOND, Source, SourceId
from logbraid.errors import SourceError
from logbraid.view.app import ViewApp
from logbraid.view.intake import SourceAwaited
from logbraid.view.widgets.help import Help
from logbraid.view.widgets.notices import LONGEST, MOST_KEPT, NoticeList, Notices
from logbraid.view.widgets.overlay import Listing

from .build import Written
from .window import START, TRACED, Clock, Coming, caught_up, drive, state, text_of, type_in

PATIENCE: Final = 20.0


def coming_of(app: ViewApp) -> Coming:
    assert isinstance(app.intake, Coming)
    return app.intake


def clock_of(app: ViewApp) -> Clock:
    assert isinstance(app.clock, Clock)
    return app.clock


def turn(kind: type[events.MouseEvent]) -> events.MouseEvent:
    """A turn of the wheel."""
    return kind(None, 5, 5, 0, 0, 0, shift=False, meta=False, ctrl=False)


async def said(app: ViewApp, pilot: Pilot[None], words: str) -> None:
    """Wait for a thread to have it said."""
    deadline = time.monotonic() + PATIENCE
    while words not in text_of(app.status)[0]:
        assert time.monotonic() < deadline
        await pilot.pause(0.01)


# Lines that are typed


def test_a_search_counts_goes_there_and_is_taken_back_by_an_empty_line() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.press("<", "/")
        await type_in(pilot, "user 2")
        assert app.model.pane.current == 20
        assert "/user 2: 5" in text_of(app.status)[0]
        assert app.focused is None
        await pilot.press("/")
        await type_in(pilot, "")
        assert app.model.search is None

    drive(scenario)


def test_patterns_choose_what_is_shown_until_they_are_dropped() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        for key, pattern in (("&", "user"), ("!", "cache")):
            await pilot.press(key)
            await type_in(pilot, pattern)
        assert {row.whole.split()[1] for row in app.model.pane.rows()} == {"INFO"}
        assert "&user · !cache" in text_of(app.status)[0]
        assert text_of(app.status)[0].endswith("15 of 15 shown, of 60 ")
        await pilot.press("!")
        await type_in(pilot, "")
        assert [rule.scan.pattern for rule in app.model.rules] == ["user"]

    drive(scenario)


def test_as_long_as_not_all_is_scanned_the_place_says_no_more_than_is_known() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        work, app.model.work = app.model.work, lambda: False  # type: ignore[method-assign]
        await pilot.press("&", *"user", "enter")
        assert text_of(app.status)[0].endswith(" 0+ shown, of 60 ")
        app.model.work = work  # type: ignore[method-assign]
        await caught_up(app, pilot)
        await pilot.press("k")
        assert text_of(app.status)[0].endswith("26 of 27 shown, of 60 ")

    drive(scenario)


def test_levels_that_no_record_has_are_passed_over_and_those_hidden_are_named() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        said = []
        for key in "++++++-----":
            await pilot.press(key)
            said.append(text_of(app.status)[0].split("  ")[0].strip())
        names = ["debug", "info", "warn", "error"]
        hidden = [f"hidden: {', '.join(names[:count])}" for count in (1, 2, 3, 4, 3, 2, 1)]
        nothing = ["nothing that is graver is there"] * 2
        assert said == [*hidden[:4], *nothing, *hidden[4:], *["all levels are shown"] * 2]
        await pilot.press("+", "escape")
        assert "below info hidden" in text_of(app.status)[0]

    drive(scenario)


def test_what_is_pasted_does_nothing_to_the_terminal() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.press("/")
        app.prompt.query_one(Input).post_message(events.Paste("a\x1b]0;title\x07b\x9b2Jc"))
        await pilot.pause()
        assert app.prompt.query_one(Input).value == "a]0;titleb2Jc"

    drive(scenario)


def test_a_name_that_nobody_has_is_a_name_like_any_other() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.press("s")
        await type_in(pilot, "~nosuchuser/x.log")
        await said(app, pilot, "~nosuchuser/x.log: no such file or directory")

    drive(scenario)


def test_a_time_is_gone_to() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.press("g")
        await type_in(pilot, "08:05")
        assert app.model.index.time(app.model.pane.current) == START + 300 * SECOND

    drive(scenario)


@pytest.mark.parametrize(("key", "line", "word"), [("/", "(", "regular expression"), ("g", "soon", "not a time")])
def test_what_was_typed_wrong_is_said_in_words_for_some_seconds(key: str, line: str, word: str) -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.press(key)
        await type_in(pilot, line)
        assert word in text_of(app.status)[0]
        clock_of(app).time += 6 * SECOND
        app.look()
        assert word not in text_of(app.status)[0]

    drive(scenario)


def test_the_keys_of_the_prompt() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        for pattern in ("one", "two"):
            await pilot.press("/")
            await type_in(pilot, pattern)
        line = app.prompt.query_one(Input)
        seen = []
        await pilot.press("/")
        for key in ("up", "up", "up", "down", "down", "q"):
            await pilot.press(key)
            seen.append(line.value)
        assert seen == ["two", "one", "one", "two", "", "q"]
        for leaving in ("escape", "ctrl+c"):
            await pilot.press("&", "x", leaving)
            assert not app.prompt.about
            assert not app.model.rules
        await pilot.press("&", *"x/&!gs?", "tab")
        assert (app.prompt.about, line.value) == ("show", "x/&!gs?")
        await pilot.click(app.braid)
        assert not app.prompt.about
        assert app.focused is None
        assert app.is_running

    drive(scenario)


def test_haste_mixes_nothing_up() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        for key in ("g", *"08:04", "enter", "S", "j", "tab", "m", "/", *"query", "enter", "/", "x", "escape", "w"):
            app.simulate_key(key)
        await pilot.pause()
        await caught_up(app, pilot)
        assert app.model.search is not None
        assert app.model.search.pattern == "query"
        assert (app.sources.current, app.model.bookmarks, app.model.pane.wrap) == (1, [12], True)

    drive(scenario)


def test_what_is_shown_is_saved_in_the_format_of_the_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        app.model.graver(3)
        await pilot.press("s")
        await type_in(pilot, "grave.jsonl")
        await said(app, pilot, "2 records saved")
        await pilot.press("s")
        await type_in(pilot, "grave.jsonl")
        await said(app, pilot, "is there already")

    drive(scenario)
    assert Path("grave.jsonl").read_text().count("\n") == 2


# The list of sources, and that of keys


def test_the_keys_of_the_list_of_sources() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        seen = []
        await pilot.press("S")
        for key in ("j", "space", "down", "enter", "k", "up", "o", "o"):
            await pilot.press(key)
            seen.append((app.sources.current, sorted(app.model.selection.hidden)))
        assert seen == [(1, []), (1, [1]), (2, [1]), (2, [1, 2]), (1, [1, 2]), (0, [1, 2]), (0, []), (0, [1, 2])]
        for key, place in (("G", 2), ("<", 0), ("pagedown", 2), ("pageup", 0), ("end", 2), ("home", 0)):
            await pilot.press(key)
            assert app.sources.current == place
        for leaving in ("escape", "tab"):
            await pilot.press("tab", leaving)
            assert app.focused is None
        await pilot.press("S")
        assert not app.sources.display

    drive(scenario)


def test_the_keys_of_the_list_of_keys() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.press("?")
        listing = app.screen.query_one(Listing)
        top = list(listing.drawn)
        for down, up in (("j", "k"), ("down", "up"), ("space", "b"), ("f", "pageup"), ("pagedown", "b")):
            await pilot.press(down)
            assert listing.drawn != top
            await pilot.press(up)
            assert listing.drawn == top
        for leaving in ("?", "i", "q", "escape", "enter", "ctrl+c"):
            assert isinstance(app.screen, Help)
            await pilot.press(leaving)
            assert not isinstance(app.screen, Help)
            await pilot.press("?")
        assert app.is_running

    drive(scenario)


def test_what_has_passed_by_can_be_read_once_more() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        intake, clock = coming_of(app), clock_of(app)
        await pilot.press("i")
        assert text_of(app.screen.query_one(Listing))[2] == "  there were none"
        await pilot.press("q")
        intake.notices += [Rotated("0.log", "renamed"), BytesLost("1.log", 7, "gone " * 10)]
        app.look()
        clock.time += 90 * SECOND
        await pilot.press("g", *"soon", "enter", "y", "i")  # to copy only answers a key
        listing = app.screen.query_one(Listing)
        newest, *older = text_of(listing)[2:]
        assert newest.startswith("  2026-03-01 09:01:30  not a time: 'soon'")
        assert [line[:23] for line in older[-3:]] == ["  2026-03-01 09:00:00  ", " " * 23, "  2026-03-01 09:00:00  "]
        assert "".join(line[23:] for line in older[-3:-1]) == f"{BytesLost('1.log', 7, 'gone ' * 10)}"
        assert older[-1].endswith("0.log: renamed")
        for _ in range(30):
            app.say("no such thing", error=True)
        await pilot.press("escape", "i", "f")
        assert isinstance(app.screen, NoticeList)
        assert text_of(app.screen.query_one(Listing))[-1].endswith("renamed")

    drive(scenario)


def test_notices_are_kept_in_bounds_and_inert() -> None:
    notices = Notices()
    for number in range(MOST_KEPT + 1):
        notices.add(number, "\x1b[2J" + "x" * 2 * LONGEST, error=False)
    kept = notices.newest_first()
    assert (len(kept), kept[0].time, kept[-1].time) == (MOST_KEPT, MOST_KEPT, 1)
    assert kept[0].text.startswith(r"\x1b[2Jx")
    assert len(kept[0].text) < LONGEST + 9


# The mouse


def test_a_click_makes_a_record_current_and_a_second_one_unfolds_it() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        app.model.pane.goto(TRACED)
        app.paint()
        await pilot.click(app.braid, offset=(20, 3))
        assert app.model.pane.current == 11
        await pilot.click(app.braid, offset=(20, 9), times=2)
        assert state(app)["current"] == TRACED
        assert state(app)["rows"] == 4

    drive(scenario)


def test_the_wheel_scrolls() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        app.model.pane.home()
        app.braid.post_message(turn(events.MouseScrollDown))
        await pilot.pause()
        assert state(app)["top"] == 3
        app.braid.post_message(turn(events.MouseScrollUp))
        await pilot.pause()
        assert state(app)["top"] == 0

    drive(scenario)


def test_a_click_in_the_bar_and_in_the_timeline_jumps() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.click(app.slider, offset=(0, 0))
        assert app.model.pane.current == 0
        await pilot.click(app.slider, offset=(0, 17))
        assert app.model.pane.current == 59
        await caught_up(app, pilot)
        await pilot.click(app.timeline, offset=(24, 1))
        assert app.model.index.time(app.model.pane.current) == START + 4 * 60 * SECOND

    drive(scenario)


def test_a_click_in_the_list_of_sources_hides_one() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.press("S")
        await pilot.click(app.sources, offset=(5, 2))
        assert app.model.selection.hidden == {1}
        await pilot.click(app.sources, offset=(5, 12))
        assert app.model.selection.hidden == {1}

    drive(scenario)


# What comes in


def test_who_follows_sees_what_comes_and_who_does_not_keeps_his_place() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        more = [Written(START + 3600 * SECOND, 3, 2, f"INFO new {number}") for number in range(5)]
        coming_of(app).come(more)
        await caught_up(app, pilot)
        assert text_of(app.braid)[-1].endswith("INFO new 4")
        await pilot.press("k", "k")
        before = text_of(app.braid)
        coming_of(app).come(more)
        await caught_up(app, pilot)
        assert text_of(app.braid) == before
        assert "of 70" in text_of(app.status)[0]

    drive(scenario)


def test_progress_notices_and_a_failure_are_said() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        intake = coming_of(app)
        intake.part = 0.43
        app.look()
        assert "reading 43%" in text_of(app.status)[0]
        intake.notices += [BytesLost("0.log", 7, "gone"), Rotated("0.log", "renamed")]
        app.look()
        assert "7 bytes lost: gone (and 1 more: i)" in text_of(app.status)[0]
        await pilot.press("escape")
        intake.failure, intake.is_running = SourceError("0.log", "it is on \x1bfire"), False
        app.look()
        assert text_of(app.status)[0].startswith(" 0.log: it is on \\x1bfire")
        assert len(text_of(app.braid)) == 18

    drive(scenario)


def test_a_search_that_is_not_done_says_so_and_can_be_left() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        app.model.work = lambda: False  # type: ignore[method-assign]
        await pilot.press("<", "/", *"user", "enter")
        assert "/user: 0 so far · looking (Esc: stop)" in text_of(app.status)[0]
        await pilot.press("escape")
        assert "looking" not in text_of(app.status)[0]

    drive(scenario)


def test_where_there_is_none_it_is_said() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        for keys, words in (("e", "none so far in this direction"), ("n", "nothing is searched for"), ("p", "no JSON")):
            await pilot.press(*keys)
            assert words in text_of(app.status)[0]

    drive(scenario)


def test_the_time_between_bookmarks_is_said() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.press("m", "k", "k", "m")
        assert "40.000 s between bookmarks" in text_of(app.status)[0]

    drive(scenario)


def test_a_source_that_is_not_there_yet_is_said_to_be_awaited() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        intake = coming_of(app)
        intake.sources = [*intake.sources, Source(SourceId(3), "new.log", "new.log", 0)]
        intake.awaited = frozenset({"new.log"})
        intake.notices.append(SourceAwaited("new.log"))
        app.look()
        assert "new.log: not there yet, waiting for it" in text_of(app.status)[0]
        await pilot.press("S")
        assert [line.endswith("not there yet") for line in text_of(app.sources)] == [False] * 4 + [True]
        intake.come([Written(START + 3600 * SECOND, 3, 2, "INFO it is there")])
        await pilot.press("j")
        assert "not there" not in text_of(app.sources)[4]

    drive(scenario, size=(100, 24))


# The window


def test_a_window_may_become_small_and_large_again() -> None:
    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.press("S")
        assert (app.timeline.display, app.sources.display) == (True, True)
        for width, height in ((40, 10), (10, 3), (1, 1)):
            await pilot.resize_terminal(width, height)
            await pilot.press("k", "n", "<", "F")
            assert (app.timeline.display, app.sources.display) == (False, False)
        await pilot.resize_terminal(120, 50)
        await caught_up(app, pilot)
        assert (app.timeline.display, app.sources.display) == (True, True)
        assert len(text_of(app.braid)) == 44

    drive(scenario)


def test_without_colours_all_is_told_by_its_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(app: ViewApp, pilot: Pilot[None]) -> None:
        await caught_up(app, pilot)
        for part in (app.timeline, app.braid, app.status):
            strips = [part.render_line(y) for y in range(part.size.height)]
            styles = {segment.style for strip in strips for segment in strip if segment.style}
            assert len({(style.color, style.bgcolor) for style in styles}) == 1
        assert "reverse" in str(next(iter(app.braid.render_line(17))).style)

    drive(scenario)
