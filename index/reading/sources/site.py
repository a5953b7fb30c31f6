"""The pages of a site as sources: fetched, from the cache, or with the reason why there is neither."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

from index.errors import BuildRefusedError
from index.reading.documents import LoadRules
from index.reading.fetching.addresses import is_same_site, plain
from index.reading.fetching.client import RefusedError, Reply, UnreachableError, opened_client
from index.reading.fetching.page_cache import CachedPage, PageCache
from index.reading.fetching.page_rules import reason_not_to_index, utf8_body
from index.reading.fetching.site_maps import Listing, listing
from index.reading.fetching.visiting import Visit, answered_200, is_unchanged
from index.reading.source import Found, LeftOut, Source, file_source, telling_days

_NESTED_MAPS = 50
# Answers after which the copy in the cache is not used either.
_GONE = {401, 403, 404, 410}
_SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "application/pdf": ".pdf",
}


def pages_at(address: str, cache: Path, rules: LoadRules, checkpoint: Callable[[], None]) -> Found:
    """Return the pages that an address lists. Raises BuildRefusedError if the address itself cannot be fetched."""
    cache.mkdir(parents=True, exist_ok=True)
    return asyncio.run(fetched(address, cache, rules, checkpoint))


async def fetched(address: str, cache: Path, rules: LoadRules, checkpoint: Callable[[], None] = lambda: None) -> Found:
    """Return the pages that an address lists; `cache` is a folder. Raises BuildRefusedError as `pages_at` does.

    `checkpoint` is called before each page.
    """
    sources = []
    async with opened_client(rules) as client:
        site = _Site(address, Visit(client), PageCache(cache), rules)
        try:
            pages = await site.pages()
        except (RefusedError, UnreachableError) as error:
            raise BuildRefusedError(f"{address}: {error}") from error
        for page in pages[: rules.pages_max]:
            checkpoint()
            sources.append(await site.source(page))
    days = telling_days(site.changed_at | {"": datetime.now(UTC).timestamp()})
    sources = [replace(source, updated=days.get(source.source_id)) for source in sources]
    beyond = len(pages) - rules.pages_max
    if beyond > 0:
        site.left_out.append(LeftOut(address, f"{beyond:,} pages left out, more than index.pages_max"))
    return Found((*sources, *site.refused), tuple(site.left_out))


@dataclass
class _Site:
    """What one address lists. `held` is the page at the address itself; `refused` are site maps not read.

    `changed_at` holds when pages were last changed, in seconds since 1970, as the site says it.
    """

    address: str
    visit: Visit
    cache: PageCache
    rules: LoadRules
    held: dict[str, Reply] = field(default_factory=dict)
    refused: list[Source] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    changed_at: dict[str, float] = field(default_factory=dict)

    async def pages(self) -> list[str]:
        """Return the pages, each once, in their order."""
        try:
            reply = self._not_gone(await self.visit.page(self.address))
        except UnreachableError:
            if self.cache.read(self.address) is None:
                raise
            return [self.address]
        first = listing(reply, self.rules.max_bytes)
        if first is None:
            self.held[self.address] = reply
            return [self.address]
        pages, maps = dict.fromkeys(first.pages), list(first.maps)
        for number, url in enumerate(maps):
            if number >= _NESTED_MAPS:
                self.left_out.append(LeftOut(self.address, f"site maps after the first {_NESTED_MAPS} left out"))
                break
            nested = await self._nested(url)
            pages |= dict.fromkeys(nested.pages)
            known = {self.address, *maps}
            maps += [url for url in nested.maps if url not in known]
        return list(pages)

    async def _nested(self, url: str) -> Listing:
        """Return what a nested site map lists. Raises UnreachableError: without it, its pages would be lost."""
        try:
            self._refuse_another_host(url)
            reply = await self.visit.page(url)
            found = listing(self._not_gone(reply), self.rules.max_bytes)
        except RefusedError as error:
            self.refused.append(self._problem(url, str(error)))
            return Listing((), ())
        return found or Listing((url,), ())

    @staticmethod
    def _not_gone(reply: Reply) -> Reply:
        if reply.status in _GONE:
            raise RefusedError(f"answered {reply.status}")
        return answered_200(reply)

    async def source(self, page: str) -> Source:
        """Return a page as a source: fetched, from the cache, or with the reason why there is neither."""
        cached = self.cache.read(page)
        not_seen_since = None
        try:
            self._refuse_another_host(page)
            cached = await self._renewed(page, cached)
        except RefusedError as error:
            # A later day on which the site cannot be reached must not bring it back.
            self.cache.forget(page)
            return self._problem(page, str(error))
        except UnreachableError as error:
            if cached is None:
                return self._problem(page, str(error))
            not_seen_since = cached.seen
        file = self.cache.body(page, cached)
        source = file_source(file, self.cache.folder, page, self.rules, cached.url)
        if changed := _seconds(cached.modified):
            self.changed_at[source.source_id] = changed
        return replace(source, not_seen_since=not_seen_since)

    async def _renewed(self, page: str, cached: CachedPage | None) -> CachedPage:
        reply = self.held.pop(page, None) or await self.visit.page(page, cached.headers if cached else {})
        today = datetime.now(UTC).date().isoformat()
        if cached and is_unchanged(reply):
            renewed = cached.model_copy(update={"seen": today})
            self.cache.write(page, renewed)
            return renewed
        suffix = self._suffix(reply)
        renewed = CachedPage(url=reply.url, suffix=suffix, seen=today, etag=reply.etag, modified=reply.modified)
        self.cache.write(page, renewed, utf8_body(reply))
        return renewed

    def _suffix(self, reply: Reply) -> str:
        """Return the file type of a page that is to be indexed. Raises RefusedError if it is not."""
        reason = reason_not_to_index(self._not_gone(reply))
        suffix = _SUFFIXES.get(reply.content_type)
        if reason or suffix is None:
            raise RefusedError(reason or f"unsupported type {reply.content_type or '(none)'}")
        return suffix

    def _refuse_another_host(self, url: str) -> None:
        one, other = plain(url), plain(self.address)
        if one is None:
            raise RefusedError("not a plain http or https address")
        if other is None or not is_same_site(one, other):
            raise RefusedError("on another host than the site map")

    def _problem(self, page: str, problem: str) -> Source:
        folder = self.cache.folder
        fingerprint = sha256(f"{self.rules.fingerprint}\0{page}\0{problem}".encode(errors="replace")).hexdigest()
        return Source(page, folder, folder, fingerprint, ".html", page, problem)


def _seconds(modified: str | None) -> float | None:
    """Return an HTTP date in seconds since 1970; None if it is none."""
    try:
        return parsedate_to_datetime(modified).timestamp() if modified else None
    except (ValueError, OverflowError):
        return None
