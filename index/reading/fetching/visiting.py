"""Visit a site: robots.txt is obeyed, one request runs at a time, redirects stay on the site."""

import asyncio
from dataclasses import dataclass, field
from urllib.parse import urljoin

from protego import Protego
from yarl import URL

from index.reading.fetching.addresses import is_same_site, plain
from index.reading.fetching.client import AGENT, Client, RefusedError, Reply, UnreachableError
from index.reading.fetching.page_rules import is_sign_in_redirect

_REDIRECTS = 5
# A robots.txt may ask for pauses; longer ones would stop a build.
_LONGEST_PAUSE_S = 30.0
_OK, _NOT_MODIFIED, _SERVER_ERROR = 200, 304, 500
_REDIRECT = range(300, 400)


@dataclass
class Visit:
    """One visit to a site. It caches robots.txt by host and waits between requests."""

    client: Client
    robots: dict[str, Protego | None] = field(default_factory=dict)

    async def page(self, address: str, headers: dict[str, str] | None = None) -> Reply:
        """Request a page and follow redirects, if robots.txt allows each of them.

        Raises RefusedError or UnreachableError.
        """
        requested = url = _url(address)
        for _ in range(_REDIRECTS + 1):
            robots = await self._robots(address)
            if robots is None:
                raise UnreachableError("robots.txt cannot be read at the moment")
            if not robots.can_fetch(str(url), AGENT):
                raise RefusedError("robots.txt forbids it")
            await asyncio.sleep(self._pause_s(robots))
            reply = await self.client.get(address, headers or {})
            if not _redirects(reply):
                return reply
            address, url = reply.target, _url(reply.target)
            if not is_same_site(url, requested):
                raise RefusedError(f"redirects to another host: {url.host}")
            if is_sign_in_redirect(requested, reply.status, url):
                raise RefusedError("redirects to a sign-in page")
        raise RefusedError(f"more than {_REDIRECTS} redirects")

    async def _robots(self, address: str) -> Protego | None:
        """Return the host's robots.txt; None after a server error, when nothing may be fetched (RFC 9309)."""
        # The host stays as it is written, because that decides whether it may be a private one.
        place = urljoin(address, "/robots.txt")
        if place not in self.robots:
            reply = await self._robots_reply(place)
            text = reply.body.decode(errors="replace") if reply.status == _OK else ""
            self.robots[place] = None if reply.status >= _SERVER_ERROR else Protego.parse(text)
        return self.robots[place]

    async def _robots_reply(self, address: str) -> Reply:
        reply = await self.client.get(address, {})
        for _ in range(_REDIRECTS):
            if not _redirects(reply):
                break
            if not is_same_site(_url(reply.target), _url(address)):
                raise RefusedError("robots.txt redirects to another host")
            reply = await self.client.get(reply.target, {})
        return reply

    def _pause_s(self, robots: Protego) -> float:
        wanted = min(float(robots.crawl_delay(AGENT) or 0), _LONGEST_PAUSE_S)
        return max(self.client.rules.fetch_delay_s, wanted)


def answered_200(reply: Reply) -> Reply:
    """Return the reply if it holds the page. Raises UnreachableError if not."""
    if reply.status != _OK:
        raise UnreachableError(f"answered {reply.status}")
    return reply


def is_unchanged(reply: Reply) -> bool:
    """Tell whether the server says that the copy in the cache is still the page."""
    return reply.status == _NOT_MODIFIED


def _redirects(reply: Reply) -> bool:
    return reply.status in _REDIRECT and reply.status != _NOT_MODIFIED


def _url(address: str) -> URL:
    url = plain(address)
    if url is None:
        raise RefusedError("not a plain http or https address")
    return url
