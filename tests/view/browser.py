"""A real browser without a window, driven by the plain WebDriver protocol; tests are skipped where there is none."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

__all__ = ["PATIENCE", "Browser", "browsing", "until"]

PATIENCE: Final = 40.0
"""Seconds that are enough for anything a browser does, also where eight others use the machine."""

FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1000,600",
)


class Browser:
    """One window.

    Args:
        driver: where chromedriver listens.
        program: the browser's.
        profile: an empty directory.
    """

    def __init__(self, driver: str, program: str, profile: Path) -> None:
        options = {"binary": program, "args": [*FLAGS, f"--user-data-dir={profile}"]}
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
        self._session = f"{driver}/session"
        self._session = f"{self._session}/{self._ask('', wanted)['sessionId']}"

    def open(self, address: str) -> None:
        """Go to a page, and wait until it is loaded."""
        self._ask("/url", {"url": address})

    def run(self, script: str) -> Any:
        """Run the body of a function of the page; return what it returns."""
        return self._ask("/execute/sync", {"script": script, "args": []})

    def type(self, text: str) -> None:
        """Press keys in the page's terminal."""
        found = self._ask("/element", {"using": "css selector", "value": "textarea"})
        self._ask(f"/element/{next(iter(found.values()))}/value", {"text": text})

    def picture(self) -> bytes:
        """Return what stands in the window, as PNG."""
        return base64.b64decode(self._ask("/screenshot"))

    def close(self) -> None:
        """Close the window, and with it the browser."""
        self._ask("", method="DELETE")

    def _ask(self, path: str, body: object = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self._session}{path}", data, {"Content-Type": "application/json"}, method=method)
        with urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """Open a browser with an empty profile."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("there is no chromium with its chromedriver here")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: _answers(f"http://127.0.0.1:{port}/status"))
            browser = Browser(f"http://127.0.0.1:{port}", program, profile)
            try:
                yield browser
            finally:
                browser.close()
        finally:
            process.terminate()


def until(what: Callable[[], object]) -> None:
    """Wait until it is so."""
    limit = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < limit, "it did not come to be so"
        time.sleep(0.1)


def _answers(address: str) -> bool:
    try:
        urlopen(address, timeout=PATIENCE).close()
    except URLError:
        return False
    return True
