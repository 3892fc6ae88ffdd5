"""Requests from outside: each is heeded once, and a run that has heeded them waits again."""

from __future__ import annotations

import select
from collections.abc import Iterator

import pytest

from logbraid.core.account import Account
from logbraid.core.events import Event, OutputKept
from logbraid.drivers.control import Control
from logbraid.errors import SinkError


class Asked:
    """A control, and what came of it."""

    def __init__(self) -> None:
        self.did: list[object] = []
        self.control = Control(self.did.append)

    def attend(self) -> None:
        self.control.attend(lambda: Account(), lambda: self.did.append("reopened"), self.did.append)

    @property
    def rings(self) -> bool:
        return bool(select.select([self.control.bell.descriptor], [], [], 0)[0])


@pytest.fixture
def asked() -> Iterator[Asked]:
    asked = Asked()
    yield asked
    asked.control.close()


def test_a_request_wakes_the_driver_until_it_is_heeded(asked: Asked) -> None:
    for request, done in ((asked.control.reopen, "reopened"), (asked.control.report, Account())):
        request()
        assert asked.rings
        asked.attend()
        assert not asked.rings, "or the driver would turn and turn"
        assert asked.did.pop() == done
    asked.attend()
    assert asked.did == []


def test_asked_to_stop_it_stops(asked: Asked) -> None:
    asked.control.stop()
    assert asked.control.stopping
    asked.attend()
    assert asked.rings, "or the driver would wait before it looks"


def test_an_output_that_cannot_be_reopened_is_said() -> None:
    control, noticed = Control(), list[Event]()

    def fail() -> None:
        raise SinkError("out: No space left on device")

    control.reopen()
    control.attend(lambda: Account(), fail, noticed.append)
    assert noticed == [OutputKept("out: No space left on device")]
    control.close()
