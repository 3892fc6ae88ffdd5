"""Work of many tests of one module, begun before they ask for it and several at a time: mostly such work is waiting.

What a test sees is what it would have seen alone: its result, or what was raised. Work that shares anything with other
work must not be done here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import pytest

AT_ONCE: Final = 4


def cases(request: pytest.FixtureRequest, test: Callable[..., object]) -> list[Any]:
    """What a test of one parameter will be run with, in this order."""
    return [
        next(iter(item.callspec.params.values()))
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test
    ]


@contextmanager
def begun(*work: Callable[[], Any]) -> Iterator[list[Future[Any]]]:
    """Begin all of it; what nobody has waited for at the end is left out."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            yield [pool.submit(one) for one in work]
        finally:
            pool.shutdown(cancel_futures=True)
