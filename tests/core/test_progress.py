"""Where sources go on: hung on what leaves, in step with it, and to be saved in time."""

from __future__ import annotations

from typing import Any

import pytest

from logbraid.core.actions import FindSiblings, LiveAction, Look, ReadAt
from logbraid.core.linelane import LineLane
from logbraid.core.live import LivePipeline
from logbraid.core.options import Options
from logbraid.core.positions import Place, Position
from logbraid.core.progress import INTERVAL, Told, Wanted
from logbraid.core.states import Beginning
from logbraid.core.types import Chunk, FileStat, Identity, Now, Sibling, Source, SourceId

ONE = SourceId(0)
WANTED = Wanted(Told.EACH)
A = Identity(1, 1)
B = Identity(1, 2)
LINE = b"0123456789\n"


class Files:
    """Two names that a pipeline follows, answered for as it asks."""

    def __init__(self, *, positions: bool = True, beginning: Beginning | None = None, **at: Any) -> None:
        self.content = {A: b""}
        self.names = {"/a.log": A}
        self.sources: list[Source] = []
        options = Options(order="arrival")
        self.pipeline = LivePipeline(
            options, LineLane(self.sources, options), self.sources, WANTED if positions else Wanted()
        )
        self.pipeline.add(Source(ONE, "/a.log", "a.log", 0), beginning, **at)
        self.tick = 0

    def turn(self, seconds: float = 0) -> list[Any]:
        """Let time pass, answer what is asked, and return what leaves."""
        self.tick += round(seconds * 1_000_000_000)
        self.pipeline.advance(Now(self.tick, self.tick))
        while actions := self.pipeline.actions():
            for action in actions:
                self._answer(action)
        return self.pipeline.batches()

    def _answer(self, action: LiveAction | Any) -> None:
        if isinstance(action, ReadAt):
            data = self.content[action.identity][action.offset : action.offset + action.size]
            self.pipeline.receive_data(action, Chunk.of(data))
        elif isinstance(action, Look):
            self.pipeline.receive_stat(ONE, self._stat(action.path))
        elif isinstance(action, FindSiblings):
            there = [(name, self._stat(name)) for name in sorted(self.names, reverse=True)]
            self.pipeline.receive_siblings(ONE, [Sibling(name, stat, False) for name, stat in there if stat])

    def _stat(self, path: str) -> FileStat | None:
        identity = self.names.get(path)
        return None if identity is None else FileStat(identity, len(self.content[identity]), self.tick)

    def append(self, data: bytes) -> None:
        self.content[self.names["/a.log"]] += data
        self.pipeline.hint(ONE, renamed=False)

    def rotate(self) -> None:
        self.names = {"/a.log.1": A, "/a.log": B}
        self.content[B] = b""
        self.pipeline.hint(ONE, renamed=True)


def only(batches: list[Any]) -> Position:
    (batch,) = batches
    (position,) = batch.positions
    assert isinstance(position, Position)
    return position


def test_a_position_comes_with_what_has_left() -> None:
    files = Files()
    files.append(LINE * 10 + b"torn")
    place = only(files.turn()).place
    assert place == Place(0, "/a.log", A, 110, (LINE * 10)[-64:], size=114, modified=0)


def test_nobody_wants_them() -> None:
    files = Files(positions=False)
    files.append(LINE)
    (batch,) = files.turn()
    assert (batch.positions, batch.serial, batch.due) == ((), 0, False)
    assert files.turn(60) == []


def test_saving_is_called_for_in_time_and_not_without_need() -> None:
    files = Files()
    files.append(LINE)
    files.turn()
    assert files.pipeline.deadline() <= INTERVAL  # type: ignore[operator]
    (call,) = files.turn(1)
    assert (call.due, len(call), bytes(call.data), call.positions) == (True, 0, b"", ())
    assert files.turn(60) == []


def test_the_last_call_comes_behind_everything() -> None:
    files = Files()
    files.append(LINE)
    files.turn()
    files.append(LINE + b"torn")
    files.turn()
    files.pipeline.finish()
    batches = files.pipeline.last_batches()
    assert [batch.due for batch in batches] == [True]
    account = files.pipeline.account().sources[0]
    assert (account.bytes_emitted, account.bytes_held) == (22, 4), "the torn line is left for the next run"


def test_batches_are_numbered() -> None:
    files = Files()
    serials = []
    for _ in range(3):
        files.append(LINE)
        serials += [batch.serial for batch in files.turn(2)]
    assert serials == list(range(1, len(serials) + 1))


def test_a_file_stays_the_place_until_something_of_the_next_has_left() -> None:
    files = Files()
    files.append(LINE)
    files.turn()
    files.rotate()
    files.append(b"torn")
    calls = [position for batch in files.turn(2) for position in batch.positions]
    assert [position.place.identity for position in calls][-1:] in ([], [A])
    files.append(b" no more\n")
    position = only([batch for batch in files.turn(2) if batch.positions])
    assert (position.place.identity, position.place.generation, position.place.offset) == (B, 1, 13)
    assert [straggler.path for straggler in position.stragglers] == ["/a.log.1"]


def test_where_it_began_is_a_position_from_the_start() -> None:
    stat = FileStat(A, 22, 0)
    files = Files(beginning=Beginning(stat, 22, LINE * 2))
    files.content[A] = LINE * 2
    (call,) = [*files.turn(), *files.turn(1)]
    assert call.due
    (position,) = call.positions
    assert position.place == position.begun == Place(0, "/a.log", A, 22, LINE * 2, size=22)
    files.append(LINE)
    later = only(files.turn())
    assert (later.place.offset, later.begun) == (33, position.begun)


@pytest.mark.parametrize("emitted", [0, 11])
def test_a_position_goes_on_from_the_last_one(emitted: int) -> None:
    files = Files()
    files.append(LINE * 20)
    before = only(files.turn())
    again = Files(position=before)
    again.content[A] = LINE * 20
    again.append(LINE[:emitted])
    batches = [*again.turn(), *again.turn(2)]
    assert sum(len(batch.data) for batch in batches) == emitted
    positions = [position for batch in batches for position in batch.positions]
    if emitted:
        assert positions[-1].place.offset == 231
        assert positions[-1].account.bytes_seen == positions[-1].account.bytes_emitted == 231
    else:
        assert positions == [], "nothing has moved"
