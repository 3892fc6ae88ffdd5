"""The thread that works for a loop: it answers, it ends, and it does not mind that the loop has gone."""

from __future__ import annotations

import asyncio
import threading

import pytest

from logbraid.drivers.errands import Errands
from logbraid.errors import UsageError

from .logs import nothing_left_behind
from .runs import until

# 19: a loop that is gone


def test_an_answer_for_a_loop_that_is_gone_is_dropped() -> None:
    began, end = threading.Event(), threading.Event()
    errands = Errands("late")

    def late() -> None:
        began.set()
        end.wait(10)

    async def main() -> None:
        errands.ask(late)
        await until(began.is_set)

    with nothing_left_behind():
        asyncio.run(main())
        end.set()

        async def close() -> bool:
            return await errands.close()

        assert asyncio.run(close())


def test_what_is_asked_after_the_end_is_refused() -> None:
    async def main() -> None:
        errands = Errands("short")
        assert await errands.ask(lambda: 1) == 1
        assert await errands.close()
        assert await errands.close(), "it may be closed again"
        with pytest.raises(UsageError, match="is over"):
            errands.ask(lambda: 2)

    asyncio.run(main())
