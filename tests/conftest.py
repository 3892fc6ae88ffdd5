"""Fixtures that tests of several floors share: the root of the repository, and the corpus of real logs.

A fixture for one test file stays in that file.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"


def pytest_configure() -> None:
    """Heed the signals that whoever started the tests ignores (nohup, a background job): children would ignore them."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real logs of eight systems; they are not part of the project, so a test that wants them may be skipped."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real logs is not here")
    return CORPUS
