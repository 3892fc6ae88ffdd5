"""``--web``: who may come in, what a visit is, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType, WSServerHandshakeError

from logbraid.errors import UsageError
from logbraid.view.web import Site, listen, serve

TOKEN: Final = "a-secret"
LOOPBACK: Final = "127.0.0.1"
PROMPT: Final = 20
"""Seconds that are enough for anything here, also where eight others use the machine."""

VISITED: Final = """
import os, sys, time
assert os.environ["TEXTUAL_DRIVER"].endswith("WebDriver")
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")

def say(kind, data):
    os.write(1, kind + len(data).to_bytes(4, "big") + data)

os.write(1, b"__GANGLION__\\n")
say(b"D", os.environ["COLUMNS"].encode())
while asked := os.read(0, 4096):
    if "--deaf" in sys.argv:
        continue
    if b'"quit"' in asked:
        say(b"D", b"goodbye")
        time.sleep(0.1)
        open(sys.argv[1] + ".tidied", "a").write(f"{os.getpid()}\\n")
        break
    if b"q" in asked[5:6]:
        say(b"M", b'{"type": "exit"}')
        break
    say(b"D", asked[5:])
"""
"""A program that speaks as a textual one does when it is served: it repeats what is typed, and ``q`` ends it."""


@asynccontextmanager
async def served(*argv: str, address: str = LOOPBACK) -> AsyncIterator[tuple[Site, str]]:
    """A site, and the address at which it is, without the token."""
    with listen(address, 0) as listening:
        site = Site(argv or ("false",), listening, TOKEN)
        runner = await site.open(listening)
        try:
            yield site, site.address.partition("?")[0]
        finally:
            await runner.cleanup()


def visiting(*argv: str) -> Callable[[Callable[[str, ClientSession], Coroutine[Any, Any, None]]], None]:
    """Run a coroutine with the address of a site and a browser that has no cookie yet."""

    async def visit(what: Callable[[str, ClientSession], Coroutine[Any, Any, None]]) -> None:
        async with served(*argv) as (_, base), ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            await what(base, browser)

    return lambda what: asyncio.run(visit(what))


PAGES: Final = ("", "static/js/textual.js", "static/", "download/any", "nowhere", "ws")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("query", ["", "?token=", "?token=another", f"?token={TOKEN}x", "?token=%ff%00\N{SNOWMAN}"])
def test_without_the_token_nothing_is_answered(page: str, query: str) -> None:
    @visiting()
    async def _(base: str, browser: ClientSession) -> None:
        answer = await browser.get(f"{base}{page}{query}")
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers
        assert TOKEN not in await answer.text()


def test_the_token_opens_the_page_and_a_cookie_what_it_loads() -> None:
    @visiting()
    async def _(base: str, browser: ClientSession) -> None:
        first = await browser.get(f"{base}?token={TOKEN}")
        assert first.status == 200
        assert f'data-session-websocket-url="{base.replace("http", "ws")}ws"' in await first.text()
        cookie = first.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        for page in ("", "static/js/textual.js", "static/css/xterm.css"):
            assert (await browser.get(f"{base}{page}")).status == 200
        assert (await browser.get(f"{base}nowhere")).status == 404


def test_a_cookie_of_another_run_is_none() -> None:
    @visiting()
    async def _(base: str, browser: ClientSession) -> None:
        port = base.rstrip("/").rpartition(":")[2]
        for cookie in (f"logbraid-{port}=another", f"logbraid={TOKEN}", f"token={TOKEN}"):
            assert (await browser.get(base, headers={"Cookie": cookie})).status == 403


def test_each_answer_keeps_the_page_to_itself() -> None:
    @visiting()
    async def _(base: str, browser: ClientSession) -> None:
        for query, status in ((f"?token={TOKEN}", 200), ("", 200), ("?token=another", 200), ("nowhere", 404)):
            answer = await browser.get(f"{base}{query}")
            assert answer.status == status
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:9000", 200),
        ("[::1]:80", 200),
        ("LOCALHOST:1", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example:8000", 403),
        ("localhost.evil.example", 403),
        ("evil.example@127.0.0.1", 200),
        ("[::1", 403),
        ("", 403),
    ],
)
def test_a_foreign_name_that_leads_here_is_refused(host: str, status: int) -> None:
    @visiting()
    async def _(base: str, browser: ClientSession) -> None:
        assert (await browser.get(f"{base}?token={TOKEN}", headers={"Host": host})).status == status


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:1", "http://localhost", "https://evil.example:80", "null", ""]
)
def test_a_foreign_page_is_refused_though_the_cookie_came_along(origin: str) -> None:
    @visiting()
    async def _(base: str, browser: ClientSession) -> None:
        await browser.get(f"{base}?token={TOKEN}")
        assert (await browser.get(base, headers={"Origin": origin})).status == 403
        with pytest.raises(WSServerHandshakeError, match="403"):
            await browser.ws_connect(f"{base}ws", headers={"Origin": origin})


def test_the_websocket_needs_the_token_too(tmp_path: Path) -> None:
    @visiting(sys.executable, "-c", VISITED, str(tmp_path / "pids"))
    async def _(base: str, browser: ClientSession) -> None:
        with pytest.raises(WSServerHandshakeError, match="403"):
            await browser.ws_connect(f"{base}ws")
        assert not (tmp_path / "pids").exists()


async def said(visit: ClientWebSocketResponse) -> str:
    """What the process has drawn: the next of it."""
    async with asyncio.timeout(PROMPT):
        got = await visit.receive()
    assert got.type is WSMsgType.BINARY
    return str(got.data.decode())


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_each_visit_is_a_process_of_its_own_which_ends_with_it(tmp_path: Path) -> None:
    started = tmp_path / "pids"

    @visiting(sys.executable, "-c", VISITED, str(started))
    async def _(base: str, browser: ClientSession) -> None:
        await browser.get(f"{base}?token={TOKEN}")
        here = {"Origin": base.rstrip("/")}
        one = await browser.ws_connect(f"{base}ws?width=77&height=20", headers=here)
        other = await browser.ws_connect(f"{base}ws?width=none", headers=here)
        assert [await said(one), await said(other)] == ["77", "80"]
        assert len(pids(started)) == 2
        await one.send_json(["stdin", "typed"])
        assert await said(one) == "typed"
        await one.send_json(["ping", 7])
        assert await one.receive_json() == ["pong", 7]
        await one.send_json(["stdin", "q"])
        assert (await one.receive()).type is WSMsgType.CLOSE
        await other.send_json("this is no request")
        assert await said(other) == "goodbye"
        assert (await other.receive()).type is WSMsgType.CLOSE

    assert all(map(gone, pids(started)))


@pytest.mark.parametrize("argv", [("false",), (sys.executable, "-c", "raise SystemExit('what went wrong')")])
def test_a_command_that_fails_ends_the_visit(argv: tuple[str, ...], capfd: pytest.CaptureFixture[str]) -> None:
    @visiting(*argv)
    async def _(base: str, browser: ClientSession) -> None:
        visit = await browser.ws_connect(f"{base}ws?token={TOKEN}")
        assert (await visit.receive()).type is WSMsgType.CLOSE

    assert ("what went wrong" in capfd.readouterr().out) == (argv[0] != "false")


@pytest.mark.parametrize("address", ["::1", "localhost"])
def test_it_is_at_the_address_that_it_was_told(address: str) -> None:
    try:
        listen(address, 0).close()
    except UsageError:
        pytest.skip("there is no IPv6 here")

    async def visit() -> None:
        async with served(address=address) as (site, base), ClientSession() as browser:
            assert site.is_local
            assert (await browser.get(f"{base}?token={TOKEN}")).status == 200

    asyncio.run(visit())


def test_it_is_nowhere_else() -> None:
    with listen(LOOPBACK, 0) as listening:
        assert listening.getsockname()[0] == LOOPBACK
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", listening.getsockname()[1]), timeout=1)


def test_beyond_this_machine_any_name_will_do() -> None:
    async def visit() -> None:
        async with served(address="0.0.0.0") as (site, base), ClientSession() as browser:
            assert not site.is_local
            near = f"http://{LOOPBACK}:{base.rstrip('/').rpartition(':')[2]}/"
            assert (await browser.get(f"{near}?token={TOKEN}", headers={"Host": "logs.example"})).status == 200
            assert (await browser.get(near, headers={"Host": "logs.example"})).status == 403

    asyncio.run(visit())


def test_where_a_port_is_taken_the_next_one_is_tried() -> None:
    with listen(LOOPBACK, 0) as taken:
        port = taken.getsockname()[1]
        with listen(LOOPBACK, port) as listening:
            assert port < listening.getsockname()[1] <= port + 20


@pytest.mark.parametrize(
    ("host", "reason"),
    [("192.0.2.1", "cannot assign requested address"), ("no such name", "name or service not known|name resolution")],
)
def test_what_nobody_can_listen_at_is_said(host: str, reason: str) -> None:
    with pytest.raises(UsageError, match=f"^cannot listen at {host}:8000: .*({reason})"):
        serve(["false"], host, 8000)


SERVE: Final = "import sys; from logbraid.view.web import serve; serve(sys.argv[1:], '127.0.0.1', 0)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_its_children(tmp_path: Path, number: signal.Signals) -> None:
    started = tmp_path / "pids"
    argv = (sys.executable, "-c", SERVE, sys.executable, "-c", VISITED, str(started))
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        address = server.stderr.readline().removeprefix("logbraid: open ").strip()

        async def visit() -> None:
            async with ClientSession() as browser, browser.ws_connect(address.replace("/?", "/ws?")) as page:
                await said(page)
                server.send_signal(number)
                assert (await page.receive()).type is WSMsgType.CLOSE

        asyncio.run(visit())
        assert server.wait(PROMPT) == 0
        assert server.stderr.read() == ""
    assert all(map(gone, pids(started)))
    assert pids(started.with_suffix(".tidied")) == pids(started)


def test_who_does_not_end_when_asked_to_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logbraid.view.web._PATIENCE", 0.2)
    started = tmp_path / "pids"

    @visiting(sys.executable, "-c", VISITED, str(started), "--deaf")
    async def _(base: str, browser: ClientSession) -> None:
        await said(await browser.ws_connect(f"{base}ws?token={TOKEN}"))

    assert all(map(gone, pids(started)))


def test_each_run_has_a_token_of_its_own() -> None:
    addresses = []
    for _ in range(2):
        with subprocess.Popen((sys.executable, "-c", SERVE, "false"), stderr=subprocess.PIPE, text=True) as server:
            assert server.stderr is not None
            addresses.append(server.stderr.readline())
            server.terminate()
    tokens = {address.partition("token=")[2].strip() for address in addresses}
    assert len(tokens) == 2
    assert all(len(token) >= 32 for token in tokens)
