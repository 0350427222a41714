"""The server of ``agent-tui serve``: textual-serve behind a door that asks for the token.

A page of any site can make the browser that shows it speak to a server on loopback, so being there is not enough: the
token comes once in the address and is kept in a cookie that other sites cannot send, and a request must name the host and,
for the websocket, the origin that we serve (RFC 6455, section 10.2).
"""

from __future__ import annotations

import asyncio
import hmac
import signal
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

from agent_tui.commands.serve import Place
from agent_tui.domain.errors import AgentTuiError

COOKIE = "agent-tui"
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data: blob:; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""The page of textual-serve would fetch a font from elsewhere, which says who works when; the browser's own will do."""
HEADERS = {
    "Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}  # fmt: skip
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _Door(Server):
    """Lets in who has the token."""

    def __init__(self, command: str, place: Place) -> None:
        super().__init__(command, place.host, place.port, title="agent-tui", public_url=place.url)
        self._place = place

    async def make(self) -> web.Application:
        """The application, with the door before everything."""
        made = await self._make_app()
        made.middlewares.append(self._ask)
        made.on_response_prepare.append(_harden)
        return made

    async def on_startup(self, app: web.Application) -> None:
        """Without the banner: the address is told once it is listened on."""

    @web.middleware
    async def _ask(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        place = self._place
        if request.host != urlsplit(place.url).netloc:
            return web.Response(status=421, text=f"This is served at {place.url} alone.\n")
        if request.path == "/" and _same(request.query.get("token", ""), place.token):
            entered = web.HTTPFound("/")
            secure = place.certificate is not None
            entered.set_cookie(COOKIE, place.token, httponly=True, samesite="Strict", secure=secure, path="/")
            return entered
        if not _same(request.cookies.get(COOKIE, ""), place.token):
            words = "Open the address that 'agent-tui serve' has shown, with its token: it belongs to one run.\n"
            return web.Response(status=403, text=words)
        if request.path == "/ws" and request.headers.get("Origin") != place.url:
            return web.Response(status=403, text="Another site may not work here.\n")
        return await handler(request)


async def _harden(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def serve(command: str, place: Place, ready: Callable[[], None]) -> None:
    """Serve until ctrl+c or a signal.

    Args:
        command: what to run for each tab, for a shell.
        ready: called once it listens.

    Raises:
        AgentTuiError: the port is taken, or the certificate cannot be used.
    """
    context: ssl.SSLContext | None = None
    if place.certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(*place.certificate)
        except (OSError, ssl.SSLError) as error:
            raise AgentTuiError(f"serve: {place.certificate[0]} and its key cannot be used ({error}); both must be PEM") from None
    asyncio.run(_serve(_Door(command, place), place, context, ready))


async def _serve(door: _Door, place: Place, context: ssl.SSLContext | None, ready: Callable[[], None]) -> None:
    runner = web.AppRunner(await door.make(), access_log=None, shutdown_timeout=5)
    await runner.setup()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        try:
            await web.TCPSite(runner, place.host, place.port, ssl_context=context).start()
        except OSError as error:
            words = f"serve: cannot listen on {place.host}, port {place.port} ({error.strerror}); choose another with --port"
            raise AgentTuiError(words) from None
        ready()
        await stop.wait()
    finally:
        await runner.cleanup()
