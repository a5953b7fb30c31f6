"""Zendesk Guide: the published articles of a help centre.

https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/. The whole listing is read each time.
It holds the articles themselves, and the incremental export tells nothing of deleted ones.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

from index.access import EVERYONE
from index.reading.fetching.client import Client, UnreachableError
from index.reading.formats import synced
from index.reading.sources.services.api import Api, Form, credentials
from index.reading.sources.services.place import ServicePlace
from index.reading.sources.services.port import Article, day

# A reply holds whole articles, so its size is the sum of theirs.
_PAGE_SIZE = "30"


class _Item(Form):
    id: int
    title: str
    body: str | None
    html_url: str
    updated_at: str
    edited_at: str | None = None
    draft: bool
    user_segment_id: int | None
    user_segment_ids: tuple[int, ...] = ()


class _Meta(Form):
    has_more: bool
    after_cursor: str | None = None


class _Articles(Form):
    articles: list[_Item]
    meta: _Meta


@dataclass
class Zendesk:
    """The articles of one help centre in some languages."""

    form: ClassVar[synced.Form] = "html"
    api: Api
    place: ServicePlace

    async def articles(self, known: Collection[str]) -> AsyncGenerator[Article, None]:  # noqa: ARG002 - the listing is whole
        """Yield the articles in each language."""
        for locale in self.place.locales:
            async for item in self._items(locale):
                if not item.draft:
                    yield self._article(item, locale)

    async def _items(self, locale: str) -> AsyncIterator[_Item]:
        query, cursors = {"page[size]": _PAGE_SIZE}, set[str]()
        while True:
            found = await self.api.get(f"/api/v2/help_center/{quote(locale)}/articles.json", query, _Articles)
            for item in found.articles:
                yield item
            cursor = found.meta.after_cursor
            if not found.meta.has_more:
                return
            if cursor is None or cursor in cursors:
                raise UnreachableError("its listing of articles repeats itself")
            cursors.add(cursor)
            query = query | {"page[after]": cursor}

    def _article(self, item: _Item, locale: str) -> Article:
        segments = {item.user_segment_id, *item.user_segment_ids} - {None}
        names = [str(segment) for segment in segments]
        readers = self.place.mapped(names) if names else frozenset(self.place.readers or (EVERYONE,))
        listed = ", ".join(sorted(names))
        return Article(
            f"{locale}/{item.id}",
            item.updated_at,
            item.title,
            item.html_url,
            day(item.edited_at or item.updated_at),
            readers,
            _held(item.body or ""),
            ""
            if readers
            else f"only the user segment {listed} may read it, which is no group here: name it in `groups`",
        )


def zendesk(client: Client, place: ServicePlace) -> Zendesk:
    """Return the service. An API token belongs to a user, a token of OAuth to none. Raises RefusedError without one."""
    return Zendesk(Api(client, place, credentials(place, f"{place.user}/token" if place.user else "")), place)


def _held(body: str) -> Callable[[], Awaitable[str]]:
    async def read() -> str:
        return body

    return read
