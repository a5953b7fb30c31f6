"""Fetch pages of a site: robots.txt is obeyed, one request runs at a time, size, type and number are limited.

An address names a page, a site map, or a text file that lists addresses. Pages are cached below the index and requested
with their ETag and date; a page that cannot be reached keeps its cached version. Private addresses are refused when
connecting, after name resolution and after every redirect; `private_hosts` names exceptions.
"""

import asyncio
import html
import ipaddress
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from protego import Protego
from pydantic import BaseModel, ConfigDict, ValidationError

from index.errors import BuildRefusedError
from index.reading.documents import LoadRules
from index.reading.source import Source, file_source

_AGENT = "Citedesk"
_REDIRECTS = 5
_NESTED_MAPS = 50
_LOCATION = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</loc>", re.DOTALL | re.IGNORECASE)
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
}
_LISTS = {"application/xml", "text/xml", "application/rss+xml"}
_GONE = {404, 410}


class _CachedPage(BaseModel):
    """What the cache keeps about a page."""

    model_config = ConfigDict(frozen=True)

    url: str
    suffix: str
    etag: str | None = None
    modified: str | None = None


class _RefusedError(Exception):
    """This page must not be fetched; the message says why."""


class _UnreachableError(Exception):
    """This page could not be reached now; the message says why."""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    url: str
    content_type: str
    body: bytes
    etag: str | None
    modified: str | None


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only, except for `private_hosts`."""

    def __init__(self, private_hosts: frozenset[str]) -> None:
        self._inner = aiohttp.ThreadedResolver()
        self._private_hosts = private_hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses. Raises OSError if none of them is public."""
        found = await self._inner.resolve(host, port, family)
        if host in self._private_hosts:
            return found
        public = [item for item in found if _is_public(item["host"])]
        if not public:
            raise OSError(None, f"{host} is a private address")
        return public

    async def close(self) -> None:
        """Release the resolver."""
        await self._inner.close()


def fetched(address: str, cache: Path, rules: LoadRules) -> Iterator[Source]:
    """Yield the pages that an address lists. Raises BuildRefusedError if the address itself cannot be fetched."""
    cache.mkdir(parents=True, exist_ok=True)
    yield from asyncio.run(_all(address, cache, rules))


async def _all(address: str, cache: Path, rules: LoadRules) -> list[Source]:
    connector = aiohttp.TCPConnector(resolver=PublicResolver(frozenset(rules.private_hosts)), limit=1)
    timeout = aiohttp.ClientTimeout(total=rules.seconds)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers={"User-Agent": _AGENT}, trust_env=False
    ) as session:
        visit = _Visit(session, cache, rules)
        try:
            pages = await visit.pages(address)
        except (_RefusedError, _UnreachableError) as error:
            raise BuildRefusedError(f"{address}: {error}") from error
        sources = [await visit.source(page, address) for page in pages[: rules.pages_max]]
    sources += [_problem(p, cache, rules, f"more than {rules.pages_max} pages") for p in pages[rules.pages_max :]]
    return sources


@dataclass
class _Visit:
    """One visit to a site. It caches robots.txt by host and waits between requests."""

    session: aiohttp.ClientSession
    cache: Path
    rules: LoadRules
    robots: dict[str, Protego | None] = field(default_factory=dict)
    listed: dict[str, _Reply] = field(default_factory=dict)

    async def pages(self, address: str) -> list[str]:
        """Return the pages that an address lists, each once, in their order."""
        reply = await self._allowed(address)
        if reply.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise _UnreachableError(f"answered {reply.status}")
        lists = [address] if self._is_list(reply) else []
        if not lists:
            self.listed[address] = reply
            return [address]
        found: dict[str, None] = {}
        for number, listing in enumerate(lists):
            reply = reply if not number else await self._allowed(listing)
            for url in _addresses(reply):
                if urlsplit(url).path.endswith(".xml"):
                    if len(lists) < _NESTED_MAPS:
                        lists.append(url)
                else:
                    found.setdefault(url)
        return list(found)

    async def source(self, page: str, address: str) -> Source:
        """Return a page as a source: fetched, from the cache, or with the reason why there is neither."""
        file = self.cache / sha256(page.encode()).hexdigest()[:32]
        cached = _cached(file)
        try:
            _refuse_another_host(page, address)
            cached = await self._renewed(page, file, cached)
        except _RefusedError as error:
            return _problem(page, self.cache, self.rules, str(error))
        except _UnreachableError as error:
            if cached is None:
                return _problem(page, self.cache, self.rules, str(error))
        suffix = cached.suffix if cached else ".html"
        return file_source(file.with_suffix(suffix), self.cache, page, self.rules, cached.url if cached else page)

    async def _renewed(self, page: str, file: Path, cached: _CachedPage | None) -> _CachedPage:
        reply = self.listed.pop(page, None) or await self._allowed(page, cached)
        if reply.status == 304 and cached:  # noqa: PLR2004
            return cached
        if reply.status in _GONE:
            file.with_suffix(".json").unlink(missing_ok=True)
            raise _RefusedError(f"answered {reply.status}")
        if reply.status != 200:  # noqa: PLR2004
            raise _UnreachableError(f"answered {reply.status}")
        suffix = _SUFFIXES.get(reply.content_type)
        if suffix is None:
            raise _RefusedError(f"unsupported type {reply.content_type or '(none)'}")
        renewed = _CachedPage(url=reply.url, suffix=suffix, etag=reply.etag, modified=reply.modified)
        file.with_suffix(suffix).write_bytes(reply.body)
        file.with_suffix(".json").write_text(renewed.model_dump_json(), encoding="utf-8")
        return renewed

    async def _allowed(self, url: str, cached: _CachedPage | None = None) -> _Reply:
        """Request a page and follow redirects, if robots.txt allows each of them."""
        for _ in range(_REDIRECTS + 1):
            _refuse_scheme(url, self.rules)
            robots = await self._robots(url)
            if robots is None or not robots.can_fetch(url, _AGENT):
                raise _RefusedError("robots.txt forbids it")
            await asyncio.sleep(max(self.rules.fetch_delay_s, float(robots.crawl_delay(_AGENT) or 0)))
            reply = await self._get(url, cached)
            if not 300 <= reply.status < 400 or reply.status == 304:  # noqa: PLR2004
                return reply
            url = reply.url
        raise _RefusedError(f"more than {_REDIRECTS} redirects")

    async def _robots(self, url: str) -> Protego | None:
        """Return the host's robots.txt; None after a server error, when nothing may be fetched (RFC 9309)."""
        parts = urlsplit(url)
        if parts.netloc not in self.robots:
            reply = await self._get(f"{parts.scheme}://{parts.netloc}/robots.txt", None)
            unavailable = reply.status >= 500  # noqa: PLR2004
            text = reply.body.decode(errors="replace") if reply.status == 200 else ""  # noqa: PLR2004
            self.robots[parts.netloc] = None if unavailable else Protego.parse(text)
        return self.robots[parts.netloc]

    async def _get(self, url: str, cached: _CachedPage | None) -> _Reply:
        headers = {}
        if cached and cached.etag:
            headers["If-None-Match"] = cached.etag
        if cached and cached.modified:
            headers["If-Modified-Since"] = cached.modified
        try:
            async with self.session.get(url, allow_redirects=False, headers=headers) as response:
                body = await response.content.read(self.rules.max_bytes + 1)
                while len(body) <= self.rules.max_bytes and (more := await response.content.read(65_536)):
                    body += more
                target = urldefrag(urljoin(url, response.headers.get("Location", "")))[0]
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _UnreachableError(_reason(error)) from error
        if len(body) > self.rules.max_bytes:
            raise _RefusedError(f"larger than {self.rules.max_bytes:,} bytes")
        headers_in = response.headers
        return _Reply(
            response.status,
            target,
            response.content_type,
            body,
            headers_in.get("ETag"),
            headers_in.get("Last-Modified"),
        )

    def _is_list(self, reply: _Reply) -> bool:
        return reply.content_type in _LISTS or (reply.content_type == "text/plain" and reply.url.endswith(".txt"))


def _refuse_scheme(url: str, rules: LoadRules) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise _RefusedError("not a plain http or https address")
    # The resolver is not asked about numeric addresses, so they are checked here.
    if parts.hostname not in rules.private_hosts and not _is_public(parts.hostname, if_name=True):
        raise _RefusedError("a private address")


def _refuse_another_host(page: str, address: str) -> None:
    if urlsplit(page).netloc != urlsplit(address).netloc:
        raise _RefusedError("on another host than the site map")


def _is_public(host: str, *, if_name: bool = False) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return if_name


def _addresses(reply: _Reply) -> list[str]:
    text = reply.body.decode(errors="replace")
    found = _LOCATION.findall(text) if reply.content_type in _LISTS else text.split()
    urls = [urldefrag(html.unescape(item.strip()))[0] for item in found]
    return [url for url in urls if url.startswith(("https://", "http://"))]


def _reason(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(error, TimeoutError):
        return "timed out"
    return str(getattr(cause, "strerror", None) or type(error).__name__)


def _cached(file: Path) -> _CachedPage | None:
    try:
        cached = _CachedPage.model_validate_json(file.with_suffix(".json").read_bytes())
    except (OSError, ValidationError):
        return None
    return cached if file.with_suffix(cached.suffix).is_file() else None


def _problem(page: str, cache: Path, rules: LoadRules, problem: str) -> Source:
    fingerprint = sha256(f"{rules.fingerprint}\0{page}\0{problem}".encode()).hexdigest()
    return Source(page, cache, cache, fingerprint, ".html", page, problem)
