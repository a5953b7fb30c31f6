"""One HTTP request at a time. No socket is opened to an address that is not public, unless its host is named."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin

import aiohttp
from aiohttp import AddrInfoType
from aiohttp.helpers import is_ip_address
from yarl import URL

from index.reading.documents import LoadRules
from index.reading.fetching.addresses import is_named, is_public, plain

AGENT = "Citedesk"
_BLOCK = 65_536


class RefusedError(Exception):
    """This page must not be fetched or indexed; the message says why."""


class UnreachableError(Exception):
    """This page could not be reached now; the message says why."""


class _ForbiddenAddressError(OSError):
    """The connection would lead to an address that is not public."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of a server. `target` is where it redirects to; `robots` are its X-Robots-Tag headers.

    `retry_after` is the header of that name.
    """

    status: int
    url: str
    target: str
    content_type: str
    charset: str | None
    body: bytes
    etag: str | None
    modified: str | None
    robots: tuple[str, ...]
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests: to public addresses over `public`, to the hosts that the rules name over `private`."""

    public: aiohttp.ClientSession
    private: aiohttp.ClientSession
    rules: LoadRules

    async def get(self, url: str, headers: dict[str, str]) -> Reply:
        """Return the reply; redirects are not followed. Raises RefusedError or UnreachableError."""
        return await self._send("GET", url, headers, None)

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """Send a body, and return the reply as `get` does."""
        return await self._send("POST", url, headers, body)

    async def _send(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Reply:
        target = plain(url)
        if target is None:
            raise RefusedError("not a plain http or https address")
        session = self.private if is_named(url, self.rules.private_hosts) else self.public
        try:
            async with session.request(method, target, allow_redirects=False, headers=headers, data=body) as response:
                return _reply(url, response, await self._body(response))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _failure(error, target) from error

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the body as it is after decompression. Raises RefusedError if it is too large."""
        body = bytearray()
        while more := await response.content.read(_BLOCK):
            body += more
            if len(body) > self.rules.max_bytes:
                raise RefusedError(f"larger than {self.rules.max_bytes:,} bytes")
        return bytes(body)


@asynccontextmanager
async def opened_client(rules: LoadRules) -> AsyncIterator[Client]:
    """Yield a client, and close it."""
    timeout = aiohttp.ClientTimeout(total=rules.seconds)
    sessions = [
        aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            headers={"User-Agent": AGENT},
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        for connector in (aiohttp.TCPConnector(socket_factory=_public_socket, limit=1), aiohttp.TCPConnector(limit=1))
    ]
    try:
        yield Client(sessions[0], sessions[1], rules)
    finally:
        await asyncio.gather(*(session.close() for session in sessions))


def _public_socket(address: AddrInfoType) -> socket.socket:
    # The last step before connecting: names are resolved and numbers are read, and this very address is used.
    family, kind, protocol, _, place = address
    if not is_public(str(place[0])):
        raise _ForbiddenAddressError(None, "a private address")
    return socket.socket(family, kind, protocol)


def _reply(url: str, response: aiohttp.ClientResponse, body: bytes) -> Reply:
    headers = response.headers
    return Reply(
        response.status,
        url,
        urldefrag(urljoin(url, headers.get("Location", "")))[0],
        response.content_type if response.content_type.isascii() else "",
        response.charset,
        body,
        _ascii(headers.get("ETag")),
        _ascii(headers.get("Last-Modified")),
        tuple(headers.getall("X-Robots-Tag", ())),
        _ascii(headers.get("Retry-After")),
    )


def _ascii(header: str | None) -> str | None:
    # Other bytes come as lone surrogates, which neither the cache nor a report can hold.
    return header if header and header.isascii() else None


def _failure(error: Exception, url: URL) -> Exception:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, _ForbiddenAddressError):
        name = "" if is_ip_address(url.raw_host) else f"{url.host} is "
        return RefusedError(f"{name}a private address")
    if isinstance(error, aiohttp.InvalidURL):
        return RefusedError("not a plain http or https address")
    if isinstance(error, TimeoutError):
        return UnreachableError("timed out")
    return UnreachableError(str(getattr(cause, "strerror", None) or type(error).__name__))
