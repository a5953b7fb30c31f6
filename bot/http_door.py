"""The HTTP server's door: how long a connection may take, and which one gives way when there are too many.

A connection holds no work until the body of its request is there. Until then it can be dropped, and a sender tries
again. So a flood of half-open connections drops its own oldest ones, and probes and chat products go on.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, cast

import structlog
from aiohttp import web

from bot.settings import ServerSettings
from index.errors import SettingsError

_log = structlog.get_logger(__name__)
_MAX_BODY = 1 << 20
# Connections that the system has taken and Python has not seen yet. As many can be open beyond the limit at times.
_BACKLOG = 128
# File descriptors for the store, the index, model servers, chat products, and a backlog.
_OTHER_FILES = 320 + _BACKLOG
# Seconds for which the rest of a refused body is read, so that its sender sees the response.
_LINGERING_S = 2.0
# Seconds for which a stopping process waits for handlers that run.
_LAST_RESPONSES_S = 10.0
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def listening(
    settings: ServerSettings, routes: Iterable[web.RouteDef], setting: str = "server.port"
) -> AsyncIterator[str]:
    """Serve these routes while the body runs; yield the address. Raises SettingsError if it cannot be bound.

    `setting` is the one that says which port.
    """
    door = _Door(_room_for(settings.connections), settings.transfer_s)
    app = web.Application(client_max_size=_MAX_BODY, middlewares=[door.read_in_time])
    app.router.add_routes(routes)
    limits: dict[str, Any] = {
        "keepalive_timeout": settings.idle_s,
        "lingering_time": _LINGERING_S,
        # Neither Slack nor Teams sends compressed bodies, and a small one can unpack to gigabytes.
        "auto_decompress": False,
        "access_log": None,
    }
    runner = web.AppRunner(app, shutdown_timeout=_LAST_RESPONSES_S, **limits)
    await runner.setup()
    try:
        server = await _bound(settings, setting, lambda: _Connection(door, cast("web.Server", runner.server), limits))
        try:
            host, port = server.sockets[0].getsockname()[:2]
            yield f"http://{host}:{port}"
        finally:
            server.close()
            door.close()
    finally:
        await runner.cleanup()


async def _bound(settings: ServerSettings, setting: str, protocol: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_server(protocol, settings.host, settings.port, backlog=_BACKLOG)
    except OSError as error:
        place = f"{settings.host}:{settings.port}"
        raise SettingsError(f"setting {setting}: {place} cannot be bound ({error.strerror})") from None


def _room_for(connections: int) -> int:
    """Raise the process's limit of open files as far as needed and allowed; return how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if soft < needed:
            _log.warning("few_open_files", limit=soft, needed=needed)
            return max(1, soft - _OTHER_FILES)
    return connections


class _Door:
    """Knows the open connections. `limit` is their largest number."""

    def __init__(self, limit: int, transfer_s: float) -> None:
        self._limit = limit
        self.transfer_s = transfer_s
        # In the order in which they were opened.
        self._open: dict[_Connection, None] = {}

    def opened(self, connection: "_Connection") -> None:
        """Let a connection in; if there are too many, drop one that has no work.

        That is the oldest one of the address that has most of them. Behind a proxy all have the same address.
        """
        self._open[connection] = None
        if len(self._open) <= self._limit:
            return
        waiting = [one for one in self._open if not one.is_working]
        count = Counter(one.address for one in waiting)
        victim = max(waiting, key=lambda one: count[one.address])
        self.closed(victim)
        victim.drop()
        _log.warning("connection_dropped", reason="too many", limit=self._limit)

    def close(self) -> None:
        """Drop the connections that have no work, so that a stopping process does not wait for them."""
        for connection in [one for one in self._open if not one.is_working]:
            connection.drop()

    def closed(self, connection: "_Connection") -> None:
        """Forget a connection."""
        self._open.pop(connection, None)

    @property
    def read_in_time(self) -> Any:  # noqa: ANN401 - aiohttp's type of middleware is private
        """The middleware that reads the body before the handler runs: 408 if that takes too long, 413 if too large."""

        @web.middleware
        async def middleware(request: web.Request, handler: _Handler) -> web.StreamResponse:
            connection = cast("_Connection", request.protocol)
            with connection.request():
                if request.match_info.http_exception is None:
                    await _read(request, self.transfer_s)
                connection.is_working = True
                return await handler(request)

        return middleware


async def _read(request: web.Request, seconds: float) -> None:
    """Read the body; handlers get it from the request. Raises HTTPException."""
    if (request.content_length or 0) > _MAX_BODY:
        raise web.HTTPRequestEntityTooLarge(_MAX_BODY, request.content_length or 0)
    try:
        async with asyncio.timeout(seconds):
            await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(headers={"Connection": "close"}) from None
    except (web.RequestPayloadError, ConnectionError):
        # The sender has gone, or what it sends is no HTTP.
        raise web.HTTPBadRequest(headers={"Connection": "close"}) from None


class _Connection(web.RequestHandler):
    """One connection. `transfer_s` holds for the headers of a request, and for a response that is not taken."""

    def __init__(self, door: _Door, server: web.Server, limits: dict[str, Any]) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **limits)
        self._door = door
        self._in_request = False
        self._deadlines: dict[str, asyncio.TimerHandle] = {}
        self._stream: asyncio.Transport | None = None
        self.is_working = False
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request."""
        self._stream = stream = cast("asyncio.Transport", transport)
        # With any larger buffer a reader that takes nothing would not be noticed before the buffer is full.
        stream.set_write_buffer_limits(0)
        self.address = network_of(stream.get_extra_info("peername"))
        super().connection_made(transport)
        self._expect("headers")
        self._door.opened(self)

    def data_received(self, data: bytes) -> None:
        """Take bytes. The first ones of a request begin its time."""
        if not self._in_request:
            self._expect("headers")
        super().data_received(data)

    def pause_writing(self) -> None:
        """Note that the reader takes no more for now."""
        super().pause_writing()
        self._expect("reading")

    def resume_writing(self) -> None:
        """Note that the reader has taken everything."""
        super().resume_writing()
        self._met("reading")

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget the connection."""
        for name in tuple(self._deadlines):
            self._met(name)
        self._door.closed(self)
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP with 400, without a line in the log, which anybody could fill."""
        if status >= web.HTTPInternalServerError.status_code:
            return super().handle_error(request, status, exc, message)
        return web.Response(status=status, headers={"Connection": "close"})

    @contextmanager
    def request(self) -> Iterator[None]:
        """Enclose a request: its headers are there."""
        self._met("headers")
        self._in_request = True
        try:
            yield
        finally:
            self._in_request = self.is_working = False

    def drop(self) -> None:
        """Close the connection at once. A handler that runs goes on; only its response is lost."""
        if self._stream:
            self._stream.abort()

    def _expect(self, name: str) -> None:
        if name not in self._deadlines:
            self._deadlines[name] = asyncio.get_running_loop().call_later(self._door.transfer_s, self.drop)

    def _met(self, name: str) -> None:
        if deadline := self._deadlines.pop(name, None):
            deadline.cancel()


def network_of(peer: tuple[str, int] | None) -> str:
    """Return the address of a sender; in IPv6 its network, of which one sender has all addresses."""
    if not peer:
        return ""
    address = ip_address(peer[0].partition("%")[0])
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))
    return str(address)
