"""The sandbox as one HTTP server on loopback."""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from bot.sandbox.acts import Acts
from bot.sandbox.delivery import AppAnswer, HttpTransport, Kind, SocketTransport
from bot.sandbox.menu import Menu, Suggestion
from bot.sandbox.page import Page
from bot.sandbox.slow_model import SlowModel
from bot.sandbox.webapi import WebApi
from bot.sandbox.workspace import Workspace
from index.errors import CitedeskError

HOST = "127.0.0.1"
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_STATIC = {
    "/": ("index.html", "text/html"),
    "/app.js": ("app.js", "text/javascript"),
    "/blocks.js": ("blocks.js", "text/javascript"),
    "/keeping.js": ("keeping.js", "text/javascript"),
    "/text.js": ("text.js", "text/javascript"),
    "/style.css": ("style.css", "text/css"),
}
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
# The scopes of the bot token: those that the app's manifest asks for.
GRANTED = frozenset(json.loads((files("deploy.slack") / "manifest.json").read_text())["oauth_config"]["scopes"]["bot"])


class PortTakenError(CitedeskError):
    """Another program listens on the port."""

    code = "PORT_TAKEN"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The tokens and the signing secret with which an app is installed in the workspace."""

    bot_token: str
    app_token: str
    signing_secret: str

    @classmethod
    def random(cls) -> Self:
        """Return new random credentials in Slack's form."""
        return cls(f"xoxb-{secrets.token_hex(12)}", f"xapp-{secrets.token_hex(12)}", secrets.token_hex(16))


class Sandbox:
    """A workspace that is served while it is entered as an async context manager.

    `port` 0 picks a free port; `url` is set on entering, which raises PortTakenError. `answerers` are as in Menu;
    `model_key` opens the slow model at `model_url`.
    """

    def __init__(
        self, port: int = 0, suggestions: Sequence[Suggestion] = (), answerers: Mapping[str, str] | None = None
    ) -> None:
        self.credentials = Credentials.random()
        self.workspace = Workspace()
        self.api = WebApi(self.workspace, self.credentials.bot_token, self.credentials.app_token, GRANTED)
        self.socket = SocketTransport(self.api)
        self._transport = _SwitchableTransport(self.socket)
        self._port = port
        self.menu = Menu(self.workspace, answerers or {}, suggestions)
        self.model_key = secrets.token_hex(16)
        self.url = ""

    async def __aenter__(self) -> Self:
        """Bind to loopback and serve."""
        self._session = aiohttp.ClientSession()
        app = web.Application(middlewares=[_loopback_only], client_max_size=4 << 20)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        # Response URLs need the port, which is known only once the server listens.
        self.acts = Acts(self.workspace, self._transport, lambda: self.url)
        page = Page(self.workspace, self.acts, self.menu)
        app.add_routes(
            [
                *page.routes(),
                *SlowModel(self.model_key).routes(),
                *(web.get(path, _static(name, kind)) for path, (name, kind) in _STATIC.items()),
                web.post("/api/{method}", self.api.handle),
                web.get("/api/{method}", self.api.handle),
                web.get("/link/", self.socket.link),
                web.post("/response/{token}", self._respond),
            ]
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        try:
            await site.start()
        except OSError as error:
            await self._session.close()
            await self._runner.cleanup()
            raise PortTakenError(f"port {self._port} on {HOST} is taken; choose another with --port") from error
        self.url = f"http://{HOST}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop serving."""
        await self.acts.finish()
        await self.socket.close()
        await self._session.close()
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """Base URL of the Web API, for the setting `slack.api_url`."""
        return f"{self.url}/api/"

    @property
    def model_url(self) -> str:
        """Base URL of the slow model, for the setting `llm.base_url`."""
        return f"{self.url}/v1"

    def deliver_over_http(self, url: str) -> None:
        """Send events and interactions to an app's URL instead of over Socket Mode."""
        self._transport.use(HttpTransport(self._session, url, self.credentials.signing_secret))

    async def _respond(self, request: web.Request) -> web.Response:
        error = await self.acts.respond(request.match_info["token"], await request.json())
        return web.Response(text=error or "ok", status=404 if error else 200)


class _SwitchableTransport:
    """Passes payloads to the current transport: Socket Mode until another is set."""

    def __init__(self, transport: SocketTransport) -> None:
        self._current: SocketTransport | HttpTransport = transport

    def use(self, transport: HttpTransport) -> None:
        self._current = transport

    async def send(self, kind: Kind, payload: Any, retry: int, reason: str) -> AppAnswer:  # noqa: ANN401
        return await self._current.send(kind, payload, retry, reason)


@web.middleware
async def _loopback_only(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse host names other than loopback's (DNS rebinding) and pages of other origins (forged requests)."""
    try:
        host = urlsplit(f"//{request.host}").hostname
        origin = request.headers.get("Origin")
        is_own_page = not origin or urlsplit(origin).netloc == request.host
    except ValueError:
        raise web.HTTPBadRequest from None
    if host not in _LOOPBACK_NAMES or not is_own_page:
        raise web.HTTPForbidden(text="The sandbox answers on loopback only.")
    if request.method == "POST" and request.path.startswith("/sandbox/") and request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    return await handler(request)


def _static(name: str, kind: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    body = (files("bot.sandbox") / "static" / name).read_bytes()

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=_PAGE_HEADERS)

    return serve
