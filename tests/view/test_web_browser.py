"""``logbraid view --web`` in a real browser: it draws, it takes keys, and it talks to nobody else."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from .browser import PATIENCE, Browser, browsing, until

pytestmark = pytest.mark.once

LINES: Final = "".join(f"2026-03-01T08:00:{second:02d}Z INFO a line of a log, to be drawn\n" for second in range(60))

DRAWN: Final = 4
"""So many times as much there is in the picture of a page with text as in that of an empty one."""

INTRUDER: Final = """
window.seen = [];
const socket = new WebSocket("ws://ADDRESS/ws");
socket.onopen = () => window.seen.push("open");
socket.onerror = () => window.seen.push("refused");
"""

LOADED: Final = "return performance.getEntriesByType('resource').filter(e => e.responseStatus).map(e => e.name)"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Where the view of a log is served."""
    (tmp_path / "app.log").write_text(LINES)
    argv = (sys.executable, "-m", "logbraid", "view", "--web", "--listen", "127.0.0.1:0", "app.log")
    with subprocess.Popen(argv, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        yield server.stderr.readline().removeprefix("logbraid: open ").strip()
        server.send_signal(signal.SIGINT)
        assert server.wait(PATIENCE) == 0
        assert server.stderr.read() == ""


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    with browsing(tmp_path / "profile") as found:
        yield found


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def intruder(tmp_path: Path, address: str) -> Iterator[str]:
    """A page of another port of this machine, to which browsers send our cookie along."""
    directory = tmp_path / "intruder"
    directory.mkdir()
    script = INTRUDER.replace("ADDRESS", address.split("/")[2])
    (directory / "index.html").write_text(f"<!doctype html><title>x</title><script>{script}</script>")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def has(browser: Browser, name: str) -> bool:
    """Whether the page is in a state: its body has a class of this name."""
    return name in browser.run("return document.body.className").split()


def test_the_view_in_a_browser(browser: Browser, address: str, intruder: str) -> None:
    browser.open("about:blank")
    empty = len(browser.picture())

    browser.open(address)
    until(lambda: has(browser, "-first-byte"))
    until(lambda: len(browser.picture()) > DRAWN * empty)
    asked = browser.run(LOADED)
    assert asked
    assert [name for name in asked if not name.startswith(address.partition("?")[0])] == []

    before = browser.picture()
    browser.type("?")
    until(lambda: browser.picture() != before)
    browser.type("?q")
    until(lambda: has(browser, "-closed"))

    browser.open(intruder)
    until(lambda: browser.run("return window.seen.length"))
    assert browser.run("return window.seen") == ["refused"]
