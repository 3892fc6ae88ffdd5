"""The application: where things stand in the window, when they are drawn, and the thread that scans.

What is shown the model knows, what keys do ``actions`` knows. A timer asks the model some times a second whether there
is more, so that no record costs a redraw.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.dom import DOMNode
from textual.screen import Screen
from textual.worker import get_current_worker

from logbraid.core.events import BytesLost, Event, SourceFailed
from logbraid.core.types import Nanos
from logbraid.view.actions import Actions
from logbraid.view.dress import Labels
from logbraid.view.intake import Intake
from logbraid.view.keys import ANYWHERE, Group, actions_of
from logbraid.view.model import Model
from logbraid.view.widgets.braid import Braid, Slider
from logbraid.view.widgets.overlay import Overlay
from logbraid.view.widgets.sources import Sources
from logbraid.view.widgets.timeline import HEIGHT, Timeline

__all__ = ["ViewApp"]

FRAME: Final = 1 / 12
"""Seconds between two looks at what has come."""

SPARING: Final = 4
"""While what was there at the start comes in, the timeline is drawn each so many looks: keys wait for it."""

PAUSE: Final = 0.05
"""Seconds that the scanning thread rests where there is nothing to scan."""

LEAST_HEIGHT: Final = 16
"""Rows of a window that has room for a timeline."""

LEAST_WIDTH: Final = 72
"""Columns of a window that has room for the sources."""


_ANYWHERE: Final = actions_of(*ANYWHERE)
_IN_SOURCES: Final = actions_of(Group.SOURCES)
_IN_PROMPT: Final = actions_of(Group.PROMPT)
_IN_LISTS: Final = actions_of(Group.LISTS)


class Window(Screen[None], inherit_bindings=False):
    """The one screen, without textual's own keys: what a key does is in the table of keys alone."""


class ViewApp(Actions):
    """Shows a model in the terminal.

    Args:
        model: what is shown.
        intake: what comes in; whoever makes it starts and stops it.
        clock: the time, ns UTC.
    """

    AUTO_FOCUS = None
    ENABLE_COMMAND_PALETTE = False
    TITLE = "logbraid"
    CSS = f"""
    Screen {{ layout: vertical; }}
    Timeline {{ height: {HEIGHT}; }}
    #middle {{ height: 1fr; }}
    Braid {{ width: 1fr; }}
    Slider {{ width: 1; }}
    Sources {{ display: none; }}
    Status {{ height: 1; }}
    Prompt {{ height: 1; display: none; }}
    Prompt Static {{ width: auto; }}
    Prompt Input {{ width: 1fr; }}
    """

    def __init__(self, model: Model, intake: Intake, clock: Callable[[], Nanos] = time.time_ns) -> None:
        super().__init__(model, intake, clock)
        labels = Labels()
        self.timeline = Timeline(model, plain=self.no_color)
        self.braid = Braid(model, intake, labels)
        self.slider = Slider(model)
        self.sources = Sources(model, intake, labels)
        self._wants_sources = False
        self._home: asyncio.AbstractEventLoop | None = None
        self._seen: tuple[object, ...] = ()
        self._looks = 0

    def stop(self) -> None:
        """End, and leave the terminal as it was; for signal handlers and other threads. No effect before it runs."""
        if self._home is not None:
            self._home.call_soon_threadsafe(self.exit)

    def get_default_screen(self) -> Screen[None]:
        """Return the screen."""
        return Window(id="_default")

    def compose(self) -> ComposeResult:
        """From the top: the timeline, the records beside their sources, the status."""
        yield self.timeline
        with Horizontal(id="middle"):
            yield self.braid
            yield self.slider
            yield self.sources
        yield self.status
        yield self.prompt

    def on_mount(self) -> None:
        """Begin to look at what comes, at its end."""
        self._home = asyncio.get_running_loop()
        self.app_resume_signal.subscribe(self, self._come_back)
        self.model.pane.follow()
        self.set_interval(FRAME, self.look)
        self.set_interval(1, self.count)
        self.run_worker(self._scan, thread=True, group="scan")

    def _come_back(self, _: object) -> None:
        """Draw all of it again, after somebody has left it for the shell."""
        self.screen.refresh(layout=True)
        for part in (self.timeline, self.braid, self.slider, self.sources, self.status):
            part.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Give the room to the records first."""
        self._arrange(event.size.width, event.size.height)

    def look(self) -> None:
        """See what has come, or was found, and draw it; where nothing was, it costs next to nothing."""
        self._say_notices()
        if self.intake.share < 1:
            self.intake.look()
        model = self.model
        is_in = self.intake.share == 1
        seen = (len(model.index), model.index.changes, model.scanned, self.intake.running, is_in)
        if seen == self._seen and self.timeline.whole and not model.seeking:
            self.status.paint()
            return
        if model.seeking:
            self.sought(model.settle())
        model.pane.refresh()
        self.paint()
        self._looks += 1
        if self.timeline.display and (is_in or self._looks % SPARING == 1):
            self.timeline.paint()
        self._seen = seen

    def count(self) -> None:
        """Count what comes in a second, and from where."""
        self.intake.rates.look(self.clock())
        self.intake.look()
        self._arrange(*self.size)
        if self.sources.display:
            self.sources.paint()

    def paint(self) -> None:
        """Draw what has changed. Not the timeline: it counts, which no key waits for, but the next look does it."""
        self._seen = ()
        for part in (self.braid, self.slider, self.sources, self.status):
            if part.display:
                part.paint()

    def action_times(self) -> None:
        """Show the time of each record, or not."""
        self.braid.times = not self.braid.times
        self.paint()

    def action_bar(self, step: int) -> None:
        """Go to the next bar of the timeline, or the one before."""
        self.model.next_bar(step, max(self.timeline.size.width, LEAST_WIDTH))
        self.paint()

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Heed a key before the next one is looked at, whatever has the focus then: haste mixes nothing up."""
        if not (isinstance(event, events.Key) and await self._heed(event)):
            await super().on_event(event)

    async def _heed(self, event: events.Key) -> bool:
        """Do what a key means, and return whether it means anything; else it is for the line that is typed."""
        for node, actions in self._heeding():
            action = actions.get(event.key) or actions.get(event.character or "")
            if action:
                return await self.run_action(action, node)
        if self.prompt.about and event.character and event.is_printable:
            self.prompt.take(event.character)
            return True
        return False

    def _heeding(self) -> list[tuple[DOMNode, Mapping[str, str]]]:
        """Return who heeds keys now, and which."""
        if isinstance(self.screen, Overlay):
            return [(self.screen, _IN_LISTS)]
        if self.prompt.about:
            return [(self.prompt, _IN_PROMPT)]
        if self.focused is self.sources:
            return [(self.sources, _IN_SOURCES), (self, _ANYWHERE)]
        return [(self, _ANYWHERE)]

    # The list of sources

    def action_sources(self) -> None:
        """Show the list, or hide it."""
        self._wants_sources = not self._wants_sources
        self._arrange(*self.size)
        self.screen.set_focus(self.sources if self.sources.display else None)

    def action_to_sources(self) -> None:
        """Give it the keys."""
        self._wants_sources = True
        self._arrange(*self.size)
        if self.sources.display:
            self.screen.set_focus(self.sources)

    # The mouse

    def on_timeline_picked(self, picked: Timeline.Picked) -> None:
        """Go to a time."""
        self.model.goto(picked.moment)
        self.paint()

    def on_turned(self) -> None:
        """Draw what a click has changed."""
        self.paint()

    # In the background

    def _arrange(self, width: int, height: int) -> None:
        self.timeline.display = height >= LEAST_HEIGHT
        self.sources.styles.width = self.sources.room
        self.sources.display = self._wants_sources and width >= LEAST_WIDTH

    def _say_notices(self) -> None:
        """Keep what was noticed, and say the last of it: of losses, if there are any."""
        notices: list[Event] = [self.intake.notices.popleft() for _ in range(len(self.intake.notices))]
        for notice in notices:
            self.notices.add(self.clock(), str(notice), error=_is_grave(notice))
        grave = [*filter(_is_grave, notices)]
        if notices:
            more = f" (and {len(notices) - 1:,} more: i)" if len(notices) > 1 else ""
            self.status.say(f"{(grave or notices)[-1]}{more}", error=bool(grave))

    def _scan(self) -> None:
        """Scan what the model asks for: in a thread of its own, until the end."""
        thread = get_current_worker()
        while not thread.is_cancelled:
            if not self.model.work():
                time.sleep(PAUSE)


def _is_grave(notice: Event) -> bool:
    """Whether something is lost, or not read."""
    return isinstance(notice, SourceFailed | BytesLost)
