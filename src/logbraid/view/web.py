"""``logbraid view --web``: the view served to browsers; who may come in, and the process that each visitor gets.

The page and what it speaks are textual-serve's, the records are the process's own. Nothing here knows a log, and
nothing is answered without the token.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import secrets
import shlex
import signal
import socket
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import click
from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

from logbraid.errors import UsageError

__all__ = ["MOST_PORTS", "Gate", "Site", "listen", "serve"]

MOST_PORTS: Final = 65_535

_PORTS_TRIED: Final = 20
_HEARTBEAT: Final = 15.0
_PATIENCE: Final = 3.0
"""Seconds that a page, and a visitor's process, have to say goodbye."""

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_POLICY: Final = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
)
"""What the page may load: textual-serve's asks a foreign server for a font, which would learn that somebody is here."""

_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}

_NO_REQUEST: Final = (AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What it raises when something else than a page speaks through the websocket."""


def serve(argv: Sequence[str], host: str, port: int, token: str | None = None) -> None:
    """Serve a command that draws with textual, until a signal ends it; say on standard error where.

    Args:
        argv: the command; each visit runs it anew.
        host: a name or an address of this machine.
        port: where to listen; a taken one, and the next one is tried; 0: any.
        token: what a visitor must bear; None makes one up.

    Raises:
        UsageError: nobody can listen there.
    """
    with listen(host, port) as listening:
        asyncio.run(_serve(Site(argv, listening, token or secrets.token_urlsafe()), listening))


async def _serve(site: Site, listening: socket.socket) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, ended.set)
    runner = await site.open(listening)
    click.echo(f"logbraid: open {site.address}", err=True)
    if not site.is_local:
        click.echo("logbraid: other machines can reach it, and nothing is encrypted on the way there", err=True)
    await ended.wait()
    for number in _ENDING:
        loop.remove_signal_handler(number)  # a second one ends it at once
    await runner.cleanup()


def listen(host: str, port: int) -> socket.socket:
    """Listen at this port, or at one of the next ones if it is taken. Raises UsageError."""
    last = min(port + _PORTS_TRIED, MOST_PORTS) if port else 0
    for candidate in range(port, last + 1):
        try:
            family, _, _, _, address = socket.getaddrinfo(host, candidate, type=socket.SOCK_STREAM)[0]
            return socket.create_server(address[:2], family=family)
        except UnicodeError as error:
            raise UsageError(f"cannot listen at {host}:{candidate}: there is no such name") from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE or candidate == last:
                reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
                raise UsageError(f"cannot listen at {host}:{candidate}: {reason.lower()}") from error
    raise AssertionError("the last candidate returns or raises")


class Gate:
    """Who may come in: whoever bears the token, calls us by a name of ours, and comes from no page but ours.

    The first request bears the token in its address. The answer sets a cookie, by which the page's own requests pass.
    A foreign page can make a browser ask for anything. The cookie is not sent then (``SameSite``), but pages of other
    ports count as the same site, so the origin is looked at too. And a foreign name that was made to lead here (DNS
    rebinding) is no name of ours.

    Args:
        token: the secret.
        cookie: its name there. Cookies know no ports: each port has a name of its own.
        names: what we may be called; None: anything.
    """

    def __init__(self, token: str, cookie: str, names: frozenset[str] | None) -> None:
        self._token = token
        self._cookie = cookie
        self._names = names

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 403, or pass the request on."""
        refusal = self._refusal(request)
        if refusal:
            return web.Response(status=403, text=f"{refusal}\n")
        response = await handler(request)
        if not response.prepared and self._is_token(request.query.get("token")):
            response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict")
        return response

    def _refusal(self, request: web.Request) -> str:
        """Say why it must not pass; nothing: it may."""
        if self._names is not None and _name(request.host) not in self._names:
            return "This is not the name of this machine."
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            return "Another page asks for this."
        if not any(map(self._is_token, (request.query.get("token"), request.cookies.get(self._cookie)))):
            return "Open the address as it was printed, with its token."
        return ""

    def _is_token(self, text: str | None) -> bool:
        """Compare in constant time: how long it takes must not tell how much of a guess is right."""
        return text is not None and secrets.compare_digest(text.encode(errors="replace"), self._token.encode())


def _name(host: str) -> str | None:
    """Return the name in a ``Host`` header, without its port; None: there is none."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


class Site(Server):
    """What is served at one address.

    Args:
        argv: the command; each visit runs it anew.
        listening: the socket at which visitors arrive.
        token: what they must bear.

    Attributes:
        is_local: only this machine can reach it.
        address: with the token.
    """

    def __init__(self, argv: Sequence[str], listening: socket.socket, token: str) -> None:
        bound, port = listening.getsockname()[:2]
        super().__init__(shlex.join(argv), bound, port, title="logbraid view")
        ip = ipaddress.ip_address(bound)
        self.is_local = ip.is_loopback
        names = frozenset(("localhost", "127.0.0.1", "::1", bound))
        name = socket.gethostname() if ip.is_unspecified else f"[{bound}]" if ip.version == 6 else bound
        self.address = f"http://{name}:{port}/?token={token}"
        self._argv = argv
        self._gate = Gate(token, f"logbraid-{port}", names if self.is_local else None)
        self._visits: set[web.WebSocketResponse] = set()

    async def open(self, listening: socket.socket) -> web.AppRunner:
        """Begin to answer; ``cleanup`` of what this returns ends all visits and their processes."""
        runner = web.AppRunner(await self._make_app(), access_log=None, shutdown_timeout=2 * _PATIENCE)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        return runner

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._gate.check)
        app.on_response_prepare.append(_add_headers)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing: whoever opened it does."""

    async def on_shutdown(self, app: web.Application) -> None:
        """End all visits."""
        await asyncio.gather(*(visit.close(code=WSCloseCode.GOING_AWAY) for visit in list(self._visits)))

    async def handle_index(self, request: web.Request) -> Any:
        """Answer with the page. It calls its parts by the name that it was asked by: a tunnel may have another."""
        self.public_url = f"{request.scheme}://{request.host}"
        return await super().handle_index(request)

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run the command for as long as the page is open."""
        websocket = web.WebSocketResponse(heartbeat=_HEARTBEAT, timeout=_PATIENCE)
        await websocket.prepare(request)
        visit = Visit(
            self._argv,
            write_bytes=websocket.send_bytes,
            write_str=websocket.send_str,
            close=websocket.close,
            download_manager=self.download_manager,
        )
        self._visits.add(websocket)
        try:
            width, height = (to_int(request.query.get(name, ""), 80) for name in ("width", "height"))
            await visit.start(width, height)
            with suppress(*_NO_REQUEST):
                await self._process_messages(websocket, visit)
        finally:
            self._visits.discard(websocket)
            await visit.stop()
        return websocket


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)


class Visit(AppService):
    """One page and its process, which no shell starts, and which does not outlive the page."""

    def __init__(self, argv: Sequence[str], **page: Any) -> None:
        super().__init__(shlex.join(argv), **page)
        self._argv = argv

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        process = await asyncio.create_subprocess_exec(
            *self._argv,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=self._build_environment(width=width, height=height),
            start_new_session=True,  # Ctrl-C is for the server, which then ends it in order
        )
        self._process, self._stdin = process, process.stdin
        return process

    async def run(self) -> None:
        """Run it to its end; then the page is told so, however it ended."""
        # Where it ends before its errors began to be read, the task that was to read them is cancelled unawares.
        with suppress(asyncio.CancelledError):
            await super().run()
        await self.remote_close()

    async def stop(self) -> None:
        """Ask it to end, and let it tidy up; then insist."""
        process = self._process
        if process is None:
            return
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await super().stop()
                    await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
