"""Confluence Cloud: the pages of some spaces, for those who may read them there.

https://developer.atlassian.com/cloud/confluence/rest/v2/
"""

from collections.abc import AsyncGenerator, AsyncIterator, Collection
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from pydantic import Field

from index.reading.fetching.client import Client, RefusedError, UnreachableError
from index.reading.formats import synced
from index.reading.sources.services.api import Api, Form, Id, credentials
from index.reading.sources.services.confluence_readers import PAGE_SIZE, V2, Links, Node, Readers
from index.reading.sources.services.place import ServicePlace
from index.reading.sources.services.port import Article, day


class _Version(Form):
    number: int
    created_at: str = Field(alias="createdAt")


class _Page(Node):
    title: str
    version: _Version
    links: Links = Field(Links(), alias="_links")


class _Storage(Form):
    value: str


class _Body(Form):
    storage: _Storage


class _WholePage(_Page):
    body: _Body


class _Space(Form):
    id: Id
    key: str


class _Spaces(Form):
    results: list[_Space]


class _Pages(Form):
    results: list[_Page]
    links: Links = Field(Links(), alias="_links")


@dataclass
class Confluence:
    """The pages of the spaces of one site."""

    form: ClassVar[synced.Form] = "storage"
    api: Api
    place: ServicePlace

    async def articles(self, known: Collection[str]) -> AsyncGenerator[Article, None]:  # noqa: ARG002 - the listing is whole
        """Yield the pages of the spaces. They come by age, so most come after the page that they stand under."""
        access = Readers(self.api, self.place)
        for key in self.place.spaces:
            space = await self._space(key)
            readers = frozenset(self.place.readers) or await access.of_space(space.id)
            async for page, base in self._pages(space):
                access.nodes[page.id] = page
                groups, problem = await access.of_page(page, readers, key)
                yield Article(
                    f"{key}/{page.id}",
                    f"{page.version.number}",
                    page.title,
                    f"{base}{page.links.webui}" if page.links.webui else None,
                    day(page.version.created_at),
                    groups,
                    partial(self._body, page.id),
                    problem,
                )

    async def _space(self, key: str) -> _Space:
        found = await self.api.get(f"{V2}/spaces", {"keys": key, "limit": "1"}, _Spaces)
        space = next((space for space in found.results if space.key == key), None)
        if space is None:
            raise RefusedError(f"no space {key} that the token may read")
        return space

    async def _pages(self, space: _Space) -> AsyncIterator[tuple[_Page, str]]:
        """Yield the pages of a space, each with the public address of the site."""
        query, cursors = {"status": "current", "limit": PAGE_SIZE}, set[str]()
        while True:
            found = await self.api.get(f"{V2}/spaces/{space.id}/pages", query, _Pages)
            base = found.links.base or ""
            for page in found.results:
                yield page, base if base.startswith("https://") else f"{self.place.url.rstrip('/')}/wiki"
            cursor = found.links.cursor
            if cursor is None:
                return
            if cursor in cursors:
                raise UnreachableError("its listing of pages repeats itself")
            cursors.add(cursor)
            query = query | {"cursor": cursor}

    async def _body(self, page_id: str) -> str:
        page = await self.api.get(f"{V2}/pages/{page_id}", {"body-format": "storage"}, _WholePage)
        return page.body.storage.value


def confluence(client: Client, place: ServicePlace) -> Confluence:
    """Return the service. Raises RefusedError if there is no token."""
    return Confluence(Api(client, place, credentials(place, place.user)), place)
